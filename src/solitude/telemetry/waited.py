"""How long a request has waited for providers: the rest of its time is what the house adds."""

from contextvars import ContextVar

_waited_s: ContextVar[float] = ContextVar("waited_s", default=0.0)


def add(seconds: float) -> None:
    """So long this request has waited for one exchange with a provider."""
    _waited_s.set(_waited_s.get() + seconds)


def total_s() -> float:
    """For all exchanges of this request."""
    return _waited_s.get()


def clear() -> None:
    """The first thing that a request does, for threads are used again."""
    _waited_s.set(0.0)
