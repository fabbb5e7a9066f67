"""What is looked for by a statement that Django has written once: the same objects that the ORM makes."""

from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from typing import Any, Generic, TypeVar

from django.db import connection
from django.db.models import Model, QuerySet, query, signals
from django.db.models.base import ModelState
from django.db.transaction import TransactionManagementError

from solitude.prepared.asking import Asked, database

M = TypeVar("M", bound=Model)
# Of a whole number that fits no column nothing is found; Django asks the database nothing then either.
NUMBERS = range(-(2**63), 2**63)
# What stands in the place of a value while the statement is written: no value of its own.
_MARKS: tuple[dict[type, Any], ...] = tuple(
    {int: 4_611_686_018_427_387_000 + place, str: f"\x7fvalue {place}"} for place in range(8)
)


class Found(Generic[M]):
    """A queryset, compiled when it is first used: `Found(lambda pk: Buyer.objects.filter(pk=pk), int)`.

    The function gets marks of these kinds, and must hand each on to a lookup as it is. What it makes may not depend on anything else.
    """

    def __init__(self, rows: Callable[..., QuerySet[M]], *kinds: type[int] | type[str]) -> None:
        self._rows, self._kinds = rows, kinds

    @cached_property
    def _written(self) -> "_Written":
        marks = [mark[kind] for mark, kind in zip(_MARKS, self._kinds, strict=False)]
        return _Written(self._rows(*marks), marks)

    def first(self, *values: int | str) -> M | None:
        found = self.all(*values)
        return found[0] if found else None

    def all(self, *values: int | str) -> list[M]:
        asked = self._asked(values)
        return [] if asked is None else self._written.objects(database().ask_all([asked])[0][0])

    def written(self, *values: int | str) -> Asked:
        """The statement by which it is looked for."""
        return self._written.asked(values)

    def _asked(self, values: Sequence[int | str]) -> Asked | None:
        """None: nothing is found, whatever there is."""
        is_none = any(isinstance(value, int) and value not in NUMBERS for value in values)
        return None if is_none else self._written.asked(values)


def together(*looks: tuple[Found[Any], Sequence[int | str]]) -> list[list[Any]]:
    """What each finds by its values, all asked for in one way to the database and back."""
    asked = [found._asked(values) for found, values in looks]
    answers = iter(database().ask_all([one for one in asked if one is not None]))
    return [
        [] if one is None else found._written.objects(next(answers)[0])
        for (found, _), one in zip(looks, asked, strict=True)
    ]


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
        self.start, self.end = own[0], own[-1] + 1
        self.names = [column.target.attname for column in columns[self.start : self.end]]
        self.model = _maker(compiler.klass_info["model"], self.names)
        self.converters = [(at, *found) for at, found in compiler.get_converters(columns).items()]
        # Django's own, and not documented; its types are those of another version.
        populators: Any = query.get_related_populators
        self.populators = populators(compiler.klass_info, compiler.select, connection.alias)
        for populator in self.populators:
            _quicken(populator)

    def asked(self, values: Sequence[Any]) -> Asked:
        if self.locks and not connection.in_atomic_block:
            # Django sees to this while it writes a statement.
            raise TransactionManagementError("rows are locked in a transaction, or not at all")
        given = self.given.copy()
        for at, which in self.places:
            given[at] = values[which]
        return self.text, given

    def objects(self, rows: Iterable[Sequence[Any]]) -> list[Any]:
        own = database()
        return [self._object(list(row), own) for row in rows]

    def _object(self, row: list[Any], own: Any) -> Any:
        for at, converters, column in self.converters:
            for convert in converters:
                row[at] = convert(row[at], column, own)
        found = self.model.from_db(own.alias, self.names, row[self.start : self.end])
        for populator in self.populators:
            populator.populate(row, found)
        return found


def _quicken(populator: Any) -> None:
    """Has the related objects made as their own are."""
    populator.model_cls = _maker(populator.model_cls, populator.init_list)
    for below in populator.related_populators:
        _quicken(below)


def _maker(model: Any, names: Sequence[str]) -> Any:
    """What makes objects by `from_db`: the model itself, which sets each column by name and asks who else wants to do something; or, where
    that comes to nothing but the columns in the object, which is tried here, a `_Filled`."""
    examples = [object() for _ in names]
    listened = signals.pre_init.has_listeners(model) or signals.post_init.has_listeners(model)
    tried = dict(model.from_db(connection.alias, names, examples).__dict__)
    del tried["_state"]
    is_plain = not listened and tried == dict(zip(names, examples, strict=True))
    return _Filled(model) if is_plain else model


class _Filled:
    """Makes objects by filling them with their columns."""

    def __init__(self, model: type[Model]) -> None:
        self._model = model

    def from_db(self, alias: str, names: Sequence[str], values: Sequence[Any]) -> Model:
        found = self._model.__new__(self._model)
        state = ModelState()
        state.adding, state.db = False, alias
        held = found.__dict__
        held["_state"] = state
        held.update(zip(names, values, strict=True))
        return found
