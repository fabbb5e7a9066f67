"""Whatever is done to a PIN, in any order: what is shown and answered is what a plain model says, of the rules and of the API."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import hypothesis
import hypothesis.strategies as st
import pytest
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from tests.buyers.pinned import LENGTH_S, RIGHT, WRONG, confirm, let_pass, reset_confirm, state, verify
from tests.support.marketplace import Marketplace

from solitude.buyers import pins
from solitude.buyers.pins import Rule, State, Tried

LIMIT = 3
PINS = st.sampled_from([RIGHT, WRONG])
PINS_OR_NONE = st.sampled_from([RIGHT, RIGHT, WRONG, None])


@dataclass
class Model:
    """The contract's table in its own words. `age_s`: how long ago the account was locked."""

    pin: str | None = None
    new_pin: str | None = None
    confirmed: bool = False
    failures: int = 0
    age_s: int | None = None
    was_locked: bool = False
    needs_reset: bool = False

    def wakes(self) -> None:
        if self.age_s is not None and self.age_s > LENGTH_S:
            self.failures, self.age_s = 0, None

    def misses(self) -> None:
        self.failures += 1
        if self.failures >= LIMIT:
            self.age_s, self.was_locked = 0, True

    def is_confirmed_by(self, pin: str) -> bool:
        self.wakes()
        if self.age_s is not None:
            return False
        self.confirmed = pin == self.pin
        if not self.confirmed:
            self.misses()
        return self.confirmed

    def is_verified_by(self, pin: str) -> tuple[bool, bool]:
        if not self.confirmed:
            return False, False
        self.wakes()
        if self.age_s is not None:
            return False, True
        if pin == self.pin:
            self.failures, self.was_locked = 0, False
            return True, False
        self.misses()
        return False, self.age_s is not None

    def is_reset_by(self, pin: str) -> bool:
        self.wakes()
        if self.age_s is not None:
            return False
        if pin != self.new_pin:
            self.misses()
            return False
        self.pin, self.new_pin = pin, None
        self.confirmed, self.was_locked, self.needs_reset = True, False, False
        return True

    def shown(self) -> dict[str, Any]:
        is_locked = self.age_s is not None and self.age_s <= LENGTH_S
        return {
            "pin": self.pin is not None,
            "new_pin": self.new_pin is not None,
            "pin_confirmed": self.confirmed,
            "pin_failures": self.failures if self.age_s is None or is_locked else 0,
            "pin_is_locked_out": is_locked,
            "pin_was_locked_out": self.was_locked,
            "needs_pin_reset": self.needs_reset,
        }


class Rules:
    """The rules alone, on a state and a clock of their own: fast, so that many lives are lived."""

    def __init__(self) -> None:
        self.state, self.now = State(), datetime(2026, 11, 23, tzinfo=UTC)

    def create(self, **columns: Any) -> None:
        self.patch(**columns)

    def patch(self, **columns: Any) -> None:
        self.state = replace(pins.awake(self.state, self.now), **columns)

    def put(self, **columns: Any) -> None:
        self.patch(**{"pin_confirmed": False, "needs_pin_reset": False, "pin_was_locked_out": False} | columns)

    def confirm(self, pin: str) -> bool:
        return self._tried(pins.confirm, pin == self.state.pin).is_right

    def verify(self, pin: str) -> tuple[bool, bool]:
        tried = self._tried(pins.verify, pin == self.state.pin)
        return tried.is_right, tried.is_locked

    def reset_confirm(self, pin: str) -> bool:
        return self._tried(pins.reset_confirm, pin == self.state.new_pin).is_right

    def let_pass(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    def shown(self) -> dict[str, Any]:
        state = pins.awake(self.state, self.now)
        return {
            "pin": state.pin is not None,
            "new_pin": state.new_pin is not None,
            "pin_confirmed": state.pin_confirmed,
            "pin_failures": state.pin_failures,
            "pin_is_locked_out": state.pin_locked_at is not None,
            "pin_was_locked_out": state.pin_was_locked_out,
            "needs_pin_reset": state.needs_pin_reset,
        }

    def _tried(self, rule: Rule, is_right: bool) -> Tried:
        tried = rule(self.state, is_right, self.now)
        self.state = tried.state
        return tried


class Api:
    """A buyer behind the API."""

    def __init__(self, shop: Marketplace) -> None:
        self.shop = shop
        self.buyer: dict[str, Any] = {}

    def create(self, **columns: Any) -> None:
        self.buyer = self.shop.buyer(**columns)

    def patch(self, **columns: Any) -> None:
        assert self.shop.patch(self.buyer["resource_uri"], columns).status == 200

    def put(self, **columns: Any) -> None:
        body = {"uuid": self.buyer["uuid"], **columns}
        assert self.shop.put(self.buyer["resource_uri"], body).status == 200

    def confirm(self, pin: str) -> bool:
        return confirm(self.shop, self.buyer, pin)

    def verify(self, pin: str) -> tuple[bool, bool]:
        return verify(self.shop, self.buyer, pin)

    def reset_confirm(self, pin: str) -> bool:
        return reset_confirm(self.shop, self.buyer, pin)

    def let_pass(self, seconds: int) -> None:
        let_pass(self.buyer, seconds)

    def shown(self) -> dict[str, Any]:
        return state(self.shop, self.buyer)


class Life(RuleBasedStateMachine):
    def __init__(self, hand: Rules | Api) -> None:
        super().__init__()
        self.hand, self.model = hand, Model()

    @initialize(pin=PINS_OR_NONE, new_pin=PINS_OR_NONE, confirmed=st.booleans())
    def create(self, pin: str | None, new_pin: str | None, confirmed: bool) -> None:
        self.hand.create(pin=pin, new_pin=new_pin, pin_confirmed=confirmed)
        self.model.pin, self.model.new_pin, self.model.confirmed = pin, new_pin, confirmed

    @rule(pin=PINS)
    def confirms(self, pin: str) -> None:
        assert self.hand.confirm(pin) == self.model.is_confirmed_by(pin)

    @rule(pin=PINS)
    def verifies(self, pin: str) -> None:
        assert self.hand.verify(pin) == self.model.is_verified_by(pin)

    @rule(pin=PINS)
    def confirms_reset(self, pin: str) -> None:
        assert self.hand.reset_confirm(pin) == self.model.is_reset_by(pin)

    @rule(pin=PINS)
    def guesses_until_it_is_locked(self, pin: str) -> None:
        for _ in range(LIMIT):
            assert self.hand.verify(pin) == self.model.is_verified_by(pin)

    @rule(pin=PINS_OR_NONE)
    def patches_pin(self, pin: str | None) -> None:
        self.hand.patch(pin=pin)
        self.model.wakes()
        self.model.pin = pin

    @rule(pin=PINS_OR_NONE)
    def patches_new_pin(self, pin: str | None) -> None:
        self.hand.patch(new_pin=pin)
        self.model.wakes()
        self.model.new_pin = pin

    @rule(confirmed=st.booleans(), needs_reset=st.booleans(), was_locked=st.booleans())
    def patches_flags(self, confirmed: bool, needs_reset: bool, was_locked: bool) -> None:
        self.hand.patch(pin_confirmed=confirmed, needs_pin_reset=needs_reset, pin_was_locked_out=was_locked)
        self.model.wakes()
        self.model.confirmed, self.model.needs_reset, self.model.was_locked = confirmed, needs_reset, was_locked

    @rule(columns=st.sampled_from([{}, {"pin": RIGHT}, {"pin": None}]))
    def puts(self, columns: dict[str, Any]) -> None:
        self.hand.put(**columns)
        self.model.wakes()
        self.model.confirmed = self.model.needs_reset = self.model.was_locked = False
        self.model.pin = columns.get("pin", self.model.pin)

    @precondition(lambda self: self.model.age_s is not None)
    @rule(passed_s=st.sampled_from([100, LENGTH_S + 1, 86_400 + 100]))
    def time_passes(self, passed_s: int) -> None:
        """Never so that the seconds that the test itself takes would decide."""
        assert self.model.age_s is not None
        is_close = LENGTH_S - 60 < self.model.age_s + passed_s <= LENGTH_S
        self.hand.let_pass(passed_s + 100 * is_close)
        self.model.age_s += passed_s + 100 * is_close

    @invariant()
    def is_as_the_model_says(self) -> None:
        assert self.hand.shown() == self.model.shown()


def test_the_rules_are_those_of_the_model(settings: Any) -> None:
    settings.SOLITUDE_PIN_FAILURES = LIMIT
    run_state_machine_as_test(
        lambda: Life(Rules()), settings=hypothesis.settings(max_examples=100, stateful_step_count=40, deadline=None)
    )


@pytest.mark.long
def test_the_life_of_a_pin_behind_the_api_is_that_of_the_model(shop: Marketplace, settings: Any) -> None:
    settings.SOLITUDE_PIN_FAILURES = LIMIT
    # Not made smaller: that would take minutes. The rules alone tell the story of a fault in them sooner.
    phases = [phase for phase in hypothesis.Phase if phase is not hypothesis.Phase.shrink]
    run_state_machine_as_test(
        lambda: Life(Api(shop)),
        settings=hypothesis.settings(
            max_examples=10,
            stateful_step_count=30,
            deadline=None,
            phases=phases,
            suppress_health_check=[hypothesis.HealthCheck.too_slow],
        ),
    )
