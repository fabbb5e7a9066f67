"""How rows of this provider are found and shown, and how long a marketplace may remember what it was shown."""

from collections.abc import Callable, Mapping
from typing import Any

from django.conf import settings
from django.http import HttpResponse

from solitude.web import etags, paging
from solitude.web.answers import answer
from solitude.web.refusals import not_found
from solitude.web.requests import ApiRequest
from solitude.web.rows import Row


def found(model: Any, pk: int, *, lock: bool = False) -> Any:
    """The row, locked for the transaction that changes it. Raises Refused (404)."""
    rows = model.objects.select_for_update() if lock else model.objects.all()
    row = rows.filter(pk=pk).first()
    if row is None:
        raise not_found()
    return row


def shown(body: Mapping[str, Any], row: Row, status: int = 200) -> HttpResponse:
    return answer(body, status, ETag=etags.etag_of(row))


def changed(row: Row) -> HttpResponse:
    """202 without a body, as the old server answers a PATCH; with the tag of what the row is now."""
    return HttpResponse(status=202, headers={"ETag": etags.etag_of(row)})


def remembered(request: ApiRequest, model: Any, pk: int, show: Callable[[Any], Mapping[str, Any]]) -> HttpResponse:
    """The answer to a GET of who is paid: a marketplace may keep it in memory for a moment, and write it down nowhere.

    `no-store` keeps it out of every cache on the way and on disk; `max-age` says for how long the marketplace itself may go by it.
    """
    paging.only(request)
    row = found(model, pk)
    response = etags.not_modified(request, etags.etag_of(row)) or shown(show(row), row)
    response["Cache-Control"] = f"private, no-store, max-age={settings.SOLITUDE_PAYPAL_DATA_MEMORY_S}"
    return response
