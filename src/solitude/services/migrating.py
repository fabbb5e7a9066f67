"""`solitude migrate`: on PostgreSQL no migration makes payments wait for long, unless it says that it takes its time.

A migration that waits for a lock makes everybody wait who comes after it, so it gives up soon, with nothing done, and is run again.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, cast

from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.migration import Migration
from django.db.migrations.state import ProjectState
from typing_extensions import override

from solitude import monthly

LOCK_TIMEOUT_MS, STATEMENT_TIMEOUT_MS = 4_000, 5_000
# A migration with this attribute, set to True, takes its time: it must not lock what payments need while it does.
LONG = "is_long"


class Hurried(MigrationExecutor):
    """Applies each migration with the time-outs that it may have."""

    @override
    def apply_migration(
        self, state: ProjectState, migration: Migration, fake: bool = False, fake_initial: bool = False
    ) -> ProjectState:
        with timed(is_long=getattr(migration, LONG, False)):
            return super().apply_migration(state, migration, fake=fake, fake_initial=fake_initial)


def migrate(say: Callable[[str], None]) -> int:
    """Applies what is missing, and tells of each; how many migrations that were. Makes the next months, where tables are by month.

    Raises:
        django.db.OperationalError: a lock or a statement took too long. Of that migration nothing is done, those before it stay.
    """

    def tell(action: str, migration: Any = None, *_: Any) -> None:
        if action in ("apply_start", "apply_success"):
            say(f"{migration}: {'begun' if action == 'apply_start' else 'done'}")

    executor = Hurried(connection, cast(Any, tell))
    executor.loader.check_consistent_history(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    executor.migrate(executor.loader.graph.leaf_nodes(), plan)
    if monthly.tables():
        monthly.briefly(monthly.make_ahead)
    return len(plan)


@contextmanager
def timed(*, is_long: bool) -> Iterator[None]:
    if connection.vendor != "postgresql":
        yield
        return
    _set(LOCK_TIMEOUT_MS, 0 if is_long else STATEMENT_TIMEOUT_MS)
    try:
        yield
    finally:
        # What was set lives as long as the connection.
        connection.close()


def _set(lock_ms: int, statement_ms: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SET lock_timeout = {lock_ms}")
        cursor.execute(f"SET statement_timeout = {statement_ms}")
