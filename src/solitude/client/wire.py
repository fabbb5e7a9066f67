"""What goes over the wire: JSON with exact decimals, request targets, fields read with their types. No floats."""

import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, NoReturn
from urllib.parse import quote, urlencode

Amount = Decimal | int | str
"""An amount of money in the currency's main unit, e.g. Decimal("2.49"), "2.49" or 3; never a float."""

AMOUNT_MAX_CHARS = 40
# The name under which an answer that is no object is given: here, every answer is one.
BARE = "bare"
PATH_SAFE = "/:@!$&'()*+,;=~-._"
_AMOUNT_TEXT = re.compile(r"-?[0-9]+(\.[0-9]+)?")


class Unreadable(ValueError):
    """An answer is not what the documentation of the API says; the text names the field, never its value."""


def decimal(value: Amount) -> Decimal:
    """`value` as an exact, finite decimal. Raises TypeError for a float or bool, ValueError for what is no amount."""
    if isinstance(value, bool) or not isinstance(value, Decimal | int | str):
        raise TypeError(f"An amount is a Decimal, int or str, not {type(value).__name__}.")
    if isinstance(value, Decimal):
        # The exponent is looked at before the digits are written out: 1E+999999 would be a megabyte.
        if not value.is_finite() or abs(value.adjusted()) > AMOUNT_MAX_CHARS:
            raise ValueError("An amount is a finite number of everyday size.")
        value = format(value, "f")
    text = str(value)
    if len(text) > AMOUNT_MAX_CHARS or not _AMOUNT_TEXT.fullmatch(text):
        raise ValueError("An amount is written in digits, perhaps with a point, e.g. 2.49.")
    return Decimal(text)


def amount_text(value: Amount) -> str:
    """`value` with all the digits it was given, e.g. "2.50"; errors as for `decimal`."""
    return format(decimal(value), "f")


def encode(value: object) -> bytes:
    """JSON of plain data; a Decimal becomes a number with its own digits, a date its ISO form. Raises TypeError."""
    return _encoded(value).encode()


def _encoded(value: object) -> str:
    # The json module writes a Decimal only by way of a float, so containers and decimals are written here.
    if isinstance(value, Decimal):
        return amount_text(value)
    if isinstance(value, date) and not isinstance(value, datetime):
        return json.dumps(value.isoformat())
    if value is None or isinstance(value, bool | int | str):
        return json.dumps(value)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{json.dumps(str(name))}: {_encoded(item)}" for name, item in value.items()) + "}"
    if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray):
        return "[" + ", ".join(_encoded(item) for item in value) + "]"
    raise TypeError(f"A {type(value).__name__} cannot be sent; amounts are Decimal, int or str.")


def decode(raw: bytes, *, bare: bool = False) -> dict[str, Any]:
    """The JSON object in `raw`, its broken numbers as Decimal; with `bare` whatever it is, under BARE. Raises Unreadable."""
    try:
        body = json.loads(raw, parse_float=Decimal, parse_constant=_refuse)
    except (ValueError, ArithmeticError, RecursionError):
        raise Unreadable("The body is not JSON.") from None
    if bare:
        body = {BARE: body}
    if not isinstance(body, dict):
        raise Unreadable("The body is not a JSON object.")
    return body


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def target(path: str, query: Mapping[str, str | int] | None = None) -> str:
    """Path and query as they are sent, percent-encoded in the spelling that every library on the way leaves alone."""
    if not path.startswith("/"):
        raise ValueError("A path starts with a slash.")
    encoded = quote(path, safe=PATH_SAFE)
    return f"{encoded}?{urlencode(query, quote_via=quote)}" if query else encoded


class Fields:
    """Reads the fields of a JSON object; every method raises Unreadable when the field is absent or of another type.

    Fields that nobody asks for are ignored, so that a newer server may send more.
    """

    def __init__(self, given: object) -> None:
        if not isinstance(given, Mapping):
            raise Unreadable("An object is missing.")
        self._given: Mapping[str, Any] = given

    def has(self, name: str) -> bool:
        """Whether the field is there and neither null nor empty text."""
        return self._given.get(name) not in (None, "")

    def text(self, name: str) -> str:
        value = self._given.get(name)
        return value if isinstance(value, str) else self._unreadable(name)

    def text_or_none(self, name: str) -> str | None:
        return None if self._given.get(name) is None else self.text(name)

    def whole(self, name: str) -> int:
        value = self._given.get(name)
        return value if isinstance(value, int) and not isinstance(value, bool) else self._unreadable(name)

    def whole_or_none(self, name: str) -> int | None:
        return None if self._given.get(name) is None else self.whole(name)

    def reference(self, name: str) -> int | str:
        """An id that the caller chose: it comes back in the type in which it was sent."""
        return self.text(name) if isinstance(self._given.get(name), str) else self.whole(name)

    def flag(self, name: str) -> bool:
        value = self._given.get(name)
        return value if isinstance(value, bool) else self._unreadable(name)

    def amount(self, name: str) -> Decimal:
        try:
            return decimal(self._given.get(name))  # type: ignore[arg-type]
        except (TypeError, ValueError, InvalidOperation):
            return self._unreadable(name)

    def amount_or_none(self, name: str) -> Decimal | None:
        return self.amount(name) if self.has(name) else None

    def time(self, name: str) -> datetime:
        """A time of the API is UTC, also where an answer does not say so."""
        try:
            value = datetime.fromisoformat(self.text(name))
        except ValueError:
            return self._unreadable(name)
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value

    def time_or_none(self, name: str) -> datetime | None:
        return self.time(name) if self.has(name) else None

    def day_or_none(self, name: str) -> date | None:
        try:
            return date.fromisoformat(self.text(name)) if self.has(name) else None
        except ValueError:
            return self._unreadable(name)

    def items(self, name: str) -> list[Any]:
        value = self._given.get(name)
        return value if isinstance(value, list) else self._unreadable(name)

    def texts(self, name: str) -> tuple[str, ...]:
        found = tuple(item for item in self.items(name) if isinstance(item, str))
        return found if len(found) == len(self.items(name)) else self._unreadable(name)

    def anything(self, name: str) -> Any:
        """Whatever is there, null too."""
        return self._given[name] if name in self._given else self._unreadable(name)

    def mapping(self, name: str) -> Mapping[str, Any]:
        """The object under `name`; an absent one is empty."""
        value = self._given.get(name)
        if value is None:
            return {}
        return value if isinstance(value, Mapping) else self._unreadable(name)

    def _unreadable(self, name: str) -> NoReturn:
        raise Unreadable(f"The field {name} is missing or has another type.")
