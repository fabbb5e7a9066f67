"""The ring that this process has, and the change of it for a newer one while it runs."""

import contextlib
import threading
from dataclasses import dataclass, field
from typing import Any

from solitude.telemetry import cef, redaction
from solitude.telemetry.logs import get_logger

from . import ring_document, sources
from .keyring import NUMBERED, PARTIES, KeyRing
from .keys import KeyRingError
from .sources import Source

log = get_logger("solitude.vault")
HELD_MAX = 4


@dataclass(slots=True)
class Held:
    """A ring and what its source looked like when it was read; `refused` is what it looked like when it was no good."""

    ring: KeyRing = field(repr=False)
    digest: str
    stamp: Any
    refused: Any = None


_held: dict[Source, Held] = {}
_lock = threading.Lock()


def held() -> Held:
    """What this process has. The first time it is read from its source: raises `KeyRingError`."""
    source = sources.chosen()
    found = _held.get(source)
    return found or _first(source)


def look(*, again: bool = False) -> bool:
    """Take the ring of the source if that has changed since, or `again` whatever it looks like; whether there is another.

    A ring that cannot be used, or that has lost keys, is refused with an alarm, and this process goes on with its own.
    """
    source = sources.chosen()
    before = _held.get(source) or _first(source)
    with _lock:
        stamp = source.stamp()
        if not again and stamp in (before.stamp, before.refused):
            return False
        try:
            ring = _read(source)
            _refuse_loss(before.ring, ring)
        except KeyRingError as problem:
            before.refused = stamp
            log.error("key_ring_refused", problem=str(problem))
            cef.event("Key ring refused", 8)
            return False
        digest = ring_document.digest(ring)
        is_other = digest != before.digest
        _keep(source, Held(ring, digest, stamp))
    if is_other:
        _tell(before.ring, ring, digest)
    return is_other


def _first(source: Source) -> Held:
    with _lock:
        if source not in _held:
            stamp = source.stamp()
            ring = _read(source)
            # A file that was only now made has another stamp, which is no news.
            _keep(source, Held(ring, ring_document.digest(ring), stamp or source.stamp()))
        return _held[source]


def _read(source: Source) -> KeyRing:
    ring = source.read()
    if ring.development and not (isinstance(source, sources.File) and source.development):
        raise KeyRingError(f"{source}: it was generated for development and is refused when debug is off.")
    return ring


def _keep(source: Source, taken: Held) -> None:
    if len(_held) >= HELD_MAX:
        _held.clear()
    for purpose in PARTIES:
        for one in taken.ring.parties(purpose).values():
            for secret in one.by_id.values():
                # There is a limit to how many are masked by their value; these are long and random anyway.
                with contextlib.suppress(ValueError):
                    redaction.register(secret.decode())
    _held[source] = taken


def _refuse_loss(old: KeyRing, new: KeyRing) -> None:
    """Raises `KeyRingError` if the new ring is not the old one's: a file that was copied to the wrong place, say."""
    retired = {(one.purpose, one.id) for one in new.retired}
    for purpose in NUMBERED:
        for key_id, key in old.own(purpose).items():
            if (purpose, key_id) not in retired and new.of(purpose).by_id.get(key_id) != key:
                raise KeyRingError(f"The new key ring has lost key {key_id!r} of {purpose}, which was not retired.")


def _tell(old: KeyRing, new: KeyRing, digest: str) -> None:
    log.info("key_ring_taken", digest=digest)
    before = set(old.ids())
    for purpose, key_id in new.ids():
        if (purpose, key_id) not in before:
            log.info("key_known", purpose=purpose, key_id=key_id)
    for purpose in NUMBERED:
        if old.of(purpose).current != new.of(purpose).current:
            log.info("key_current", purpose=purpose, key_id=new.of(purpose).current)
