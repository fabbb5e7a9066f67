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


def created(request: ApiRequest, body: Mapping[str, Any], status: int = 201, tag: str | None = None) -> HttpResponse:
    """The answer to a POST that made something, kept under its idempotency key; call it inside the transaction that made it.

    `tag` is the tag of what was made.

    Raises Refused (409), which undoes that transaction, when another request has taken the key over.
    """
    if request.claim is not None and not request.claim.settle(status, body):
        raise idempotency.in_progress()
    response = answer(body, status)
    if "resource_uri" in body:
        response["Location"] = body["resource_uri"]
    if tag is not None:
        response["ETag"] = tag
    return response


def done(request: ApiRequest) -> HttpResponse:
    """204, kept like `created`; call it inside the transaction that did it."""
    if request.claim is not None and not request.claim.settle(204, None):
        raise idempotency.in_progress()
    return HttpResponse(status=204)


def settle(request: ApiRequest, status: int, body: Mapping[str, Any]) -> None:
    """Keeps the answer to a POST whose effect stands, whoever has the key by now."""
    if request.claim is not None:
        request.claim.settle(status, body)


@overload
def time_text(moment: datetime) -> str: ...


@overload
def time_text(moment: datetime | None) -> str | None: ...


def time_text(moment: datetime | None) -> str | None:
    """`2026-11-23T14:05:06.789Z`"""
    return None if moment is None else moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
