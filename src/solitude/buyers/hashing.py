"""How a PIN is kept: as Argon2id over a keyed hash.

There are only ten thousand PINs, so no hash alone protects one from somebody who has the database. The key does, for it is not in
the database (see `vault.keyring`); Argon2 makes each guess dear for somebody who has both. The keyed hash covers the row as well:
what is copied to another buyer's row is no PIN there.

Kept is `<key id>:<Argon2's own text>`. What was made with an older key or at another cost goes on working.
"""

import base64
import secrets
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar
from uuid import UUID

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

from solitude.processors import anywhere
from solitude.telemetry.logs import get_logger
from solitude.turns import aside
from solitude.vault import hashes
from solitude.vault.current import current_ring
from solitude.web.refusals import Refused

log = get_logger("solitude.buyers")
LABEL, PEPPER = "buyer-pin", "pepper"
# What is kept of a PIN whose key is gone: there is one, so payments go on asking for it, and none is right.
FORGOTTEN = "!"
PASSES, MEMORY_KIB, LANES = 2, 19 * 1024, 1
# Of one process: so many times the memory above, and so many cores.
HASHES_AT_ONCE = 4
WAIT_MAX_S = 10

T = TypeVar("T")
_hasher = PasswordHasher(time_cost=PASSES, memory_cost=MEMORY_KIB, parallelism=LANES)
_room = threading.BoundedSemaphore(HASHES_AT_ONCE)
# In threads of their own, because what a thread has freed the C library keeps for it: with the threads of all requests that came to
# this memory once for each of sixteen arenas, and not for each of these.
_threads = ThreadPoolExecutor(HASHES_AT_ONCE, thread_name_prefix="pin", initializer=anywhere)


def kept_form(pin: str, row_uuid: UUID) -> str:
    """What is stored of this PIN in this row. Takes tens of milliseconds. Raises Refused (503) where too many wait."""
    peppered = hashes.keyed_hash(LABEL, _bound(pin, row_uuid), purpose=PEPPER)
    return f"{_key_id(peppered)}:{_in_turn(lambda: _hasher.hash(peppered))}"


def is_right(pin: str, row_uuid: UUID, kept: str | None) -> bool:
    """Whether `kept` is of this PIN in this row. Takes the same time where nothing is kept. Raises Refused (503)."""
    key_id, _, encoded = (kept or "").partition(":")
    is_there = kept is not None and kept != FORGOTTEN
    peppered = hashes.under(key_id, LABEL, _bound(pin, row_uuid), purpose=PEPPER) if is_there else None
    if is_there and peppered is None:
        log.error("pin_key_missing", key_id=key_id)
    try:
        return _in_turn(lambda: _hasher.verify(encoded if peppered else _of_nobody(), peppered or ""))
    except VerifyMismatchError:
        return False


def is_outdated(kept: str) -> bool:
    """Whether it should be made anew, with the current key and at the current cost, when the PIN is at hand."""
    key_id, _, encoded = kept.partition(":")
    return key_id != current_ring().pepper.current or _hasher.check_needs_rehash(encoded)


def _key_id(keyed_hash: str) -> str:
    return keyed_hash.partition(":")[0]


def _bound(pin: str, row_uuid: UUID) -> str:
    return f"{row_uuid}:{pin}"


def _of_nobody() -> str:
    """A hash of the current cost that nothing is known to match."""
    salt, digest = (base64.b64encode(secrets.token_bytes(size)).decode().rstrip("=") for size in (16, 32))
    return f"$argon2id$v=19$m={_hasher.memory_cost},t={_hasher.time_cost},p={_hasher.parallelism}${salt}${digest}"


def _in_turn(work: Callable[[], T]) -> T:
    # Payments need not wait for it: no interpreter is needed, nor a connection.
    with aside(), _turn():
        return _threads.submit(work).result()


@contextmanager
def _turn() -> Iterator[None]:
    if not _room.acquire(timeout=WAIT_MAX_S):
        raise Refused(503, {"detail": "Too many PINs are being checked.", "code": "busy"}, {"Retry-After": "1"})
    try:
        yield
    finally:
        _room.release()
