"""What the controls of all simulators share: JSON objects in, JSON or a sentence out."""

import json
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from werkzeug.wrappers import Request, Response

Json = dict[str, Any]
T = TypeVar("T")

# Made once: json.dumps would make a new one for every answer.
_encode = json.JSONEncoder(separators=(",", ":")).encode


class NotNowError(Exception):
    """What is asked for cannot be had, any more or at all; `status` is that of the answer."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status
        self.sentence = sentence


def json_response(body: Any, status: int) -> Response:
    """A JSON response; `body` None makes an empty one."""
    content = "" if body is None else _encode(body)
    return Response(content, status, content_type="application/json")


def tried(act: Callable[[], tuple[Json, int]]) -> Response:
    """The answer, or 400 (or 404, 410) with the sentence of what was wrong."""
    try:
        return json_response(*act())
    except NotNowError as error:
        return json_response({"error": error.sentence}, error.status)
    except ValueError as error:
        return json_response({"error": str(error)}, 400)


def body_of(request: Request) -> Json:
    """The body, which must be a JSON object; none counts as an empty one."""
    try:
        body = json.loads(request.get_data() or b"{}")
    except RecursionError:
        raise ValueError("The body is nested too deeply.") from None
    if not isinstance(body, dict):
        raise ValueError("The body must be a JSON object.")
    return body


def whole(value: object, name: str, *, least: int = 0, most: int) -> int:
    """A whole number in its range, also as text (of a query); ValueError with a sentence otherwise."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= len(str(most)):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise ValueError(f"{name} must be a whole number from {least} to {most}.")
    return value


def base_of(request: Request) -> str:
    """Where the client reaches the simulator."""
    return request.root_url.rstrip("/")


def newest_of(rows: Iterable[T], limit: int | None) -> list[T]:
    """The last `limit` rows; None: all."""
    return list(rows) if limit is None else list(rows)[-limit:] if limit > 0 else []
