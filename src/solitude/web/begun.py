"""What a request has begun at a provider, as far as it must be told when the database goes away in the middle of it.

From the commit of an intent on, the provider may act. If what came of it cannot be written down or read, the honest answer is that the
outcome is unknown.
"""

from collections.abc import Mapping
from contextvars import ContextVar

_begun: ContextVar[Mapping[str, str] | None] = ContextVar("begun", default=None)


def note(names: Mapping[str, str]) -> None:
    """From now on a provider may act for this request. `names`: the `transaction` and `uuid` that it is about, where there are any."""
    _begun.set(names)


def current() -> Mapping[str, str] | None:
    """The names of what was begun; None: no provider has been asked for anything that would have to be found out."""
    return _begun.get()


def clear() -> None:
    """The first thing that a request does, for threads are used again."""
    _begun.set(None)
