"""Parts of an answer that a higher room fills in, such as the `paypal` part of a seller.

A lower room knows no provider; it offers a place, and providers fill it when the process starts.
"""

from collections.abc import Callable, Iterator
from typing import Any, Generic, TypeVar

from django.db.models import Model

M = TypeVar("M", bound=Model)


class Parts(Generic[M]):
    """Named parts of the answers about one kind of row. `joins` are the relations that the parts read, as `select_related`
    has them: each leads to one row at most.

    `shown_as` names the answer's shape in the description of the API; `shapes` are those of the parts.
    """

    def __init__(self, shown_as: str) -> None:
        self._parts: dict[str, Callable[[M], Any]] = {}
        self.shown_as = shown_as
        self.joins: list[str] = []
        self.shapes: dict[str, Any] = {}

    def offer(self, name: str, part: Callable[[M], Any], join: str, shape: Any) -> None:
        """`shape` is the type of what `part` gives, such as a TypedDict or None."""
        self._parts[name] = part
        self.shapes[name] = shape
        self.joins.append(join)

    def rows(self, row: M) -> list[Any]:
        """The rows that the parts of an answer about `row` are read from; its tag is over them too."""
        return [found for join in self.joins for found in _along(row, join)]

    def of(self, row: M) -> dict[str, Any]:
        return {name: part(row) for name, part in self._parts.items()}


def _along(row: Model, join: str) -> Iterator[Model]:
    """The rows on the way that a join leads from `row`, as far as they are there."""
    for name in join.split("__"):
        found: Model | None = getattr(row, name, None)
        if found is None:
            return
        yield (row := found)
