"""What a kind of file consists of: its columns, what no two lines may share, what they refer to, and the rows that they make."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from operator import attrgetter
from typing import Any

from django.db.models import Model, Q
from pydantic import BaseModel

from solitude.web.bulk import insert_many


@dataclass(frozen=True, slots=True)
class Column:
    """A column by its name. `shown` gives what export writes of a row, in JSON's terms; None for what is only read.

    `secret` columns are written only when they are asked for.
    """

    name: str
    meaning: str
    shown: Callable[[Any], Any] | None = None
    secret: bool = False


@dataclass(frozen=True, slots=True)
class Key:
    """Columns that no two rows share where all of them have a value. `lookups` are where Django finds them, in the same order.

    `only` narrows it down to some rows, and `applies` to the lines that make such. `kept` gives what the row keeps of a value of the line.
    """

    columns: tuple[str, ...]
    lookups: tuple[str, ...]
    only: Q = field(default_factory=Q)
    applies: Callable[[Any], bool] | None = None
    kept: Callable[[Any], Any] = lambda value: value

    def of(self, line: Any) -> tuple[Any, ...] | None:
        values = tuple(self.kept(getattr(line, column)) for column in self.columns)
        return None if None in values or (self.applies and not self.applies(line)) else values


@dataclass(frozen=True, slots=True)
class Reference:
    """A column that names a row of another kind, by what the marketplace calls it. `own`: or a row of this kind, which may stand
    earlier in the same file."""

    column: str
    model: type[Model]
    lookup: str
    own: bool = False


def _no_rules(_line: Any) -> Iterable[tuple[str, str]]:
    return ()


def _nothing(_made: Sequence[tuple[Any, Any]]) -> None:
    pass


@dataclass(frozen=True, slots=True)
class Kind:
    """`line` is the form of a line: every field is a column; `rules` gives column and text of what else is wrong with one. The first
    key tells whether a row is there already.

    `make` gives the row that a line describes, with the primary keys of what it refers to, by column; a reference to an earlier
    line of the same batch is missing there, and is `insert`'s. `complete` does what takes its time about a batch of lines and rows,
    before the transaction that inserts them. `joins` are the relations that the columns show.
    """

    name: str
    model: type[Model]
    line: type[BaseModel]
    columns: tuple[Column, ...]
    keys: tuple[Key, ...]
    make: Callable[[Any, Mapping[str, int], datetime], Model]
    rules: Callable[[Any], Iterable[tuple[str, str]]] = _no_rules
    references: tuple[Reference, ...] = ()
    joins: tuple[str, ...] = ()
    complete: Callable[[Sequence[tuple[Any, Any]]], None] = _nothing
    insert: Callable[[Sequence[Any]], None] = insert_many

    @property
    def flags(self) -> frozenset[str]:
        """The columns that are true or false."""
        return frozenset(name for name, found in self.line.model_fields.items() if found.annotation is bool)


def same(name: str, meaning: str, *, secret: bool = False) -> Column:
    """A column that shows the row's attribute of the same name."""
    return Column(name, meaning, attrgetter(name), secret)


def moment(name: str, meaning: str) -> Column:
    """A column that shows a time to the microsecond, in UTC."""

    def shown(row: Any) -> str | None:
        value: datetime | None = getattr(row, name)
        return None if value is None else value.astimezone(UTC).isoformat().replace("+00:00", "Z")

    return Column(name, meaning, shown)


def day(name: str, meaning: str) -> Column:
    def shown(row: Any) -> str | None:
        value = getattr(row, name)
        return None if value is None else str(value.isoformat())

    return Column(name, meaning, shown)


# What every row of the API has.
OF_EVERY_ROW = (
    moment("created", "When it was made; the moment of the import if it is not given."),
    moment("modified", "When it was last changed; else `created`."),
    same("counter", "How often it was changed; else 0."),
    same("resource_uri", "Its path in this server's API. Export writes it for the marketplace; import ignores it."),
)
# The same of buyers and sellers: when one was changed last, or ended, is not known by when it was made, and who has done so years ago goes.
OF_ACCOUNTS = tuple(
    moment("modified", "When it was last changed; the moment of the import if it is not given.")
    if column.name == "modified"
    else column
    for column in OF_EVERY_ROW
)


def table(kind: Kind) -> str:
    """The columns as a Markdown table; `docs/moving-in.md` holds what this gives."""
    rows = [f"| `{column.name}` | {column.meaning} | {_exported(column)} |" for column in kind.columns]
    return "\n".join(["| column | what it holds | export writes it |", "|---|---|---|", *rows]) + "\n"


def _exported(column: Column) -> str:
    if column.shown is None:
        return "never"
    return "with `--with-secrets`" if column.secret else "yes"
