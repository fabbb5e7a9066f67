"""PayPal-Request-Id: the same request twice is done once.

A key is (client, path, request id). PayPal documents that a repeated request gets the latest state of the first, with
200; it does not document what another body under the same id gets: the simulator refuses it (422 DUPLICATE_REQUEST_ID),
so that a client that mixes up its keys is found out. A refused request leaves no memory: it may be tried again.
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from solitude_sandbox.paypal.call import Answer
from solitude_sandbox.paypal.errors import refuse
from solitude_sandbox.store import BoundedStore

ENTRIES_LIMIT = 100_000
REQUEST_ID_LENGTH = 108

Key = tuple[str, str, str]

_canonical = json.JSONEncoder(sort_keys=True, separators=(",", ":")).encode


@dataclass(frozen=True)
class _Entry:
    fingerprint: str
    answer: Answer | None  # None: in progress
    until: datetime


class Memory:
    """Answers by key. Not thread-safe: the books' lock is held."""

    def __init__(self) -> None:
        self._entries: BoundedStore[Key, _Entry] = BoundedStore(ENTRIES_LIMIT)

    def begin(self, key: Key, fingerprint: str, now: datetime, until: datetime) -> Answer | None:
        """The answer to repeat; or None, and the key is in progress until `finish` or `abandon`.

        Raises 422 DUPLICATE_REQUEST_ID for another body, 409 PREVIOUS_REQUEST_IN_PROGRESS for a request that is not
        answered yet.
        """
        entry = self._entries.get(key)
        if entry is not None and now < entry.until:
            if entry.fingerprint != fingerprint:
                raise refuse("DUPLICATE_REQUEST_ID")
            if entry.answer is None:
                raise refuse("PREVIOUS_REQUEST_IN_PROGRESS")
            return entry.answer
        self._entries.put(key, _Entry(fingerprint, None, until))
        return None

    def finish(self, key: Key, fingerprint: str, answer: Answer, until: datetime) -> None:
        """Remember the answer until then."""
        self._entries.put(key, _Entry(fingerprint, answer, until))

    def abandon(self, key: Key) -> None:
        """The request was refused or broke off: as if it had never come."""
        self._entries.remove(key)


def fingerprint(body: Any) -> str:
    """The same for equal JSON, whatever its spacing and the order of its keys; no body equals `{}`."""
    return hashlib.sha256(_canonical(body if body is not None else {}).encode()).hexdigest()
