"""Which processor each server process stays on.

Python computes one thing at a time in a process, so a process has no use for two processors. But its threads wake up wherever one is free,
and there what they need has to come into the caches anew. With a process for each processor, each stays on one of its own.

A process has the lowest number that no other one of its server has, and the number says which processor; where a lower one has become free,
it moves there. So processes that take the place of others, beside whom they begin, end up spread as evenly as those were.
"""

import os
from collections.abc import Sequence
from contextlib import suppress
from fcntl import LOCK_EX, LOCK_NB, LOCK_UN, lockf
from itertools import count
from pathlib import Path

_THREADS = Path("/proc/self/task")


def to_choose_from() -> Sequence[int]:
    """Those that this process and those that it begins may run on; none where it cannot say on which, because the system is not Linux, or
    may not: a unit of systemd can forbid it (`SystemCallFilter=~@resources`)."""
    if not hasattr(os, "sched_setaffinity") or not _THREADS.is_dir():
        return ()
    found = sorted(os.sched_getaffinity(0))
    try:
        # Changes nothing.
        os.sched_setaffinity(0, found)
    except PermissionError:
        return ()
    return found


ALL = to_choose_from()


class Places:
    """Made in the process from which the others are forked; each of these takes its own."""

    def __init__(self, processors: Sequence[int] = ALL) -> None:
        self._processors = processors
        # A lock on one of its bytes is a number taken, and goes with the process, however that ends.
        self._numbers = os.memfd_create("processors")
        self._number: int | None = None
        self._threads_on = set(ALL)

    def take(self) -> int:
        """The processor that this process has from now on, on which all its threads stay but those that went `anywhere`. To be called again
        now and then: a better one may have become free."""
        before = self._number
        self._number = next(number for number in count() if number == before or self._is_free(number))
        if before not in (None, self._number):
            lockf(self._numbers, LOCK_UN, 1, before)
        processor = self._processors[self._number % len(self._processors)]
        if self._threads_on != {processor}:
            self._move({processor})
        return processor

    def _is_free(self, number: int) -> bool:
        """From here on it is ours."""
        try:
            lockf(self._numbers, LOCK_EX | LOCK_NB, 1, number)
        except (BlockingIOError, PermissionError):
            return False
        return True

    def _move(self, to: set[int]) -> None:
        for thread in (int(entry.name) for entry in _THREADS.iterdir()):
            # It may have ended just now; and processors may be taken away from a running process, and then the system chooses.
            with suppress(OSError):
                if os.sched_getaffinity(thread) == self._threads_on:
                    os.sched_setaffinity(thread, to)
        self._threads_on = to


def anywhere() -> None:
    """This thread, whose work needs no interpreter, may run wherever its process might."""
    if ALL:
        with suppress(OSError):
            os.sched_setaffinity(0, ALL)
