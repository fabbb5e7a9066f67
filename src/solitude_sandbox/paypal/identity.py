"""Identity: what a person who logged in lets the client know, by scope."""

from solitude_sandbox.paypal import persons
from solitude_sandbox.paypal.books import Books
from solitude_sandbox.paypal.call import Answer, Call, Json
from solitude_sandbox.paypal.errors import refuse
from solitude_sandbox.paypal.oauth import ATTRIBUTES_SCOPE, Login

PAYPAL_SCHEMA = "paypalv1.1"
OPENID_SCHEMA = "openid"


def paypal_userinfo(books: Books, call: Call) -> Answer:
    """GET /v1/identity/oauth2/userinfo?schema=paypalv1.1."""
    person, email_confirmed = _asked(books, call, PAYPAL_SCHEMA)
    shown: Json = {"user_id": person.subject, **_name_and_place(person)}
    if "email" in person.scopes:
        shown["emails"] = [{"value": person.email, "primary": True, "confirmed": email_confirmed}]
    return Answer(200, lambda _: shown)


def openid_userinfo(books: Books, call: Call) -> Answer:
    """GET /v1/identity/openidconnect/userinfo?schema=openid."""
    person, email_confirmed = _asked(books, call, OPENID_SCHEMA)
    shown: Json = {"user_id": person.subject, "sub": person.subject, **_name_and_place(person)}
    if "email" in person.scopes:
        shown |= {"email": person.email, "email_verified": email_confirmed}
    return Answer(200, lambda _: shown)


def _asked(books: Books, call: Call, schema: str) -> tuple[Login, bool]:
    """The person who logged in, and whether its e-mail address is confirmed."""
    if call.query.get("schema") != schema:
        raise refuse("INVALID_PARAMETER_VALUE", "schema", call.query.get("schema", "")[:20], "query")
    if call.person is None:
        raise refuse("PERMISSION_DENIED")
    consent = books.accounts.by_email(call.person.email).consent
    return call.person, consent is None or consent.email_confirmed


def _name_and_place(person: Login) -> Json:
    shown: Json = {}
    if "profile" in person.scopes:
        shown |= {"name": persons.NAME, "given_name": persons.GIVEN_NAME, "family_name": persons.FAMILY_NAME}
    if "address" in person.scopes:
        shown["address"] = {
            "street_address": "\n".join(persons.STREET_LINES),
            "locality": persons.CITY,
            "region": persons.STATE,
            "postal_code": persons.POSTAL_CODE,
            "country": persons.COUNTRY,
        }
    if "phone" in person.scopes:
        shown["phone_number"] = persons.PHONE
    if ATTRIBUTES_SCOPE in person.scopes:
        shown |= {"payer_id": person.payer_id, "account_type": persons.ACCOUNT_TYPE, "verified_account": "true"}
    return shown
