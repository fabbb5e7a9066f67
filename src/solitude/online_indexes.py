"""An index on a table that is there already, made or dropped while payments go on writing to it: for migrations.

PostgreSQL makes such an index in two passes without holding up writers, and cannot do so within a transaction
(https://www.postgresql.org/docs/current/sql-createindex.html#SQL-CREATEINDEX-CONCURRENTLY). What was broken off leaves an index that is
invalid: it is kept up at each write and used by no query.

A table by month gets it partition by partition; then they are one (https://www.postgresql.org/docs/current/ddl-partitioning.html).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import NotSupportedError
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation
from django.db.migrations.operations.models import AddIndex
from django.db.migrations.state import ProjectState
from django.db.models import Index, Model
from typing_extensions import override

from solitude import monthly

_VALIDITY = (
    "SELECT indisvalid FROM pg_index JOIN pg_class ON oid = indexrelid WHERE relname = %s AND pg_table_is_visible(oid)"
)

# Of one column alone, by the order that LIKE needs.
_LIKE = """
    SELECT indexrelid::regclass::text FROM pg_index
    JOIN pg_attribute ON attrelid = indrelid AND attnum = indkey[0]
    JOIN pg_opclass ON pg_opclass.oid = indclass[0]
    WHERE indrelid = to_regclass(%s) AND indnkeyatts = 1 AND attname = %s AND opcname IN ('varchar_pattern_ops', 'text_pattern_ops')
"""
_PART = """
    SELECT FROM pg_index JOIN pg_inherits ON inhrelid = indexrelid
    WHERE indrelid = to_regclass(%s) AND inhparent = to_regclass(%s)
"""


class AddIndexOnline(AddIndex):
    """To stand in a migration of its own with `atomic = False` and `is_long = True`, which may be broken off and run again.

    On PostgreSQL it waits for the transactions that are under way, as long as they last, and nobody waits for it. On SQLite it is made
    like any other index.
    """

    @override
    def describe(self) -> str:
        return f"{super().describe()}, online"

    @override
    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        model = to_state.apps.get_model(app_label, self.model_name)
        if not self.allow_migrate_model(schema_editor.connection.alias, model):
            return
        with _patient(schema_editor.connection):
            if _is_there(schema_editor.connection, model._meta.db_table, self.index.name):
                return
            if model._meta.db_table in monthly.tables():
                self._by_month(model, schema_editor)
            else:
                schema_editor.add_index(model, self.index, **_concurrently(schema_editor.connection))

    @override
    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        model = from_state.apps.get_model(app_label, self.model_name)
        if not self.allow_migrate_model(schema_editor.connection.alias, model):
            return
        with _patient(schema_editor.connection):
            if model._meta.db_table in monthly.tables():
                monthly.briefly(lambda: schema_editor.remove_index(model, self.index))
            else:
                schema_editor.remove_index(model, self.index, **_concurrently(schema_editor.connection))

    def _by_month(self, model: type[Model], schema_editor: BaseDatabaseSchemaEditor) -> None:
        """In the table itself it is invalid until each partition has it; a partition that is made meanwhile has it from the beginning."""
        table, own = model._meta.db_table, self.index.name
        quote, connection = schema_editor.quote_name, schema_editor.connection
        if not _is_there(connection, table, own, is_part_enough=True):
            only = _statement(self.index, model, schema_editor, f"ONLY {quote(table)}", own)
            monthly.briefly(lambda: schema_editor.execute(only))
        for month in monthly.months(table):
            name = monthly.cut(own, month.name.removeprefix(table))
            if _has_index_of(connection, month.name, own):
                continue
            if not _is_there(connection, month.name, name):
                schema_editor.execute(
                    _statement(self.index, model, schema_editor, quote(month.name), name, concurrently=True)
                )
            attached = f"ALTER INDEX {quote(own)} ATTACH PARTITION {quote(name)}"
            monthly.briefly(lambda attached=attached: schema_editor.execute(attached))  # type: ignore[misc]


class DropLikeIndexOnline(Operation):
    """Of a text that is unique or has an index Django makes a second one on PostgreSQL, for LIKE. Where nobody asks so, it is a page more
    to be written for each row, anywhere in a large index. Our state does not know of it, and what was before can do without.

    To stand in such a migration too.
    """

    reversible = True

    def __init__(self, model_name: str, field_name: str) -> None:
        self.model_name, self.field_name = model_name, field_name

    @override
    def describe(self) -> str:
        return f"Drop the index for LIKE of {self.field_name} on {self.model_name}, online"

    @override
    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Nothing."""

    @override
    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        model = to_state.apps.get_model(app_label, self.model_name)
        connection = schema_editor.connection
        if connection.vendor != "postgresql" or not self.allow_migrate_model(connection.alias, model):
            return
        table, column = model._meta.db_table, model._meta.get_field(self.field_name).column
        with _patient(connection):
            with connection.cursor() as cursor:
                cursor.execute(_LIKE, [table, column])
                found = [str(name) for (name,) in cursor.fetchall()]
            for name in found:
                if table in monthly.tables():
                    monthly.briefly(lambda name=name: schema_editor.execute(f"DROP INDEX {name}"))  # type: ignore[misc]
                else:
                    schema_editor.execute(f"DROP INDEX CONCURRENTLY {name}")

    @override
    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        """Nothing: it was of no use."""


def _concurrently(connection: Any) -> dict[str, bool]:
    return {"concurrently": True} if connection.vendor == "postgresql" else {}


def _statement(
    index: Index, model: type[Model], schema_editor: BaseDatabaseSchemaEditor, table: str, name: str, **how: Any
) -> str:
    """The statement that makes the index of the model for this table, under this name."""
    statement: Any = index.create_sql(model, schema_editor, **how)
    statement.parts |= {"table": table, "name": schema_editor.quote_name(name)}
    return str(statement)


def _has_index_of(connection: Any, partition: str, name: str) -> bool:
    """Whether the partition has its part of the index of that name."""
    with connection.cursor() as cursor:
        cursor.execute(_PART, [partition, name])
        return cursor.fetchone() is not None


def _is_there(connection: Any, table: str, name: str, *, is_part_enough: bool = False) -> bool:
    """Whether a run before has made the whole index. A part of one is dropped, unless it is enough: one of a table by month is only
    a name, and gone on with."""
    with connection.cursor() as cursor:
        if connection.vendor != "postgresql":
            return name in connection.introspection.get_constraints(cursor, table)
        cursor.execute(_VALIDITY, [name])
        found = cursor.fetchone()
        if is_part_enough:
            return found is not None
        if found == (False,) and table not in monthly.tables():
            cursor.execute(f"DROP INDEX CONCURRENTLY {connection.ops.quote_name(name)}")
        return bool(found == (True,))


@contextmanager
def _patient(connection: Any) -> Iterator[None]:
    """Without the time-out for locks: who waits here holds up no other, and to give up leaves half an index."""
    if connection.vendor != "postgresql":
        yield
        return
    if connection.in_atomic_block:
        raise NotSupportedError("an index is made online in a migration without a transaction only (atomic = False)")
    with connection.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        (before,) = cursor.fetchone()
        cursor.execute("SET lock_timeout = 0")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('lock_timeout', %s, false)", [before])
