"""Permissions/GetBasicPersonalData and /GetAdvancedPersonalData: about the account that has granted it."""

from solitude_sandbox.paypal import persons
from solitude_sandbox.paypal.accounts import Account
from solitude_sandbox.paypal.books import Books
from solitude_sandbox.paypal.classic.call import ClassicCall
from solitude_sandbox.paypal.classic.errors import NOT_ALLOWED, ClassicError
from solitude_sandbox.paypal.classic.nvp import Tree

_AX = "http://axschema.org"
_OPENID = "http://schema.openid.net/contact"

BASIC_SCOPE, ADVANCED_SCOPE = "ACCESS_BASIC_PERSONAL_DATA", "ACCESS_ADVANCED_PERSONAL_DATA"


def basic_data(account: Account) -> dict[str, str]:
    """Attribute -> value; none at all where the account has none."""
    return {
        f"{_AX}/namePerson/first": persons.GIVEN_NAME,
        f"{_AX}/namePerson/last": persons.FAMILY_NAME,
        f"{_AX}/contact/email": account.email,
        f"{_OPENID}/fullname": persons.NAME,
        "http://openid.net/schema/company/name": persons.COMPANY if account.trait.account_type == "BUSINESS" else "",
        f"{_AX}/contact/country/home": persons.COUNTRY,
        "https://www.paypal.com/webapps/auth/schema/payerID": account.merchant_id,
    }


def advanced_data(_: Account) -> dict[str, str]:
    """Attribute -> value."""
    return {
        f"{_AX}/contact/postalCode/home": persons.POSTAL_CODE,
        f"{_OPENID}/street1": persons.STREET_LINES[0],
        f"{_OPENID}/street2": persons.STREET_LINES[1],
        f"{_AX}/contact/city/home": persons.CITY,
        f"{_AX}/contact/state/home": persons.STATE,
        f"{_AX}/contact/phone/default": persons.PHONE,
    }


def get_basic_personal_data(_: Books, call: ClassicCall) -> Tree:
    """Permissions/GetBasicPersonalData."""
    return _answer(call, basic_data(_account(call, BASIC_SCOPE)))


def get_advanced_personal_data(_: Books, call: ClassicCall) -> Tree:
    """Permissions/GetAdvancedPersonalData."""
    return _answer(call, advanced_data(_account(call, ADVANCED_SCOPE)))


def _account(call: ClassicCall, scope: str) -> Account:
    """Whose data it is: of who has granted this to the caller."""
    if call.permission is None or not call.permission.allows(scope):
        raise ClassicError(NOT_ALLOWED)
    return call.permission.account


def _answer(call: ClassicCall, data: dict[str, str]) -> Tree:
    """What was asked for, in that order; what the account does not have has a key and no value."""
    asked = call.fields.texts("attributeList.attribute")
    if not asked:
        raise call.fields.missing("attributeList.attribute(0)")
    for index, attribute in enumerate(asked):
        if attribute not in data:
            raise call.fields.wrong(f"attributeList.attribute({index})")
    return {"response": {"personalData": [_pair(attribute, data[attribute]) for attribute in asked]}}


def _pair(key: str, value: str) -> Tree:
    return {"personalDataKey": key, **({"personalDataValue": value} if value else {})}
