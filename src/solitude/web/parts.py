"""Parts of an answer that a higher room fills in, such as the `paypal` part of a seller.

A lower room knows no provider; it offers a place, and providers fill it when the process starts.
"""

from collections.abc import Callable
from typing import Any, Generic, TypeVar

from django.db.models import Model

M = TypeVar("M", bound=Model)


class Parts(Generic[M]):
    """Named parts of the answers about one kind of row. `joins` are the one-to-one relations that the parts read.

    `shown_as` names the answer's shape in the description of the API; `shapes` are those of the parts.
    """

    def __init__(self, shown_as: str) -> None:
        self._parts: dict[str, Callable[[M], Any]] = {}
        self.shown_as = shown_as
        self.joins: list[str] = []
        self.shapes: dict[str, Any] = {}

    def offer(self, name: str, part: Callable[[M], Any], join: str, shape: Any) -> None:
        """`shape` is the type of what `part` gives, a TypedDict or None."""
        self._parts[name] = part
        self.shapes[name] = shape
        self.joins.append(join)

    def rows(self, row: M) -> list[Any]:
        """The rows that the parts of an answer about `row` are read from; its tag is over them too."""
        return [part for join in self.joins if (part := getattr(row, join, None)) is not None]

    def of(self, row: M) -> dict[str, Any]:
        return {name: part(row) for name, part in self._parts.items()}
