"""Faults on demand: what a test or a person at the console wants to go wrong, how often, and for which operation.

A provider package owns one `FaultBoard`, says which operations it has, and asks `take` once per request.
How an answer is kept from the client is told to the HTTP server with a `Wire` in the WSGI environ.
"""

import itertools
import threading
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

WIRE_KEY = "solitude_sandbox.wire"

ANY = "any"
LATENCY = "latency"
ISSUE_PREFIX = "issue:"
BEFORE_THE_WORK = frozenset({"error_500", "error_503", "rate_limit_429", "timeout_before", "disconnect_before"})
INSTEAD_OF_THE_WORK = frozenset({"stored_500"})
AFTER_THE_WORK = frozenset({"timeout_after", "disconnect_after", "truncated_after", "garbage_after"})
NAMED_FAULTS = BEFORE_THE_WORK | INSTEAD_OF_THE_WORK | AFTER_THE_WORK | {LATENCY}

FAULTS_LIMIT = 100
COUNT_LIMIT = 1_000_000
DELAY_LIMIT_MS = 120_000
RETRY_AFTER_LIMIT_S = 3_600
ACCOUNT_LENGTH = 254
LENGTH_OF_NUMBERS = 9
# One request brings its own fault: `Sandbox-Fault: timeout_after; delay_ms=200`.
HEADER = "Sandbox-Fault"


@dataclass(frozen=True)
class Wire:
    """How an answer leaves: after `hold_s` seconds, and only the first `share` of it; then the connection is closed."""

    hold_s: float
    share: float


NOTHING_AFTER_A_HOLD = 0.0


@dataclass
class Fault:
    """One order for trouble. `remaining` None means: until cleared; `account`: only for requests about this seller."""

    id: int
    operation: str
    kind: str
    remaining: int | None
    delay_ms: int
    retry_after_s: int
    account: str | None = None

    @property
    def issue(self) -> str | None:
        """The provider's issue name for `issue:NAME`, else None."""
        return self.kind.removeprefix(ISSUE_PREFIX) if self.kind.startswith(ISSUE_PREFIX) else None

    def as_json(self) -> dict[str, Any]:
        """As the control API lists it."""
        return {
            "id": self.id,
            "operation": self.operation,
            "fault": self.kind,
            "count": self.remaining or 0,
            "delay_ms": self.delay_ms,
            "retry_after_s": self.retry_after_s,
            "account": self.account,
        }


@dataclass(frozen=True)
class Trouble:
    """What awaits one request: added latency, and at most one fault."""

    latency_s: float
    fault: Fault | None


class FaultBoard:
    """The faults that are set. Thread-safe: two requests never take the same last one."""

    def __init__(self, operations: Collection[str], knows_issue: Callable[[str, str], bool]) -> None:
        self._operations = frozenset(operations)
        self._knows_issue = knows_issue
        self._lock = threading.Lock()
        self._ids = itertools.count(1)
        self._faults: list[Fault] = []

    def add(self, order: dict[str, Any]) -> Fault:
        """Set a fault from the control API's JSON; ValueError with a sentence if it makes no sense."""
        fault = self._read(order)
        with self._lock:
            if len(self._faults) >= FAULTS_LIMIT:
                raise ValueError(f"At most {FAULTS_LIMIT} faults can be set; clear some.")
            self._faults.append(fault)
        return fault

    def _read(self, order: dict[str, Any]) -> Fault:
        operation = order.get("operation", ANY)
        if not isinstance(operation, str) or operation not in (ANY, *self._operations):
            raise ValueError(f"operation must be any or one of: {', '.join(sorted(self._operations))}.")
        kind = self._kind(operation, order.get("fault"))
        count = _whole(order, "count", default=1, limit=COUNT_LIMIT)
        return Fault(
            id=next(self._ids),
            operation=operation,
            kind=kind,
            remaining=count or None,
            delay_ms=_whole(order, "delay_ms", default=1000, limit=DELAY_LIMIT_MS),
            retry_after_s=_whole(order, "retry_after_s", default=1, limit=RETRY_AFTER_LIMIT_S),
            account=_account(order),
        )

    def _kind(self, operation: str, kind: object) -> str:
        if isinstance(kind, str):
            if kind in NAMED_FAULTS:
                return kind
            if kind.startswith(ISSUE_PREFIX) and self._knows_issue(operation, kind.removeprefix(ISSUE_PREFIX)):
                return kind
        raise ValueError(f"fault must be issue:NAME (a known issue) or one of: {', '.join(sorted(NAMED_FAULTS))}.")

    def take(self, operation: str, sellers: Callable[[], Collection[str]] = tuple) -> Trouble:
        """What the next request of this operation meets; counts are used up by it.

        `sellers` says whom the request is about; it is asked only if a fault wants to know, and without a lock.
        """
        with self._lock:
            curious = any(fault.account is not None for fault in self._faults)
        about = sellers() if curious else ()
        with self._lock:
            meant = [
                fault
                for fault in self._faults
                if fault.operation in (ANY, operation) and (fault.account is None or fault.account in about)
            ]
            latencies = [fault for fault in meant if fault.kind == LATENCY]
            struck = next((fault for fault in meant if fault.kind != LATENCY), None)
            for fault in [*latencies, *([struck] if struck else [])]:
                if fault.remaining is not None:
                    fault.remaining -= 1
            self._faults = [fault for fault in self._faults if fault.remaining != 0]
            return Trouble(sum(fault.delay_ms for fault in latencies) / 1000, struck)

    def asked(self, operation: str, header: str) -> Trouble:
        """What a request wants to meet itself, by its header; ValueError with a sentence if that makes no sense."""
        kind, *more = (part.strip() for part in header.split(";"))
        order: dict[str, Any] = {"operation": operation, "fault": kind}
        for part in more:
            name, _, value = part.partition("=")
            if name not in ("delay_ms", "retry_after_s") or not (value.isascii() and value.isdigit()):
                raise ValueError("After the fault only delay_ms=N and retry_after_s=N can follow.")
            order[name] = int(value[:LENGTH_OF_NUMBERS])
        fault = self._read(order)
        return Trouble(fault.delay_ms / 1000, None) if fault.kind == LATENCY else Trouble(0, fault)

    def clear(self) -> None:
        """Forget all faults."""
        with self._lock:
            self._faults.clear()

    def as_json(self) -> list[dict[str, Any]]:
        """The faults that are still to come, in the order in which they are taken."""
        with self._lock:
            return [fault.as_json() for fault in self._faults]


def _account(order: dict[str, Any]) -> str | None:
    value = order.get("account")
    if value is not None and not (isinstance(value, str) and 1 <= len(value) <= ACCOUNT_LENGTH):
        raise ValueError("account must be a seller's e-mail address or merchant id.")
    return value.lower() if value else None


def _whole(order: dict[str, Any], key: str, *, default: int, limit: int) -> int:
    value = order.get(key, default)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= limit:
        raise ValueError(f"{key} must be a whole number from 0 to {limit}.")
    return value
