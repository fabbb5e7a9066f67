"""`GET /events/`: the feed, from a cursor on; with `wait` the request is held until there is something to tell."""

import re
from typing import Any

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from ninja import Router

from solitude.events import feed, waiting
from solitude.events.models import Event
from solitude.web import paging
from solitude.web.answers import answer, time_text
from solitude.web.refusals import Refused

router = Router()
LIMIT = 100
TYPES_MAX = 50
_CURSOR = re.compile(r"[0-9a-f]{18}")
_TYPE = re.compile(r"[a-z_]{1,32}(\.[a-z_]{1,32}){0,3}(\.\*)?", re.ASCII)


@router.get("/")
def list_events(request: HttpRequest) -> HttpResponse:
    paging.only(request, ("after", "limit", "wait", "type"))
    limit = paging.number(request, "limit", LIMIT, feed.LIMIT_MAX)
    wait_s = paging.number(request, "wait", 0, waiting.WAIT_MAX_S, least=0)
    wanted = _wanted(request.GET.get("type", ""))
    page = feed.read(_place(request.GET.get("after", ""), feed.kept()), limit, wanted)

    def look() -> bool:
        nonlocal page
        if feed.has_news(page.end):
            page = feed.read(page.end, limit, wanted)
        return _tells(page)

    if not _tells(page):
        waiting.hold(wait_s, look)
    return answer({"events": [shown(event) for event in page.events], "cursor": _cursor(page.end), "more": page.more})


def shown(event: Event) -> dict[str, Any]:
    return {
        "cursor": _cursor(event.place),
        "type": event.type,
        "created": time_text(event.created),
        "resource_uri": event.resource_uri,
        "uuid": event.uuid,
        "from": event.old,
        "to": event.new,
        "reason": event.reason,
        "data": event.data,
    }


def _tells(page: feed.Page) -> bool:
    """Whether there is a reason to answer at once: an event, or so many to look at that the rest is for the next request."""
    return bool(page.events) or page.more


def _wanted(types: str) -> Q:
    """The condition for `transaction.*,refund.completed`; an empty one for all. A word that no event has finds nothing."""
    words = types.split(",") if types else []
    if len(words) > TYPES_MAX or not all(_TYPE.fullmatch(word) for word in words):
        detail = (
            f"type must be at most {TYPES_MAX} event types, comma separated, such as transaction.*,refund.completed."
        )
        raise Refused(400, {"detail": detail})
    wanted = Q(type__in=[word for word in words if not word.endswith("*")]) if words else Q()
    for word in words:
        if word.endswith("*"):
            wanted |= Q(type__startswith=word.removesuffix("*"))
    return wanted


def _cursor(place: int | None) -> str:
    return f"{place or 0:018x}"


def _place(cursor: str, kept: feed.Kept) -> int:
    """The place behind a cursor; without one the start. One that is not within what is kept is 410: read on from the oldest."""
    if not cursor:
        return kept.start
    place = int(cursor, 16) if _CURSOR.fullmatch(cursor) else -1
    if not kept.start <= place <= kept.end:
        body = {"detail": "This cursor is unknown or too old.", "code": "cursor_expired", "oldest": _cursor(kept.start)}
        raise Refused(410, body)
    return place
