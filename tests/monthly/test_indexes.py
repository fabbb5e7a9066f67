"""An index of a table by month is made month by month, and is one in the end."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.db.migrations.migration import Migration
from django.db.migrations.operations import AddConstraint
from django.db.migrations.operations.base import Operation
from django.db.migrations.operations.fields import AddField
from django.db.migrations.recorder import MigrationRecorder
from django.db.migrations.state import ProjectState
from django.db.models import CharField, Index, Q, UniqueConstraint
from tests.audit import world as audit
from tests.monthly.world import execute

from solitude import monthly, online_indexes
from solitude.events.models import Event
from solitude.online_indexes import AddIndexOnline
from solitude.services import migrating

pytestmark = pytest.mark.django_db(transaction=True)
APP, NAME, INDEX, TABLE = "events", "9999_tried", "events_tried_online", "events_event"


@pytest.fixture(autouse=True)
def cleaned() -> Iterator[None]:
    yield
    execute(f"DROP INDEX IF EXISTS {INDEX}")
    monthly.make_ahead()
    MigrationRecorder(connection).record_unapplied(APP, NAME)


def migration(operation: Operation, *, atomic: bool = False) -> Migration:
    made = Migration(NAME, APP)
    made.operations = [operation]  # type: ignore[misc]
    made.atomic, made.is_long = atomic, True  # type: ignore[attr-defined,misc]
    return made


INDEXED = AddIndexOnline("event", Index(fields=["uuid", "created"], name=INDEX, condition=Q(place=None)))


def state() -> ProjectState:
    return migrating.MigrationExecutor(connection).loader.project_state()


def apply(operation: Operation = INDEXED, **how: Any) -> None:
    migrating.Hurried(connection).apply_migration(state(), migration(operation, **how))


def with_it() -> list[str]:
    """The partitions that have it, whole."""
    found = execute(
        "SELECT indrelid::regclass::text FROM pg_inherits JOIN pg_index ON indexrelid = inhrelid"
        f" WHERE inhparent = to_regclass('{INDEX}') AND indisvalid"
    )
    return [name for (name,) in found]


def is_valid() -> bool:
    return execute(f"SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass('{INDEX}')") == [(True,)]


def all_months() -> list[str]:
    return [month.name for month in monthly.months(TABLE)]


def test_each_month_gets_it_those_that_come_later_too_and_all_lose_it() -> None:
    audit.event()
    newest = all_months()[-1]
    execute(f"DROP TABLE {newest}")

    apply()

    assert is_valid()
    assert sorted(with_it()) == sorted(all_months())
    monthly.make_ahead()
    assert newest in with_it()

    migrating.Hurried(connection).unapply_migration(state(), migration(INDEXED))
    assert not execute(f"SELECT 1 FROM pg_class WHERE relname LIKE '{INDEX}%'")


def test_what_was_broken_off_is_gone_on_with(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []
    written = online_indexes._statement

    def broken(*given: Any, **how: Any) -> str:
        made.append(str(given[3]))
        if len(made) == 4:
            raise OperationalError("broken off")
        return written(*given, **how)

    with monkeypatch.context() as patched:
        patched.setattr(online_indexes, "_statement", broken)
        with pytest.raises(OperationalError, match="broken off"):
            apply()
    assert made[0].startswith("ONLY ")
    assert (len(with_it()), is_valid()) == (2, False)
    # One that is there and invalid, as when the making of it was broken off.
    third = all_months()[2]
    name = monthly.cut(INDEX, third.removeprefix(TABLE))
    execute(
        f"CREATE INDEX {name} ON {third} (uuid)",
        f"UPDATE pg_index SET indisvalid = false WHERE indexrelid = '{name}'::regclass",
    )

    apply()

    assert is_valid()
    assert sorted(with_it()) == sorted(all_months())


def test_another_column_comes_to_all_months() -> None:
    audit.event()
    apply(AddField("event", "nick", CharField(max_length=9, default="", db_default="x")))
    try:
        assert execute(f"SELECT DISTINCT nick FROM {TABLE}") == [("x",)]
        audit.event()
        assert Event.objects.count() == 2
    finally:
        execute(f"ALTER TABLE {TABLE} DROP COLUMN nick")


def test_a_unique_constraint_without_the_key_is_refused_in_clear_words() -> None:
    unique = UniqueConstraint(fields=["uuid"], name="tried_once")
    with pytest.raises(Exception, match="unique constraint on partitioned table must include all partitioning columns"):
        apply(AddConstraint("event", unique), atomic=True)
