"""A table that is there already is partitioned by month, while payments go on writing to it: for migrations (docs/adr/0022).

The table becomes the first partition as it is; no row is moved, and the locks that payments could wait for are held for a moment. What must
be there only once in all months cannot be an index of a partitioned table: it is the primary key of a small table beside it, which
triggers keep. That key has the name of the constraint in whose place it is, and says the same when it is broken.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db import NotSupportedError, connection, transaction
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState
from django.db.models import ForeignKey, Model
from typing_extensions import override

from solitude import monthly
from solitude.monthly import LOCK_MS, NUMBER_NOW, ROW_BITS, ROW_MASK, briefly, cut

ROWS_AT_ONCE = 5_000
_CHANGES = ("insert", "update", "delete")


@dataclass(frozen=True, slots=True)
class Once:
    """What may be there only once in all months: these fields, of the rows for which `when` holds (SQL; `{row}` stands for the row).

    `constraint` is the name of the unique constraint of the model. `is_looked_up`: each month has an index of its own besides. `is_quiet`:
    what another month has already is not inserted, and that is no error, as with ON CONFLICT DO NOTHING.
    """

    name: str
    constraint: str
    fields: tuple[str, ...]
    when: str
    is_quiet: bool = False
    is_looked_up: bool = False


class PartitionByMonth(Operation):
    """To stand in a migration with `atomic = False` and `is_long = True`, which may be broken off and run again. On SQLite nothing is done.

    To undo it copies all rows, while whoever wants the table waits.
    """

    reversible = True

    def __init__(self, name: str, once: tuple[Once, ...] = ()) -> None:
        self.name, self.once = name, once

    @property
    def model_name_lower(self) -> str:
        return self.name.lower()

    @override
    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """To Django it is the same table."""

    @override
    def describe(self) -> str:
        return f"Partition {self.name} by month"

    @override
    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        model = to_state.apps.get_model(app_label, self.name)
        if self.allow_migrate_model(schema_editor.connection.alias, model) and _is_postgresql():
            _Table(model, self.once).partition()

    @override
    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        model = to_state.apps.get_model(app_label, self.name)
        if self.allow_migrate_model(schema_editor.connection.alias, model) and _is_postgresql():
            _Table(model, self.once).make_whole(schema_editor)


def _is_postgresql() -> bool:
    if connection.vendor == "postgresql" and connection.in_atomic_block:
        raise NotSupportedError("a table is partitioned in a migration without a transaction only (atomic = False)")
    return connection.vendor == "postgresql"


class _Table:
    def __init__(self, model: type[Model], once: tuple[Once, ...]) -> None:
        self.model, self.once = model, once
        self.name = model._meta.db_table
        self.before, self.sequence = f"{self.name}_before", f"{self.name}_id_seq"
        self.bound = f"{self.name}_of_before"

    def partition(self) -> None:
        """Step by step; each finds what is done already."""
        if self.name not in monthly.tables():
            briefly(self._watch)
            for once in self.once:
                self._fill(once)
            briefly(self._bind)
            _do(f"ALTER TABLE {_q(self.name)} VALIDATE CONSTRAINT {_q(self.bound)}")
            briefly(self._switch)
        _do(f"ANALYZE {_q(self.name)}")
        briefly(monthly.make_ahead)

    # --- what may be there only once ---

    def _watch(self) -> None:
        """From here on the tables beside are told of each change."""
        _do(*functions())
        for once in self.once:
            columns = ", ".join(f"{_q(column)} {kind} NOT NULL" for column, kind in self._keys(once).items())
            _do(
                f"CREATE TABLE IF NOT EXISTS {_q(self._beside(once))} ({columns}, id bigint NOT NULL,"
                f" CONSTRAINT {_q(cut(once.constraint, '_all'))} PRIMARY KEY ({_listed(self._keys(once))}))",
                self._function(once),
                *self._triggers(once, "AFTER"),
            )

    def _fill(self, once: Once) -> None:
        """With the rows that are there. Each is held while it is looked at, so that none is changed in between."""
        keys, beside = _listed(self._keys(once)), _q(self._beside(once))
        ((last,),) = _rows(f"SELECT COALESCE(max(id), 0) FROM {_q(self.name)}")
        ((first,),) = _rows(f"SELECT COALESCE(min(id), 1) FROM {_q(self.name)}")
        while first <= last:
            _do(
                f"INSERT INTO {beside} ({keys}, id) SELECT {keys}, id FROM {_q(self.name)} AS known"
                f" WHERE id >= {first} AND id < {first + ROWS_AT_ONCE} AND {once.when.format(row='known')}"
                " FOR SHARE ON CONFLICT DO NOTHING"
            )
            ((first,),) = _rows(
                f"SELECT COALESCE(min(id), {last + 1}) FROM {_q(self.name)} WHERE id >= {first + ROWS_AT_ONCE}"
            )

    def _beside(self, once: Once) -> str:
        return f"{self.name}_once_{once.name}"

    def _keys(self, once: Once) -> dict[str, str]:
        """The columns, and their types."""
        fields: list[Any] = [self.model._meta.get_field(name) for name in once.fields]
        return {field.column: field.db_type(connection) for field in fields}

    def _function(self, once: Once) -> str:
        """It runs as the owner of the tables: nobody else needs to write to the one beside."""
        keys, beside = self._keys(once), _q(self._beside(once))
        olds, news = (", ".join(f"{row}.{_q(key)}" for key in keys) for row in ("OLD", "NEW"))
        insert = f"INSERT INTO {beside} ({_listed(keys)}, id) VALUES ({news}, NEW.id)"
        # What the same month has already is told by its own index, in the way that the statement wants to be told.
        quiet = f"""
                IF TG_OP = 'INSERT' THEN
                    {insert} ON CONFLICT DO NOTHING;
                    IF NOT FOUND AND EXISTS (SELECT FROM {beside} WHERE ({_listed(keys)}) = ({news})
                            AND id >> {ROW_BITS} <> NEW.id >> {ROW_BITS}) THEN
                        RETURN NULL;
                    END IF;
                    RETURN NEW;
                END IF;"""
        return f"""
            CREATE OR REPLACE FUNCTION {_q(self._beside(once))}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
            SET search_path = {_schema()}, pg_temp AS $$
            BEGIN{quiet if once.is_quiet else ""}
                IF TG_OP <> 'INSERT' THEN
                    DELETE FROM {beside} WHERE ({_listed(keys)}, id) = ({olds}, OLD.id);
                END IF;
                IF TG_OP <> 'DELETE' AND {once.when.format(row="NEW")} THEN
                    {insert};
                END IF;
                RETURN NEW;
            END $$"""

    def _triggers(self, once: Once, moment: str) -> Iterator[str]:
        """Called only where something changes of what they keep; BEFORE or AFTER it is written."""
        old, new = once.when.format(row="OLD"), once.when.format(row="NEW")
        changed = " OR ".join(f"OLD.{_q(key)} IS DISTINCT FROM NEW.{_q(key)}" for key in self._keys(once))
        conditions = (new, f"({old}) IS DISTINCT FROM ({new}) OR {changed}", old)
        for what, condition in zip(_CHANGES, conditions, strict=True):
            when = "AFTER" if what == "delete" else moment
            yield (
                f"CREATE OR REPLACE TRIGGER {_q(_trigger(once, what))} {when} {what} ON {_q(self.name)}"
                f" FOR EACH ROW WHEN ({condition}) EXECUTE FUNCTION {_q(self._beside(once))}()"
            )

    # --- the table ---

    def _bind(self) -> None:
        """That all keys are below a bound, so that the table can become a partition without being read under a lock."""
        if not _rows("SELECT FROM pg_constraint WHERE conname = %s", self.bound):
            _do(f"ALTER TABLE {_q(self.name)} ADD CONSTRAINT {_q(self.bound)} CHECK (id < {self._end()}) NOT VALID")

    def _end(self) -> int:
        """The end of the month that the newest key is of: of month 0, unless the partitioning was undone before."""
        ((last,),) = _rows(f"SELECT COALESCE(max(id), 0) FROM {_q(self.name)}")
        return monthly.last_id(last) + 1

    def _switch(self) -> None:
        """The table under its name is a partitioned one from here on, with all that it had."""
        for name in sorted({field.remote_field.model._meta.db_table for field in self._references()}):
            # What its foreign keys need in the end, all at once and before our own: who waits has nothing yet that others wait for.
            _do(f"LOCK TABLE {_q(name)} IN ACCESS EXCLUSIVE MODE")
        _do(f"LOCK TABLE {_q(self.name)} IN ACCESS EXCLUSIVE MODE")
        indexes, foreign, end = _rows(_INDEXES, self.name), _rows(_FOREIGN_KEYS, self.name), self._end()
        ((last, is_called),) = _rows(f"SELECT last_value & {ROW_MASK}, is_called FROM {_q(self.sequence)}")
        grants = [*_rows(_GRANTS, self.name), *_rows(_GRANTS, self.sequence)]
        _do(
            *(f"DROP TRIGGER {_q(_trigger(once, what))} ON {_q(self.name)}" for once in self.once for what in _CHANGES),
            f"ALTER TABLE {_q(self.name)} ALTER COLUMN id DROP IDENTITY",
            f"ALTER TABLE {_q(self.name)} RENAME TO {_q(self.before)}",
            *(f"ALTER INDEX {_q(name)} RENAME TO {_q(cut(name, '_before'))}" for name, *_ in indexes),
            f"CREATE TABLE {_q(self.name)} (LIKE {_q(self.before)} INCLUDING ALL EXCLUDING INDEXES) PARTITION BY RANGE (id)",
            f"ALTER TABLE {_q(self.name)} DROP CONSTRAINT {_q(self.bound)}",
            f"CREATE SEQUENCE {_q(self.sequence)} OWNED BY {_q(self.name)}.id",
            f"SELECT setval({_text(self.sequence)}, greatest({last}, 1), {is_called})",
            f"ALTER TABLE {_q(self.name)} ALTER COLUMN id SET DEFAULT ({NUMBER_NOW}::bigint << {ROW_BITS})"
            f" | (nextval({_text(self.sequence)}) & {ROW_MASK})",
            *(self._index(*index) for index in indexes),
            *(f"ALTER TABLE {_q(self.name)} ADD CONSTRAINT {_q(name)} {definition}" for name, definition in foreign),
            *(statement for once in self.once for statement in self._instead(once)),
            f"ALTER TABLE {_q(self.name)} ATTACH PARTITION {_q(self.before)} FOR VALUES FROM (MINVALUE) TO ({end})",
            f"ALTER TABLE {_q(self.before)} DROP CONSTRAINT {_q(self.bound)}",
            *(f"GRANT {right} ON {kind} {_q(name)} TO {whom}" for right, kind, name, whom in grants),
        )
        now = monthly.this_month()
        for month in range(max(now, end >> ROW_BITS), now + 2):
            _rows("SELECT solitude_make_month(%s, %s)", self.name, month)

    def _references(self) -> list[Any]:
        return [field for field in self.model._meta.concrete_fields if isinstance(field, ForeignKey)]

    def _index(self, name: str, definition: str, is_unique: bool, is_primary: bool) -> str:  # noqa: FBT001  # a row
        """The same for the partitioned table; a unique one stays that of each partition by itself."""
        if is_primary:
            return f"ALTER TABLE {_q(self.name)} ADD CONSTRAINT {_q(name)} PRIMARY KEY (id)"
        return "" if is_unique else definition

    def _instead(self, once: Once) -> Iterator[str]:
        if not once.is_looked_up:
            yield f"DROP INDEX {_q(cut(once.constraint, '_before'))}"
        own = _q(cut(once.constraint, "_all"))
        yield f"ALTER TABLE {_q(self._beside(once))} RENAME CONSTRAINT {own} TO {_q(once.constraint)}"
        # Where a month has an index of its own, that would speak up first, under another name.
        yield from self._triggers(once, "BEFORE" if once.is_looked_up else "AFTER")

    def make_whole(self, schema_editor: BaseDatabaseSchemaEditor) -> None:
        """The table as Django makes it, with the rows of all months."""
        if self.name not in monthly.tables():
            return
        with transaction.atomic():
            _do(
                f"LOCK TABLE {_q(self.name)} IN ACCESS EXCLUSIVE MODE",
                f"CREATE TEMPORARY TABLE kept ON COMMIT DROP AS TABLE {_q(self.name)}",
                f"DROP TABLE {_q(self.name)}",
                *(f"DROP TABLE {_q(self._beside(once))}" for once in self.once),
                *(f"DROP FUNCTION {_q(self._beside(once))}()" for once in self.once),
            )
            schema_editor.create_model(self.model)
            columns = _listed(field.column for field in self.model._meta.concrete_fields)
            _do(
                f"INSERT INTO {_q(self.name)} ({columns}) SELECT {columns} FROM kept",
                f"SELECT setval({_text(self.sequence)}, max(id)) FROM {_q(self.name)}",
            )


def functions() -> tuple[str, str]:
    """The two functions by which months come and go. They run as the owner of the tables, and do no more than whoever may write to them can
    do by itself, row by row."""
    head = f"LANGUAGE plpgsql SECURITY DEFINER SET search_path = {_schema()}, pg_temp SET lock_timeout = {LOCK_MS}"
    return (
        f"""
        CREATE OR REPLACE FUNCTION solitude_make_month(parent name, month bigint) RETURNS void {head} AS $$
        DECLARE
            made text := format('%s_%s_%s', parent, month / 12, to_char(month % 12 + 1, 'FM00'));
            newest regclass;
        BEGIN
            IF month NOT BETWEEN {NUMBER_NOW} AND {NUMBER_NOW} + {monthly.AHEAD} THEN
                RAISE 'months are made from this one on, up to {monthly.AHEAD} ahead';
            END IF;
            -- One at a time; whoever comes second finds that it is there.
            PERFORM pg_advisory_xact_lock(hashtext('solitude_make_month'));
            SELECT inhrelid INTO STRICT newest FROM pg_inherits
                WHERE inhparent = quote_ident(parent)::regclass ORDER BY inhrelid DESC LIMIT 1;
            IF to_regclass(quote_ident(made)) IS NULL THEN
                EXECUTE format('CREATE TABLE %I (LIKE %s INCLUDING ALL)', made, newest);
                EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%s) TO (%s)',
                    parent, made, month << {ROW_BITS}, month + 1 << {ROW_BITS});
            END IF;
        END $$""",
        rf"""
        CREATE OR REPLACE FUNCTION solitude_drop_month(parent name, part name) RETURNS void {head} AS $$
        DECLARE
            first bigint; past bigint; beside name;
        BEGIN
            IF NOT has_table_privilege(session_user, quote_ident(parent), 'DELETE') THEN
                RAISE insufficient_privilege;
            END IF;
            SELECT COALESCE((regexp_match(bound, 'FROM \(''?(\d+)'))[1]::bigint, 0),
                    (regexp_match(bound, 'TO \(''?(\d+)'))[1]::bigint
                INTO STRICT first, past
                FROM pg_inherits JOIN pg_class month ON month.oid = inhrelid, pg_get_expr(relpartbound, month.oid) bound
                WHERE inhparent = quote_ident(parent)::regclass AND inhrelid = quote_ident(part)::regclass;
            IF past > {NUMBER_NOW}::bigint << {ROW_BITS} THEN
                RAISE '% is not over', part;
            END IF;
            FOR beside IN SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace
                AND starts_with(relname, parent || '_once_')
            LOOP
                EXECUTE format('DELETE FROM %I WHERE id >= %s AND id < %s', beside, first, past);
            END LOOP;
            EXECUTE format('DROP TABLE %I', part);
        END $$""",
    )


_INDEXES = """
    SELECT relname, pg_get_indexdef(indexrelid), indisunique, indisprimary FROM pg_index JOIN pg_class ON oid = indexrelid
    WHERE indrelid = to_regclass(%s) ORDER BY relname
"""
_FOREIGN_KEYS = """
    SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = to_regclass(%s) AND contype = 'f' ORDER BY conname
"""
# What others than the owner may do.
_GRANTS = """
    SELECT privilege_type, CASE relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, relname,
        CASE grantee WHEN 0 THEN 'PUBLIC' ELSE grantee::regrole::text END
    FROM pg_class, aclexplode(relacl) WHERE oid = to_regclass(%s) AND grantee <> relowner
"""


def _trigger(once: Once, what: str) -> str:
    return f"once_{once.name}_{what}"


def _schema() -> str:
    ((name,),) = _rows("SELECT quote_ident(current_schema())")
    return str(name)


def _q(name: str) -> str:
    return str(connection.ops.quote_name(name))


def _listed(names: Any) -> str:
    return ", ".join(map(_q, names))


def _text(name: str) -> str:
    """A name as SQL's text."""
    return f"'{_q(name)}'"


def _do(*statements: str) -> None:
    with connection.cursor() as cursor:
        for statement in filter(None, statements):
            cursor.execute(statement)


def _rows(statement: str, *values: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values or None)
        return list(cursor.fetchall())
