"""What happens at a provider by itself when its clock gets there: an eCheck clears, an approval lapses, a month is due.

Nobody waits for it: the books look at the agenda before they are read, and do then what was due in the meantime.
"""

import heapq
import itertools
from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, TypeVar

ENTRIES_LIMIT = 100_000

A = TypeVar("A")


@dataclass(order=True)
class Entry(Generic[A]):
    """`act` is done as of the time `due`, however late that is noticed."""

    due: datetime
    number: int
    act: A = field(compare=False)


class Agenda(Generic[A]):
    """Entries by the time at which they are due. Not thread-safe: the books' lock is held."""

    def __init__(self) -> None:
        self._entries: list[Entry[A]] = []
        self._numbers = itertools.count()

    def add(self, due: datetime, act: A) -> None:
        """Note something for later. Beyond the limit the entry that is due first is forgotten."""
        heapq.heappush(self._entries, Entry(due, next(self._numbers), act))
        if len(self._entries) > ENTRIES_LIMIT:
            heapq.heappop(self._entries)

    def next_due(self, now: datetime) -> Entry[A] | None:
        """Take the earliest entry that is due, None if there is none."""
        if self._entries and self._entries[0].due <= now:
            return heapq.heappop(self._entries)
        return None
