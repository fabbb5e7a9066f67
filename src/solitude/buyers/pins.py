"""The life of a PIN: what each try makes of it. Pure: who is right, and what time it is, is told from outside.

Confirming, verifying and confirming a reset have one count of wrong PINs and one lock between them. The lock ends by itself; that
is seen by whoever looks (`awake`) and written by whoever writes next.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime, timedelta
from typing import Any, Self

from django.conf import settings

from solitude.buyers.models import Buyer

DIGITS = 4
WRONG_LENGTH, NOT_DIGITS = "PIN_4_NUMBERS_LONG", "PIN_ONLY_NUMBERS"
# The words of the security log.
LOCKED_OUT = "Locked out account"
KNOCKED = "Attempted access to locked out account"
CONFIRMED, RIGHT, CHANGED, WRONG = "PIN confirmed", "PIN right", "PIN changed", "PIN wrong"
UNCONFIRMED = "PIN given before it was confirmed"


def problem(pin: str) -> str | None:
    """The word for what is wrong with the form of a PIN."""
    if len(pin) != DIGITS:
        return WRONG_LENGTH
    return None if pin.isascii() and pin.isdigit() else NOT_DIGITS


@dataclass(frozen=True, slots=True)
class State:
    """The columns of a buyer that this is about. `pin` and `new_pin` are only compared with None and moved."""

    pin: str | None = None
    new_pin: str | None = None
    pin_confirmed: bool = False
    pin_failures: int = 0
    pin_locked_at: datetime | None = None
    pin_was_locked_out: bool = False
    needs_pin_reset: bool = False

    @classmethod
    def of(cls, buyer: Buyer) -> Self:
        return cls(**{field.name: getattr(buyer, field.name) for field in fields(cls)})

    def changes_since(self, before: "State") -> dict[str, Any]:
        was = asdict(before)
        return {name: value for name, value in asdict(self).items() if value != was[name]}


@dataclass(frozen=True, slots=True)
class Tried:
    """What a try came to: `event` is the word of the security log for it, if there is one."""

    state: State
    is_right: bool = False
    is_locked: bool = False
    event: str = ""


# From the state, whether the PIN was the right one, and the time.
Rule = Callable[[State, bool, datetime], Tried]


def awake(state: State, now: datetime) -> State:
    """The state as it is now: a lock whose time is over is none, and nothing is counted any more."""
    length = timedelta(seconds=settings.SOLITUDE_PIN_FAILURE_LENGTH_S)
    if state.pin_locked_at is None or now - state.pin_locked_at <= length:
        return state
    return replace(state, pin_failures=0, pin_locked_at=None)


def confirm(state: State, is_right: bool, now: datetime) -> Tried:  # noqa: FBT001  # a Rule
    """The buyer repeats the PIN that was set. A wrong one takes back an earlier confirmation."""
    state = awake(state, now)
    if state.pin_locked_at:
        return _locked(state)
    if is_right:
        return Tried(replace(state, pin_confirmed=True), is_right=True, event=CONFIRMED)
    return _missed(replace(state, pin_confirmed=False), now)


def verify(state: State, is_right: bool, now: datetime) -> Tried:  # noqa: FBT001
    """The buyer gives the PIN. One that is not confirmed is never right, whatever is given, and tells nothing of itself."""
    if not state.pin_confirmed:
        return Tried(state, event=UNCONFIRMED)
    state = awake(state, now)
    if state.pin_locked_at:
        return _locked(state)
    if is_right:
        return Tried(replace(state, pin_failures=0, pin_was_locked_out=False), is_right=True, event=RIGHT)
    return _missed(state, now)


def reset_confirm(state: State, is_right: bool, now: datetime) -> Tried:  # noqa: FBT001
    """The buyer repeats the new PIN, which then takes the place of the old one."""
    state = awake(state, now)
    if state.pin_locked_at:
        return _locked(state)
    if not is_right:
        return _missed(state, now)
    changed = replace(
        state,
        pin=state.new_pin,
        new_pin=None,
        pin_confirmed=True,
        pin_was_locked_out=False,
        needs_pin_reset=False,
    )
    return Tried(changed, is_right=True, event=CHANGED)


def _locked(state: State) -> Tried:
    """Even the right PIN is none now: otherwise the lock would not hinder anybody who guesses."""
    return Tried(state, is_locked=True, event=KNOCKED)


def _missed(state: State, now: datetime) -> Tried:
    counted = replace(state, pin_failures=state.pin_failures + 1)
    if counted.pin_failures < settings.SOLITUDE_PIN_FAILURES:
        return Tried(counted, event=WRONG)
    locked = replace(counted, pin_locked_at=now, pin_was_locked_out=True)
    return Tried(locked, is_locked=True, event=LOCKED_OUT)
