"""The keys of provider calls: nobody can guess one, and they are in the order of time.

Each is a new entry of a large unique index. Keys in no order go each to another page of it, which is read for it, and written to
PostgreSQL's log as a whole when it is the page's first change after a checkpoint; keys in the order of time go to the same few pages.
"""

import os
import time
import uuid

_RANDOM_BYTES = 10
_RANDOM_BITS = 8 * _RANDOM_BYTES
_VERSION_AND_VARIANT = 0x7 << 76 | 0b10 << 62
_ROOM_FOR_THEM = 0xF << 76 | 0b11 << 62


def new_key() -> str:
    """A UUID of version 7 (RFC 9562, section 5.7): the time in ms since 1970, and 74 random bits."""
    random = int.from_bytes(os.urandom(_RANDOM_BYTES), "big") & ~_ROOM_FOR_THEM
    now_ms = time.time_ns() // 1_000_000
    return str(uuid.UUID(int=now_ms << _RANDOM_BITS | _VERSION_AND_VARIANT | random))
