"""The second pass: the rows of a checked file come in, batch by batch, each batch in one transaction with the count of how far it is.

So whoever imports the same file again goes on where that count stands, and several may be at it at the same time.
"""

from collections.abc import Sequence
from contextlib import nullcontext

from django.db import IntegrityError, transaction
from django.utils import timezone

from solitude.moving import checking
from solitude.moving.kind import Kind
from solitude.moving.models import Import
from solitude.moving.reading import Problem
from solitude.moving.source import Entry, Source
from solitude.prepared import insert_once
from solitude.telemetry.logs import get_logger

log = get_logger("solitude.moving")


class Refused(Exception):
    """The database refuses a batch, of which nothing was written."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(f"{len(problems)} lines are refused")
        self.problems = problems


def known(source: Source) -> Import | None:
    """How far an earlier import of the same content has come."""
    return Import.objects.filter(sha256=source.sha256, kind=source.kind.name).first()


def done(source: Source) -> int:
    earlier = known(source)
    return earlier.rows_done if earlier else 0


def write(source: Source, rows: int, *, batch_rows: int, whole: bool, skip_existing: bool) -> Import:
    """Brings the rows in; how far it has come then. `whole`: in one transaction, else in one for each `batch_rows` rows.

    Raises Refused, Changed and what the database raises; the batches before that stay, unless it was `whole`.
    """
    insert_once(Import(sha256=source.sha256, kind=source.kind.name, rows=rows))
    with transaction.atomic() if whole else nullcontext():
        if whole:
            _locked(source)
        waiting: list[Entry] = []
        last = 0
        for entry in source.entries():
            if not isinstance(entry, Entry):
                # What was good is bad now, so it is not what was checked.
                source.require_unchanged()
                raise Refused(entry)
            if entry.row > last:
                waiting.append(entry)
            if len(waiting) == batch_rows:
                last = _batch(source, waiting, skip_existing=skip_existing)
                waiting = [entry for entry in waiting if entry.row > last]
        while waiting:
            last = _batch(source, waiting, skip_existing=skip_existing)
            waiting = [entry for entry in waiting if entry.row > last]
    return Import.objects.get(sha256=source.sha256, kind=source.kind.name)


def _batch(source: Source, entries: Sequence[Entry], *, skip_existing: bool) -> int:
    """Brings the rows in, unless some of them are; how many rows of the file are in."""
    already = done(source)
    if already >= entries[0].row:
        return already
    wanted = _not_there(source.kind, entries, already) if skip_existing else entries
    rows = _made(source.kind, wanted)
    source.require_unchanged()
    try:
        with transaction.atomic():
            so_far = _locked(source)
            if so_far.rows_done >= entries[0].row:
                # Another import of the same file was faster.
                return so_far.rows_done
            source.kind.insert(rows)
            so_far.rows_done = entries[-1].row
            so_far.rows_skipped += len(entries) - len(rows)
            so_far.save()
    except IntegrityError:
        problems = checking.against_database(source.kind, entries, lambda: already, skip_existing=skip_existing)
        if not problems:
            raise
        raise Refused(problems) from None
    log.info(
        "rows_imported",
        kind=source.kind.name,
        file=source.sha256[:12],
        rows=len(rows),
        skipped=len(entries) - len(rows),
        done=so_far.rows_done,
        of=so_far.rows,
    )
    return so_far.rows_done


def _not_there(kind: Kind, entries: Sequence[Entry], already: int) -> list[Entry]:
    """The entries whose rows are not there already. Raises Refused where one is and says something else."""
    if problems := checking.against_database(kind, entries, lambda: already, skip_existing=True):
        raise Refused(problems)
    there = checking.existing(kind, entries)
    return [entry for entry in entries if entry.row not in there]


def _made(kind: Kind, entries: Sequence[Entry]) -> list[object]:
    """Raises Refused where something that a line names has gone since it was checked."""
    found = checking.resolved(kind, [entry.line for entry in entries])
    own = {str(getattr(entry.line, kind.keys[0].columns[0])): entry.number for entry in entries}
    if problems := [problem for _, problem in checking.not_there(kind, entries, found, lambda _: own)]:
        raise Refused(problems)
    now = timezone.now()
    made = [(entry.line, kind.make(entry.line, checking.found_for(entry.line, found), now)) for entry in entries]
    kind.complete(made)
    return [row for _, row in made]


def _locked(source: Source) -> Import:
    return Import.objects.select_for_update().get(sha256=source.sha256, kind=source.kind.name)
