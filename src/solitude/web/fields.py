"""The types of request fields, as pydantic types: each refuses what it cannot use with a sentence for the developer."""

import re
from decimal import Decimal
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import BaseModel, BeforeValidator, ConfigDict

from solitude.web.refusals import REQUIRED

TEXT_MAX_CHARS = 255
LONG_TEXT_MAX_CHARS = 16_384
# Decimal() also takes "1_000", other scripts' digits, surrounding space and exponents.
_PLAIN_DECIMAL = re.compile(r"[+-]?[0-9]{1,64}(\.[0-9]{1,64})?", re.ASCII)


class Body(BaseModel):
    """A request body: unknown fields are ignored, and read-only ones that a client sends back are unknown."""

    model_config = ConfigDict(extra="ignore")


def text_of(most: int) -> BeforeValidator:
    """A text of at most `most` characters, without NUL, which PostgreSQL cannot keep."""

    def check(value: Any) -> Any:
        if not isinstance(value, str):
            raise ValueError("must be a text")
        if "\x00" in value:
            raise ValueError("must not contain a NUL character")
        if len(value) > most:
            raise ValueError(f"must have at most {most} characters")
        return value

    return BeforeValidator(check)


def _digits(value: Any) -> Any:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _given(value: Any) -> Any:
    if value in (None, ""):
        raise ValueError(REQUIRED)
    return value


def _flag(value: Any) -> Any:
    if not isinstance(value, bool):
        raise ValueError("must be true or false")
    return value


def _decimal(value: Any) -> Any:
    """A decimal from a JSON number or its text. `bodies` reads numbers as Decimal, so nothing was rounded before this."""
    is_number = isinstance(value, int | Decimal) and not isinstance(value, bool)
    if is_number or (isinstance(value, str) and _PLAIN_DECIMAL.fullmatch(value)):
        number = Decimal(value)
        # "-0" is nothing, and nothing has no sign.
        return number or number.copy_abs()
    raise ValueError("must be a decimal number")


# A text of at most 255 characters.
StrictText = Annotated[str, text_of(TEXT_MAX_CHARS)]
# The same; a JSON number is taken as its digits. (Of validators before, the last one is asked first.)
Text = Annotated[str, text_of(TEXT_MAX_CHARS), BeforeValidator(_digits)]
# The same, and not empty.
GivenText = Annotated[str, text_of(TEXT_MAX_CHARS), BeforeValidator(_digits), BeforeValidator(_given)]
LongText = Annotated[str, text_of(LONG_TEXT_MAX_CHARS)]
Flag = Annotated[bool, BeforeValidator(_flag)]
DecimalNumber = Annotated[Decimal, BeforeValidator(_decimal)]


def reference(path: str, collection: str) -> int | None:
    """The primary key in a reference such as `/generic/buyer/31/`; an absolute URL's host is ignored. None if it is none."""
    try:
        local = urlsplit(path).path
    except ValueError:  # such as "http://["
        return None
    head, _, rest = local.partition(collection)
    pk = rest.removesuffix("/")
    return int(pk) if not head and pk.isascii() and pk.isdigit() and len(pk) <= 18 else None
