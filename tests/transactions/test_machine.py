"""Whatever a client asks of a transaction that it keeps, in any order, through the API: what is taken, shown and told is what a plain
model of the contract says."""

from dataclasses import dataclass
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from tests.support.marketplace import Marketplace
from tests.transactions.kept import RULES, age, made, product

from solitude.transactions.models import Status

DAY_S = 86_400
STATUSES = st.sampled_from(list(Status))
PROVIDERS = st.sampled_from([0, 1, 2, 4])
CHANGES = st.fixed_dictionaries(
    {},
    optional={
        "status": STATUSES | STATUSES.map(lambda status: str(int(status))) | st.sampled_from([None, "x", 8]),
        "provider": PROVIDERS | st.sampled_from([None, 3]),
        "notes": st.sampled_from(["a", "b", None, 7]),
        "uid_pay": st.sampled_from(["own", None]),
        "amount": st.just("1.00"),
    },
)
WRONG: dict[str, tuple[Any, ...]] = {"status": (None, "x", 8), "provider": (3,), "notes": (7,)}


@dataclass
class Model:
    status: Status
    provider: int | None
    has_product: bool
    notes: str | None = None
    uid_pay: str | None = None
    counter: int = 0
    age_s: int = 0

    def judged(self, body: dict[str, Any], *, is_current: bool) -> int:
        """The HTTP status; what is taken is written down."""
        wrong = {name for name, values in WRONG.items() if name in body and body[name] in values}
        taken = {name: value for name, value in body.items() if name not in wrong}
        new = Status(int(taken["status"])) if "status" in taken else None
        sign = RULES[self.status, new]
        has_both = self.has_product and taken.get("provider", self.provider) is not None
        if "amount" in body or self.age_s > DAY_S or wrong:
            return 400
        if sign == "×" or (sign == "S" and not has_both) or ("provider" in body and self.provider is not None):
            return 400
        if not is_current:
            return 412
        self.status = self.status if new is None else new
        for name in {"provider", "notes", "uid_pay"} & set(taken):
            setattr(self, name, taken[name])
        self.counter += 1
        return 200


class Life(RuleBasedStateMachine):
    def __init__(self, shop: Marketplace, product_path: str) -> None:
        super().__init__()
        self.shop, self.product_path = shop, product_path
        self.path, self.tags = "", [""]

    @initialize(status=STATUSES, provider=st.none() | PROVIDERS, has_product=st.booleans())
    def create(self, status: Status, provider: int | None, has_product: bool) -> None:
        body = {"seller_product": self.product_path} if has_product else {}
        self.path = made(self.shop, status=status, provider=provider, **body)["resource_uri"]
        self.model = Model(status, provider, has_product)
        self.moves: list[str] = []
        self.tags = [self.shop.get(self.path).headers["ETag"]]

    @rule(body=CHANGES)
    def change(self, body: dict[str, Any]) -> None:
        self.patch(body, {}, is_current=True)

    @rule(body=CHANGES, number=st.integers(0, 3))
    def change_what_was_seen(self, body: dict[str, Any], number: int) -> None:
        """At one of the moments at which it was looked at."""
        tag = self.tags[-1 - number % len(self.tags)]
        self.patch(body, {"If-Match": tag}, is_current=tag == self.tags[-1])

    def patch(self, body: dict[str, Any], headers: dict[str, str], *, is_current: bool) -> None:
        if body.get("uid_pay") == "own":
            # No two rows share it, or this would be a test of that.
            body = body | {"uid_pay": self.path}
        before = self.model.status
        expected = self.model.judged(body, is_current=is_current)
        answer = self.shop.patch(self.path, body, **headers)
        assert answer.status == expected, (body, answer, self.model)
        if expected == 200:
            self.tags.append(answer.headers["ETag"])
        if self.model.status != before:
            self.moves.append(f"transaction.{self.model.status.label.lower()}")

    @rule(hours=st.sampled_from([1, 20]))
    def time_passes(self, hours: int) -> None:
        """Never so that what the test itself takes would decide."""
        if self.model.age_s + hours * 3600 == DAY_S:
            hours += 1
        age(self.path, hours * 3600)
        self.model.age_s += hours * 3600

    @invariant()
    def is_as_the_model_says(self) -> None:
        if not self.path:
            return
        shown = self.shop.get(self.path)
        for name in ("status", "provider", "notes", "uid_pay", "counter"):
            assert shown[name] == getattr(self.model, name), name
        assert shown.headers["ETag"] == self.tags[-1]

    def teardown(self) -> None:
        if self.path:
            told = [
                event for event in self.shop.get("/events/?limit=1000")["events"] if event["resource_uri"] == self.path
            ]
            assert [event["type"] for event in told[1:]] == self.moves


SEARCH = settings(
    max_examples=30,
    stateful_step_count=20,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)


@pytest.mark.long
def test_the_life_of_a_transaction_is_that_of_the_model(shop: Marketplace) -> None:
    path = product(shop)
    run_state_machine_as_test(lambda: Life(shop, path), settings=SEARCH)
