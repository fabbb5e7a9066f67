"""Waiting for what another thread or process does: it is looked for again and again, more rarely the longer it takes."""

import time
from collections.abc import Callable
from typing import TypeVar

WITHIN_S = 60
FIRST_PAUSE_S, PAUSE_MAX_S = 0.001, 0.1

T = TypeVar("T")


def until(found: Callable[[], T], what: str = "what was waited for", within_s: float = WITHIN_S) -> T:
    """What `found` gives, once that is something. Raises AssertionError, which says `what`, where it does not come in time."""
    deadline, pause_s = time.monotonic() + within_s, FIRST_PAUSE_S
    while not (it := found()):
        assert time.monotonic() < deadline, f"not within {within_s} s: {what}"
        time.sleep(pause_s)
        pause_s = min(pause_s * 2, PAUSE_MAX_S)
    return it
