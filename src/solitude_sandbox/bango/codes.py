"""Bango's response codes, and the sentence that goes with each."""

import re

OK = "OK"
PENDING = "PENDING"
CANCEL = "CANCEL"
ACCESS_DENIED = "ACCESS_DENIED"
INTERNAL_ERROR = "INTERNAL_ERROR"
INVALID_PACKAGEID = "INVALID_PACKAGEID"
INVALID_PARAMETER = "INVALID_PARAMETER"
INVALID_PERSON = "INVALID_PERSON"
NO_BANGO_EXISTS = "NO_BANGO_EXISTS"
ALREADY_REFUNDED = "ALREADY_REFUNDED"
CANT_REFUND = "CANT_REFUND"
NOT_SUPPORTED = "NOT_SUPPORTED"

SENTENCES = {
    OK: "Success",
    PENDING: "The refund is pending",
    CANCEL: "The user cancelled the payment",
    ACCESS_DENIED: "Access denied: wrong username or password",
    INTERNAL_ERROR: "An internal error occurred",
    "SERVICE_UNAVAILABLE": "The service is unavailable",
    INVALID_PACKAGEID: "No such package",
    INVALID_PARAMETER: "A parameter is invalid",
    INVALID_PERSON: "No such person, or the e-mail address is unchanged",
    "INVALID_RATING": "No such rating",
    "INVALID_RATING_SCHEME": "No such rating scheme",
    "INVALID_COUNTRYISO": "No such country",
    "INVALID_CURRENCYISO": "No such currency",
    "INVALID_URL": "The URL is invalid",
    NO_BANGO_EXISTS: "No such Bango number",
    "BANGO_ALREADY_PREMIUM_ENABLED": "The Bango number is premium already",
    "BANK_DETAILS_EXIST": "The package has bank details already",
    "SBI_ALREADY_ACCEPTED": "The self-billing agreement is accepted already",
    "VAT_NUMBER_DOES_NOT_EXIST": "The package has no VAT number",
    "REQUIRED_CONFIGURATION_MISSING": "A required configuration option is missing",
    ALREADY_REFUNDED: "The transaction is refunded already",
    CANT_REFUND: "The transaction cannot be refunded",
    NOT_SUPPORTED: "The operator does not support this",
    "INSUFFICIENT_FUNDS": "The user has not enough credit",
    "OPERATOR_DECLINED": "The operator declined the payment",
}
INVALID_FIELD = re.compile(r"INVALID_[A-Z0-9_]{1,50}", re.ASCII)


class RefusedError(Exception):
    """Bango's answer is not OK: `code` says why, `message` is the sentence with it."""

    def __init__(self, code: str, message: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.message = message or sentence(code)


def sentence(code: str) -> str:
    """What Bango says with a code."""
    return SENTENCES.get(code) or f"{code.removeprefix('INVALID_')} is invalid"


def knows_code(code: str) -> bool:
    """Whether Bango has this response code; there is an INVALID_ for every field."""
    return code in SENTENCES or INVALID_FIELD.fullmatch(code) is not None


def invalid(field: str) -> RefusedError:
    """The refusal of a field's value."""
    return RefusedError(f"INVALID_{field.upper()}")
