"""The clock by which a process knows how long it holds something that another may take over."""

import time

# Linux's counts while the machine is suspended too.
_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


def now_s() -> float:
    """Seconds by a clock that nobody sets, of this machine."""
    return time.clock_gettime(_CLOCK)
