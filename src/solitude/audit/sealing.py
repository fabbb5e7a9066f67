"""The sealer: a job of the worker. It reads what others have committed, and only adds to the chain.

One at a time does it, by a lease; should a second one be at it because the first was late, the chain's version lets only one of them
append. Whoever dies in the middle has sealed nothing, and the next one begins there.
"""

import time
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import DurationField, ExpressionWrapper, F, Q
from django.db.models.functions import Now

from solitude import monthly
from solitude.audit import chain, digests, kinds, listings
from solitude.audit.bounds import bounds
from solitude.audit.chain import Entry, Moved
from solitude.audit.digests import UNREADABLE, KeyGone
from solitude.audit.kinds import Kind
from solitude.audit.listings import UNKNOWN, Digests
from solitude.audit.models import Act, Chain, LeftOpen, Seal
from solitude.vault.fields import Unsealable
from solitude.vault.keys import KeyRingError

LEASE_S = 120
# How long one go lasts, so that the worker's other jobs get their turn.
TURN_S = 10
ROWS_AT_ONCE = 200


def seal_due() -> int:
    """Seals what is due, for some seconds at most; the number of new seals.

    Where a row cannot be read or opened, its kind waits and the others do not. Raises what it was that could not be read, at the end.
    """
    if not _take_lease():
        return 0
    made, until = 0, time.monotonic() + TURN_S
    unread: Exception | None = None
    try:
        for kind in kinds.every():
            try:
                made += _seal_kind(kind, until)
            except (Unsealable, *UNREADABLE) as error:
                error.add_note(f"{kind.name} are not sealed as long as it is so")
                unread = error
    except Moved:
        # The next turn reads anew.
        pass
    finally:
        Chain.objects.filter(pk=chain.only().pk).update(leased_until=None)
    if unread is not None:
        raise unread
    return made


def _seal_kind(kind: Kind, until: float) -> int:
    if kind.prepare is not None:
        while kind.prepare() and time.monotonic() < until:
            pass
    made = seal_ended(kind)
    while time.monotonic() < until and seal_range(kind):
        made += 1
    return made


def seal_range(kind: Kind) -> bool:
    """Seals the next rows of a kind, if there are enough of them or they are old enough. Raises Moved."""
    version, key_id = chain.version(), digests.current_key_id()
    after, bound, most = sealed_through(kind.name), bounds.settled(kind.model), settings.SOLITUDE_SEAL_ROWS_MAX
    rows = kind.rows.filter(pk__gt=after, pk__lte=bound).order_by("pk")
    pks = list(rows.values_list("pk", flat=True)[:most])
    if not pks:
        return False
    # A range ends with its month, so that nothing is left of it when the month goes.
    end = monthly.last_id(pks[0])
    is_full, pks = len(pks) == most or pks[-1] > end, [pk for pk in pks if pk <= end]
    if not (is_full or _is_old(kind, pks[0])):
        return False
    last, layout = pks[-1] if len(pks) == most else min(bound, end), kind.newest_layout
    listed = _digested(kind, layout, key_id, pks, kind.open_among(pks))
    still_open = [pk for pk, found in listed.items() if UNKNOWN in found]
    with transaction.atomic():
        held, listing = chain.locked(version), listings.of_rows(listed)
        entry = Entry(Act.SEALED, kind.name, layout, after + 1, last, len(listed), listing, key_id=key_id)
        seal = chain.append(held, entry)
        LeftOpen.objects.bulk_create(LeftOpen(kind=kind.name, row_id=pk, about=seal.number) for pk in still_open)
    return True


def seal_ended(kind: Kind) -> int:
    """Seals the rows that were open when their range was sealed and have ended since; the number of new seals. Raises Moved."""
    made, last = 0, 0
    waiting = LeftOpen.objects.filter(kind=kind.name).order_by("pk")
    while True:
        # Before it is read who waits: whoever seals one of them meanwhile is told by it.
        version = chain.version()
        page = list(waiting.filter(pk__gt=last)[:ROWS_AT_ONCE])
        if not page:
            return made
        last = page[-1].pk
        # On SQLite nobody else writes while a transaction is open.
        seals = [_seal_of_ended(kind, number, pks) for number, pks in _ended(kind, page).items()]
        if seals:
            with transaction.atomic():
                held = chain.locked(version)
                made += sum(_add(kind, held, *seal) for seal in seals)


def seal_ended_of(kind: Kind, held: Chain, number: int, pks: list[int]) -> int:
    """Seals these rows, which have ended, of the range of that number; in the caller's transaction, with the chain locked."""
    return _add(kind, held, *_seal_of_ended(kind, number, pks))


def _seal_of_ended(kind: Kind, number: int, pks: list[int]) -> tuple[int, int, str, dict[int, Digests]]:
    """Of which range, in which layout and under which key the digests of its rows are."""
    key_id, layout = digests.current_key_id(), Seal.objects.values_list("layout", flat=True).get(number=number)
    return number, layout, key_id, _digested(kind, layout, key_id, pks, set())


def _add(kind: Kind, held: Chain, number: int, layout: int, key_id: str, listed: dict[int, Digests]) -> int:
    if not listed:
        return 0
    found = sorted(listed)
    listing = listings.of_rows(listed)
    entry = Entry(Act.ENDED, kind.name, layout, found[0], found[-1], len(found), listing, number, key_id)
    chain.append(held, entry)
    LeftOpen.objects.filter(kind=kind.name, row_id__in=found).delete()
    return 1


def _ended(kind: Kind, waiting: list[LeftOpen]) -> dict[int, list[int]]:
    """Which of the rows that wait have ended, by the seal of their range."""
    still_open = kind.open_among(row.row_id for row in waiting)
    by_seal: dict[int, list[int]] = {}
    for row in waiting:
        if row.row_id not in still_open:
            by_seal.setdefault(row.about, []).append(row.row_id)
    return by_seal


def _digested(kind: Kind, layout: int, key_id: str, pks: list[int], still_open: set[int]) -> dict[int, Digests]:
    """The digests of these rows by id, of each group that cannot change any more."""
    groups = kind.layouts[layout]
    return {
        row.pk: tuple(
            UNKNOWN if group.at_end and row.pk in still_open else digests.of_group(key_id, kind.name, row, group)
            for group in groups
        )
        for row in _read(kind, pks)
    }


def sealed_through(kind: str) -> int:
    """The last id under a seal; 0 for none.

    A seal that was not made with the keys does not count: rows up to there would never get one, and could go without a note.
    """
    ranges = Seal.objects.filter(kind=kind, act=Act.SEALED).defer("listing").order_by("-last_id")
    # Nearly always the first is as it was made.
    return next((seal.last_id for some in (ranges[:1], ranges) for seal in some if _counts(seal)), 0)


def _counts(seal: Seal) -> bool:
    try:
        return chain.is_genuine(seal)
    except KeyGone:
        # An alarm of the vault, and a finding of each verification. What comes after is sealed all the same.
        return True
    except KeyRingError:
        # Of a machine that only watches (`solitude check`), and has no keys. Without them nothing is sealed or removed.
        return True


def unsealed_s() -> int:
    """How old the oldest row without a seal is, by the database's clock; 0 without any."""
    return max((_unsealed_s(kind) for kind in kinds.every()), default=0)


def _unsealed_s(kind: Kind) -> int:
    age = ExpressionWrapper(Now() - F(kind.began), output_field=DurationField())
    rows = kind.rows.filter(pk__gt=sealed_through(kind.name)).order_by("pk")
    oldest = rows.annotate(age=age).values_list("age", flat=True).first()
    return max(oldest // timedelta(seconds=1), 0) if oldest else 0


def _read(kind: Kind, pks: list[int]) -> Any:
    """The rows some at a time: they may be large, and SQLite takes only so many parameters."""
    for start in range(0, len(pks), ROWS_AT_ONCE):
        yield from kind.rows.filter(pk__in=pks[start : start + ROWS_AT_ONCE])


def _is_old(kind: Kind, pk: int) -> bool:
    """By the database's clock, which all nodes share."""
    limit = Now() - timedelta(seconds=settings.SOLITUDE_SEAL_AFTER_S)
    return bool(kind.rows.filter(**{"pk": pk, f"{kind.began}__lte": limit}).exists())


def _take_lease() -> bool:
    free = Q(leased_until=None) | Q(leased_until__lt=Now())
    until = Now() + timedelta(seconds=LEASE_S)
    return bool(Chain.objects.filter(free, pk=chain.only().pk).update(leased_until=until))
