"""The answer to what Bango has done: it stands, whoever has the request's idempotency key by now."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse

from solitude.web.answers import answer
from solitude.web.requests import ApiRequest


def done(request: ApiRequest, body: Mapping[str, Any] | None, status: int = 200, **headers: str) -> HttpResponse:
    """Keeps the answer under the request's key, and gives it. None is no body. Where something is written, call it in that transaction."""
    response = HttpResponse(status=status) if body is None else answer(body, status, **headers)
    if request.claim is not None:
        request.claim.settle(response)
    return response
