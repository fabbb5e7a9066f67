"""The fields of an IPN: a form in the character set that it names itself, often windows-1252."""

from urllib.parse import parse_qsl

from solitude.money.errors import MoneyError
from solitude.money.money import Money
from solitude.payments.contract import NotUnderstood

FIELDS_MAX = 1000
CHARSET, FALLBACK = "charset", "windows-1252"
TEXT_MAX_CHARS = 64


def fields(body: bytes) -> dict[str, str]:
    """Raises NotUnderstood."""
    try:
        charset = dict(_pairs(body, "ascii")).get(CHARSET, FALLBACK)
        try:
            pairs = _pairs(body, charset)
        except (LookupError, UnicodeError):
            # One that nobody knows. What counts for money is plain ASCII in any of PayPal's.
            pairs = _pairs(body, FALLBACK)
    except ValueError:
        raise NotUnderstood("an IPN that is no form") from None
    found = dict(pairs)
    if len(found) != len(pairs):
        raise NotUnderstood("an IPN with a field twice")
    return found


def _pairs(body: bytes, charset: str) -> list[tuple[str, str]]:
    found = parse_qsl(
        body.decode("ascii"),
        keep_blank_values=True,
        strict_parsing=True,
        encoding=charset,
        errors="replace",
        max_num_fields=FIELDS_MAX,
    )
    return [(_storable(name), _storable(value)) for name, value in found]


def _storable(text: str) -> str:
    """As a database keeps it. Whoever pays somebody at PayPal may have words of his own in an IPN, which must not stand in its way."""
    return text.encode(errors="replace").decode().replace("\0", "\ufffd")


def money(text: str, currency: str) -> Money:
    """An amount, which may have commas between the thousands. Raises NotUnderstood."""
    try:
        return Money.parse(text.replace(",", ""), currency)
    except MoneyError as error:
        raise NotUnderstood("an amount that is none") from error
