"""How much may be under way at once."""

import threading
from types import TracebackType


class Busy(Exception):
    """As much is under way as may be; nothing was begun."""


class InProgress:
    """Counts what is under way in this process; never waits. Used as `with in_progress:`, by any number of threads.

    Refusing at once is the point: threads that queue for a slow provider would take the server's last thread from the
    others.
    """

    def __init__(self, limit: int) -> None:
        if limit < 1:
            raise ValueError("the limit must be at least 1")
        self.limit = limit
        self._lock = threading.Lock()
        self._now = 0
        self._peak = 0

    @property
    def now(self) -> int:
        return self._now

    @property
    def peak(self) -> int:
        """The most that was ever under way at once."""
        return self._peak

    def __enter__(self) -> None:
        with self._lock:
            if self._now >= self.limit:
                raise Busy(f"{self.limit} under way")
            self._now += 1
            self._peak = max(self._peak, self._now)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._lock:
            self._now -= 1
