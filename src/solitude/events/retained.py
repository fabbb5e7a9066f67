"""How long the feed's events are kept.

The feed begins at the oldest event that is kept, so events go from its beginning on: in the order of their keys and of their places
alike. A reader whose cursor is before that is told so (410).
"""

from typing import Any

from django.db.models import Count, Max, Min, Q, QuerySet

from solitude.audit import seals
from solitude.events.models import Event
from solitude.retention import sealed
from solitude.retention.classes import Action, ByMonth, DataClass, declare

KIND = "events"
# Keys that are looked at from the oldest on: an index over the times of all events would cost each of them.
KEYS_MAX = 100_000


def declare_events() -> None:
    declare(
        DataClass(
            name="events",
            what="Events of the feed, by which a transaction's timeline shows its moves",
            action=Action.DELETE,
            then="The rows go, the oldest first; a cursor from before is answered with 410 `cursor_expired`. "
            "Transactions keep the state that they have come to.",
            why="Readers of the feed are minutes behind, after an accident weeks. The timeline is evidence in "
            "disputes, which card schemes allow for up to 540 days after the payment. An event names buyers by their "
            "uuid, so it is not kept for ever (GDPR, Art. 5(1)(e)).",
            of_erased="events name the uuid that the account had: each stays as it was told",
            rows=_oldest,
            since="created",
            act=_delete,
            holds=(sealed.hold(KIND),),
            pick=_from_the_beginning,
            batch_rows_max=seals.ROWS_MAX,
            by_month=ByMonth(KIND, Event.objects.all, _is_the_beginning),
        )
    )


def _oldest() -> QuerySet[Event]:
    first = Event.objects.order_by("pk").values_list("pk", flat=True).first() or 0
    return Event.objects.filter(pk__lt=first + KEYS_MAX)


def _from_the_beginning(data: DataClass, limit: int) -> list[Any]:
    """The first events by key as long as all are due, and none of those that stay has an earlier place."""
    there = list(Event.objects.order_by("pk").values_list("pk", "place")[:limit])
    if not there:
        return []
    due = set(data.due().filter(pk__lte=there[-1][0], place__isnull=False).values_list("pk", flat=True))
    found = []
    for pk, place in there:
        if pk not in due:
            break
        found.append((pk, place or 0))
    while found:
        stays = Event.objects.filter(pk__gt=found[-1][0]).aggregate(first=Min("place"))["first"]
        if stays is None or max(place for _, place in found) < stays:
            break
        found = found[: next(number for number, (_, place) in enumerate(found) if place > stays)]
    return [pk for pk, _ in found]


def _is_the_beginning(month: Q) -> bool:
    """Whether all events of a month have a place, and none of the others an earlier one."""
    of_month = Event.objects.filter(month).aggregate(last=Max("place"), unplaced=Count("pk", filter=Q(place=None)))
    first = Event.objects.exclude(month).aggregate(first=Min("place"))["first"]
    return not of_month["unplaced"] and (None in (of_month["last"], first) or of_month["last"] < first)


def _delete(pks: list[Any]) -> int:
    seals.removed(KIND, pks)
    return Event.objects.filter(pk__in=pks).delete()[0]
