"""Classes of data: what is kept for how long, why, and what is done with it then.

A room declares its own at start (`declare`); what ends within minutes or hours by itself, and is deleted by the purge of the gate,
it declares as `brief`. `docs/retention.md` is printed from these declarations.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now

from solitude import monthly


class Action(StrEnum):
    DELETE = "delete"  # the row goes
    TRUNCATE = "truncate"  # the row stays, without what was said in it
    ANONYMISE = "anonymise"  # the row stays, without what leads to a person


@dataclass(frozen=True, slots=True)
class Hold:
    """Why a row stays although it is old enough, in words, and the condition under which it does."""

    why: str
    rows: Callable[[], Q]


Picker = Callable[["DataClass", int], list[Any]]
"""Gives the primary keys of the next batch, so many at most; all of them must be due."""


def oldest_first(data: "DataClass", limit: int) -> list[Any]:
    return list(data.due().order_by("since", "pk").values_list("pk", flat=True)[:limit])


@dataclass(frozen=True, slots=True)
class ByMonth:
    """How the rows of a class go where their table is by month (`solitude.monthly`): with their month, when all of it is due.

    `kind` is under which they are sealed. `rows` are all of the class, also where the class shows only some at a time. `may_go` says of the
    rows of a month whether they may go as a whole.
    """

    kind: str
    rows: Callable[[], QuerySet[Any]]
    may_go: Callable[[Q], bool] = lambda _: True


@dataclass(frozen=True, slots=True, kw_only=True)
class DataClass:
    """A class of data in one table.

    `rows` are those of the class, and `since` the column with the time from which its period counts. `act` does with some of them, by
    primary key, what is to be done, in the caller's transaction, and gives their number: after it they are no longer due. `of_buyer`:
    which rows may go at once when the buyer with that primary key is erased; `of_erased`: what stays of such a buyer until the period is
    over, in words. `period`: the class whose setting counts for this one too. `by_month`: for a table that may be by month.
    """

    name: str
    what: str
    action: Action
    then: str
    why: str
    rows: Callable[[], QuerySet[Any]]
    since: str
    act: Callable[[list[Any]], int]
    holds: tuple[Hold, ...] = ()
    pick: Picker = oldest_first
    of_buyer: Callable[[int], Q] | None = None
    of_erased: str = ""
    batch_rows_max: int = 5000
    period: str = ""
    by_month: ByMonth | None = None

    @property
    def setting(self) -> str:
        return f"SOLITUDE_RETENTION_{(self.period or self.name).upper()}_DAYS"

    @property
    def days(self) -> int | None:
        """None: for ever."""
        days: int | None = getattr(settings, self.setting)
        return days

    @property
    def batch_rows(self) -> int:
        return min(settings.SOLITUDE_RETENTION_BATCH_ROWS, self.batch_rows_max)

    def old(self, more: timedelta = timedelta(), rows: QuerySet[Any] | None = None) -> QuerySet[Any]:
        """The rows whose period is over by the database's clock, held or not, with `since`; or was over `more` ago. Of `rows`, where they
        are given."""
        rows = (self.rows() if rows is None else rows).annotate(since=F(self.since))
        if self.days is None:
            return rows.none()
        if self.by_month and connection.vendor == "postgresql":
            rows = rows.filter(pk__lt=monthly.FirstId(self.cutoff(more)))
        return rows.filter(since__lt=self.cutoff(more))

    def cutoff(self, more: timedelta = timedelta()) -> Any:
        """What is from before this moment is due; or was `more` ago. The class must have a period."""
        return Now() - timedelta(days=self.days or 0) - more

    def due(self) -> QuerySet[Any]:
        """The rows with which something is to be done now."""
        return self.free(self.old())

    def free(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Those of the rows that nothing holds."""
        for hold in self.all_holds:
            rows = rows.exclude(hold.rows())
        return rows

    def still_due(self, pks: list[Any]) -> list[Any]:
        """Those of the rows that are due also now that nobody else can change them, in the caller's transaction. Who came back, or wrote
        something, since the rows were picked keeps it."""
        rows = self.rows().model._default_manager.select_for_update(no_key=True).filter(pk__in=pks).order_by("pk")
        locked = list(rows.values_list("pk", flat=True))
        due = set(self.due().filter(pk__in=locked).values_list("pk", flat=True))
        return [pk for pk in pks if pk in due]

    @property
    def all_holds(self) -> tuple[Hold, ...]:
        return (*self.holds, *_holds.get(self.name, ()))

    def carry_out(self, pks: list[Any]) -> int:
        """Does with these rows what is to be done, the part of other rooms first; how many of them there were."""
        for act in _acts.get(self.name, ()):
            act(pks)
        return self.act(pks)


@dataclass(frozen=True, slots=True, kw_only=True)
class Brief:
    """What ends by itself after seconds to days, by `settings` of its own, and is deleted by `web.purge`."""

    name: str
    what: str
    ends: str
    why: str
    rows: Callable[[], QuerySet[Any]]


_declared: dict[str, DataClass] = {}
_holds: dict[str, list[Hold]] = {}
_acts: dict[str, list[Callable[[list[Any]], object]]] = {}
_briefs: dict[str, Brief] = {}


def declare(*classes: DataClass) -> None:
    """At start; a name that is there already is replaced."""
    for data in classes:
        _declared[data.name] = data


def also(name: str, *, hold: Hold | None = None, act: Callable[[list[Any]], object] | None = None) -> None:
    """For rooms above the one that declares the class: what else holds its rows, and what must be done to other rows with them."""
    if hold:
        _holds.setdefault(name, []).append(hold)
    if act:
        _acts.setdefault(name, []).append(act)


def brief(*classes: Brief) -> None:
    """At start. That it is deleted too, is for whoever calls this."""
    for one in classes:
        _briefs[one.name] = one


def declared() -> Mapping[str, DataClass]:
    """By name, in the order of names."""
    return dict(sorted(_declared.items()))


def briefs() -> Mapping[str, Brief]:
    return dict(sorted(_briefs.items()))
