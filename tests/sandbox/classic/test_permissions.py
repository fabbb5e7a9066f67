"""Permissions: asked for, granted, used with a signature, taken back."""

import time
from urllib.parse import parse_qs, urlsplit

import pytest
from tests.sandbox.classic.client import KEYS, Answer, Classic, simple
from tests.sandbox.client import SELLER

from solitude_sandbox.paypal.classic import credentials

CALLBACK = "https://market.example/granted"
URIS = {
    "first": "http://axschema.org/namePerson/first",
    "email": "http://axschema.org/contact/email",
    "company": "http://openid.net/schema/company/name",
    "payer": "https://www.paypal.com/webapps/auth/schema/payerID",
    "street": "http://schema.openid.net/contact/street1",
    "code": "http://axschema.org/contact/postalCode/home",
}


def _ask(classic: Classic, *scopes: str) -> str:
    fields = {"callback": CALLBACK, **{f"scope({index})": scope for index, scope in enumerate(scopes)}}
    return classic.send("Permissions/RequestPermissions", fields)["token"]


def _verifier(classic: Classic, request_token: str, email: str = SELLER) -> str:
    location = classic.sandbox.approve(request_token, action="grant", email=email).json["location"]
    (code,) = parse_qs(urlsplit(location).query)["verification_code"]
    return str(code)


def _granted(classic: Classic, *scopes: str, email: str = SELLER) -> Answer:
    """The answer of GetAccessToken."""
    request_token = _ask(classic, *scopes)
    return classic.call(
        "Permissions/GetAccessToken", token=request_token, verifier=_verifier(classic, request_token, email)
    )


def _signed(classic: Classic, path: str, granted: Answer, **changed: str) -> dict[str, str]:
    """The headers of a request in the name of who granted; as solitude makes them, from the documented rule."""
    timestamp = changed.get("timestamp", str(int(time.time())))
    signature = credentials.signature(
        changed.get("password", credentials.PASSWORD),
        changed.get("secret", granted["tokenSecret"]),
        "POST",
        f"{classic.sandbox.paypal}/{changed.get('other_path', path)}",
        credentials.USER,
        granted["token"],
        timestamp,
    )
    named = {name: value for name, value in KEYS.items() if "SECURITY" not in name}
    return {
        **named,
        "X_PAYPAL_AUTHORIZATION": f"timestamp={timestamp},token={granted['token']},signature={signature}",
    }


def _personal(classic: Classic, kind: str, granted: Answer, *uris: str, **changed: str) -> Answer:
    path = f"Permissions/Get{kind}PersonalData"
    fields = {f"attributeList.attribute({index})": uri for index, uri in enumerate(uris)}
    return classic.send(path, fields, _signed(classic, path, granted, **changed))


def _values(answer: Answer) -> dict[str, str]:
    found: dict[str, str] = {}
    while (key := answer.pairs.get(f"response.personalData({len(found)}).personalDataKey")) is not None:
        found[key] = answer.pairs[f"response.personalData({len(found)}).personalDataValue"]
    return found


def test_the_signature_is_the_documented_one() -> None:
    """Computed by hand from the rule: HMAC-SHA1 over method, URL and parameters, each escaped in PayPal's own way."""
    url = "https://svcs.paypal.com/Permissions/GetBasicPersonalData"
    assert credentials.escape(url) == "https%3a%2f%2fsvcs%2epaypal%2ecom%2fPermissions%2fGetBasicPersonalData"
    made = credentials.signature("password", "secret", "POST", url, "user", "token", "1327183317")
    assert made == "iD5jmsHq41HpNDHwmd6QiAW8Gd8="


def test_what_is_granted_can_be_looked_up_until_it_is_taken_back(classic: Classic) -> None:
    granted = _granted(classic, "REFUND", "ACCESS_BASIC_PERSONAL_DATA")
    assert (granted["scope(0)"], granted["scope(1)"]) == ("REFUND", "ACCESS_BASIC_PERSONAL_DATA")
    shown = classic.call("Permissions/GetPermissions", token=granted["token"])
    assert (shown["scope(0)"], shown["scope(1)"]) == ("REFUND", "ACCESS_BASIC_PERSONAL_DATA")
    assert classic.call("Permissions/CancelPermissions", token=granted["token"]).ack == "Success"
    assert classic.call("Permissions/GetPermissions", token=granted["token"]).error == "580022"


def test_the_seller_takes_it_back_at_paypal(classic: Classic) -> None:
    granted = _granted(classic, "REFUND")
    reply = classic.sandbox.control("POST", "permissions/revoke", {"email": SELLER})
    assert reply.json == {"revoked": 1}
    assert classic.call("Permissions/GetPermissions", token=granted["token"]).error == "580022"


def test_the_code_is_good_once_and_for_a_quarter_of_an_hour(classic: Classic) -> None:
    request_token = _ask(classic, "REFUND")
    assert classic.call("Permissions/GetAccessToken", token=request_token, verifier="guessed").error == "580022"
    code = _verifier(classic, request_token)
    assert classic.call("Permissions/GetAccessToken", token=request_token, verifier=code).ack == "Success"
    assert classic.call("Permissions/GetAccessToken", token=request_token, verifier=code).error == "580022"
    late = _ask(classic, "REFUND")
    code = _verifier(classic, late)
    classic.sandbox.advance(minutes=15)
    assert classic.call("Permissions/GetAccessToken", token=late, verifier=code).error == "580022"


def test_a_refusal_tells_the_shop_nothing(classic: Classic) -> None:
    request_token = _ask(classic, "REFUND")
    assert classic.sandbox.approve(request_token, action="refuse").json["location"] == CALLBACK
    classic.sandbox.advance(hours=3)
    assert classic.sandbox.approve(request_token, action="grant").status == 410


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"callback": CALLBACK}, "580029"),
        ({"callback": CALLBACK, "scope(0)": "EVERYTHING"}, "580022"),
        ({"callback": "back", "scope(0)": "REFUND"}, "580028"),
        ({"scope(0)": "REFUND"}, "580029"),
    ],
)
def test_a_request_that_makes_no_sense_is_refused(classic: Classic, fields: dict[str, str], error: str) -> None:
    assert classic.send("Permissions/RequestPermissions", fields).error == error


def test_personal_data_comes_to_who_signs_for_it(classic: Classic) -> None:
    granted = _granted(classic, "ACCESS_BASIC_PERSONAL_DATA", "ACCESS_ADVANCED_PERSONAL_DATA", email=SELLER)
    basic = _values(_personal(classic, "Basic", granted, URIS["first"], URIS["email"], URIS["company"], URIS["payer"]))
    assert (basic[URIS["email"]], len(basic[URIS["payer"]])) == (SELLER, 13)
    assert basic[URIS["first"]]
    assert basic[URIS["company"]]
    advanced = _values(_personal(classic, "Advanced", granted, URIS["street"], URIS["code"]))
    assert all(advanced.values())
    assert len(advanced) == 2


def test_each_kind_of_data_needs_its_own_permission(classic: Classic) -> None:
    basic = _granted(classic, "ACCESS_BASIC_PERSONAL_DATA")
    assert _personal(classic, "Advanced", basic, URIS["street"]).error == "550001"
    assert _personal(classic, "Basic", basic, URIS["street"]).error == "580022"
    assert _personal(classic, "Basic", basic).error == "580029"
    assert classic.send("Permissions/GetBasicPersonalData", {"attributeList.attribute(0)": URIS["email"]}).error == (
        "550001"
    )


@pytest.mark.parametrize(
    "changed",
    [{"secret": "guessed"}, {"password": "guessed"}, {"other_path": "Permissions/GetAdvancedPersonalData"}],
)
def test_a_wrong_signature_is_nobodys(classic: Classic, changed: dict[str, str]) -> None:
    granted = _granted(classic, "ACCESS_BASIC_PERSONAL_DATA")
    assert _personal(classic, "Basic", granted, URIS["email"], **changed).error == "520003"


def test_a_signature_is_no_good_after_the_permission(classic: Classic) -> None:
    granted = _granted(classic, "ACCESS_BASIC_PERSONAL_DATA")
    classic.call("Permissions/CancelPermissions", token=granted["token"])
    assert _personal(classic, "Basic", granted, URIS["email"]).error == "520003"


def test_granted_refunds_can_be_made(classic: Classic) -> None:
    seller = "norefund-x@shop.example"
    pay_key = classic.paid(simple(seller=seller))
    status = "refundInfoList.refundInfo(0).refundStatus"
    assert classic.call("AdaptivePayments/Refund", payKey=pay_key)[status] == "NO_API_ACCESS_TO_RECEIVER"
    _granted(classic, "REFUND", email=seller)
    assert classic.call("AdaptivePayments/Refund", payKey=pay_key)[status] == "REFUNDED"


@pytest.mark.parametrize(
    ("email", "kind", "status"),
    [
        (SELLER, "BUSINESS", "VERIFIED"),
        ("personal-anna@home.example", "PERSONAL", "VERIFIED"),
        ("premier-x@shop.example", "PREMIER", "VERIFIED"),
        ("unverified-x@shop.example", "BUSINESS", "UNVERIFIED"),
    ],
)
def test_an_account_is_looked_up_by_its_address(classic: Classic, email: str, kind: str, status: str) -> None:
    answer = classic.call("AdaptiveAccounts/GetVerifiedStatus", emailAddress=email, matchCriteria="NONE")
    assert (answer["userInfo.accountType"], answer["accountStatus"]) == (kind, status)
    assert answer["userInfo.emailAddress"] == email


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"emailAddress": "nobody-x@shop.example", "matchCriteria": "NONE"}, "580023"),
        ({"emailAddress": "nonsense", "matchCriteria": "NONE"}, "580022"),
        ({"emailAddress": SELLER, "matchCriteria": "NAME", "firstName": "Some", "lastName": "Body"}, "580023"),
        ({"emailAddress": SELLER, "matchCriteria": "NAME"}, "580029"),
        ({"emailAddress": SELLER}, "580029"),
        ({"matchCriteria": "NONE"}, "580029"),
    ],
)
def test_who_is_not_there_is_not_found(classic: Classic, fields: dict[str, str], error: str) -> None:
    assert classic.send("AdaptiveAccounts/GetVerifiedStatus", fields).error == error
