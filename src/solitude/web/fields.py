"""The types of request fields, as pydantic types: each refuses what it cannot use with a sentence for the developer.

What a type takes it also says in the description of the API.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, GetCoreSchemaHandler, WithJsonSchema
from pydantic_core import CoreSchema, core_schema

from solitude.web.refusals import REQUIRED

TEXT_MAX_CHARS = 255
LONG_TEXT_MAX_CHARS = 16_384
PK_MAX_DIGITS = 18
# Decimal() also takes "1_000", other scripts' digits, surrounding space and exponents.
_PLAIN_DECIMAL = re.compile(r"[+-]?[0-9]{1,64}(\.[0-9]{1,64})?", re.ASCII)


@dataclass(frozen=True, slots=True, eq=False)
class Taken:
    """In an `Annotated` type: what a field takes. `read` raises ValueError for all else; `schema` says it as JSON schema.

    Of several the last one is asked first, and says what is taken.
    """

    read: Callable[[Any], Any]
    schema: Mapping[str, Any]

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_before_validator_function(self.read, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: Any) -> dict[str, Any]:
        return dict(self.schema)


# In an `Annotated` type: the value is secret, or tells who somebody is. No text of its body shows it, and the canaries of the tests look
# for it wherever anything is written down.
SENSITIVE: Any = Field(repr=False, json_schema_extra={"x-sensitive": True})


class Body(BaseModel):
    """A request body: unknown fields are ignored, and read-only ones that a client sends back are unknown."""

    # An error of pydantic's must not repeat what was sent, wherever its text ends up.
    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)


def kept() -> Any:
    """The default of a field that a PUT or PATCH may leave out. Nobody reads it, and the description shows none."""
    return Field(default_factory=str)


def text_of(most: int) -> Taken:
    """A text of at most `most` characters, without NUL, which PostgreSQL cannot keep."""

    def read(value: Any) -> Any:
        if not isinstance(value, str):
            raise ValueError("must be a text")
        if "\x00" in value:
            raise ValueError("must not contain a NUL character")
        if len(value) > most:
            raise ValueError(f"must have at most {most} characters")
        return value

    return Taken(read, {"type": "string", "maxLength": most})


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


def null_for_empty(value: Any) -> Any:
    return None if value == "" else value


def _day(value: Any) -> Any:
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        raise ValueError("must be a date such as 2026-11-23") from None


def number_of(choices: Iterable[int], named: str = "") -> Taken:
    """One of a few whole numbers, or its digits. `named` is how a refusal names them: "1 (purchase) or 2 (simulate)"."""
    numbers = {str(int(choice)): int(choice) for choice in choices}

    def read(value: Any) -> Any:
        text = str(value) if isinstance(value, int | str) and not isinstance(value, bool) else ""
        if text not in numbers:
            raise ValueError(f"must be {named or 'one of ' + ', '.join(numbers)}")
        return numbers[text]

    return Taken(read, {"enum": [*numbers.values(), *numbers]})


_TEXT = text_of(TEXT_MAX_CHARS)
_TEXT_OR_NUMBER = {"type": ["string", "integer"], "maxLength": TEXT_MAX_CHARS}
# A text of at most 255 characters.
StrictText = Annotated[str, _TEXT]
# The same; a JSON number is taken as its digits.
Text = Annotated[str, _TEXT, Taken(_digits, _TEXT_OR_NUMBER)]
# The same, and not empty.
GivenText = Annotated[str, _TEXT, Taken(_digits, _TEXT_OR_NUMBER), Taken(_given, _TEXT_OR_NUMBER | {"minLength": 1})]
LongText = Annotated[str, text_of(LONG_TEXT_MAX_CHARS)]
Flag = Annotated[bool, Taken(_flag, {"type": "boolean"})]
DecimalNumber = Annotated[
    Decimal, Taken(_decimal, {"type": ["number", "string"], "pattern": f"^{_PLAIN_DECIMAL.pattern}$"})
]
# The same or null, which an empty text is too.
OptionalDecimal = Annotated[
    DecimalNumber | None,
    Taken(null_for_empty, {"type": ["number", "string", "null"], "pattern": f"^({_PLAIN_DECIMAL.pattern})?$"}),
]
Day = Annotated[date, Taken(_day, {"type": "string", "format": "date"})]


def path_under(collection: str) -> WithJsonSchema:
    """Of a text that `reference` reads: the path of a resource of the collection, or a URL with that path."""
    pattern = rf"^(https?://[^/?#]*)?{collection}[0-9]{{1,{PK_MAX_DIGITS}}}/?$"
    return WithJsonSchema({"type": "string", "pattern": pattern, "examples": [f"{collection}31/"]})


def reference(path: str, collection: str) -> int | None:
    """The primary key in a reference such as `/generic/buyer/31/`; an absolute URL's host is ignored. None if it is none."""
    try:
        local = urlsplit(path).path
    except ValueError:  # such as "http://["
        return None
    head, _, rest = local.partition(collection)
    pk = rest.removesuffix("/")
    return int(pk) if not head and pk.isascii() and pk.isdigit() and len(pk) <= PK_MAX_DIGITS else None
