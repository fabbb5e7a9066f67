"""JSON in requests and answers, as `exact_json` reads and writes it."""

from typing import Any

from django.http import HttpRequest
from ninja.parser import Parser
from ninja.renderers import BaseRenderer

from solitude import exact_json
from solitude.exact_json import encode as encode
from solitude.web.refusals import Refused


def decode(text: bytes) -> Any:
    """What the JSON text says. Raises Refused (400) for a text that is none, for one in which an object has a name twice, and for one
    that cannot be read exactly."""
    try:
        return exact_json.decode(text)
    except exact_json.SaidTwice as twice:
        raise Refused(400, {"detail": f"The body has {twice} more than once."}) from None
    except exact_json.Unreadable as found:
        raise Refused(400, {"detail": f"The body has {found}."}) from None
    except exact_json.NotJson:
        raise Refused(400, {"detail": "The body is not JSON."}) from None


class JsonParser(Parser):
    """An empty body is an empty object, and a body is always an object."""

    def parse_body(self, request: HttpRequest) -> dict[str, Any]:
        body = decode(request.body) if request.body else {}
        if not isinstance(body, dict):
            raise Refused(400, {"non_field_errors": ["The body must be a JSON object."]})
        return body


class JsonRenderer(BaseRenderer):
    media_type = "application/json"

    def render(self, request: HttpRequest, data: Any, *, response_status: int) -> bytes:
        return encode(data)
