"""Rows written by statements that are made once for each model, and each choice of its columns."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from django.db import DatabaseError, connection, transaction
from django.db.models import CharField, Model, TextField, sql

from solitude.prepared.asking import Found, database, run
from solitude.prepared.columns import Column, Marks, columns_named, columns_of, written

# Of each column that a statement returns the field, its converters, and the column as they want to have it.
Returned = list[tuple[Any, Any, Any]]
Insert = tuple[type[Model], Marks]
_ONCE = " ON CONFLICT DO NOTHING"


def insert(row: Model) -> None:
    """What `row.save(force_insert=True)` does, for a model without a parent, and without a `save` of its own."""
    _as_django_saves(row)
    row._prepare_related_fields_for_save(operation_name="save")  # type: ignore[attr-defined]  # Django's own, and not documented
    if not _inserted(row, ""):
        raise DatabaseError("the row was not inserted")


def insert_later(row: Model) -> None:
    """The same with the commit, or before the next statement: until then it has no primary key (see `OfNew`), and what is wrong with it is
    not told."""
    _as_django_saves(row)
    row._prepare_related_fields_for_save(operation_name="save")  # type: ignore[attr-defined]
    text, returned, values = _insert(row, "")
    database().ask_later(text, values, lambda found: _set_returned(row, returned, found[0][0]))


def write_now() -> None:
    """What was to be written later: its primary keys are known from here on."""
    database().make_ready()


def insert_once(row: Model) -> bool:
    """Inserts `row`; False when a unique constraint says that it exists. Aborts no transaction.

    Decided by the database's own unique constraint, in one statement. Django's `ignore_conflicts` would not tell which it was.
    """
    return _inserted(row, _ONCE)


def insert_once_soon(row: Model, heed: Callable[[bool], None]) -> None:
    """The same with the next statement, or before it where that one writes; `row` gets no primary key, and `heed` is told whether it is
    new before anybody hears what that one has found. What `heed` raises is raised there.

    PostgreSQL answers before the row is on disk (or on a standby): see `databases.make_durable`. Its log keeps the order, so what this
    session commits afterwards, and waits for, takes the row along; one that dies within the second may forget it.
    """
    text, _, values = _insert(row, _ONCE)
    own = database()
    text += own.unwaited

    def told(found: Found) -> None:
        own.owe(text, values)
        heed(bool(found[0]))

    own.ask_soon(text, values, told)


def insert_both(first: Model, second: Model) -> tuple[bool, bool]:
    """Inserts `first`, and with it `second`: whether each is new. Of a `first` that is there already, `second` is not inserted.

    On PostgreSQL in one statement, which is a commit by itself where no transaction is open, and waits for no disk, as `insert_once_soon`.
    """
    if connection.vendor != "postgresql":
        with transaction.atomic():
            is_new = insert_once(first)
            return is_new, is_new and insert_once(second)
    own = database()
    marks, values = written(first, columns_of(type(first)), sql.InsertQuery, add=True)
    marks_second, values_second = written(second, columns_of(type(second)), sql.InsertQuery, add=True)
    text, returned = _both_text((type(first), marks), (type(second), marks_second), own.unwaited)
    values += values_second
    found = run(text, values)
    if not found:
        return False, False
    own.owe(text, values)
    of_second = found[0][: len(returned)]
    is_second_new = of_second[0] is not None
    if is_second_new:
        _set_returned(second, returned, of_second)
    return True, is_second_new


def update(row: Model, names: Iterable[str]) -> None:
    """What `row.save(update_fields=names)` does, for such a model. Raises DatabaseError where the row is gone."""
    _require_one(database().ask(*_update(row, names, {})))


def update_later(row: Model, names: Iterable[str]) -> None:
    """The same with the commit, or before the next statement. For a locked row: that another one is gone would be told after the commit."""
    text, values = _update(row, names, {})
    database().ask_later(text, values, _require_one)


def update_if(row: Model, names: Iterable[str], **now: Any) -> bool:
    """The same, where the row still has these values; whether it has."""
    return bool(database().ask(*_update(row, names, now))[1])


def _as_django_saves(row: Model) -> None:
    """Raises TypeError for a model that does more when it is saved, which would be left out here."""
    if type(row).save is not Model.save:
        raise TypeError(f"{type(row).__name__} is saved by a method of its own")


def _require_one(found: tuple[list[Any], int]) -> None:
    if not found[1]:
        raise DatabaseError("Save with update_fields did not affect any rows.")


def _insert(row: Model, conflict: str) -> tuple[str, Returned, list[Any]]:
    """The statement, what it returns, and its values."""
    marks, values = written(row, columns_of(type(row)), sql.InsertQuery, add=True)
    return (*_insert_text(type(row), marks, conflict), values)


def _update(row: Model, names: Iterable[str], now: Mapping[str, Any]) -> tuple[str, list[Any]]:
    """The statement and its values; `now` is what the row must have."""
    _as_django_saves(row)
    row._prepare_related_fields_for_save(operation_name="save")  # type: ignore[attr-defined]
    meta: Any = row._meta
    columns = columns_named(type(row), tuple(names))
    marks, values = written(row, columns, sql.UpdateQuery, add=False)
    held = {meta.get_field(name): value for name, value in now.items()}
    own = database()
    values.append(meta.pk.get_db_prep_value(row.pk, own))
    values += [field.get_db_prep_save(value, own) for field, value in held.items() if value is not None]
    return _update_text(
        type(row), columns, marks, tuple((field, value is None) for field, value in held.items())
    ), values


def _inserted(row: Model, conflict: str) -> bool:
    text, returned, values = _insert(row, conflict)
    found = run(text, values)
    if not found:
        return False
    _set_returned(row, returned, found[0])
    return True


def _set_returned(row: Model, returned: Returned, found: Sequence[Any]) -> None:
    own = database()
    for (field, converters, column), value in zip(returned, found, strict=True):
        for convert in converters:
            value = convert(value, column, own)  # noqa: PLW2901
        setattr(row, field.attname, value)
    row._state.adding, row._state.db = False, own.alias


@cache
def _insert_text(model: type[Model], marks: Marks, conflict: str) -> tuple[str, Returned]:
    returned = _returned(model)
    fields, given = _given(model, marks)
    head = f"INSERT INTO {_quoted(model._meta.db_table)} ({_listed(fields)})"
    return f"{head} VALUES ({', '.join(given)}){conflict} RETURNING {_listed([one[0] for one in returned])}", returned


@cache
def _both_text(first: Insert, second: Insert, more: str) -> tuple[str, Returned]:
    """One row where the first is new, with what is returned of the second, or only nulls, and `more`."""
    inner, _ = _insert_text(*first, _ONCE)
    model = second[0]
    fields, given = _given(*second)
    returned = _returned(model)
    # Beside a SELECT PostgreSQL does not tell the types of values by the columns, but for texts.
    typed = [
        mark if mark != "%s" or _is_text(field) else f"%s::{field.db_type(connection)}"
        for field, mark in zip(fields, given, strict=True)
    ]
    gives = _listed([one[0] for one in returned])
    head = f"INSERT INTO {_quoted(model._meta.db_table)} ({_listed(fields)})"
    insert = f"{head} SELECT {', '.join(typed)} FROM first ON CONFLICT DO NOTHING RETURNING {gives}"  # noqa: S608
    gives = ", ".join(f"second.{_quoted(one[0].column)}" for one in returned)
    found = f"SELECT {gives}{more} FROM first LEFT JOIN second ON true"  # noqa: S608
    return f"WITH first AS ({inner}), second AS ({insert}) {found}", returned


@cache
def _update_text(
    model: type[Model], columns: tuple[Column, ...], marks: Marks, held: tuple[tuple[Any, bool], ...]
) -> str:
    """`held` are the columns that must have a value, or none."""
    meta: Any = model._meta
    set_to = ", ".join(f"{_quoted(column.field.column)} = {mark}" for column, mark in zip(columns, marks, strict=True))
    only = "".join(f" AND {_quoted(field.column)} {'IS NULL' if is_null else '= %s'}" for field, is_null in held)
    return f"UPDATE {_quoted(meta.db_table)} SET {set_to} WHERE {_quoted(meta.pk.column)} = %s{only}"  # noqa: S608


def _given(model: type[Model], marks: Marks) -> tuple[list[Any], list[str]]:
    """The fields that are not left to the database, and how their values are written."""
    given = [(column.field, mark) for column, mark in zip(columns_of(model), marks, strict=True) if mark is not None]
    return [field for field, _ in given], [mark for _, mark in given]


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
