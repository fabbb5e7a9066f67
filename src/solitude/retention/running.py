"""One batch after the other, each in a short transaction of its own, until nothing of a class is due. A whole month is one batch.

Whoever does a batch holds the lock of the run's row, so there is one at a time for each class, on whatever machine; a process that
dies has done whole batches, and another one goes on. A run ends with the first batch that finds nothing to do.
"""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from solitude.prepared import insert_once
from solitude.retention import months
from solitude.retention.classes import DataClass, declared
from solitude.retention.models import ERROR_MAX_CHARS, RetentionRun
from solitude.retention.plan import COUNT_MAX, held
from solitude.telemetry import cef, metrics
from solitude.telemetry.logs import get_logger

log = get_logger("solitude.retention")
FAILED_SEVERITY, DONE_SEVERITY = 6, 2
CLOCKS_APART = timedelta(hours=1)


class ClocksApart(Exception):
    """The clock of the database or that of this machine is wrong, so that nobody knows what is old."""


def once() -> int:
    """For the worker: begins the runs whose time has come, and does one batch of one that is open; how many rows went."""
    _begin_due()
    # One that is to go on later than any pause lasts is of a clock that was ahead.
    pause = timedelta(milliseconds=settings.SOLITUDE_RETENTION_PAUSE_MS)
    is_due = Q(next_batch_at__lte=Now()) | Q(next_batch_at__gt=Now() + pause)
    run = RetentionRun.objects.filter(is_due, ended_at=None).order_by("next_batch_at", "pk").first()
    return batch(run.data_class) or 0 if run else 0


def begin(name: str) -> None:
    """Begins a run of this class, unless one is open."""
    insert_once(RetentionRun(data_class=name))


def is_open(name: str) -> bool:
    return RetentionRun.objects.filter(data_class=name, ended_at=None).exists()


def batch(name: str) -> int | None:
    """Does one batch of the open run of this class; how many rows went. None: there is no open run, or another process is at it.

    What goes wrong ends the run, which keeps what its batches before have done; the next run begins at its own time.
    """
    data = declared().get(name)
    try:
        with transaction.atomic():
            run = _locked(name)
            return None if run is None else _batch(data, run)
    except Exception as error:
        log.exception("retention_failed", data_class=name)
        _fail(name, type(error).__name__)
        return 0


def _begin_due() -> None:
    """Of each class that has no open run, and whose last one is long enough ago."""
    since = Now() - timedelta(seconds=settings.SOLITUDE_RETENTION_EVERY_S)
    open_now = RetentionRun.objects.filter(ended_at=None).values_list("data_class", flat=True)
    # None that ended in a time that has not come: of a clock that was ahead.
    lately = RetentionRun.objects.filter(ended_at__gt=since, ended_at__lte=Now()).values_list("data_class", flat=True)
    busy = set(open_now.union(lately))
    for name, data in declared().items():
        if name not in busy and data.days is not None:
            begin(name)


def _locked(name: str) -> RetentionRun | None:
    skip = connection.features.has_select_for_update_skip_locked
    runs = RetentionRun.objects.select_for_update(skip_locked=skip).annotate(now=Now())  # type: ignore[no-redef]  # what it stands for
    return runs.filter(data_class=name, ended_at=None).first()


def _batch(data: DataClass | None, run: RetentionRun) -> int:
    if data is None:
        # A class of a provider that is gone.
        _end(run, error="unknown class")
        return 0
    if abs(run.now - timezone.now()) > CLOCKS_APART:
        raise ClocksApart
    try:
        month = months.drop_next(data, run)
    except months.PutOff:
        log.info("retention_month_put_off", data_class=data.name)
        _end(run)
        return 0
    found = data.still_due(data.pick(data, data.batch_rows)) if month is None else []
    done = month or (data.carry_out(found) if found else 0)
    run.batches += 1
    run.rows += done
    run.save(update_fields=["batches", "rows"])
    metrics.count(f"retention.rows.{data.name}", done)
    if not done and month is None:
        oldest = data.due().order_by("since", "pk").values_list("since", flat=True).first()
        _end(run, held=sum(held(data, COUNT_MAX).values()), oldest_left=oldest)
        transaction.on_commit(lambda: _tell(run))
    else:
        pause = timedelta(milliseconds=settings.SOLITUDE_RETENTION_PAUSE_MS)
        RetentionRun.objects.filter(pk=run.pk).update(next_batch_at=Now() + pause)
    return done


def _end(run: RetentionRun, **columns: Any) -> None:
    RetentionRun.objects.filter(pk=run.pk).update(ended_at=Now(), **columns)
    for name, value in columns.items():
        setattr(run, name, value)


def _fail(name: str, kind: str) -> None:
    with transaction.atomic():
        run = _locked(name)
        if run is not None:
            _end(run, error=kind[:ERROR_MAX_CHARS])
    metrics.count("retention.failed")
    cef.event(f"Retention failed: {name}", FAILED_SEVERITY, extra={"cs6Label": "error", "cs6": kind})


def _tell(run: RetentionRun) -> None:
    log.info("retention", data_class=run.data_class, rows=run.rows, batches=run.batches, held=run.held)
    extra = {"cs6Label": "rows", "cs6": run.rows, "cs7Label": "held", "cs7": run.held}
    cef.event(f"Retention run: {run.data_class}", DONE_SEVERITY, extra=extra)
