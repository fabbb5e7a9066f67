"""Up to which id a table can get no more rows.

An id is given when a row is written, and the row is seen when its transaction commits: a row with a lower id may come after one with a
higher id. On SQLite only one transaction writes at a time, and AUTOINCREMENT gives no id twice, so there the highest id that is seen is
such a bound. On PostgreSQL whoever writes to a table holds a lock on it, of a mode that hinders no other writer, from before it takes an
id until its transaction ends (https://www.postgresql.org/docs/current/explicit-locking.html, ROW EXCLUSIVE). So: read the highest id, then
who holds such locks; when the last of those has ended, the bound holds. Nobody waits for anybody.

This needs sequences that give ids one by one (CACHE 1, as Django makes them), and that whoever takes an id before it writes takes the lock
first (`bulk.numbered`). In tables by month the clock has its part in an id: a month counts only once it has begun some time ago, should
the clock be set back then, or be another node's.
"""

import threading
from dataclasses import dataclass
from datetime import timedelta

from django.db import connection
from django.db.models import Max, Model

from solitude import monthly

CLOCK_BACK_MAX_S = 60
_WRITERS = """
    SELECT DISTINCT virtualtransaction FROM pg_locks
    WHERE locktype = 'relation' AND granted AND relation = %s::regclass
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
      AND mode IN ('RowExclusiveLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')
"""


@dataclass(frozen=True, slots=True)
class _Seen:
    """The highest id at one moment, and who was writing then."""

    newest: int
    writers: frozenset[str]


class Bounds:
    """What one process knows of its tables. Lost with it, which costs only time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: dict[str, _Seen] = {}
        self._settled: dict[str, int] = {}

    def settled(self, model: type[Model]) -> int:
        """The highest id up to which no row can come any more that cannot be seen now; 0 for none."""
        if connection.vendor != "postgresql":
            return _newest(model)
        table = model._meta.db_table
        with self._lock:
            seen = self._waiting.pop(table, None)
            if seen is not None:
                if seen.writers & _writers(table):
                    self._waiting[table] = seen
                    return self._settled.get(table, 0)
                self._settled[table] = seen.newest
            # In this order: who has taken a lower id and is not seen yet is among the writers, or has ended in between.
            newest = _newest(model)
            writers = _writers(table)
            if writers:
                self._waiting[table] = _Seen(newest, writers)
            else:
                self._settled[table] = newest
            return self._settled.get(table, 0)

    def forget(self) -> None:
        """For a database that was emptied."""
        with self._lock:
            self._waiting.clear()
            self._settled.clear()


def _newest(model: type[Model]) -> int:
    rows = model._default_manager.all()
    if connection.vendor == "postgresql":
        begun = monthly.FirstId(monthly.Clock() - timedelta(seconds=CLOCK_BACK_MAX_S))
        rows = rows.filter(pk__lt=begun + monthly.ROWS_MAX)
    return rows.aggregate(newest=Max("pk"))["newest"] or 0


def _writers(table: str) -> frozenset[str]:
    with connection.cursor() as cursor:
        cursor.execute(_WRITERS, [connection.ops.quote_name(table)])
        return frozenset(name for (name,) in cursor.fetchall())


bounds = Bounds()
