"""An index that is made while the table is written to: nobody waits for it, and what was broken off is done again."""

import threading
from collections.abc import Iterator

import pytest
from django.db import NotSupportedError, connection, transaction
from django.db.migrations.migration import Migration
from django.db.migrations.recorder import MigrationRecorder
from django.db.migrations.state import ProjectState
from django.db.models import Index
from django.utils import timezone
from tests.faults.processes.programs import wait_until

from solitude import monthly
from solitude.online_indexes import AddIndexOnline, DropLikeIndexOnline
from solitude.services import migrating
from solitude.web.models import SeenToken

pytestmark = pytest.mark.django_db(transaction=True)

APP, NAME, INDEX, TABLE = "web", "9999_tried", "tried_online", "web_seentoken"
PATIENCE_S = 20


@pytest.fixture(autouse=True)
def cleaned() -> Iterator[None]:
    yield
    with connection.cursor() as cursor:
        cursor.execute(f"DROP INDEX IF EXISTS {INDEX}")
    MigrationRecorder(connection).record_unapplied(APP, NAME)


@pytest.fixture
def on_postgresql() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite makes an index in one go")


def migration(*, atomic: bool = False) -> Migration:
    made = Migration(NAME, APP)
    made.operations = [AddIndexOnline("seentoken", Index(fields=["expires", "id"], name=INDEX))]  # type: ignore[misc]
    made.atomic, made.is_long = atomic, True  # type: ignore[attr-defined,misc]
    return made


def state() -> ProjectState:
    return migrating.MigrationExecutor(connection).loader.project_state()


def apply(*, atomic: bool = False) -> None:
    migrating.Hurried(connection).apply_migration(state(), migration(atomic=atomic))


def is_there() -> bool:
    with connection.cursor() as cursor:
        return INDEX in connection.introspection.get_constraints(cursor, TABLE)


def is_valid() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT indisvalid FROM pg_index WHERE indexrelid = %s::regclass", [INDEX])
        return bool(cursor.fetchone() == (True,))


def test_it_is_made_and_unmade_and_made_again_over_itself() -> None:
    apply()
    assert is_there()
    # As after a run that was broken off at a later index of the same migration.
    MigrationRecorder(connection).record_unapplied(APP, NAME)
    apply()
    assert is_there()

    migrating.Hurried(connection).unapply_migration(state(), migration())

    assert not is_there()
    assert (APP, NAME) not in MigrationRecorder(connection).applied_migrations()


def test_it_waits_for_a_payment_longer_than_for_a_lock_and_no_payment_waits_for_it(
    on_postgresql: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrating, "LOCK_TIMEOUT_MS", 1)
    failed: list[Exception] = []

    def migrate() -> None:
        try:
            apply()
        except Exception as error:  # noqa: BLE001 - told to the test
            failed.append(error)
        finally:
            connection.close()

    at_it = threading.Thread(target=migrate)
    with transaction.atomic():
        SeenToken.objects.create(client="a", jti="first", expires=timezone.now())
        at_it.start()
        # In the catalogue and not valid: it waits for this transaction.
        assert wait_until(is_there, PATIENCE_S)
        other = connection.copy()
        try:
            with other.cursor() as cursor:
                cursor.execute("SET lock_timeout = '2s'")
                cursor.execute(f"INSERT INTO {TABLE} (client, jti, expires) VALUES ('a', 'second', now())")  # noqa: S608 - ours
        finally:
            other.close()
        assert at_it.is_alive()
        assert not is_valid()
    at_it.join(PATIENCE_S)

    assert (failed, is_valid(), SeenToken.objects.count()) == ([], True, 2)


def test_what_was_broken_off_is_dropped_and_made_anew(on_postgresql: None) -> None:
    SeenToken.objects.create(client="a", jti="first", expires=timezone.now())
    other = connection.copy()
    other.set_autocommit(False)
    try:
        with other.cursor() as cursor:
            cursor.execute(f"UPDATE {TABLE} SET expires = now()")  # noqa: S608 - ours
        with connection.cursor() as cursor:
            cursor.execute("SET statement_timeout = '200ms'")
            with pytest.raises(Exception, match="statement timeout"):
                cursor.execute(f"CREATE INDEX CONCURRENTLY {INDEX} ON {TABLE} (expires, id)")
            cursor.execute("SET statement_timeout = 0")
    finally:
        other.rollback()
        other.close()
    assert is_there()
    assert not is_valid()

    apply()

    assert is_valid()


def test_it_is_refused_within_a_transaction(on_postgresql: None) -> None:
    with pytest.raises(NotSupportedError, match="without a transaction only"):
        apply(atomic=True)


# What each payment writes to, and what is looked for there by the whole of a text.
BUSY = {"transactions_transaction": "uuid", "payments_providercall": "key", "events_event": "resource_uri"}
FOR_LIKE = """
    SELECT tablename FROM pg_indexes
    WHERE schemaname = 'public' AND indexdef ~ '(varchar|text)_pattern_ops' AND tablename ~ %s
"""


def for_like(table: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(FOR_LIKE, [f"^{table}"])
        return [name for (name,) in cursor.fetchall()]


def dropped(model: str, field: str, app: str) -> None:
    made = Migration(NAME, app)
    made.operations = [DropLikeIndexOnline(model, field)]  # type: ignore[misc]
    made.atomic, made.is_long = False, True  # type: ignore[attr-defined,misc]
    migrating.Hurried(connection).apply_migration(state(), made)
    MigrationRecorder(connection).record_unapplied(app, NAME)


@pytest.mark.parametrize("table", BUSY)
def test_what_each_payment_writes_to_has_no_second_index_for_like(on_postgresql: None, table: str) -> None:
    assert for_like(table) == []
    months = [month.name for month in monthly.months(table)]
    assert bool(months) == (table != "transactions_transaction")


@pytest.mark.parametrize(
    ("table", "app", "model"),
    [
        ("transactions_transaction", "transactions", "transaction"),
        ("payments_providercall", "payments", "providercall"),
    ],
)
def test_it_is_dropped_with_its_parts_while_others_write_and_dropping_it_again_is_nothing(
    on_postgresql: None, table: str, app: str, model: str
) -> None:
    column = BUSY[table]
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE INDEX tried_for_like ON {table} ({column} varchar_pattern_ops)")
    parts = len(monthly.months(table)) + 1
    assert len(for_like(table)) == parts
    dropped(model, column, app)
    assert for_like(table) == []
    dropped(model, column, app)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT indexname FROM pg_indexes WHERE tablename = %s AND indexdef LIKE %s", [table, f"%({column})%"]
        )
        # Where a table is by month, tables beside it see to what may be only once.
        assert bool(cursor.fetchall()) == (app == "transactions")


def test_what_may_be_there_once_stays_so() -> None:
    dropped("transaction", "uuid", "transactions")
    with connection.cursor() as cursor:
        names = connection.introspection.get_constraints(cursor, "transactions_transaction")
    assert any(found["unique"] and found["columns"] == ["uuid"] for found in names.values())
