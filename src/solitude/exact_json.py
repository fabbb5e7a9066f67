"""JSON in and out, with numbers as decimals on both ways: no amount ever passes through a float."""

import json
from decimal import Decimal
from typing import Any

import msgspec

NAME_SHOWN_CHARS = 64
_decoder = msgspec.json.Decoder(float_hook=Decimal)
_encoder = msgspec.json.Encoder(decimal_format="number")


class NotJson(ValueError):
    """The text is no JSON that we read."""


class Unreadable(NotJson):
    """It is JSON by its form, and has what we cannot keep as it is; the text says what."""


class SaidTwice(NotJson):
    """An object in it has a name twice; the text is that name, cut short and quoted."""


def encode(body: Any) -> bytes:
    """JSON of plain data; a Decimal becomes a JSON number with its own digits."""
    return _encoder.encode(body)


def decode(text: bytes) -> Any:
    """What the JSON text says. Raises NotJson for a text that is none, SaidTwice for one in which an object has a name twice, and
    Unreadable.

    msgspec refuses NaN, bad UTF-8, halves of surrogate pairs and deep nesting. Of two values of one name it would take the last;
    another reader of the same bytes, such as the one that signed or logged them, may take the first.
    """
    try:
        decoded = _decoder.decode(text)
        json.loads(text, object_pairs_hook=_refuse_twice)
    except SaidTwice:
        raise
    except (msgspec.ValidationError, ArithmeticError):
        raise Unreadable("a number with too many digits, or too large an exponent") from None
    except (msgspec.DecodeError, RecursionError, ValueError):
        if _has_half_a_pair(text):
            raise Unreadable("half of a surrogate pair, which is no character") from None
        raise NotJson("no JSON") from None
    return decoded


def _has_half_a_pair(text: bytes) -> bool:
    """Of a text that msgspec refuses, whether Python's reader takes it and finds one: that is the difference between the two."""
    if b"\\u" not in text:
        return False
    try:
        json.dumps(json.loads(text.decode()), ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        return isinstance(error, UnicodeEncodeError)
    return False


def _refuse_twice(pairs: list[tuple[str, Any]]) -> None:
    seen: set[str] = set()
    for name, _ in pairs:
        if name in seen:
            raise SaidTwice(repr(name[:NAME_SHOWN_CHARS]))
        seen.add(name)
