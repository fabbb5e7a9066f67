"""Lists: strict filters, newest first, twenty a page unless `limit` says otherwise.

`page` counts pages and all rows, which is what people want and what takes longer the more rows are counted. `cursor` goes on behind the
last row that was seen, takes as long for the millionth row as for the first, and neither skips nor repeats a row when others come in.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any, TypeVar

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from solitude.web import etags
from solitude.web.answers import answer
from solitude.web.filters import Filters, wanted
from solitude.web.refusals import Refused, not_found
from solitude.web.rows import Row

PAGE_ROWS = 20
LIMIT_MAX = 100
PAGE_MAX = 100_000
PAGING = ("page", "limit", "cursor")
_CURSOR = re.compile(r"[0-9a-f]{1,15}", re.ASCII)
R = TypeVar("R", bound=Row)


def has_query(request: HttpRequest) -> bool:
    """Whether anything is asked for behind the path. `request.GET` alone is slow where nothing is: Django takes that apart as well."""
    return bool(request.META.get("QUERY_STRING") and request.GET)


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


def one(request: HttpRequest, rows: QuerySet[R], pk: int, filters: Filters, *, lock: bool = False) -> R:
    """The row of a detail URL, where the list's filters hold too; locked for the transaction that changes it. Raises Refused (404)."""
    only(request, filters)
    rows = rows.filter(wanted(request.GET, filters), pk=pk)
    # Others may refer to the row meanwhile (`no_key`): a change is nothing that a payment has to wait for.
    row = (rows.select_for_update(of=("self",), no_key=True) if lock else rows).first()
    if row is None:
        raise not_found()
    return row


def listed(
    request: HttpRequest,
    rows: QuerySet[R],
    shown: Callable[[R], Mapping[str, Any]],
    filters: Filters,
    tag: Callable[[R], str] = etags.etag_of,
) -> HttpResponse:
    """One page of `rows` in the envelope of the API. `tag` is the tag of the answer about one of them."""
    meta, found = page_of(request, rows, filters)
    return answer_of(request, meta, found, shown, tag)


def answer_of(
    request: HttpRequest,
    meta: Mapping[str, Any],
    rows: list[R],
    shown: Callable[[R], Mapping[str, Any]],
    tag: Callable[[R], str] = etags.etag_of,
) -> HttpResponse:
    page_tag = etags.etag_of_list(meta, map(tag, rows))
    body = {"meta": meta, "objects": [shown(row) for row in rows]}
    return etags.not_modified(request, page_tag) or answer(body, ETag=page_tag)


def page_of(
    request: HttpRequest,
    rows: QuerySet[R],
    filters: Filters,
    count: Callable[[Mapping[str, str]], int | None] = lambda _given: None,
) -> tuple[dict[str, Any], list[R]]:
    """The page that the request asks for: what the envelope says of it, and its rows.

    `count` counts them faster than the database would, by what is given for the filters, if it knows how.
    """
    only(request, (*filters, *PAGING))
    condition = wanted(request.GET, filters)
    rows = rows.filter(condition).order_by("-pk")
    limit = number(request, "limit", PAGE_ROWS, LIMIT_MAX)
    if "cursor" in request.GET:
        return _behind_cursor(request, rows, limit)
    given = {name: request.GET.get(name, "") for name in filters}
    return _counted(request, rows, limit, partial(count, given))


def _counted(
    request: HttpRequest, rows: QuerySet[R], limit: int, count: Callable[[], int | None]
) -> tuple[dict[str, Any], list[R]]:
    page = number(request, "page", 1, PAGE_MAX)
    counted, start = count(), (page - 1) * limit
    total = rows.count() if counted is None else counted
    meta = {
        "page": page,
        "total_count": total,
        "next": _link(request, page=page + 1) if start + limit < total else None,
        "prev": _link(request, page=page - 1) if page > 1 else None,
    }
    return meta, _rows_from(rows, start, limit)


def _rows_from(rows: QuerySet[R], start: int, limit: int) -> list[R]:
    """Behind the first `start` rows. Of those that are passed over only the keys are read, which are in an index."""
    if not start:
        return list(rows[:limit])
    keys = list(rows.values_list("pk", flat=True)[start : start + limit])
    return list(rows.filter(pk__in=keys)) if keys else []


def _behind_cursor(request: HttpRequest, rows: QuerySet[R], limit: int) -> tuple[dict[str, Any], list[R]]:
    """An empty cursor begins with the newest. Nothing is counted: `page` and `total_count` are null."""
    cursor = request.GET["cursor"]
    if request.GET.get("page"):
        raise Refused(400, {"detail": "page and cursor do not go together."})
    if cursor and not _CURSOR.fullmatch(cursor):
        raise Refused(400, {"detail": "cursor must be empty, or come from an answer's next."})
    if cursor:
        rows = rows.filter(pk__lt=int(cursor, 16))
    found = list(rows[: limit + 1])
    more, found = len(found) > limit, found[:limit]
    link = _link(request, cursor=f"{found[-1].pk:x}") if more else None
    return {"page": None, "total_count": None, "next": link, "prev": None}, found


def _link(request: HttpRequest, **changed: Any) -> str:
    query = request.GET.copy()
    for name, value in changed.items():
        query[name] = str(value)
    return f"{request.path_info}?{query.urlencode()}"
