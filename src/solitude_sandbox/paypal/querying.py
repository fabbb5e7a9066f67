"""Reading of query parameters: page numbers and points in time."""

import re
from datetime import UTC, datetime

from solitude_sandbox.paypal.call import Call
from solitude_sandbox.paypal.errors import refuse

# Pattern of `date_time` in PayPal's OpenAPI files. A leap second is one that Python does not know.
TIME = re.compile(
    r"[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]([.][0-9]+)?"
    r"(Z|[+-][0-9]{2}:[0-9]{2})",
    re.ASCII | re.IGNORECASE,
)
TIME_LENGTH = 64


def page_number(call: Call, key: str, default: int, most: int) -> int:
    """A number from 1 to `most`, or the default; 400 otherwise."""
    text = call.query.get(key, str(default))
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(most)) and 1 <= int(text) <= most):
        raise refuse("INVALID_PARAMETER_VALUE", key, text[:20], location="query")
    return int(text)


def time_of(call: Call, key: str, *, required: bool = False) -> datetime | None:
    """A time with its offset, as UTC; None without one; 400 if it is required or makes no sense."""
    text = call.query.get(key)
    if text is None:
        if required:
            raise refuse("MISSING_REQUIRED_PARAMETER", key, location="query")
        return None
    if len(text) > TIME_LENGTH or not TIME.fullmatch(text):
        raise refuse("INVALID_PARAMETER_SYNTAX", key, text[:TIME_LENGTH], location="query")
    try:
        return datetime.fromisoformat(text.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        raise refuse("INVALID_PARAMETER_VALUE", key, text, location="query") from None
