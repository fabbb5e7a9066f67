"""Which keys and secrets this process uses, and which it was asked for and did not have.

To note one costs a look at a dictionary: it is done for every value. `watching` tells of them.
"""

import time

from solitude.telemetry import cef
from solitude.telemetry.logs import get_logger

from . import current, holding

log = get_logger("solitude.vault")
MISSED_MAX = 1000
_last_s: dict[tuple[str, str], float] = {}
_missed: set[tuple[str, str]] = set()


def note(purpose: str, key_id: str) -> None:
    """This key has just made something, or this secret has just proved somebody."""
    _last_s[purpose, key_id] = time.monotonic()


def since(moment_s: float) -> dict[tuple[str, str], float]:
    """What was used at or after that moment, with how many seconds ago that was; moments are of `time.monotonic`."""
    now = time.monotonic()
    return {key: now - last for key, last in list(_last_s.items()) if last >= moment_s}


def missed(purpose: str, key_id: str) -> bool:
    """A key of this id is not in the ring. Looks whether there is a newer ring; if so, the caller tries again.

    What is still unknown then is told once: something was made with a key that is gone, or with another ring.
    """
    if current.is_in_use():
        return False
    if holding.look():
        return True
    if (purpose, key_id) not in _missed and len(_missed) < MISSED_MAX:
        _missed.add((purpose, key_id))
        log.error("key_unknown", purpose=purpose, key_id=key_id[:16])
        named = {"cs6Label": "purpose", "cs6": purpose, "cs7Label": "key", "cs7": key_id[:16]}
        cef.event("Unknown key met", 7, extra=named)
    return False
