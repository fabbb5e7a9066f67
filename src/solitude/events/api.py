"""`GET /events/`: the feed, from a cursor on."""

import re
from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Router

from solitude.events import feed
from solitude.events.models import Event
from solitude.web import paging
from solitude.web.answers import answer, time_text
from solitude.web.refusals import Refused

router = Router()
LIMIT = 100
_CURSOR = re.compile(r"[0-9a-f]{18}")


@router.get("/")
def list_events(request: HttpRequest) -> HttpResponse:
    paging.only(request, ("after", "limit"))
    limit = paging.number(request, "limit", LIMIT, feed.LIMIT_MAX)
    feed.give_places()
    after = _place(request.GET.get("after", ""), feed.kept())
    found = feed.read(after, limit + 1)
    events, more = found[:limit], len(found) > limit
    return answer(
        {
            "events": [shown(event) for event in events],
            "cursor": _cursor(events[-1].place if events else after),
            "more": more,
        }
    )


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
