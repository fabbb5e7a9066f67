"""The request log: enough to prove that something was sent once, or not at all. It holds no header and no body."""

import threading
from collections import deque
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from solitude_sandbox.clock import stamp

ENTRIES_LIMIT = 100_000
TEXT_LENGTH_LIMIT = 200


@dataclass(slots=True)
class Entry:
    """One API request, arrived `at`. `status` is None while it runs, and for ever if no answer was meant to be sent."""

    at: datetime
    method: str
    path: str
    operation: str
    request_id: str | None
    debug_id: str
    status: int | None = None
    fault: str | None = None

    def as_json(self) -> dict[str, Any]:
        """For the state page."""
        return {
            "at": stamp(self.at),
            "method": self.method,
            "path": self.path,
            "operation": self.operation,
            "request_id": self.request_id,
            "debug_id": self.debug_id,
            "status": self.status,
            "fault": self.fault,
        }


class Journal:
    """The newest `ENTRIES_LIMIT` requests, in the order of their arrival. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: deque[Entry] = deque(maxlen=ENTRIES_LIMIT)

    def add(self, entry: Entry) -> None:
        """Note an arrival; the caller fills in `status` and `fault` later. Overlong texts are cut."""
        entry.path = entry.path[:TEXT_LENGTH_LIMIT]
        entry.request_id = entry.request_id[:TEXT_LENGTH_LIMIT] if entry.request_id is not None else None
        with self._lock:
            self._entries.append(entry)

    def entries(self) -> list[Entry]:
        """Oldest first."""
        with self._lock:
            return list(self._entries)

    def __len__(self) -> int:
        return len(self._entries)
