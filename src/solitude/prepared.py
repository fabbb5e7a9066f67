"""The statements of the few requests that come most: written by Django once, and then run with other values.

To write a statement takes Django longer than PostgreSQL to run it. Here its text is kept, on PostgreSQL it is prepared by the server, and
what it finds are the same objects that the ORM makes, so that nothing downstream knows the difference. All else stays the ORM's.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import cache
from types import SimpleNamespace
from typing import Any, Generic, TypeVar

from django.db import DEFAULT_DB_ALIAS, DatabaseError, connection, connections, transaction
from django.db.models import CharField, Model, QuerySet, TextField, query, sql
from django.db.models.expressions import DatabaseDefault
from django.db.transaction import TransactionManagementError

M = TypeVar("M", bound=Model)
# Of each column that a statement returns the field, its converters, and the column as they want to have it.
Returned = list[tuple[Any, Any, Any]]
# Model, fields, and how each value is written.
Insert = tuple[type[Model], tuple[Any, ...], tuple[str, ...]]
# Of their texts Django makes nothing.
_TEXTS = (CharField, TextField)
# Of a whole number that fits no column nothing is found; Django asks the database nothing then either.
NUMBERS = range(-(2**63), 2**63)
# So often psycopg would run a statement before it prepares it without being told to.
RUNS_UNTOLD = 2**31
# What stands in the place of a value while the statement is written: no value of its own.
_MARKS: tuple[dict[type, Any], ...] = tuple(
    {int: 4_611_686_018_427_387_000 + place, str: f"\x7fvalue {place}"} for place in range(4)
)


class Found(Generic[M]):
    """A queryset, compiled when it is first used: `Found(lambda pk: Buyer.objects.filter(pk=pk), int)`.

    The function gets marks of these kinds, and must hand each on to a lookup as it is. What it makes may not depend on anything else.
    """

    def __init__(self, rows: Callable[..., QuerySet[M]], *kinds: type[int] | type[str]) -> None:
        self._rows, self._kinds = rows, kinds
        self._written: _Written | None = None

    def first(self, *values: int | str) -> M | None:
        found = self.all(*values)
        return found[0] if found else None

    def all(self, *values: int | str) -> list[M]:
        if any(isinstance(value, int) and value not in NUMBERS for value in values):
            return []
        if self._written is None:
            marks = [mark[kind] for mark, kind in zip(_MARKS, self._kinds, strict=False)]
            self._written = _Written(self._rows(*marks), marks)
        return self._written.run(values)


class _Written:
    """The statement, and how its rows become objects."""

    def __init__(self, rows: QuerySet[Any], marks: Sequence[Any]) -> None:
        compiler: Any = rows.query.get_compiler(using=connection.alias)
        self.text, given = compiler.as_sql()
        # The values that stand in the statement, and in the places of the marks which of the caller's.
        self.given = list(given)
        self.places = [(at, marks.index(value)) for at, value in enumerate(given) if value in marks]
        if {mark for _, mark in self.places} != set(range(len(marks))):
            raise ValueError("a value is not handed on as it is")
        columns = [column for column, _, _ in compiler.select]
        if compiler.annotation_col_map:
            raise ValueError("a statement with annotations is Django's own affair")
        self.locks = rows.query.select_for_update
        own = compiler.klass_info["select_fields"]
        self.model: Any = compiler.klass_info["model"]
        self.start, self.end = own[0], own[-1] + 1
        self.names = [column.target.attname for column in columns[self.start : self.end]]
        self.converters = [(at, *found) for at, found in compiler.get_converters(columns).items()]
        # Django's own, and not documented; its types are those of another version.
        populators: Any = query.get_related_populators
        self.populators = populators(compiler.klass_info, compiler.select, connection.alias)

    def run(self, values: Sequence[Any]) -> list[Any]:
        if self.locks and not connection.in_atomic_block:
            # Django sees to this while it writes a statement.
            raise TransactionManagementError("rows are locked in a transaction, or not at all")
        given = self.given.copy()
        for at, which in self.places:
            given[at] = values[which]
        database = _database()
        return [self._object(list(row), database) for row in run(self.text, given)]

    def _object(self, row: list[Any], database: Any) -> Any:
        for at, converters, column in self.converters:
            for convert in converters:
                row[at] = convert(row[at], column, database)
        found = self.model.from_db(database.alias, self.names, row[self.start : self.end])
        for populator in self.populators:
            populator.populate(row, found)
        return found


def run(text: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    """The rows of a statement that gives such; on PostgreSQL it is prepared by the server the first time that a connection runs it."""
    with _cursor() as cursor:
        cursor.execute(text, values)
        return list(cursor.fetchall())


def insert(row: Model) -> None:
    """What `row.save(force_insert=True)` does, for a model without a parent, and without a `save` of its own."""
    _as_django_saves(row)
    row._prepare_related_fields_for_save(operation_name="save")  # type: ignore[attr-defined]  # Django's own, and not documented
    if not _inserted(row, ""):
        raise DatabaseError("the row was not inserted")


def insert_once(row: Model) -> bool:
    """Inserts `row`; False when a unique constraint says that it exists. Aborts no transaction.

    Decided by the database's own unique constraint, in one statement. Django's `ignore_conflicts` would not tell which it was.
    """
    return _inserted(row, " ON CONFLICT DO NOTHING")


def insert_both(first: Model, second: Model) -> tuple[bool, bool]:
    """Inserts `first`, and with it `second`: whether each is new. Of a `first` that is there already, `second` is not inserted.

    On PostgreSQL in one statement, which is a commit by itself where no transaction is open.
    """
    if connection.vendor != "postgresql":
        with transaction.atomic():
            is_new = insert_once(first)
            return is_new, is_new and insert_once(second)
    wanted, wanted_second = _set_fields(first), _set_fields(second)
    marks, values = _values(first, wanted, sql.InsertQuery, add=True)
    marks_second, values_second = _values(second, wanted_second, sql.InsertQuery, add=True)
    text, returned = _both_text((type(first), tuple(wanted), marks), (type(second), tuple(wanted_second), marks_second))
    found = run(text, [*values, *values_second])
    if not found:
        return False, False
    is_second_new = found[0][0] is not None
    if is_second_new:
        _set_returned(second, returned, found[0])
    return True, is_second_new


def update(row: Model, names: Iterable[str]) -> None:
    """What `row.save(update_fields=names)` does, for such a model. Raises DatabaseError where the row is gone."""
    if not update_if(row, names):
        raise DatabaseError("Save with update_fields did not affect any rows.")


def update_if(row: Model, names: Iterable[str], **now: Any) -> bool:
    """The same, where the row still has these values; whether it has."""
    _as_django_saves(row)
    row._prepare_related_fields_for_save(operation_name="save")  # type: ignore[attr-defined]
    meta: Any = row._meta
    wanted = tuple(field for field in map(meta.get_field, names) if not field.primary_key)
    marks, values = _values(row, wanted, sql.UpdateQuery, add=False)
    held = {meta.get_field(name): value for name, value in now.items()}
    values.append(meta.pk.get_db_prep_value(row.pk, connection))
    values += [field.get_db_prep_save(value, connection) for field, value in held.items() if value is not None]
    text = _update_text(type(row), wanted, marks, tuple((field, value is None) for field, value in held.items()))
    with _cursor() as cursor:
        cursor.execute(text, values)
        return bool(cursor.rowcount)


def _as_django_saves(row: Model) -> None:
    """Raises TypeError for a model that does more when it is saved, which would be left out here."""
    if type(row).save is not Model.save:
        raise TypeError(f"{type(row).__name__} is saved by a method of its own")


def _inserted(row: Model, conflict: str) -> bool:
    wanted = _set_fields(row)
    marks, values = _values(row, wanted, sql.InsertQuery, add=True)
    text, returned = _insert_text(type(row), tuple(wanted), marks, conflict)
    found = run(text, values)
    if not found:
        return False
    _set_returned(row, returned, found[0])
    return True


def _set_fields(row: Model) -> list[Any]:
    """The columns for which something was set; the others are left to the database, and set to what it says."""
    meta: Any = row._meta
    return [
        field
        for field in meta.concrete_fields
        if not isinstance(given := getattr(row, field.attname), DatabaseDefault)
        and not (field.primary_key and given is None)
    ]


def _set_returned(row: Model, returned: Returned, found: Sequence[Any]) -> None:
    database = _database()
    for (field, converters, column), value in zip(returned, found, strict=True):
        for convert in converters:
            value = convert(value, column, database)  # noqa: PLW2901
        setattr(row, field.attname, value)
    row._state.adding, row._state.db = False, database.alias


def _values(row: Model, fields: Sequence[Any], kind: Any, *, add: bool) -> tuple[tuple[str, ...], list[Any]]:
    """How each value is written in the statement, and the values that go with it: an expression has a text of its own."""
    marks, values, compiler, database = [], [], None, _database()
    for field in fields:
        value = field.pre_save(row, add)
        if type(value) is str and type(field) in _TEXTS:
            # Nothing is made of it, and most values are such.
            marks.append("%s")
            values.append(value)
        elif hasattr(value, "resolve_expression"):
            compiler = compiler or kind(type(row)).get_compiler(using=connection.alias)
            resolved = value.resolve_expression(compiler.query, allow_joins=False, for_save=True)
            text, given = compiler.compile(resolved)
            marks.append(text)
            values.extend(given)
        else:
            marks.append("%s")
            values.append(field.get_db_prep_save(value, database))
    return tuple(marks), values


@cache
def _insert_text(
    model: type[Model], fields: tuple[Any, ...], marks: tuple[str, ...], conflict: str
) -> tuple[str, Returned]:
    returned = _returned(model)
    head = f"INSERT INTO {_quoted(model._meta.db_table)} ({_listed(fields)})"
    return f"{head} VALUES ({', '.join(marks)}){conflict} RETURNING {_listed([one[0] for one in returned])}", returned


@cache
def _both_text(first: Insert, second: Insert) -> tuple[str, Returned]:
    """One row where the first is new, with what is returned of the second, or only nulls."""
    inner, _ = _insert_text(*first, " ON CONFLICT DO NOTHING")
    model, fields, marks = second
    returned = _returned(model)
    # Beside a SELECT PostgreSQL does not tell the types of values by the columns, but for texts.
    typed = [
        mark if mark != "%s" or _is_text(field) else f"%s::{field.db_type(connection)}"
        for field, mark in zip(fields, marks, strict=True)
    ]
    gives = _listed([one[0] for one in returned])
    head = f"INSERT INTO {_quoted(model._meta.db_table)} ({_listed(fields)})"
    insert = f"{head} SELECT {', '.join(typed)} FROM first ON CONFLICT DO NOTHING RETURNING {gives}"  # noqa: S608
    gives = ", ".join(f"second.{_quoted(one[0].column)}" for one in returned)
    return f"WITH first AS ({inner}), second AS ({insert}) SELECT {gives} FROM first LEFT JOIN second ON true", returned  # noqa: S608


@cache
def _update_text(
    model: type[Model], fields: tuple[Any, ...], marks: tuple[str, ...], held: tuple[tuple[Any, bool], ...]
) -> str:
    """`held` are the columns that must have a value, or none."""
    meta: Any = model._meta
    set_to = ", ".join(f"{_quoted(field.column)} = {mark}" for field, mark in zip(fields, marks, strict=True))
    only = "".join(f" AND {_quoted(field.column)} {'IS NULL' if is_null else '= %s'}" for field, is_null in held)
    return f"UPDATE {_quoted(meta.db_table)} SET {set_to} WHERE {_quoted(meta.pk.column)} = %s{only}"  # noqa: S608


def _returned(model: type[Model]) -> Returned:
    meta: Any = model._meta
    return [(field, *_converters(field)) for field in meta.db_returning_fields]


def _is_text(field: Any) -> bool:
    return isinstance(field, CharField | TextField)


def _converters(field: Any) -> tuple[list[Any], Any]:
    column = field.cached_col
    return [*connection.ops.get_db_converters(column), *column.get_db_converters(connection)], column


def _listed(fields: Iterable[Any]) -> str:
    return ", ".join(_quoted(field.column) for field in fields)


def _quoted(name: str) -> str:
    return str(connection.ops.quote_name(name))


def _database() -> Any:
    """This thread's connection itself: whatever is asked of `connection` is looked for in the thread each time."""
    return connections[DEFAULT_DB_ALIAS]


def _cursor() -> Any:
    """A cursor as `connection.cursor()` gives one, whose statements PostgreSQL prepares."""
    own = _database()
    if own.vendor != "postgresql":
        return own.cursor()
    # What `connection.cursor()` does, step by step, around a cursor of ours: Django's own binds values here, so that the server is given
    # another text each time and can prepare nothing.
    own.close_if_health_check_failed()
    own.ensure_connection()
    # Without a threshold psycopg prepares nothing, not even what it is told to. Nobody comes to this one otherwise.
    own.connection.prepare_threshold = RUNS_UNTOLD
    with own.wrap_database_errors:
        return own._prepare_cursor(_kind_of_cursor()(own.connection))


@cache
def _kind_of_cursor() -> Any:
    """Imported when PostgreSQL is used, and not where there is only SQLite."""
    import psycopg
    from psycopg.types.numeric import Int8

    class Prepared(psycopg.Cursor[Any]):
        def execute(self, query: Any, params: Any = None, **more: Any) -> Any:
            # A number is always a long one: psycopg chooses by its size, and each choice would be another statement to prepare.
            given = params and [Int8(value) if type(value) is int else value for value in params]
            try:
                super().execute(query, given, prepare=True, **more)
            except psycopg.errors.FeatureNotSupported:
                # A migration has changed the type of a column since then: what was prepared is of no use any more. A transaction that is
                # undone for it takes all prepared statements of its connection with it; where none is open, that is up to us.
                if self._conn.pgconn.transaction_status != psycopg.pq.TransactionStatus.IDLE:
                    raise
                self._conn.execute("DEALLOCATE ALL")
                super().execute(query, given, prepare=True, **more)
            # Of a prepared statement psycopg forgets the text, and Django reads it there when statements are looked at.
            self._query = self._query or SimpleNamespace(query=query.encode())  # type: ignore[assignment]
            return self

    return Prepared
