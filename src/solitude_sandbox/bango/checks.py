"""What Bango checks of the values that it is sent."""

from decimal import Decimal

from solitude_sandbox.addresses import is_email, is_web_url
from solitude_sandbox.bango.call import Call
from solitude_sandbox.bango.codes import RefusedError, invalid
from solitude_sandbox.bango.countries import COUNTRIES, CURRENCIES, DECIMALS

TEXT_LENGTH = 254
URL_LENGTH = 4_000
AMOUNT_LIMIT = Decimal(1_000_000_000)


def filled(call: Call, name: str, most: int = TEXT_LENGTH) -> str:
    """A text that must be there; refused with INVALID_ and the field's name."""
    return _checked(call, name, most, good=bool(call.text(name)))


def optional(call: Call, name: str, most: int = TEXT_LENGTH) -> str:
    """A text that may be empty."""
    return _checked(call, name, most, good=True)


def email(call: Call, name: str) -> str:
    """An e-mail address."""
    return _checked(call, name, TEXT_LENGTH, good=is_email(call.text(name)))


def country(call: Call, name: str) -> str:
    """A country's alpha-3 code; whatever the field's name is, the code is INVALID_COUNTRYISO."""
    if call.text(name) not in COUNTRIES:
        raise RefusedError("INVALID_COUNTRYISO")
    return call.text(name)


def currency(call: Call, name: str) -> str:
    """One of Bango's currencies."""
    if call.text(name) not in CURRENCIES:
        raise RefusedError("INVALID_CURRENCYISO")
    return call.text(name)


def url(call: Call, name: str, code: str) -> str:
    """A web address, or none."""
    value = call.text(name)
    if value and not (len(value) <= URL_LENGTH and is_web_url(value)):
        raise RefusedError(code)
    return value


def is_amount(value: Decimal) -> bool:
    """Whether this can be paid: more than nothing, and no more decimals than the currencies have."""
    return 0 < value <= AMOUNT_LIMIT and round(value, DECIMALS) == value


def _checked(call: Call, name: str, most: int, *, good: bool) -> str:
    value = call.text(name)
    if not good or len(value) > most:
        raise invalid(name)
    return value
