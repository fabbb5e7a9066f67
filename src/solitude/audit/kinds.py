"""Which rows are sealed: rooms above this one say so of their tables when they start.

The columns of a table are in groups that become fixed at the same time. A group has a digest of its own for each row, so that it can be
said what of a row was changed, and so that retention can empty one group while the others stay under their seal.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Model, Q


@dataclass(frozen=True, slots=True)
class Group:
    """Columns that are fixed from the row's beginning, or from its end (`at_end`). `can_be_emptied`: retention may empty all of them."""

    name: str
    columns: tuple[str, ...]
    at_end: bool = False
    can_be_emptied: bool = False


@dataclass(frozen=True, slots=True)
class Kind:
    """A table whose rows are sealed.

    `layouts` are the groups by number. A table that gets another column gets another layout, and keeps the old ones for the seals that
    were made under them. `free` are the columns that may change. `is_open` finds the rows that have not come to their end. `began` is
    the column with a row's time. `prepare` is done before rows are sealed.
    """

    name: str
    model: type[Model]
    began: str
    layouts: Mapping[int, tuple[Group, ...]]
    free: frozenset[str] = frozenset()
    is_open: Q | None = None
    prepare: Callable[[], object] | None = None

    @property
    def newest_layout(self) -> int:
        return max(self.layouts)

    @property
    def rows(self) -> Any:
        return self.model._default_manager.all()

    def open_among(self, pks: Iterable[int]) -> set[int]:
        """Which of these rows have not come to their end."""
        if self.is_open is None:
            return set()
        return set(self.rows.filter(self.is_open, pk__in=list(pks)).values_list("pk", flat=True))


_kinds: dict[str, Kind] = {}


def register(kind: Kind) -> None:
    """At start."""
    _kinds[kind.name] = kind


def every() -> tuple[Kind, ...]:
    """All kinds, by name."""
    return tuple(_kinds[name] for name in sorted(_kinds))


def named(name: str) -> Kind:
    """Raises LookupError."""
    if name not in _kinds:
        raise LookupError(f"nothing of the kind {name!r} is sealed")
    return _kinds[name]


def knows(name: str, layout: int) -> bool:
    return name in _kinds and layout in _kinds[name].layouts
