"""Whatever is done to a PIN, in any order, through the API: what is shown and answered is what a plain model says."""

from dataclasses import dataclass
from typing import Any

import hypothesis.strategies as st
from hypothesis import HealthCheck, settings
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from tests.buyers.pinned import LENGTH_S, confirm, let_pass, reset_confirm, state, verify
from tests.support.marketplace import Marketplace

LIMIT = 3
PINS = st.sampled_from(["0420", "7531", "9999"])
PINS_OR_NONE = st.one_of(PINS, st.sampled_from([None, ""]))


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


class Life(RuleBasedStateMachine):
    def __init__(self, shop: Marketplace) -> None:
        super().__init__()
        self.shop, self.model = shop, Model()
        self.buyer: dict[str, Any] = {}

    @initialize(pin=PINS_OR_NONE, new_pin=PINS_OR_NONE, confirmed=st.booleans())
    def create(self, pin: str | None, new_pin: str | None, confirmed: bool) -> None:
        self.buyer = self.shop.buyer(pin=pin, new_pin=new_pin, pin_confirmed=confirmed)
        self.model.pin, self.model.new_pin, self.model.confirmed = pin or None, new_pin or None, confirmed

    @rule(pin=PINS)
    def confirms(self, pin: str) -> None:
        assert confirm(self.shop, self.buyer, pin) == self.model.is_confirmed_by(pin)

    @rule(pin=PINS)
    def verifies(self, pin: str) -> None:
        assert verify(self.shop, self.buyer, pin) == self.model.is_verified_by(pin)

    @rule(pin=PINS)
    def confirms_reset(self, pin: str) -> None:
        assert reset_confirm(self.shop, self.buyer, pin) == self.model.is_reset_by(pin)

    @rule(pin=PINS_OR_NONE)
    def patches_pin(self, pin: str | None) -> None:
        self.patch(pin=pin)
        self.model.pin = pin or None

    @rule(pin=PINS_OR_NONE)
    def patches_new_pin(self, pin: str | None) -> None:
        self.patch(new_pin=pin)
        self.model.new_pin = pin or None

    @rule(confirmed=st.booleans(), needs_reset=st.booleans(), was_locked=st.booleans())
    def patches_flags(self, confirmed: bool, needs_reset: bool, was_locked: bool) -> None:
        self.patch(pin_confirmed=confirmed, needs_pin_reset=needs_reset, pin_was_locked_out=was_locked)
        self.model.confirmed, self.model.needs_reset, self.model.was_locked = confirmed, needs_reset, was_locked

    def patch(self, **columns: Any) -> None:
        shown = self.shop.patch(self.buyer["resource_uri"], columns)
        assert shown.status == 200
        self.model.wakes()

    @rule(pin=PINS_OR_NONE, given=st.booleans())
    def puts(self, pin: str | None, given: bool) -> None:
        body = {"uuid": self.buyer["uuid"]} | ({"pin": pin} if given else {})
        assert self.shop.put(self.buyer["resource_uri"], body).status == 200
        self.model.wakes()
        self.model.confirmed = self.model.needs_reset = self.model.was_locked = False
        if given:
            self.model.pin = pin or None

    @precondition(lambda self: self.model.age_s is not None)
    @rule(passed_s=st.sampled_from([100, LENGTH_S + 1, 86_400 + 100]))
    def time_passes(self, passed_s: int) -> None:
        """Never so that what the test itself takes would decide."""
        let_pass(self.buyer, passed_s)
        self.model.age_s = (self.model.age_s or 0) + passed_s
        if LENGTH_S - 60 < self.model.age_s <= LENGTH_S:
            let_pass(self.buyer, 100)
            self.model.age_s += 100

    @invariant()
    def is_as_the_model_says(self) -> None:
        if self.buyer:
            assert state(self.shop, self.buyer) == self.model.shown()


def test_the_life_of_a_pin_is_that_of_the_model(shop: Marketplace, settings: Any) -> None:
    settings.SOLITUDE_PIN_FAILURES = LIMIT
    run_state_machine_as_test(lambda: Life(shop), settings=SEARCH)


SEARCH = settings(
    max_examples=20,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
