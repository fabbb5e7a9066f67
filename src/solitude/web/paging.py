"""Lists: strict filters, newest first, twenty a page unless `limit` says otherwise."""

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from django.db.models import Model, QuerySet
from django.http import HttpRequest

from solitude.web.refusals import Refused

PAGE_ROWS = 20
LIMIT_MAX = 100
PAGE_MAX = 100_000
PAGING = ("page", "limit")
M = TypeVar("M", bound=Model)


def only(request: HttpRequest, allowed: Iterable[str] = ()) -> None:
    """Refuses query parameters that mean nothing here, so that a misspelt filter never lists everything."""
    unknown = sorted(set(request.GET) - set(allowed))
    if unknown:
        raise Refused(400, {"detail": f"Unknown query parameters: {', '.join(unknown)[:200]}"})


def number(request: HttpRequest, name: str, default: int, most: int, least: int = 1) -> int:
    text = request.GET.get(name, "")
    if text == "":
        return default
    if not text.isascii() or not text.isdigit() or len(text) > 9 or not least <= int(text) <= most:
        raise Refused(400, {"detail": f"{name} must be a whole number from {least} to {most}."})
    return int(text)


def listed(
    request: HttpRequest, rows: QuerySet[M], shown: Callable[[M], dict[str, Any]], filters: tuple[str, ...] = ()
) -> dict[str, Any]:
    """One page of `rows` in the envelope of the API; `filters` are columns that are compared exactly."""
    meta, found = page_of(request, rows, filters)
    return {"meta": meta, "objects": [shown(row) for row in found]}


def page_of(request: HttpRequest, rows: QuerySet[M], filters: tuple[str, ...] = ()) -> tuple[dict[str, Any], list[M]]:
    """The page that the request asks for: what the envelope says of it, and its rows."""
    only(request, (*filters, *PAGING))
    for name in filters:
        value = request.GET.get(name, "")
        if "\x00" in value:
            raise Refused(400, {"detail": f"{name} must not contain a NUL character."})
        if value:
            rows = rows.filter(**{name: value})
    page, limit = number(request, "page", 1, PAGE_MAX), number(request, "limit", PAGE_ROWS, LIMIT_MAX)
    total, start = rows.count(), (page - 1) * limit
    meta = {
        "page": page,
        "total_count": total,
        "next": _link(request, page + 1) if start + limit < total else None,
        "prev": _link(request, page - 1) if page > 1 else None,
    }
    return meta, list(rows.order_by("-pk")[start : start + limit])


def _link(request: HttpRequest, page: int) -> str:
    query = request.GET.copy()
    query["page"] = str(page)
    return f"{request.path_info}?{query.urlencode()}"
