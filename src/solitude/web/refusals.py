"""A refusal: an answer that ends the request, in JSON, with the field's name and nothing of a secret."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse, JsonResponse

REQUIRED = "FIELD_REQUIRED"
EVERYTHING = "__all__"


class Refused(Exception):
    """An answer that ends the request: `status`, a JSON `body` and perhaps headers."""

    def __init__(self, status: int, body: Mapping[str, Any], headers: dict[str, str] | None = None) -> None:
        super().__init__(f"refused with {status}")
        self.status, self.body, self.headers = status, body, headers or {}

    def response(self) -> HttpResponse:
        return JsonResponse(self.body, status=self.status, headers=self.headers)


class BadFields(Refused):
    """400: what is wrong, by field; `__all__` for rules that no one field breaks."""

    def __init__(self, **fields: str | list[str]) -> None:
        super().__init__(400, {name: [text] if isinstance(text, str) else text for name, text in fields.items()})


def unprocessable(namespace: str, errors: dict[str, tuple[str, str]]) -> Refused:
    """422 in the newer form: by field a code, which programs go by, and a message."""
    fields = {name: [{"code": code, "message": message}] for name, (code, message) in errors.items()}
    return Refused(422, {namespace: fields})


def not_found() -> Refused:
    return Refused(404, {"detail": "Not found."})


def refusal(refused: Refused) -> HttpResponse:
    return refused.response()


def too_big() -> Refused:
    return Refused(413, {"detail": "The body is too large."})
