"""When a call is repeated, and when it must not be: the rules that keep a repeat from paying twice.

A repeat carries the same idempotency key and a fresh signature. What is not in the table of docs/client.md is not
repeated.
"""

import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import TypeVar

from .errors import RUNNING, Conflict, NoAnswer, OutcomeUnknown, ProviderUnavailable, ServerError, SolitudeError

RUNNING_TRIES_MAX = 60
UNKNOWN_PAUSE_S = 1.0
_random = random.SystemRandom()

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Retries:
    """How hard a call is tried.

    `tries`: at most so many, the first one included, where the server could not be reached or was busy. `total_s`: no
    try begins and no pause ends later than this. Pauses double from `first_pause_s` to `longest_pause_s`, shortened
    by chance to as little as half; a Retry-After of the server comes first.
    `unsent`: also repeat after 502 `provider_unreachable`; nothing was charged, but the repeat is a new attempt to
    charge.
    `unknown`: how often to repeat after 504 `outcome_unknown`; a repeat asks the server to find out about that same
    payment.
    """

    tries: int = 4
    total_s: float = 60.0
    first_pause_s: float = 0.25
    longest_pause_s: float = 8.0
    unsent: bool = False
    unknown: int = 0

    def __post_init__(self) -> None:
        if self.tries < 1 or self.unknown < 0:
            raise ValueError("tries is at least 1 and unknown at least 0.")
        if self.total_s <= 0 or not 0 <= self.first_pause_s <= self.longest_pause_s:
            raise ValueError("total_s is above 0, and first_pause_s between 0 and longest_pause_s.")


@dataclass(frozen=True, slots=True)
class Clock:
    """Time and chance, replaceable in tests: monotonic seconds, a pause in seconds, a number from 0 to 1."""

    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    chance: Callable[[], float] = _random.random


class Reason(Enum):
    """Why a call is repeated; each reason has a count of its own."""

    TROUBLE = "could not be reached, or busy"
    RUNNING = "the first try is still running"
    UNKNOWN = "the outcome is not known"


def persist(send: Callable[[float], T], retries: Retries, clock: Clock, *, repeatable: bool) -> T:
    """The answer of `send(left_s)`, repeated as `retries` allow. Raises the SolitudeError that says most of the money.

    `repeatable`: whether a second try of a call that was sent has no second effect.
    """
    end = clock.monotonic() + retries.total_s
    limits = {Reason.TROUBLE: retries.tries - 1, Reason.RUNNING: RUNNING_TRIES_MAX, Reason.UNKNOWN: retries.unknown}
    used: Counter[Reason] = Counter()
    unresolved: SolitudeError | None = None
    while True:
        try:
            return send(end - clock.monotonic())
        except SolitudeError as error:
            failure = error
        unresolved = _unresolved(failure, unresolved)
        reason = reason_to_repeat(failure, retries, repeatable=repeatable)
        if reason is None or used[reason] >= limits[reason]:
            break
        used[reason] += 1
        pause_s = _pause_s(failure, reason, used[reason], retries, clock)
        if clock.monotonic() + pause_s >= end:
            break
        clock.sleep(pause_s)
    if unresolved is None or unresolved is failure or failure.settles:
        raise failure
    # An earlier try may have been carried out, and the last failure says nothing about that one.
    raise unresolved from failure


def reason_to_repeat(failure: SolitudeError, retries: Retries, *, repeatable: bool) -> Reason | None:
    """Why the call may be tried again after `failure`, or None."""
    if isinstance(failure, NoAnswer):
        return Reason.TROUBLE if failure.transient and (repeatable or not failure.sent) else None
    if not repeatable:
        return None
    if failure.code == RUNNING:
        return Reason.RUNNING
    if isinstance(failure, OutcomeUnknown):
        return Reason.UNKNOWN
    if isinstance(failure, ServerError):
        # Its database may be changing hands; with its key, the repeat is the same call.
        return Reason.TROUBLE
    if isinstance(failure, ProviderUnavailable):
        waits = failure.status == 503 and failure.retry_after_s is not None
        opted_in = failure.code == "provider_unreachable" and retries.unsent
        return Reason.TROUBLE if waits or opted_in else None
    return None


def _unresolved(failure: SolitudeError, earlier: SolitudeError | None) -> SolitudeError | None:
    """The failure after which a payment may have happened all the same; one that names the payment is worth more."""
    if isinstance(failure, OutcomeUnknown):
        return failure
    if isinstance(failure, ServerError) or (isinstance(failure, NoAnswer) and failure.sent):
        # That a call is running is no more than a conflict to whoever does not read its code.
        return failure if earlier is None or isinstance(earlier, Conflict) else earlier
    return earlier or (failure if failure.code == RUNNING else None)


def _pause_s(failure: SolitudeError, reason: Reason, times: int, retries: Retries, clock: Clock) -> float:
    if failure.retry_after_s is not None:
        # A little chance, so that all the web heads that were told the same do not come back at once.
        return failure.retry_after_s + clock.chance() * retries.first_pause_s
    first_s = max(retries.first_pause_s, UNKNOWN_PAUSE_S) if reason is Reason.UNKNOWN else retries.first_pause_s
    pause_s = min(first_s * 2.0 ** (times - 1), max(first_s, retries.longest_pause_s))
    return float(pause_s * (0.5 + 0.5 * clock.chance()))
