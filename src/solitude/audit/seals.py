"""For retention: what is under a seal, and the notes that let rows go without a false alarm.

A note is an entry of the chain itself, keyed like the others, and is written in the transaction that removes or empties the rows, before
it does: so nobody can take a row away and say afterwards that it was retention. It names those rows that are as they were sealed. One that
was changed, to be old enough for retention, say, goes without a note, and is missed ever after.
"""

from collections.abc import Iterable

from django.db.models import Q, QuerySet, Sum

from solitude.audit import chain, kinds, listings, sealing
from solitude.audit.chain import Entry
from solitude.audit.kinds import Kind
from solitude.audit.models import Act, Chain, LeftOpen, Seal
from solitude.audit.ranges import Range
from solitude.audit.sealing import sealed_through
from solitude.telemetry.logs import get_logger

log = get_logger("solitude.audit")
__all__ = ["NotSealed", "removed", "sealed_through", "truncated"]

ROWS_MAX = 1000


class NotSealed(Exception):
    """Rows are to go that are under no seal yet, or have not come to their end."""


def removed(kind: str, pks: Iterable[int]) -> None:
    """Notes that the caller's transaction is going to delete exactly these rows, up to ROWS_MAX of them.

    All of them must be at or below `sealed_through(kind)`, and those of them that can be open must have ended. Raises NotSealed,
    ValueError for too many, LookupError for a kind that is not sealed.
    """
    named, wanted = kinds.named(kind), _bounded(pks)
    if not wanted:
        return
    held = chain.locked()
    if max(wanted) > sealed_through(kind):
        raise NotSealed(f"rows of {kind} above {sealed_through(kind)} are not sealed")
    _seal_ended_first(named, held, wanted)
    for seal in _seals_of(kind, wanted):
        some = {pk for pk in wanted if seal.first_id <= pk <= seal.last_id}
        _remove(named, held, seal, some)


def month_removed(kind: str, first_id: int, last_id: int) -> None:
    """Notes that the caller's transaction is going to delete all rows from the first to the last id, however many: in one entry about all
    ranges that are within. Raises NotSealed, as `removed` does.
    """
    named, held = kinds.named(kind), chain.locked()
    rows = named.rows.filter(pk__range=(first_id, last_id))
    if rows.filter(pk__gt=sealed_through(kind)).exists():
        raise NotSealed(f"rows of {kind} above {sealed_through(kind)} are not sealed")
    waiting = LeftOpen.objects.filter(kind=kind, row_id__range=(first_id, last_id))
    _seal_ended_first(named, held, set(waiting.values_list("row_id", flat=True)))
    ranges = Seal.objects.filter(kind=kind, act=Act.SEALED, listing__isnull=False)
    ranges = ranges.filter(last_id__gte=first_id, first_id__lte=last_id)
    whole = Q(first_id__gte=first_id, last_id__lte=last_id)
    for seal in ranges.exclude(whole).defer("listing").order_by("number"):
        inside = rows.filter(pk__range=(seal.first_id, seal.last_id))
        _remove(named, held, seal, set(inside.values_list("pk", flat=True)))
    count = ranges.filter(whole).aggregate(count=Sum("count"))["count"]
    if count is not None:
        chain.append(held, Entry(Act.EMPTIED, kind, named.newest_layout, first_id, last_id, count, None))
        Seal.objects.filter(about__in=ranges.filter(whole).values("number")).update(listing=None)
        ranges.filter(whole).update(listing=None)


def truncated(kind: str, pks: Iterable[int]) -> None:
    """Notes that the caller's transaction is going to empty the groups of these rows that can be emptied, up to ROWS_MAX rows.

    Empty are None, "", [] and {}. Rows that are under no seal need no note, and are sealed as they are then. Raises NotSealed for rows
    that have not come to their end, ValueError for too many, LookupError for a kind that is not sealed.
    """
    named, wanted = kinds.named(kind), _bounded(pks)
    if not wanted:
        return
    held = chain.locked()
    _seal_ended_first(named, held, wanted)
    for seal in _seals_of(kind, wanted):
        some = {pk for pk in wanted if seal.first_id <= pk <= seal.last_id}
        if some:
            _note(held, Act.TRUNCATED, seal, _unchanged(Range.of(seal), some))
    # Whoever has just read these rows for a seal has read what they were.
    chain.touch(held)


def _bounded(pks: Iterable[int]) -> set[int]:
    wanted = set(pks)
    if len(wanted) > ROWS_MAX:
        raise ValueError(f"{len(wanted)} rows at a time are more than {ROWS_MAX}")
    return wanted


def _seals_of(kind: str, wanted: set[int]) -> QuerySet[Seal]:
    """The seals of the ranges that these rows are in."""
    ranges = Seal.objects.defer("listing").filter(kind=kind, act=Act.SEALED)
    return ranges.filter(last_id__gte=min(wanted), first_id__lte=max(wanted)).order_by("number")


def _seal_ended_first(kind: Kind, held: Chain, wanted: set[int]) -> None:
    """What was open when its range was sealed gets its own seal before it goes."""
    waiting = list(LeftOpen.objects.filter(kind=kind.name, row_id__in=wanted))
    still_open = kind.open_among(wanted)
    if still_open:
        raise NotSealed(f"{len(still_open)} rows of {kind.name} have not come to their end")
    for number in sorted({row.about for row in waiting}):
        sealing.seal_ended_of(kind, held, number, [row.row_id for row in waiting if row.about == number])


def _remove(kind: Kind, held: Chain, seal: Seal, pks: set[int]) -> None:
    """Notes that these rows of a range go: all that are left of it, or not."""
    if not pks:
        return
    known = Range.of(seal)
    unchanged = _unchanged(known, pks)
    left = kind.rows.filter(pk__range=(seal.first_id, seal.last_id)).exclude(pk__in=pks)
    if left.exists() or not known.are_the_last(unchanged):
        _note(held, Act.REMOVED, seal, unchanged)
    else:
        _note_emptied(held, seal)


def _unchanged(known: Range, pks: set[int]) -> set[int]:
    found = known.as_sealed(pks)
    if found != pks:
        log.error("rows_not_as_sealed", kind=known.kind.name, seal=known.seal.number, rows=len(pks - found))
    return found


def _note(held: Chain, act: Act, seal: Seal, pks: set[int]) -> None:
    if not pks:
        return
    listing = listings.of_ids(pks)
    chain.append(held, Entry(act, seal.kind, seal.layout, min(pks), max(pks), len(pks), listing, seal.number))


def _note_emptied(held: Chain, seal: Seal) -> None:
    """Nothing of the range is left: its digests, and the notes about single rows of it, prove nothing any more and go."""
    chain.append(
        held, Entry(Act.EMPTIED, seal.kind, seal.layout, seal.first_id, seal.last_id, seal.count, None, seal.number)
    )
    Seal.objects.filter(about=seal.number).update(listing=None)
    Seal.objects.filter(number=seal.number).update(listing=None)
