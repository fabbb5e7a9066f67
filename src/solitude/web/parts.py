"""Parts of an answer that a higher room fills in, such as the `paypal` part of a seller.

A lower room knows no provider; it offers a place, and providers fill it when the process starts.
"""

from collections.abc import Callable
from typing import Any, Generic, TypeVar

from django.db.models import Model

M = TypeVar("M", bound=Model)


class Parts(Generic[M]):
    """Named parts of the answers about one kind of row. `joins` are the one-to-one relations that the parts read."""

    def __init__(self) -> None:
        self._parts: dict[str, Callable[[M], Any]] = {}
        self.joins: list[str] = []

    def offer(self, name: str, part: Callable[[M], Any], join: str) -> None:
        self._parts[name] = part
        self.joins.append(join)

    def of(self, row: M) -> dict[str, Any]:
        return {name: part(row) for name, part in self._parts.items()}
