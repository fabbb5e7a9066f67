"""A dictionary with a limit: the simulator may run for weeks, its memory may not grow for weeks."""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class BoundedStore(Generic[K, V]):
    """Keeps the newest `limit` entries; the oldest is dropped (and shown to `on_drop`) when a new one has no room.

    Not thread-safe: its owner holds a lock.
    """

    def __init__(self, limit: int, on_drop: Callable[[V], None] | None = None) -> None:
        self._limit = limit
        self._on_drop = on_drop
        self._entries: OrderedDict[K, V] = OrderedDict()

    def put(self, key: K, value: V) -> None:
        """Add or replace; the entry counts as the newest."""
        self._entries[key] = value
        self._entries.move_to_end(key)
        while len(self._entries) > self._limit:
            _, dropped = self._entries.popitem(last=False)
            if self._on_drop is not None:
                self._on_drop(dropped)

    def get(self, key: K) -> V | None:
        """The value, or None."""
        return self._entries.get(key)

    def remove(self, key: K) -> None:
        """Forget the key, if it is there."""
        self._entries.pop(key, None)

    def __iter__(self) -> Iterator[V]:
        """The values, oldest first."""
        return iter(list(self._entries.values()))

    def __len__(self) -> int:
        return len(self._entries)
