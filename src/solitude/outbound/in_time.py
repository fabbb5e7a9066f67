"""Until when what is sent may be sent: whoever holds a call for a while only sends nothing for it afterwards.

Whoever has taken the call over may have heard that it was declined, and to be sent once more would have it done after all, when nobody
expects that any more.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from math import inf

from solitude import clocks

_before_s: ContextVar[float] = ContextVar("before_s", default=inf)


@contextmanager
def sending_before(moment_s: float) -> Iterator[None]:
    """Within it, what may change something at a peer is sent before this moment (`clocks.now_s`), or not at all: `NotSent`."""
    token = _before_s.set(moment_s)
    try:
        yield
    finally:
        _before_s.reset(token)


def left_s() -> float:
    """How long something may still be sent; not positive when it may not any more."""
    return _before_s.get() - clocks.now_s()
