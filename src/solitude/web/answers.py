"""How answers are written: JSON with decimals, times in UTC with milliseconds, references as paths."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, overload

from django.http import HttpResponse

from solitude.web import idempotency
from solitude.web.bodies import encode
from solitude.web.requests import ApiRequest


def answer(body: Any, status: int = 200, **headers: str) -> HttpResponse:
    return HttpResponse(encode(body), status=status, content_type="application/json", headers=headers)


def created(
    request: ApiRequest, body: Mapping[str, Any], status: int = 201, tag: str | None = None, path: str | None = None
) -> HttpResponse:
    """The answer to a POST that made something, kept under its idempotency key; call it inside the transaction that made it.

    `tag` is the tag of what was made, `path` where it is, if the body does not say it.

    Raises Refused (409), which undoes that transaction, when another request has taken the key over.
    """
    said = {"Location": path or body.get("resource_uri"), "ETag": tag}
    headers = {name: value for name, value in said.items() if value is not None}
    return _kept(request, answer(body, status, **headers))


def done(request: ApiRequest) -> HttpResponse:
    """204, kept like `created`; call it inside the transaction that did it."""
    return _kept(request, HttpResponse(status=204))


def _kept(request: ApiRequest, response: HttpResponse) -> HttpResponse:
    if request.claim is not None and not request.claim.settle(response):
        raise idempotency.in_progress()
    return response


def settle(request: ApiRequest, status: int, body: Mapping[str, Any], **headers: str) -> None:
    """Keeps the answer to a POST whose effect stands, whoever has the key by now."""
    if request.claim is not None:
        request.claim.settle(answer(body, status, **headers))


@overload
def time_text(moment: datetime) -> str: ...


@overload
def time_text(moment: datetime | None) -> str | None: ...


def time_text(moment: datetime | None) -> str | None:
    """`2026-11-23T14:05:06.789Z`"""
    return None if moment is None else moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
