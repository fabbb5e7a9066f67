"""The order of the feed: each event gets its place once its commit can be seen, and never before.

The primary key will not do. It is given when an event is written, and of two transactions the one with the later key may
commit first: a reader who went on from there would never see the earlier one.
"""

from dataclasses import dataclass

from django.db import transaction
from django.db.models import F, Min

from solitude.events.models import Event, Feed

LIMIT_MAX = 1000
_ONLY = 1


@dataclass(frozen=True, slots=True)
class Kept:
    """The places after which the feed can be read on: before the oldest event that is kept, up to the newest."""

    start: int
    end: int


def kept() -> Kept:
    end = Feed.objects.filter(pk=_ONLY).values_list("last_place", flat=True).first() or 0
    oldest = Event.objects.aggregate(oldest=Min("place"))["oldest"]
    return Kept(end if oldest is None else oldest - 1, end)


def read(after: int, limit: int) -> list[Event]:
    """Up to `limit` events behind this place, in order."""
    return list(Event.objects.filter(place__gt=after).order_by("place")[:limit])


def give_places() -> None:
    """Gives places to the events that were committed since; as many as are read at a time and one more."""
    new = Event.objects.filter(place=None).order_by("pk")
    if not new.exists():
        return
    with transaction.atomic():
        # One at a time: otherwise a later place could be seen before an earlier one is committed.
        feed, _ = Feed.objects.select_for_update().get_or_create(pk=_ONLY)
        pks = list(new.values_list("pk", flat=True)[: LIMIT_MAX + 1])
        if pks:
            first, last = pks[0], pks[-1]
            Event.objects.filter(place=None, pk__range=(first, last)).update(
                place=F("pk") - first + feed.last_place + 1
            )
            feed.last_place += last - first + 1
            feed.save(update_fields=["last_place"])
