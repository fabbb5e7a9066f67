"""The order of the feed: each event gets its place once its commit can be seen, and never before.

The primary key will not do. It is given when an event is written, and of two transactions the one with the later key may
commit first: a reader who went on from there would never see the earlier one.
"""

from dataclasses import dataclass
from functools import lru_cache

from django.db import transaction
from django.db.models import F, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from solitude import monthly
from solitude.audit.bounds import bounds
from solitude.events.models import Event, Feed
from solitude.prepared import Found, together

LIMIT_MAX = 1000
# Of a filtered feed, one request looks at so many events, however few of them it is asked for.
SCAN_MAX = 5000
_ONLY = 1

# Prepared, because most look into every month, and to plan that takes longer than to do it.
_unplaced = Found(lambda: _waiting()[:1])
_last = Found(lambda: Feed.objects.filter(pk=_ONLY))
_next = Found(lambda after: _ordered(after)[:1], int)
_at = Found(lambda place: Event.objects.filter(place=place), int)


@dataclass(frozen=True, slots=True)
class Seen:
    """What one look found behind a place: the next events, and the newest place that was given before.

    `is_whole`: every event that could be seen before has a place.
    """

    after: int
    events: list[Event]
    end: int
    is_whole: bool

    @property
    def is_next(self) -> bool:
        """Whether nothing can be missing behind the place: it is the newest, or the next event stands right behind it."""
        return self.after == self.end or bool(self.events and self.events[0].place == self.after + 1)


@dataclass(frozen=True, slots=True)
class Page:
    """The next events in order. Up to `end` everything was looked at; `more`: the next page is not empty for want of time."""

    events: list[Event]
    end: int
    more: bool


def look(after: int, rows: int) -> Seen:
    """Up to so many of the next events, in one way to the database and back."""
    # In this order: with a place that is given in between the look finds its event, and all before that.
    last, unplaced, events = together((_last, ()), (_unplaced, ()), (_behind(rows), (after,)))
    return Seen(after, events, last[0].last_place if last else 0, is_whole=not unplaced)


def start(end: int) -> int:
    """The place before the oldest event that is kept; where none is, `end`, the newest that was given."""
    oldest = _next.first(0)
    return end if oldest is None or oldest.place is None else oldest.place - 1


def has(place: int) -> bool:
    """Whether an event that is kept has this place."""
    return _at.first(place) is not None


def read(after: int, limit: int, wanted: Q, seen: Seen | None = None) -> Page:
    """Up to `limit` events behind this place that are `wanted` (an empty Q: all), with those that were just committed.

    `seen` is what was found behind it just before, one more than `limit` where all are wanted: nobody has to look again.
    """
    is_whole = seen is not None and seen.is_whole
    # Also for a page far behind: how far is told by the newest place.
    left = not is_whole and give_places()
    end = seen.end if seen is not None and is_whole else _newest()
    if wanted:
        end, is_cut = _reach(after, end)
        left |= is_cut
        found = list(_ordered(after).filter(wanted, place__lte=end)[: limit + 1])
    elif seen is not None and (is_whole or len(seen.events) > limit):
        # Behind a full page comes what has got its place just now.
        found = seen.events
    else:
        found = _behind(limit + 1).all(after)
    if len(found) > limit:
        return Page(found[:limit], found[limit - 1].place or end, more=True)
    # What was found may have been given its place after the newest was asked for.
    return Page(found, max(end, found[-1].place or end) if found else end, more=left)


@lru_cache
def _behind(rows: int) -> Found[Event]:
    """The next events, so many at most. A reader asks for as many each time.

    Up to no place: what can be seen with a place has all before it. Between two that it does not know PostgreSQL expects so few that it
    would read all that there are and sort them, where there are some thousands.
    """
    return Found(lambda after: _ordered(after)[:rows], int)


def _ordered(after: int) -> QuerySet[Event]:
    return Event.objects.filter(place__gt=after).order_by("place")


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
        found = list(_waiting().values_list("pk", flat=True)[: LIMIT_MAX + 1])
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


def _waiting() -> QuerySet[Event]:
    """Those without a place, in the order in which they get one. In their index each that has got one since the last vacuum is passed over:
    a busy month has very many of them, so it is begun behind those of which it is known."""
    through = Subquery(Feed.objects.filter(pk=_ONLY).values("placed_through"))
    return Event.objects.filter(place=None, pk__gt=Coalesce(through, 0)).order_by("pk")


def note_placed() -> None:
    """For the workers: notes up to where there can come no event any more, if all those have a place."""
    settled = bounds.settled(Event)
    if not _waiting().filter(pk__lte=settled).exists():
        Feed.objects.filter(pk=_ONLY, placed_through__lt=settled).update(placed_through=settled)


def _newest() -> int:
    """The last place that was given; whatever has a place up to this one can be seen."""
    last = _last.first()
    return last.last_place if last else 0


def _reach(after: int, newest: int) -> tuple[int, bool]:
    """Up to which place one request looks, and whether that is short of the newest."""
    places = _ordered(after).values_list("place", flat=True)
    ends = list(places[SCAN_MAX - 1 : SCAN_MAX + 1])
    return (ends[0] or newest, True) if len(ends) > 1 else (newest, False)
