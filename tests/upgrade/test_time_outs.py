"""`solitude migrate` on PostgreSQL: no migration waits long for a lock, or works long, unless it says so."""

from collections.abc import Iterator

import pytest
from django.db import OperationalError, connection
from django.db.migrations.migration import Migration
from django.db.migrations.operations.special import RunSQL
from django.db.migrations.recorder import MigrationRecorder
from django.db.migrations.state import ProjectState

from solitude.services import migrating

pytestmark = pytest.mark.django_db(transaction=True)

APP, NAME = "web", "9999_tried"
LOCKING = "LOCK TABLE web_seentoken IN ACCESS SHARE MODE"
LONGER_THAN_ALLOWED = "SELECT pg_sleep(0.4)"


@pytest.fixture(autouse=True)
def shortened(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has no time-outs for locks and statements")
    monkeypatch.setattr(migrating, "LOCK_TIMEOUT_MS", 100)
    monkeypatch.setattr(migrating, "STATEMENT_TIMEOUT_MS", 200)
    yield
    MigrationRecorder(connection).record_unapplied(APP, NAME)


def apply(statement: str, *, is_long: bool = False) -> None:
    migration = Migration(NAME, APP)
    migration.operations = [RunSQL(statement)]  # type: ignore[misc]
    migration.is_long = is_long  # type: ignore[attr-defined]
    migrating.Hurried(connection).apply_migration(ProjectState(), migration)


def is_applied() -> bool:
    return (APP, NAME) in MigrationRecorder(connection).applied_migrations()


@pytest.mark.parametrize("is_long", [False, True])
def test_a_lock_is_waited_for_shortly_by_all(is_long: bool) -> None:
    other = connection.copy()
    other.set_autocommit(False)
    try:
        with other.cursor() as cursor:
            cursor.execute("LOCK TABLE web_seentoken IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(OperationalError, match="lock timeout"):
            apply(LOCKING, is_long=is_long)
    finally:
        other.rollback()
        other.close()

    assert not is_applied()
    apply(LOCKING)
    assert is_applied()


def test_a_migration_that_takes_long_says_so() -> None:
    with pytest.raises(OperationalError, match="statement timeout"):
        apply(LONGER_THAN_ALLOWED)
    assert not is_applied()

    apply(LONGER_THAN_ALLOWED, is_long=True)

    assert is_applied()


def test_afterwards_the_servers_own_limits_hold_again() -> None:
    apply("SELECT 1")

    with connection.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        assert cursor.fetchone() == ("0",)
