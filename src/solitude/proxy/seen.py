"""The names of the requests that were taken, so that none is taken twice: in this process's memory, while they would be good."""

import threading
import time
from collections import deque

# So many requests within the life of a token are more than one process can pass on.
NAMES_MAX = 100_000


class Full(Exception):
    """More names than are kept; nothing was taken."""


class Names:
    """Used by any number of threads. Times are Unix seconds."""

    def __init__(self, most: int = NAMES_MAX) -> None:
        self._most = most
        self.begin()

    def begin(self) -> None:
        """From now on, and knowing of nothing: for a process that is forked from the one in which this was made."""
        self._lock = threading.Lock()
        self._until: dict[str, int] = {}
        self._order: deque[tuple[str, int]] = deque()
        # What was signed before this process began may have been taken by the one before it; when it was signed is told in whole seconds.
        self._began = int(time.time()) + 1

    def wait(self) -> None:
        """Until what is signed from now on can be taken: less than a second."""
        while (left_s := self._began - time.time()) > 0:
            time.sleep(min(left_s, 1))

    def take(self, name: str, issued: int, until: int) -> bool:
        """Whether it is new; from then on it is not. Raises Full."""
        with self._lock:
            self._forget()
            if issued < self._began or name in self._until:
                return False
            if len(self._until) >= self._most:
                raise Full
            self._until[name] = until
            self._order.append((name, until))
            return True

    def _forget(self) -> None:
        """Those that are over, as far as they come first: lives differ by seconds only."""
        now = time.time()
        while self._order and self._order[0][1] < now:
            del self._until[self._order.popleft()[0]]
