"""After a change of keys: what is sealed is sealed anew, and hashes whose value is in their row are made anew.

In the order of the primary keys, a few rows at a time, each few in a commit of their own with how far it is: whoever dies
loses nothing and another goes on. Rows that somebody is changing are left for the next pass, so nobody waits and nobody's
change is lost; `modified` and `counter` stay, for nothing is changed that anybody sees. A pass that finds nothing is the
last.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F, Model, Q, QuerySet, Sum
from django.db.models.functions import Now

from solitude.databases.patience import patient
from solitude.telemetry import cef, metrics
from solitude.telemetry.logs import get_logger

from . import holders, holding, processes, ranges, usage
from .cipher import Unsealable
from .current import current_ring
from .fields import Sealed, SealedField
from .models import Renewal, RenewalTurn

log = get_logger("solitude.vault")
BATCH_ROWS = 50
# So many in which nothing is left may be looked through in one turn, so that a pass over millions of rows comes to its end.
RANGES_PER_TURN = 10
TURN_S = 1
TELL_EVERY_ROWS = 10_000


@dataclass(frozen=True, slots=True)
class Task:
    """One column: its rows with `kept`, what its text begins with under the current key, and how one row is made anew."""

    place: str
    key_id: str
    head: str
    rows: Callable[[], QuerySet[Any]]
    columns: tuple[str, ...]
    renewed: Callable[[tuple[Any, ...]], dict[str, Any]]

    def left(self) -> QuerySet[Any]:
        return self.rows().exclude(kept__startswith=self.head)


def tasks() -> Iterator[Task]:
    """All columns that can be brought under the current keys."""
    ring = current_ring()
    for model, field in holders.sealed_columns():
        yield _of_sealed(model, field, ring.fields.current)
    for column in holders.hash_columns():
        if column.make is not None:
            yield _of_hash(column, column.make, ring.of(column.purpose).current)


def when_due() -> int:
    """What the workers do, once a second: some rows, if any are left. Returns 0, for there is no hurry.

    While processes have different rings nothing is done: they would make it anew for one another.
    """
    if not processes.behind(holding.held().digest, 0):
        run_some(settings.SOLITUDE_ROTATION_ROWS_PER_S)
    return 0


def run_some(rows_max: int) -> bool:
    """Renews up to so many rows, unless somebody else has this second's turn; whether anything is left to be done."""
    unfinished = [task for task, progress in _all() if not progress.finished]
    if not unfinished:
        return False
    if not _take_turn():
        return True
    done = empty = 0
    for task in unfinished:
        is_finished = False
        while done < rows_max and empty < RANGES_PER_TURN and not is_finished:
            renewed, is_finished = batch(task, min(BATCH_ROWS, rows_max - done))
            done += renewed
            empty += not renewed and not is_finished
    metrics.gauge("keys.rows_left", left())
    return True


def batch(task: Task, size: int) -> tuple[int, bool]:
    """Looks at the next `size` rows that are left, within one range; how many were renewed, and whether the last pass has ended."""
    with transaction.atomic():
        progress = Renewal.objects.select_for_update().get(place=task.place)
        if progress.finished or progress.key_id != task.key_id:
            return 0, True
        after = progress.cursor or None
        # Where hardly any are left, to find some would be to look at all of the table, which takes longer than a statement may.
        last = ranges.end(task.rows().model, after)
        found = task.left().filter(ranges.within(after, last)).order_by("pk")
        if connection.features.has_select_for_update_skip_locked:
            found = found.select_for_update(skip_locked=True, no_key=True, of=("self",))
        rows = list(found.values_list("pk", "kept", *task.columns)[:size])
        failed = sum(not _renew(task, row) for row in rows)
        renewed = len(rows) - failed
        progress.done, progress.found, progress.failed = (
            progress.done + renewed, progress.found + renewed, progress.failed + failed,
        )  # fmt: skip
        if rows:
            progress.cursor = str(rows[-1][0])
        elif last is not None:
            progress.cursor = str(last)
        else:
            _end_pass(progress)
        progress.save()
    _tell(progress, renewed)
    return renewed, progress.finished


def left() -> int:
    """How many rows are to be renewed, as it was counted when each column was begun."""
    found = Renewal.objects.filter(finished=False).aggregate(total=Sum("total"), done=Sum("done"))
    return max((found["total"] or 0) - (found["done"] or 0), 0)


def progress_percent() -> int:
    """Of all that is to be done under the current keys: 100 when nothing is left."""
    known = [progress for _, progress in _all()]
    if all(one.finished for one in known):
        return 100
    total, done = sum(max(one.total, one.done) for one in known), sum(one.done for one in known)
    return min(done * 100 // total, 99) if total else 99


def begin_again(purpose: str) -> None:
    """What was thought to be done is looked through once more: somebody has found rows that are left."""
    sealed = Q(place__in=[field.place for _, field in holders.sealed_columns()])
    mine = sealed if purpose == "fields" else ~sealed
    Renewal.objects.filter(mine, finished=True).update(finished=False, cursor="", found=0)


def _all() -> list[tuple[Task, Renewal]]:
    """Every column and how far it is."""
    known = {one.place: one for one in Renewal.objects.all()}
    return [(task, _begun(task, known.get(task.place))) for task in tasks()]


def _begun(task: Task, known: Renewal | None) -> Renewal:
    if known is not None and known.key_id == task.key_id:
        return known
    total = 0
    for condition in ranges.of(task.rows().model):
        with patient():
            total += task.left().filter(condition).count()
    begun = {"key_id": task.key_id, "cursor": "", "total": total, "done": 0, "found": 0, "failed": 0}
    if known is None:
        Renewal.objects.bulk_create([Renewal(place=task.place, finished=not total, **begun)], ignore_conflicts=True)
    else:
        Renewal.objects.filter(place=task.place, key_id=known.key_id).update(finished=not total, **begun)
    return Renewal.objects.get(place=task.place)


def _end_pass(progress: Renewal) -> None:
    progress.finished = progress.found == 0
    progress.cursor, progress.found = "", 0
    if progress.finished and progress.failed:
        log.error("renewal_left_rows", place=progress.place, rows=progress.failed)
        cef.event("Rows cannot be brought under the new key", 7, extra={"cs6Label": "place", "cs6": progress.place})


def _renew(task: Task, row: tuple[Any, ...]) -> bool:
    try:
        changes = task.renewed(row)
    except (Unsealable, ValueError):
        log.error("renewal_failed", place=task.place, pk=str(row[0]))
        return False
    task.rows().model._base_manager.filter(pk=row[0]).update(**changes)
    return True


def _tell(progress: Renewal, renewed: int) -> None:
    is_round = progress.done // TELL_EVERY_ROWS != (progress.done - renewed) // TELL_EVERY_ROWS
    if progress.finished or is_round:
        log.info(
            "renewal", place=progress.place, key_id=progress.key_id, done=progress.done, total=progress.total,
            finished=progress.finished,
        )  # fmt: skip


def _take_turn() -> bool:
    """This second is ours, for all workers on all machines."""
    RenewalTurn.objects.bulk_create([RenewalTurn(pk=1)], ignore_conflicts=True)
    until = Now() + timedelta(seconds=TURN_S)
    return bool(RenewalTurn.objects.filter(pk=1, until__lte=Now()).update(until=until))


def _of_sealed(model: type[Model], field: SealedField[Any], current: str) -> Task:
    def rows() -> QuerySet[Any]:
        return usage.sealed_text(model, field.name)

    def renewed(row: tuple[Any, ...]) -> dict[str, Any]:
        return {field.name: Sealed(field.resealed(row[1], row[2]))}

    return Task(field.place, current, f"v1:{current}:", rows, ("row_uuid",), renewed)


def _of_hash(column: holders.HashColumn, make: Callable[[str], str], current: str) -> Task:
    source = column.model._meta.get_field(column.of)

    def rows() -> QuerySet[Any]:
        found: QuerySet[Any] = usage.kept_hashes(column).annotate(source=F(column.of))
        return found

    def renewed(row: tuple[Any, ...]) -> dict[str, Any]:
        value = row[2]
        if isinstance(source, SealedField) and value is not None:
            value = source.opened(value.text, row[3])
        return {column.name: make(value) if value else ""}

    columns = ("source", "row_uuid") if isinstance(source, SealedField) else ("source",)
    return Task(column.place, current, f"{current}:", rows, columns, renewed)
