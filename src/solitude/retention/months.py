"""Whole months: where a table is by month, its oldest rows go with their partition, which takes no longer however many they are.

Where something holds a row of a month, the others of it go one by one like those of every other table. To count the rows of a large one,
and to find what is kept beside it, takes longer than a request has for a statement.
"""

from django.db import OperationalError, transaction

from solitude import monthly
from solitude.audit import seals
from solitude.databases.patience import patient
from solitude.monthly import Month
from solitude.retention.classes import DataClass
from solitude.retention.models import RetentionRun

# By the name of a month the run that has found that it must stay: to look through all of it once in a run is enough.
_stays: dict[str, int] = {}


class PutOff(Exception):
    """Somebody is at the table for longer than payments may wait for us."""


def ready(data: DataClass) -> list[tuple[Month, int]]:
    """The months that may go as a whole, the oldest first, and how many rows each has. The rows of each are counted."""
    with patient():
        found = [(month, _free(data, month)) for month in _over(data)]
    return [(month, rows) for month, rows in found if rows is not None]


def drop_next(data: DataClass, run: RetentionRun) -> int | None:
    """Drops the first month that may go, in the caller's transaction; how many rows it had. None: there is none. Raises PutOff."""
    for month in _over(data):
        if _stays.get(month.name) == run.pk:
            continue
        with patient():
            rows = _free(data, month)
            if rows is not None:
                _drop(data, month)
                return rows
        _stays[month.name] = run.pk
    return None


def _over(data: DataClass) -> list[Month]:
    if data.by_month is None or data.days is None:
        return []
    return monthly.over(data.rows().model._meta.db_table, data.days)


def _free(data: DataClass, month: Month) -> int | None:
    """How many rows the month has, if all of them may go. Whatever is due stays so, and nobody writes to a month that is over."""
    assert data.by_month is not None  # noqa: S101
    rows = data.rows().model._default_manager.filter(month.rows)
    due = data.free(data.old(rows=data.by_month.rows().filter(month.rows)))
    newest = rows.order_by("-pk").values_list("pk", flat=True).first()
    if newest is None and not month.start:
        # That of the rows from before stays for whoever writes a row with a key of its own.
        return None
    if newest is not None and not due.filter(pk=newest).exists():
        # Most that must stay are told by it, without counting: the rows from before are those of years.
        return None
    count = rows.count()
    return count if count == due.count() and data.by_month.may_go(month.rows) else None


def _drop(data: DataClass, month: Month) -> None:
    assert data.by_month is not None  # noqa: S101
    try:
        with transaction.atomic():
            seals.month_removed(data.by_month.kind, month.start, month.end - 1)
            monthly.drop(month)
    except OperationalError as error:
        if monthly.is_locked(error):
            raise PutOff from error
        raise
