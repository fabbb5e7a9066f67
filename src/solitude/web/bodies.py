"""JSON in and out, with numbers as decimals on both ways: no amount ever passes through a float."""

from decimal import Decimal
from typing import Any

import msgspec
from django.http import HttpRequest
from ninja.parser import Parser
from ninja.renderers import BaseRenderer

from solitude.web.refusals import Refused

_decoder = msgspec.json.Decoder(float_hook=Decimal)
_encoder = msgspec.json.Encoder(decimal_format="number")


def encode(body: Any) -> bytes:
    """JSON of plain data; a Decimal becomes a JSON number with its own digits."""
    return _encoder.encode(body)


class JsonParser(Parser):
    """An empty body is an empty object, and a body is always an object. msgspec refuses NaN, bad UTF-8 and deep nesting."""

    def parse_body(self, request: HttpRequest) -> dict[str, Any]:
        try:
            body = _decoder.decode(request.body) if request.body.strip() else {}
        except (msgspec.DecodeError, RecursionError, ArithmeticError, ValueError):
            raise Refused(400, {"detail": "The body is not JSON."}) from None
        if not isinstance(body, dict):
            raise Refused(400, {"non_field_errors": ["The body must be a JSON object."]})
        return body


class JsonRenderer(BaseRenderer):
    media_type = "application/json"

    def render(self, request: HttpRequest, data: Any, *, response_status: int) -> bytes:
        return encode(data)
