"""The simulator's clock: real time plus what the tests have advanced it by."""

import threading
from datetime import UTC, datetime, timedelta

# Ten years: far enough for every life span that a provider knows, and dates stay valid.
ADVANCE_LIMIT_S = 10 * 366 * 24 * 3600


class Clock:
    """Time in UTC. It only moves forward, so that nothing that has expired comes back to life."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._advanced = timedelta()

    def now(self) -> datetime:
        """The simulator's idea of now, with a time zone (UTC)."""
        with self._lock:
            return datetime.now(UTC) + self._advanced

    def advance(self, seconds: int) -> None:
        """Move forward by `seconds`; ValueError if negative or beyond `ADVANCE_LIMIT_S` in total."""
        step = timedelta(seconds=seconds)
        with self._lock:
            if seconds < 0 or self._advanced + step > timedelta(seconds=ADVANCE_LIMIT_S):
                raise ValueError(f"The clock moves forward only, by {ADVANCE_LIMIT_S} seconds at most in total.")
            self._advanced += step

    def reset(self) -> None:
        """Back to real time."""
        with self._lock:
            self._advanced = timedelta()

    @property
    def advanced_s(self) -> int:
        """Seconds that this clock is ahead of real time."""
        with self._lock:
            return int(self._advanced.total_seconds())


def stamp(time: datetime) -> str:
    """2026-11-23T12:34:56Z."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")
