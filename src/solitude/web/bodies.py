"""JSON in and out, with numbers as decimals on both ways: no amount ever passes through a float."""

import json
from decimal import Decimal
from typing import Any

import msgspec
from django.http import HttpRequest
from ninja.parser import Parser
from ninja.renderers import BaseRenderer

from solitude.web.refusals import Refused

NAME_SHOWN_CHARS = 64
_decoder = msgspec.json.Decoder(float_hook=Decimal)
_encoder = msgspec.json.Encoder(decimal_format="number")


def encode(body: Any) -> bytes:
    """JSON of plain data; a Decimal becomes a JSON number with its own digits."""
    return _encoder.encode(body)


def decode(text: bytes) -> Any:
    """What the JSON text says. Raises Refused (400) for a text that is none, and for one in which an object has a name twice.

    msgspec refuses NaN, bad UTF-8, halves of surrogate pairs and deep nesting. Of two values of one name it would take the last;
    another reader of the same bytes, such as the one that signed or logged them, may take the first.
    """
    try:
        decoded = _decoder.decode(text)
        json.loads(text, object_pairs_hook=_refuse_twice)
    except (msgspec.DecodeError, RecursionError, ArithmeticError, ValueError):
        raise Refused(400, {"detail": "The body is not JSON."}) from None
    return decoded


def _refuse_twice(pairs: list[tuple[str, Any]]) -> None:
    seen: set[str] = set()
    for name, _ in pairs:
        if name in seen:
            raise Refused(400, {"detail": f"The body has {name[:NAME_SHOWN_CHARS]!r} more than once."})
        seen.add(name)


class JsonParser(Parser):
    """An empty body is an empty object, and a body is always an object."""

    def parse_body(self, request: HttpRequest) -> dict[str, Any]:
        body = decode(request.body) if request.body.strip() else {}
        if not isinstance(body, dict):
            raise Refused(400, {"non_field_errors": ["The body must be a JSON object."]})
        return body


class JsonRenderer(BaseRenderer):
    media_type = "application/json"

    def render(self, request: HttpRequest, data: Any, *, response_status: int) -> bytes:
        return encode(data)
