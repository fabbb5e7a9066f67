"""What a migration may do while servers of the version before still run on the database; docs/upgrading.md has the rules."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.contrib.postgres.operations import AddConstraintNotValid, AddIndexConcurrently, RemoveIndexConcurrently
from django.db.migrations import (
    AddConstraint,
    AddField,
    AddIndex,
    AlterField,
    CreateModel,
    Migration,
    RunPython,
    RunSQL,
)
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation
from django.db.models import BooleanField, CharField, Index, IntegerField

from solitude.online_indexes import AddIndexOnline, DropLikeIndexOnline
from solitude.partitioned import PartitionByMonth
from solitude.services.migrating import LONG

# What was done before the first release, or was looked at and found harmless; one `app migration: fault` a line.
ACCEPTED = Path(__file__).with_name("accepted.txt")
# What the version before reads or writes is taken away from it.
TAKEN_AWAY = ("RemoveField", "DeleteModel", "RenameField", "RenameModel", "AlterModelTable", "RenameIndex")
HARMLESS = (CreateModel, AddIndexConcurrently, RemoveIndexConcurrently, AddConstraintNotValid)
NAMES = ("solitude", "solitude.providers")


def faults(migration: Migration) -> Iterator[str]:
    made = {operation.name_lower for operation in migration.operations if isinstance(operation, CreateModel)}
    for operation in migration.operations:
        if getattr(operation, "model_name_lower", None) in made or isinstance(operation, HARMLESS):
            continue
        fault = fault_of(operation, is_long=getattr(migration, LONG, False), is_atomic=migration.atomic)
        if fault:
            yield fault


def fault_of(operation: Operation, *, is_long: bool, is_atomic: bool = True) -> str:
    kind = type(operation).__name__
    what = operation.describe()
    if kind in TAKEN_AWAY:
        return f"{what}: the version before still uses it"
    if isinstance(operation, AddField):
        field = operation.field
        is_filled = field.null or field.has_db_default() or field.many_to_many
        return "" if is_filled else f"{what}: not null, and without a db_default"
    if isinstance(operation, AlterField):
        return f"{what}: what the version before writes may not fit"
    if isinstance(operation, AddIndexOnline | DropLikeIndexOnline | PartitionByMonth):
        return "" if is_long and not is_atomic else f"{what}: not in a migration with {LONG} and without a transaction"
    if isinstance(operation, AddIndex):
        return f"{what}: locks its table; AddIndexOnline does not"
    if isinstance(operation, AddConstraint):
        return f"{what}: reads all of its table under a lock; AddConstraintNotValid does not"
    if isinstance(operation, RunPython | RunSQL) and not is_long:
        return f"{what}: of unknown length, and not marked {LONG}"
    return ""


def all_faults() -> set[str]:
    loader = MigrationLoader(None, ignore_no_migrations=True)
    own = [one for one in loader.disk_migrations.values() if type(one).__module__.startswith("solitude.")]
    assert len(own) > 20
    return {f"{one.app_label} {one.name}: {fault}" for one in own for fault in faults(one)}


def accepted() -> set[str]:
    lines = (line.strip() for line in ACCEPTED.read_text(encoding="utf-8").splitlines())
    return {line for line in lines if line and not line.startswith("#")}


def test_no_migration_breaks_the_version_before() -> None:
    assert all_faults() - accepted() == set()


def test_nothing_is_accepted_that_is_not_there() -> None:
    assert accepted() - all_faults() == set()


@pytest.mark.parametrize(
    ("operation", "fault"),
    [
        (AddField("buyer", "nick", CharField(max_length=9)), "without a db_default"),
        (AddField("buyer", "nick", CharField(max_length=9, default="x")), "without a db_default"),
        (AddField("buyer", "nick", CharField(max_length=9, db_default="x")), ""),
        (AddField("buyer", "age", IntegerField(null=True)), ""),
        (AlterField("buyer", "age", BooleanField()), "may not fit"),
    ],
)
def test_what_is_found(operation: Operation, fault: str) -> None:
    assert fault in fault_of(operation, is_long=False)
    assert bool(fault_of(operation, is_long=False)) == bool(fault)


def test_an_index_is_made_online_in_a_long_migration_without_a_transaction() -> None:
    index = Index(fields=["nick"], name="nicks")
    assert "AddIndexOnline does not" in fault_of(AddIndex("buyer", index), is_long=True, is_atomic=False)
    assert fault_of(AddIndexOnline("buyer", index), is_long=True, is_atomic=False) == ""
    assert "without a transaction" in fault_of(AddIndexOnline("buyer", index), is_long=True, is_atomic=True)
    assert LONG in fault_of(AddIndexOnline("buyer", index), is_long=False, is_atomic=False)


def test_an_index_is_dropped_online_in_such_a_migration_too() -> None:
    assert fault_of(DropLikeIndexOnline("buyer", "uuid"), is_long=True, is_atomic=False) == ""
    assert "without a transaction" in fault_of(DropLikeIndexOnline("buyer", "uuid"), is_long=True, is_atomic=True)


def test_a_table_is_partitioned_in_a_long_migration_without_a_transaction() -> None:
    assert fault_of(PartitionByMonth("buyer"), is_long=True, is_atomic=False) == ""
    assert "without a transaction" in fault_of(PartitionByMonth("buyer"), is_long=True, is_atomic=True)
