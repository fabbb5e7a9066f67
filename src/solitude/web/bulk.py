"""Insert many rows at once: COPY on PostgreSQL, one statement run with many values on SQLite."""

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from operator import attrgetter
from typing import Any

from django.db import connection, connections, models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Model
from django.db.models.expressions import DatabaseDefault

from solitude.vault.current import current_ring, use_ring

# Fields whose values every database takes as they are; not what derives from them.
AS_THEY_ARE = (
    models.CharField, models.TextField, models.BooleanField, models.ForeignKey, models.OneToOneField, models.BigAutoField,
    models.PositiveSmallIntegerField, models.PositiveIntegerField, models.PositiveBigIntegerField, models.BigIntegerField,
)  # fmt: skip

MOMENTS_KEPT = 256


def insert_many(rows: Sequence[Model]) -> None:
    """Inserts new rows of one model, in the caller's transaction: what `save(force_insert=True)` would do one by one.

    Fields are sealed and hashed as they are by a save. Columns for which nothing was set but a database default are left to the
    database, and so are the primary keys that no row has (see `numbered`); none is set by this. Raises IntegrityError.
    """
    if not rows:
        return
    _require_transaction()
    meta = rows[0]._meta
    fields = [field for field in meta.concrete_fields if _is_set(rows, field)]
    table = _quoted(meta.db_table)
    columns = ", ".join(_quoted(field.column) for field in fields)
    database = connections[connection.alias]
    values: Any = _values(rows, fields, database)
    # The ring is looked up once, and not for every value.
    with use_ring(current_ring()), database.wrap_database_errors, database.cursor() as cursor:
        if database.vendor == "postgresql":
            with cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
                for row in values:
                    copy.write_row(row)
        else:
            marks = ", ".join(["%s"] * len(fields))
            statement: Any = f"INSERT INTO {table} ({columns}) VALUES ({marks})"  # noqa: S608
            cursor.executemany(statement, values)


def numbered(rows: Sequence[Model]) -> None:
    """Gives new rows of one model the primary keys that they will have, in the caller's transaction.

    Who looks up to where there can come no more rows (`audit.bounds`) must see that these are coming: by a lock that hinders no writer.
    """
    if not rows:
        return
    _require_transaction()
    meta = rows[0]._meta
    pk: Any = meta.pk
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(f"LOCK TABLE ONLY {_quoted(meta.db_table)} IN ROW EXCLUSIVE MODE")
            given = "SELECT nextval(pg_get_serial_sequence(%s, %s)) FROM generate_series(1, %s)"
            cursor.execute(given, [_quoted(meta.db_table), pk.column, len(rows)])
            numbers = [number for (number,) in cursor.fetchall()]
        else:
            # Who is in a transaction on SQLite is alone.
            cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [meta.db_table])
            last = (cursor.fetchone() or (0,))[0]
            numbers = list(range(last + 1, last + 1 + len(rows)))
    for row, number in zip(rows, numbers, strict=True):
        row.pk = number


def _quoted(name: Any) -> str:
    return str(connection.ops.quote_name(name))


def _require_transaction() -> None:
    if not connection.in_atomic_block:
        raise RuntimeError("many rows are inserted in a transaction: all of them or none")


def _is_set(rows: Sequence[Model], field: Any) -> bool:
    """Whether the rows have a value for this field; they all have, or none has."""
    unset = {_is_unset(getattr(row, field.attname), field) for row in rows[:1]}
    if True in unset:
        unset |= {_is_unset(getattr(row, field.attname), field) for row in rows}
    if len(unset) != 1:
        raise ValueError(f"{field}: some rows have a value, and some leave it to the database")
    return False in unset


def _is_unset(value: object, field: Any) -> bool:
    return isinstance(value, DatabaseDefault) or (field.primary_key and value is None)


def _values(rows: Sequence[Model], fields: Sequence[Any], database: BaseDatabaseWrapper) -> Iterator[list[Any]]:
    """What goes into the columns, row by row. Values are of their fields' own types, as those of a validated request are."""
    # Most rows have the same moment in several columns, and many rows have the same one.
    adapted = lru_cache(MOMENTS_KEPT)(database.ops.adapt_datetimefield_value)
    prepared = [_prepared(field, database, adapted) for field in fields]
    for row in rows:
        yield [prepare(row) for prepare in prepared]


def _prepared(field: Any, database: BaseDatabaseWrapper, adapted: Callable[[Any], Any]) -> Callable[[Model], Any]:
    """How a row's value of this field is made what the database takes. Django's own way takes longer than all the rest together."""
    if type(field) in AS_THEY_ARE:
        return attrgetter(field.attname)
    if type(field) is models.DateTimeField:
        return lambda row: adapted(getattr(row, field.attname))
    return lambda row: field.get_db_prep_save(field.pre_save(row, True), database)  # noqa: FBT003  # Django's signature
