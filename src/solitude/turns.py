"""Who computes: a few requests of a server process at a time, however many it has taken in.

Python computes one thing at a time in a process. Thousands of threads that all want to would keep one another waiting, and with them the
request that could be answered in a millisecond. So those that may change something take turns, and so do, among themselves, those that
only read: what is read never stands behind payments. Who waits for a provider stands aside, with neither a turn nor a connection to the
database, and comes before those that have not begun when it comes back.

A process has therefore no more connections than turns.
"""

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

from solitude import databases


class NoTurn(Exception):
    """As many are inside as may be, or none came in time; nothing was begun."""


class Turns:
    """`at_once` have a turn at the same time, and `inside_max` have one, wait for one or stand aside."""

    def __init__(self, at_once: int, inside_max: int) -> None:
        if min(at_once, inside_max) < 1:
            raise ValueError("somebody must have a turn")
        self.inside_max = inside_max
        self._lock = threading.Lock()
        self._free, self._inside = at_once, 0
        # Each gate is opened by whoever gives its turn to the one behind it.
        self._back: deque[threading.Lock] = deque()
        self._new: deque[threading.Lock] = deque()

    @property
    def inside(self) -> int:
        return self._inside

    def begin(self, wait_s: float) -> None:
        """Waits for a turn, in the order in which all came. Raises NoTurn."""
        with self._lock:
            if self._inside >= self.inside_max:
                raise NoTurn
            self._inside += 1
            gate = self._gate(self._new)
        if gate is None or gate.acquire(timeout=wait_s):
            return
        with self._lock:
            if gate in self._new:
                self._new.remove(gate)
                self._inside -= 1
                raise NoTurn
            # It was opened in just this moment.

    def come_back(self) -> None:
        """Waits for a turn, however long it takes: what was begun must come to its end. Those that have not begun wait meanwhile."""
        with self._lock:
            gate = self._gate(self._back)
        if gate is not None:
            gate.acquire()

    def stand_aside(self) -> None:
        with self._lock:
            self._give()

    def end(self) -> None:
        with self._lock:
            self._inside -= 1
            self._give()

    def _gate(self, queue: deque[threading.Lock]) -> "threading.Lock | None":
        """None where there is a turn at once. With the lock."""
        if self._free:
            self._free -= 1
            return None
        gate = threading.Lock()
        gate.acquire()
        queue.append(gate)
        return gate

    def _give(self) -> None:
        """With the lock."""
        queue = self._back or self._new
        if queue:
            queue.popleft().release()
        else:
            self._free += 1


class _Held(threading.local):
    turns: Turns | None = None


_held = _Held()


@contextmanager
def turn(turns: Turns, wait_s: float) -> Iterator[None]:
    """What this thread does within has a turn; afterwards its connection is for others. Raises NoTurn."""
    turns.begin(wait_s)
    _held.turns = turns
    try:
        yield
    finally:
        _held.turns = None
        try:
            databases.let_go(is_over=True)
        finally:
            turns.end()


@contextmanager
def aside() -> Iterator[None]:
    """While it waits for somebody else, this thread has neither a turn nor a connection. Within a transaction it keeps both.

    To wait for another thread that stands aside is to stand aside too: with all turns in the hands of those who wait, it could not come
    back. So whatever others wait for (a lock, a result) is let go of before the end of this block, and not behind it.
    """
    turns = _held.turns
    if not databases.let_go() or turns is None:
        yield
        return
    _held.turns = None
    turns.stand_aside()
    try:
        yield
    finally:
        turns.come_back()
        _held.turns = turns
