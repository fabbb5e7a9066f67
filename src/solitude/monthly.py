"""Big tables by month: on PostgreSQL some are partitioned by the month in which their rows came to be (docs/adr/0022).

The month is in the high bits of the primary key, which the database gives: a row is found by its key in one partition, a range of keys is
of few, and keys grow with time. On SQLite, and in rows from before, keys are small numbers: they are of month 0. `partitioned` has what
a migration makes of a table.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from itertools import count
from typing import Any

from django.apps import apps
from django.db import OperationalError, connection, transaction
from django.db.models import BigIntegerField, DateTimeField, Func, Q
from typing_extensions import override

# So many rows fit into a month; keys stay below 2 ** 53, which JSON's numbers have exactly, until the year 10922.
ROW_BITS = 36
ROWS_MAX = 1 << ROW_BITS
ROW_MASK = ROWS_MAX - 1
# So many months after this one are there: for as long nobody needs to make one. With fewer than AHEAD_WARNING something is wrong.
AHEAD, AHEAD_WARNING = 6, 2

# Who waits for a lock is waited for by all who come after. Less than the second after which PostgreSQL looks for those who wait for
# each other: then it is we who give up.
LOCK_MS = 100
PATIENCE_S, PAUSE_S = 60, 0.2
LOCK_NOT_AVAILABLE, DEADLOCK_DETECTED = "55P03", "40P01"
NAME_MAX_BYTES = 63

_TABLES = (
    "SELECT relname FROM pg_class WHERE relkind = 'p' AND relnamespace = current_schema()::regnamespace ORDER BY 1"
)
_MONTHS = r"""
    SELECT part.relname, COALESCE((regexp_match(bound, 'FROM \(''?(\d+)'))[1]::bigint, 0),
        (regexp_match(bound, 'TO \(''?(\d+)'))[1]::bigint
    FROM pg_inherits JOIN pg_class part ON part.oid = inhrelid, pg_get_expr(relpartbound, part.oid) bound
    WHERE inhparent = to_regclass(%s) ORDER BY 3
"""


def number(month: date) -> int:
    """Months since the year 0."""
    return month.year * 12 + month.month - 1


def first_id(month: date) -> int:
    """The least key that a row of this month can have."""
    return number(month) << ROW_BITS


def last_id(pk: int) -> int:
    """The greatest key that a row of the same month as this one can have."""
    return pk | ROW_MASK


def number_of(moment: str) -> str:
    """SQL: the number of the month in which that moment is, in UTC."""
    year, month = (f"extract({part} FROM {moment} AT TIME ZONE 'UTC')::integer" for part in ("year", "month"))
    return f"({year} * 12 + {month} - 1)"


# When the row is written, not when its transaction began: no key may come that is lower than those which can be seen (`audit.bounds`).
NUMBER_NOW = number_of("clock_timestamp()")


class Clock(Func):
    """PostgreSQL's clock, by which keys are given."""

    function = "clock_timestamp"
    output_field = DateTimeField()


class FirstId(Func):
    """`first_id` of the month in which a moment is; for PostgreSQL."""

    template = f"({number_of('(%(expressions)s)')}::bigint << {ROW_BITS})"
    output_field = BigIntegerField()

    @override
    def as_sql(self, compiler: Any, connection: Any, *rest: Any, **more: Any) -> tuple[str, tuple[str | int, ...]]:
        text, values = super().as_sql(compiler, connection, *rest, **more)
        # The moment is in it twice.
        return text, (*values, *values)


@dataclass(frozen=True, slots=True)
class Month:
    """A partition: the rows of a table whose keys are from `start` on and below `end`."""

    table: str
    name: str
    start: int
    end: int

    @property
    def rows(self) -> Q:
        return Q(pk__gte=self.start, pk__lt=self.end)


def tables() -> list[str]:
    """The tables of the house that are partitioned."""
    if connection.vendor != "postgresql":
        return []
    ours = {model._meta.db_table for model in apps.get_models()}
    return [name for (name,) in _asked(_TABLES) if name in ours]


def months(table: str) -> list[Month]:
    """The partitions of a table by age: first that of the rows from before there were months. None where a table is not partitioned."""
    if connection.vendor != "postgresql":
        return []
    return [Month(table, *found) for found in _asked(_MONTHS, connection.ops.quote_name(table))]


def over(table: str, days: int) -> list[Month]:
    """The partitions of a table whose month was over so many days ago; by the database's time, and in no case those that are written to."""
    found = months(table)
    if not found:
        return []
    ago = number_of("(statement_timestamp() - make_interval(days => %s))")
    ((limit,),) = _asked(f"SELECT least({ago}, {NUMBER_NOW})", days, days)
    return [month for month in found if month.end <= limit << ROW_BITS]


def this_month() -> int:
    """The number of the month in which rows are written now."""
    return int(_asked(f"SELECT {NUMBER_NOW}")[0][0])


def make_ahead() -> None:
    """Makes the partitions of this month and the next ones where they are missing.

    Raises OperationalError where a lock could not be had at once (`is_locked`): nobody shall wait behind us, and the next round will do.
    """
    for table in tables():
        now, there = this_month(), months(table)
        for month in range(now, now + AHEAD + 1):
            if not _covers(there, month):
                with transaction.atomic():
                    _asked("SELECT solitude_make_month(%s, %s)", table, month)


def ahead() -> int | None:
    """How many months after this one are there, one behind the other, of the table that has the fewest; -1 where not even this one is.
    None where no table is by month."""
    by_month = [months(table) for table in tables()]
    if not by_month:
        return None
    now = this_month()
    return next(number for number in count() if not all(_covers(there, now + number) for there in by_month)) - 1


def _covers(there: list[Month], number: int) -> bool:
    """Whether rows of the month of that number have a partition. Some may be there of years ahead, as the clock was once."""
    return any(month.start <= number << ROW_BITS < month.end for month in there)


def drop(month: Month) -> None:
    """Drops a month that is over with all its rows, and what is kept beside them, in the caller's transaction.

    To be the last thing that is done in it: from here on everybody waits who reads or writes the table. Raises OperationalError as
    `make_ahead` does.
    """
    _asked("SELECT solitude_drop_month(%s, %s)", month.table, month.name)


def once_tables(table: str) -> list[str]:
    """The tables in which it is kept what may be only once in all months of a table."""
    found = _asked(
        "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace"
        " AND starts_with(relname, %s) ORDER BY 1",
        f"{table}_once_",
    )
    return [name for (name,) in found]


def briefly(work: Callable[[], object]) -> None:
    """Does it in a transaction in which no lock is waited for longer than a moment: again and again, for a minute at most.

    Raises OperationalError when the minute is over; nothing is done then.
    """
    until = time.monotonic() + PATIENCE_S
    while True:
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(f"SET LOCAL lock_timeout = {LOCK_MS}")
                work()
                return
        except OperationalError as error:
            if not is_locked(error) or time.monotonic() > until:
                raise
        time.sleep(PAUSE_S)


def is_locked(error: OperationalError) -> bool:
    """Whether it was a lock that could not be had in time, or never."""
    return getattr(error.__cause__, "sqlstate", None) in (LOCK_NOT_AVAILABLE, DEADLOCK_DETECTED)


def cut(name: str, ending: str) -> str:
    """The name with this ending, as long as PostgreSQL lets it be."""
    return name[: NAME_MAX_BYTES - len(ending)] + ending


def _asked(statement: str, *values: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall())
