"""Requests that are held until something happens: how long, how many at once, and that none holds up the end of its process."""

import threading
from collections.abc import Callable
from time import monotonic

from django.conf import settings

from solitude.events import ending
from solitude.turns import aside

WAIT_MAX_S = 30

# Threads that wait do no work, so some are always left over for work.
_room = threading.Semaphore(min(settings.SOLITUDE_EVENTS_WAITING_MAX, settings.SOLITUDE_SERVE_THREADS_READING // 2))


def hold(wait_s: int, look: Callable[[], bool]) -> None:
    """Calls `look` again and again until it is content or the time is over; at once over when as many wait as may.

    No transaction is open meanwhile, unless `look` leaves one, and this thread has neither a turn nor a connection.
    """
    if not wait_s or not _room.acquire(blocking=False):
        return
    try:
        end = monotonic() + wait_s
        while not ending.begun.is_set() and (left_s := end - monotonic()) > 0:
            with aside():
                pause(min(settings.SOLITUDE_EVENTS_POLL_MS / 1000, left_s))
            if look():
                return
    finally:
        _room.release()


def pause(seconds: float) -> None:
    """Ends early when the process is to end."""
    ending.begun.wait(seconds)
