"""The order of the feed: each event gets its place once its commit can be seen, and never before.

The primary key will not do. It is given when an event is written, and of two transactions the one with the later key may
commit first: a reader who went on from there would never see the earlier one.
"""

from dataclasses import dataclass
from functools import lru_cache

from django.db import transaction
from django.db.models import F, Q, QuerySet

from solitude import monthly
from solitude.events.models import Event, Feed
from solitude.prepared import Found, together

LIMIT_MAX = 1000
# Of a filtered feed, one request looks at so many events, however few of them it is asked for.
SCAN_MAX = 5000
_ONLY = 1

# Prepared, because most look into every month, and to plan that takes longer than to do it.
_unplaced = Found(lambda: Event.objects.filter(place=None).order_by("pk")[:1])
_last = Found(lambda: Feed.objects.filter(pk=_ONLY))
_next = Found(lambda after: Event.objects.filter(place__gt=after).order_by("place")[:1], int)


@dataclass(frozen=True, slots=True)
class Kept:
    """The places after which the feed can be read on: before the oldest event that is kept, up to the newest.

    `is_whole`: every event that could be seen then has a place.
    """

    start: int
    end: int
    is_whole: bool


@dataclass(frozen=True, slots=True)
class Page:
    """The next events in order. Up to `end` everything was looked at; `more`: the next page is not empty for want of time."""

    events: list[Event]
    end: int
    more: bool


def kept() -> Kept:
    last, oldest, unplaced = together((_last, ()), (_next, (0,)), (_unplaced, ()))
    end = last[0].last_place if last else 0
    return Kept(oldest[0].place - 1 if oldest else end, end, is_whole=not unplaced)


def read(after: int, limit: int, wanted: Q, now: Kept | None = None) -> Page:
    """Up to `limit` events behind this place that are `wanted` (an empty Q: all), with those that were just committed.

    `now` is what was found to be kept just before: nobody has to look again.
    """
    if now is not None and now.is_whole:
        left, newest = False, now.end
    else:
        left, newest = give_places(), _newest()
    end, cut = _reach(after, newest) if wanted else (newest, False)
    some = _between(after, end).filter(wanted)[: limit + 1]
    found = list(some) if wanted else _behind(limit + 1).all(after, end)
    if len(found) > limit:
        return Page(found[:limit], found[limit - 1].place or end, more=True)
    return Page(found, end, more=cut or left)


@lru_cache
def _behind(rows: int) -> Found[Event]:
    """The next events between two places, so many at most. A reader asks for as many each time."""
    return Found(lambda after, end: _between(after, end)[:rows], int, int)


def _between(after: int, end: int) -> QuerySet[Event]:
    return Event.objects.filter(place__gt=after, place__lte=end).order_by("place")


def has_news(after: int) -> bool:
    """Whether anything may have come behind this place: it reads the ends of two indexes and writes nothing."""
    return any(together((_unplaced, ()), (_next, (after,))))


def give_places() -> bool:
    """Gives places to the events that were committed since, as many of a month as are read at a time and one more; True if some are left.

    All in one transaction: whoever dies in the middle has given none.
    """
    if _unplaced.first() is None:
        return False
    with transaction.atomic():
        # One at a time: otherwise a later place could be seen before an earlier one is committed.
        feed, _ = Feed.objects.select_for_update().get_or_create(pk=_ONLY)
        new = Event.objects.filter(place=None).order_by("pk")
        found = list(new.values_list("pk", flat=True)[: LIMIT_MAX + 1])
        # Between the last key of a month and the first of the next one there are more numbers than events.
        pks = [pk for pk in found if pk <= monthly.last_id(found[0])]
        if pks:
            first, last = pks[0], pks[-1]
            Event.objects.filter(place=None, pk__range=(first, last)).update(
                place=F("pk") - first + feed.last_place + 1
            )
            feed.last_place += last - first + 1
            feed.save(update_fields=["last_place"])
    return len(found) > min(len(pks), LIMIT_MAX)


def _newest() -> int:
    """The last place that was given; whatever has a place up to this one can be seen."""
    last = _last.first()
    return last.last_place if last else 0


def _reach(after: int, newest: int) -> tuple[int, bool]:
    """Up to which place one request looks, and whether that is short of the newest."""
    places = Event.objects.filter(place__gt=after).order_by("place").values_list("place", flat=True)
    ends = list(places[SCAN_MAX - 1 : SCAN_MAX + 1])
    return (ends[0] or newest, True) if len(ends) > 1 else (newest, False)
