"""The ring that is in use here: one given for a block, else the one that this process has.

What a ring is and can do is `keyring`'s, which knows nothing of this. Whoever seals or hashes asks here.
"""

import contextlib
from collections.abc import Iterator
from contextvars import ContextVar

from . import holding
from .keyring import KeyRing

_in_use: ContextVar[KeyRing | None] = ContextVar("solitude_key_ring", default=None)


def current_ring() -> KeyRing:
    """Return the ring of `use_ring`, else the one that this process has from the source in the settings.

    With `SOLITUDE_DEBUG` a missing file is generated; without it, a generated one is refused. Raises `KeyRingError`.
    """
    if (ring := _in_use.get()) is not None:
        return ring
    return holding.held().ring


@contextlib.contextmanager
def use_ring(ring: KeyRing) -> Iterator[KeyRing]:
    """Make `ring` the current one within the block, in this thread or task alone: threads do not inherit it."""
    token = _in_use.set(ring)
    try:
        yield ring
    finally:
        _in_use.reset(token)


def is_in_use() -> bool:
    """Whether this is within a `use_ring`: the process's own ring is then not asked."""
    return _in_use.get() is not None
