"""`GET /events/`: the feed, from a cursor on; with `wait` the request is held until there is something to tell."""

import re
from collections.abc import Mapping
from typing import Any, Literal, cast

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from ninja import Router
from typing_extensions import TypedDict

from solitude.events import feed, waiting
from solitude.events.shown import Cursor, EventShown, cursor_text, shown_event
from solitude.telemetry import metrics
from solitude.web import paging
from solitude.web.answers import answer
from solitude.web.openapi import parameters
from solitude.web.refusals import Refused
from solitude.web.requests import ApiRequest, client_key

router = Router()
LIMIT = 100
TYPES_MAX = 50
_CURSOR = re.compile(r"[0-9a-f]{18}")
_TYPE = re.compile(r"[a-z_]{1,32}(\.[a-z_]{1,32}){0,3}(\.\*)?", re.ASCII)
QUERY: dict[str, tuple[str, Mapping[str, Any]]] = {
    "after": (
        "The `cursor` of the last event that was dealt with, or of the page that it came with; empty: from the oldest that is kept.",
        {"type": "string", "pattern": f"^({_CURSOR.pattern})?$"},
    ),
    "limit": (
        "Events in one answer, at most.",
        {"type": "integer", "minimum": 1, "maximum": feed.LIMIT_MAX, "default": LIMIT},
    ),
    "wait": (
        "Seconds for which the request may be held until there is an event; it may be answered earlier without one.",
        {"type": "integer", "minimum": 0, "maximum": waiting.WAIT_MAX_S, "default": 0},
    ),
    "type": (
        "Only events of these types, comma separated: `transaction.*,refund.completed`. Empty: of all.",
        {"type": "string", "pattern": f"^({_TYPE.pattern}(,{_TYPE.pattern}){{0,{TYPES_MAX - 1}}})?$"},
    ),
}


class EventPage(TypedDict):
    """A piece of the feed, in order. `cursor` is where to go on; `more`: there is more to read at once."""

    events: list[EventShown]
    cursor: Cursor
    more: bool


class CursorExpired(TypedDict):
    """The feed does not reach back to this cursor, or never had it. Begin again at `oldest`, and compare what you keep."""

    detail: str
    code: Literal["cursor_expired"]
    oldest: Cursor


@router.get("/", response={200: EventPage, 410: CursorExpired}, openapi_extra=parameters(QUERY))
def list_events(request: HttpRequest) -> HttpResponse:
    """What happened after a cursor, in order. Each event comes once, and stays where it is."""
    paging.only(request, QUERY)
    limit = paging.number(request, "limit", LIMIT, feed.LIMIT_MAX)
    wait_s = paging.number(request, "wait", 0, waiting.WAIT_MAX_S, least=0)
    wanted = _wanted(request.GET.get("type", ""))
    cursor = request.GET.get("after", "")
    seen = feed.look(_named(cursor), 1 if wanted else limit + 1)
    place = _place(cursor, seen)
    metrics.gauge("solitude_feed_behind_events", max(seen.end - place, 0), client=client_key(cast(ApiRequest, request)))
    page = feed.read(place, limit, wanted, seen)

    def look() -> bool:
        nonlocal page
        if feed.has_news(page.end):
            page = feed.read(page.end, limit, wanted)
        return _tells(page)

    if not _tells(page):
        waiting.hold(wait_s, look)
    body: EventPage = {
        "events": [shown_event(event) for event in page.events],
        "cursor": cursor_text(page.end),
        "more": page.more,
    }
    return answer(body)


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


def _named(cursor: str) -> int:
    """The place that a cursor is for, wherever that is; without one the beginning of all."""
    return int(cursor, 16) if _CURSOR.fullmatch(cursor) else 0


def _place(cursor: str, seen: feed.Seen) -> int:
    """The place behind a cursor; without one the start. One that is not within what is kept is 410: read on from the oldest."""
    if not cursor and seen.events:
        return (seen.events[0].place or 1) - 1
    is_cursor = _CURSOR.fullmatch(cursor) is not None
    if is_cursor and seen.is_next:
        return seen.after
    start = feed.start(seen.end)
    if not cursor:
        return start
    # Every cursor is of an event. One that is of none, within what is kept, is from before the database was restored.
    if not (is_cursor and start <= seen.after <= seen.end and feed.has(seen.after)):
        body: CursorExpired = {
            "detail": "This cursor is unknown or too old.",
            "code": "cursor_expired",
            "oldest": cursor_text(start),
        }
        raise Refused(410, body)
    return seen.after
