"""The log of a day as CSV: `stats` has every transaction that changed on it, `revenue` each paid transaction once and for all.

Revenue must not be lost, and should not be told twice. So a run first takes the transactions for its delivery, in small commits;
then it writes them; and when the file has its name, one statement marks the delivery, and with it all of its transactions, as done.
A run that dies leaves a delivery that the next run for the same day takes over and writes again, to the same name. Only who has read
the file between its naming and that one statement can see a transaction twice; nobody can miss one.
"""

import csv
import time
import uuid
from array import array
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, TextIO

from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from solitude import failpoints
from solitude.prepared import insert_once
from solitude.transactions import export_files
from solitude.transactions.amounts import amount_text
from solitude.transactions.models import PAID, ExportMarker, ExportType, RevenueDelivery, Transaction, Type

VERSION = "v5"
COLUMNS = (
    "version", "uuid", "created", "modified", "amount", "currency", "status", "reason", "buyer", "seller", "source", "carrier",
    "region", "provider",
)  # fmt: skip
TYPE_COLUMN = "type"
# The columns of the database in the same order; the seller is the product's, and not the one who is paid.
_KEPT_AS = (
    "uuid", "created", "modified", "amount", "currency", "status", "status_reason", "buyer__uuid", "seller_product__seller__uuid",
    "source", "carrier", "region", "provider", "type",
)  # fmt: skip
IS_PAID = Q(status__in=PAID)
BATCH_ROWS = 500
LEASE_S = 60
LOOK_EVERY_S, WAIT_MAX_S = 0.2, 600
LOOK_BACK_DAYS = 31

Teller = Callable[[str], None]


class NotDelivered(Exception):
    """The log did not go out, for this reason; whatever was to be in it will be in the next one."""


@dataclass(frozen=True, slots=True)
class Log:
    """Which log is asked for, and where it goes: into a folder, or None for standard output."""

    kind: ExportType
    day: date
    folder: Path | None
    with_type: bool

    @property
    def file(self) -> Path | None:
        name = f"{self.day.isoformat()}.{self.kind.label.lower()}.log"
        return None if self.folder is None else self.folder.absolute() / name


class Table:
    """Rows of CSV, with a header before the first; without rows it is empty. Counts them, and those that are no payments."""

    def __init__(self, out: TextIO, *, with_type: bool) -> None:
        self.rows = self.money_back = 0
        self._columns = (*COLUMNS, TYPE_COLUMN) if with_type else COLUMNS
        self._writer = csv.writer(out, lineterminator="\r\n")

    def add(self, rows: list[tuple[Any, ...]]) -> None:
        """Each row as the columns in `_KEPT_AS`."""
        if rows and not self.rows:
            self._writer.writerow(self._columns)
        self.rows += len(rows)
        self.money_back += sum(row[-1] != Type.PAYMENT for row in rows)
        self._writer.writerows(_cells(row)[: len(self._columns)] for row in rows)


def write(log: Log, tell: Teller) -> None:
    """Writes the log; `tell` gets sentences for the operator. Raises NotDelivered and OSError."""
    if log.kind == ExportType.STATS:
        _write_stats(log)
    else:
        _write_revenue(log, tell)


def _cells(row: tuple[Any, ...]) -> tuple[Any, ...]:
    made, changed, amount, currency = row[1:5]
    return (VERSION, row[0], _time(made), _time(changed), amount_text(amount, currency), *row[4:])


def _time(moment: datetime) -> str:
    """UTC, as the log has always had it: without an offset, and with microseconds where there are any."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat()


def _changed_on(day: date) -> QuerySet[Transaction]:
    start = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return Transaction.objects.filter(modified__gte=start, modified__lt=start + timedelta(days=1))


def _keys(rows: QuerySet[Any], column: str) -> "array[int]":
    """The keys, the newest first; little memory for each. Sorted here: a database that is told the order may go through all of the
    primary key for it, instead of through the index of what changed on that day."""
    keys = rows.order_by().values_list(column, flat=True).iterator(chunk_size=BATCH_ROWS)
    return array("q", sorted(array("q", keys), reverse=True))


def _batches(keys: "array[int]") -> Iterator[list[int]]:
    for start in range(0, len(keys), BATCH_ROWS):
        yield list(keys[start : start + BATCH_ROWS])


def _read(rows: QuerySet[Transaction], keys: list[int]) -> dict[int, tuple[Any, ...]]:
    """What the log says of those of `rows` that have these keys, by key, the newest first."""
    found = rows.filter(pk__in=keys).order_by("-pk").values_list("pk", *_KEPT_AS)
    return {row[0]: row[1:] for row in found}


# --- stats ---------------------------------------------------------------------------------------------------------


def _write_stats(log: Log) -> None:
    rows = _changed_on(log.day)
    keys = _keys(rows, "pk")
    with export_files.opened(log.file) as out:
        table = Table(out, with_type=log.with_type)
        for batch in _batches(keys):
            # Without what has changed once more, after the day.
            table.add(list(_read(rows, batch).values()))
    for batch in _batches(keys):
        _mark(batch, ExportType.STATS, None)


def _mark(keys: list[int], kind: ExportType, delivery: RevenueDelivery | None) -> None:
    """One marker for each that has none yet: the constraint lets nobody have a second one."""
    marked = set(ExportMarker.objects.filter(type=kind, transaction__in=keys).values_list("transaction_id", flat=True))
    new = [ExportMarker(transaction_id=pk, type=kind, delivery=delivery) for pk in keys if pk not in marked]
    if new:
        ExportMarker.objects.bulk_create(new, ignore_conflicts=True)


# --- revenue -------------------------------------------------------------------------------------------------------


def _write_revenue(log: Log, tell: Teller) -> None:
    delivery = _begin(log.day, tell)
    with _given_back(delivery):
        for batch in _batches(_keys(_changed_on(log.day).filter(IS_PAID), "pk")):
            _hold(delivery)
            _mark(batch, ExportType.REVENUE, delivery)
        keys = _keys(ExportMarker.objects.filter(delivery=delivery), "transaction_id")
        failpoints.reach(failpoints.REVENUE_TAKEN)
        _hold(delivery)
        file = log.file
        if file is not None and file.exists() and delivery.file != str(file):
            if keys:
                raise NotDelivered(f"{file} has been delivered before; move it away and run this again")
            tell(f"there is nothing new: {file} stays as it is")
        else:
            _deliver(log, delivery, keys, tell)
        failpoints.reach(failpoints.REVENUE_DELIVERED)
        _hold(delivery, leased_until=None, delivered_at=Now())
    missing = _never_delivered(log.day)
    if missing:
        days = ", ".join(day.isoformat() for day in missing)
        tell(f"the revenue of these days was never delivered as a whole; run this for each of them with --date: {days}")


def _deliver(log: Log, delivery: RevenueDelivery, keys: "array[int]", tell: Teller) -> None:
    paid = Transaction.objects.filter(IS_PAID)
    with export_files.opened(log.file) as out:
        table = Table(out, with_type=log.with_type)
        for batch in _batches(keys):
            _hold(delivery)
            found = _read(paid, batch)
            table.add(list(found.values()))
            # What its client has moved on in this moment is no revenue, and free to become it again.
            delivery.exportmarker_set.filter(transaction__in=set(batch) - set(found)).delete()
        if log.file is not None:
            # From now on it may be there.
            _hold(delivery, file=str(log.file))
        failpoints.reach(failpoints.REVENUE_WRITTEN)
    if table.money_back and not log.with_type:
        tell(
            f"{table.money_back} of the {table.rows} rows are refunds or reversals, with positive amounts; "
            f"--with-type adds the column that tells them from payments"
        )


def _begin(day: date, tell: Teller) -> RevenueDelivery:
    """The delivery of this day that is not done yet, for this run alone. Waits for another run that is at it, or for its lease."""
    ends_s = time.monotonic() + WAIT_MAX_S
    told = False
    while (delivery := _take(day)) is None:
        if not told:
            tell(f"another run is at the revenue of {day.isoformat()}: waiting until it ends, or its lease does")
            told = True
        if time.monotonic() > ends_s:
            raise NotDelivered(f"another run is still at the revenue of {day.isoformat()}")
        time.sleep(LOOK_EVERY_S)
    return delivery


def _take(day: date) -> RevenueDelivery | None:
    holder = uuid.uuid4()
    free = Q(leased_until=None) | Q(leased_until__lt=Now())
    with transaction.atomic():
        insert_once(RevenueDelivery(day=day))
        waiting = RevenueDelivery.objects.filter(free, day=day, delivered_at=None)
        waiting.update(leased_until=_lease(), holder=holder, begun_at=Now())
    return RevenueDelivery.objects.filter(day=day, holder=holder).first()


def _lease() -> Any:
    return Now() + timedelta(seconds=LEASE_S)


def _hold(delivery: RevenueDelivery, **columns: Any) -> None:
    """Writes the columns and goes on with the lease. Raises NotDelivered if another run has taken the delivery over."""
    mine = RevenueDelivery.objects.filter(pk=delivery.pk, holder=delivery.holder, delivered_at=None)
    if not mine.update(**{"leased_until": _lease()} | columns):
        raise NotDelivered("this run took too long, and another one has taken its delivery over")


@contextmanager
def _given_back(delivery: RevenueDelivery) -> Iterator[None]:
    """Whoever fails in order leaves nothing to be waited for; and nothing at all, if the file cannot be there yet."""
    try:
        yield
    except (Exception, KeyboardInterrupt):
        mine = RevenueDelivery.objects.filter(pk=delivery.pk, holder=delivery.holder, delivered_at=None)
        with transaction.atomic():
            if mine.select_for_update().filter(file="").exists():
                delivery.exportmarker_set.all().delete()
                mine.delete()
            else:
                mine.update(leased_until=None)
        raise


def _never_delivered(day: date) -> list[date]:
    """The days of the month before, from the first delivery on, without one that was begun after the day had ended; and those of which
    something came even after that, from a process that stood still before its commit or whose clock was behind."""
    since = day - timedelta(days=LOOK_BACK_DAYS)
    deliveries = RevenueDelivery.objects.filter(day__gte=since, day__lt=day, delivered_at__isnull=False)
    begun = list(deliveries.values_list("day", "begun_at"))
    if not begun:
        return []
    whole = {of for of, begun_at in begun if begun_at.date() > of}
    first = min(of for of, _ in begun)
    days = (first + timedelta(days=number) for number in range((day - first).days))
    return [one for one in days if one not in whole or _is_left(one)]


def _is_left(day: date) -> bool:
    return _changed_on(day).filter(IS_PAID).exclude(ExportMarker.has_arrived()).exists()
