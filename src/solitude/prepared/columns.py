"""What a row has for its columns, made what the database takes.

Django asks a field three or four times what it makes of a value, and of most values nothing is made. Of which, each column finds out here
once, from what Django makes of an example; all others go Django's way.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

from django.db import models
from django.db.models import Field, Model, Value
from django.db.models.expressions import CombinedExpression, DatabaseDefault
from django.db.models.functions import Now
from django.db.models.query_utils import DeferredAttribute

from solitude.prepared.asking import database

# How each value is written in the statement; None for a column that is left to the database.
Marks = tuple[str | None, ...]
Make = Callable[[Any], Any]
# What these make of a value depends on its type alone. Not what derives from them.
_TEXTS = (models.CharField, models.TextField)
_NUMBERS = (
    models.BigAutoField, models.SmallIntegerField, models.IntegerField, models.BigIntegerField,
    models.PositiveSmallIntegerField, models.PositiveIntegerField, models.PositiveBigIntegerField,
)  # fmt: skip
_RELATIONS = (models.ForeignKey, models.OneToOneField)
_MOMENT, _UUID = datetime(2000, 1, 1, tzinfo=UTC), UUID(int=1)


class OfNew:
    """For a column of text: the primary key of the row that was inserted last into the model's table, between two texts.

    Where that row is inserted later its key is known to the database, in this transaction, before it is known here. On PostgreSQL alone:
    SQLite inserts at once.
    """

    def __init__(self, model: type[Model], before: str, behind: str) -> None:
        meta: Any = model._meta
        # By this name Django makes it.
        sequence = f"{meta.db_table}_{meta.pk.column}_seq"
        self.text = f"'{before}' || currval('{sequence}') || '{behind}'"


class Column:
    """`made` tells by its very type what is made of a value. Of one of another type Django says it."""

    def __init__(self, field: Any) -> None:
        self.field, self.name, self.is_key = field, field.attname, field.primary_key
        # Some make a value when the row is saved, and others keep theirs elsewhere.
        is_made_late = getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False)
        is_usual = type(field).pre_save is Field.pre_save or (type(field) is models.DateTimeField and not is_made_late)
        self.is_held = is_usual and isinstance(getattr(field.model, field.attname), DeferredAttribute)
        self.made: dict[type, Make] = dict(_examples(field, database()))

    def make(self, value: Any) -> Any:
        return self.field.get_db_prep_save(value, database())


def _examples(field: Any, own: Any) -> Iterable[tuple[type, Make]]:
    if not field.primary_key and field.get_db_prep_save(None, own) is None:
        yield type(None), _as_it_is
    kind = type(field)
    if kind in _TEXTS:
        yield str, _as_it_is
    elif kind in _NUMBERS or (kind in _RELATIONS and type(field.target_field) in _NUMBERS):
        number = type(field.get_db_prep_save(1, own))
        yield int, _as_it_is if number is int else number
    elif kind is models.UUIDField and field.get_db_prep_save(_UUID, own) is _UUID:
        yield UUID, _as_it_is
    elif kind is models.DateTimeField:
        made = field.get_db_prep_save(_MOMENT, own)
        if made is _MOMENT or made == _text_of(_MOMENT):
            of_utc = _as_it_is if made is _MOMENT else _text_of
            yield (
                datetime,
                lambda value: of_utc(value) if value.tzinfo is UTC else field.get_db_prep_save(value, database()),
            )


def _as_it_is(value: Any) -> Any:
    return value


def _text_of(moment: datetime) -> str:
    return str(moment.replace(tzinfo=None))


@cache
def columns_of(model: type[Model]) -> tuple[Column, ...]:
    return tuple(Column(field) for field in model._meta.concrete_fields)


@cache
def columns_named(model: type[Model], names: tuple[str, ...]) -> tuple[Column, ...]:
    """Without the primary key, which no update changes."""
    meta: Any = model._meta
    return tuple(Column(field) for field in map(meta.get_field, names) if not field.primary_key)


def written(row: Model, columns: Iterable[Column], kind: Any, *, add: bool) -> tuple[Marks, list[Any]]:
    """How each value is written in the statement, and the values that go with it: an expression has a text of its own.

    In a new row what was not set is left to the database.
    """
    marks: list[str | None] = []
    values: list[Any] = []
    held = row.__dict__
    for column in columns:
        name = column.name
        value = held[name] if column.is_held and name in held else column.field.pre_save(row, add)
        make = column.made.get(type(value))
        if make is not None:
            marks.append("%s")
            values.append(make(value))
        elif add and (isinstance(value, DatabaseDefault) or (column.is_key and value is None)):
            marks.append(None)
        elif type(value) is OfNew:
            marks.append(value.text)
        elif hasattr(value, "resolve_expression"):
            text, given = _expressed(value, type(row), kind)
            marks.append(text)
            values.extend(given)
        else:
            marks.append("%s")
            values.append(column.make(value))
    return tuple(marks), values


# How the database's own time is written, by what is done with it: the most frequent expression, and always the same one.
_written_time: dict[str, str] = {}
_DURATION: Any = models.DurationField()


def _expressed(value: Any, model: type[Model], kind: Any) -> tuple[str, Sequence[Any]]:
    time = _time(value)
    if time is not None and time[0] in _written_time:
        return _written_time[time[0]], time[1]
    compiler = kind(model).get_compiler(using=database().alias)
    text, given = compiler.compile(value.resolve_expression(compiler.query, allow_joins=False, for_save=True))
    if time is not None and list(given) == time[1]:
        _written_time[time[0]] = text
    return text, given


def _time(value: Any) -> tuple[str, list[Any]] | None:
    """Of `Now()` and `Now() + timedelta` what is added how; None of other expressions."""
    if type(value) is Now:
        return "", []
    if type(value) is CombinedExpression and type(value.lhs) is Now and type(value.rhs) is Value:
        added = value.rhs.value
        return (value.connector, [_DURATION.get_db_prep_save(added, database())]) if type(added) is timedelta else None
    return None
