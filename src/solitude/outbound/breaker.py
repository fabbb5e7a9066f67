"""A peer that does not answer is left alone for a while: what would only wait for it is refused at once, and nothing is sent.

    closed -- so many failures in a row --> open -- after a while --> half open: one call is let through -- it is answered --> closed
                                             ^----------------------------------- it fails ------------------'

A failure is a call without an answer, or an answer that says that the peer is broken (5xx). In a row, and not a share of all: a breaker
that opens refuses payments, so it must not open while any of them comes through. No lock is held while a call runs.
"""

import os
import threading
import time
from enum import Enum
from http import HTTPStatus

from django.conf import settings

from solitude.telemetry import metrics
from solitude.telemetry.logs import get_logger

from .failures import NoAnswer, NotSent, Reason

log = get_logger("solitude.outbound")
# We ourselves did not let these out: they say nothing of the peer.
_OF_OURS = frozenset(
    {
        Reason.REFUSED_URL,
        Reason.INVALID_REQUEST,
        Reason.BUSY,
        Reason.NO_CONNECTION_FREE,
        Reason.NO_LONGER_OURS,
        # Only of a proxy: it leaves the peer alone itself, or passes no such request on.
        Reason.BREAKER_OPEN,
        Reason.PROXY_REFUSED,
        Reason.CREDENTIALS_REFUSED,
        Reason.REFUSED_OPERATION,
        Reason.UNEXPECTED,
    }
)


class Open(Exception):
    """The peer is left alone now; nothing was begun."""


class Verdict(Enum):
    """What a call says of its peer."""

    ANSWERED = "answered"
    FAILED = "failed"
    NOTHING = "nothing"


def verdict(outcome: "int | NotSent | NoAnswer") -> Verdict:
    """Of what a call came to: the status of its answer, or why there is none."""
    if isinstance(outcome, int):
        return Verdict.ANSWERED if outcome < HTTPStatus.INTERNAL_SERVER_ERROR else Verdict.FAILED
    return Verdict.NOTHING if isinstance(outcome, NotSent) and outcome.reason in _OF_OURS else Verdict.FAILED


class Breaker:
    """One peer's, in this process. Used by any number of threads.

    `admit` before a call, and `tell` with what it gave when the call is over, however that came.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self._lock = threading.Lock()
        self._failures = 0
        self._answered_at = 0.0
        # Until then nothing is let through; None while it is closed. Then one call is, the trial, and all others wait for as long again.
        self._open_until: float | None = None
        self._trial_began: float | None = None

    @property
    def is_open(self) -> bool:
        """Whether a call would be refused now."""
        until = self._open_until
        return until is not None and time.monotonic() < until

    def admit(self) -> float:
        """When the call begins. Raises Open."""
        with self._lock:
            now = time.monotonic()
            if self._open_until is not None:
                if now < self._open_until:
                    raise Open(self.name)
                # A trial that nobody ever tells of is over by itself.
                self._open_until, self._trial_began = now + settings.SOLITUDE_BREAKER_OPEN_S, now
            return now

    def tell(self, began: float, said: Verdict) -> None:
        """What the call that began then says of the peer."""
        with self._lock:
            if said == Verdict.ANSWERED:
                self._answer()
            elif said == Verdict.FAILED:
                self._failure(began)
            elif self._open_until is not None and began == self._trial_began:
                # The trial did not reach the peer: the next call may try.
                self._open_until = time.monotonic()

    def _answer(self) -> None:
        self._failures, self._answered_at = 0, time.monotonic()
        if self._open_until is not None:
            self._open_until = self._trial_began = None
            metrics.gauge("solitude_breaker_open", 0, provider=self.name)
            log.info("breaker_closed", provider=self.name)

    def _failure(self, began: float) -> None:
        """One of a call that began before the peer last answered says nothing new; nor does one that was under way as it opened."""
        if began < self._answered_at or (self._open_until is not None and began != self._trial_began):
            return
        self._failures += 1
        if self._open_until is not None:
            self._open_until = time.monotonic() + settings.SOLITUDE_BREAKER_OPEN_S
        elif self._failures >= settings.SOLITUDE_BREAKER_FAILURES:
            self._open()

    def _open(self) -> None:
        open_s = settings.SOLITUDE_BREAKER_OPEN_S
        self._open_until = time.monotonic() + open_s
        metrics.count(f"breaker.opened.{metrics.word(self.name)}")
        metrics.gauge("solitude_breaker_open", 1, provider=self.name)
        log.warning("breaker_opened", provider=self.name, failures=self._failures, open_s=open_s)


# By process id, because what another process has seen of a peer is not what this one has; see Outlet.
_breakers: dict[tuple[int, str], Breaker] = {}


def of(name: str) -> Breaker:
    """The breaker of all outlets of this name."""
    key = (os.getpid(), name)
    return _breakers.get(key) or _breakers.setdefault(key, Breaker(name))


def is_open(name: str) -> bool:
    """Whether what goes out by this name would be refused now; of one that was never used it would not."""
    known = _breakers.get((os.getpid(), name))
    return known is not None and known.is_open
