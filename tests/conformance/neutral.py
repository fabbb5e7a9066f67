"""The halves of an adapter that are the same for every provider that is asked by `/payments/` alone, and for one that is simulated by
`solitude_sandbox.json_provider`: what is left is what a marketplace must do there before it can sell."""

from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import Any, ClassVar

from django.conf import settings
from tests.conformance.adapter import Funding, Loss, Message, Reach, Sums, WithoutCredentials
from tests.conformance.said import Said, said
from tests.support import simulator
from tests.support.controlled import Controlled
from tests.support.marketplace import Answer, Marketplace
from tests.support.simulator import CANCEL_URL, RETURN_URL

from solitude.payments.contract import Operation

LOSSES = {Loss.LATE: "timeout_after", Loss.TORN: "truncated_after", Loss.NEVER_ARRIVED: "disconnect_before"}
# The buttons of the buyer's page.
PRESSED = {Funding.GOOD: "approve", Funding.DECLINED: "decline"}
# After our time-out.
LATE_MS = 500


class JsonSimulator(Controlled):
    """Of a provider whose buyers press a button."""

    def press(self, url: str, button: str) -> None:
        self._click(url, {"action": button})


class Neutral(WithoutCredentials):
    """The marketplace's half."""

    name: ClassVar[str]
    currency = "EUR"
    settings: ClassVar[Mapping[str, Any]] = {}

    def pay(
        self,
        shop: Marketplace,
        product: str,
        amount: str,
        *,
        buyer: str = "",
        fee: str = "",
        key: str = "",
        delayed: bool = False,
    ) -> Answer:
        assert not buyer + fee
        assert not delayed
        body = {
            "provider": self.name,
            "product": product,
            "amount": amount,
            "currency": self.currency,
            "return_url": RETURN_URL,
            "cancel_url": CANCEL_URL,
        }
        return shop.post("/payments/", body, **_under(key))

    def check(self, shop: Marketplace, uuid: str) -> Answer:
        return shop.post("/payments/check/", {"uuid": uuid})

    check_refund = check

    def cancel(self, shop: Marketplace, uuid: str) -> Answer:
        return shop.post("/payments/cancel/", {"uuid": uuid})

    def refund(self, shop: Marketplace, uuid: str, amount: str = "", *, key: str = "") -> Answer:
        body = {"uuid": uuid} | ({"amount": amount} if amount else {})
        return shop.post("/payments/refund/", body, **_under(key))

    def void(self, shop: Marketplace, uuid: str) -> Answer:
        return shop.post("/payments/void/", {"uuid": uuid})

    def said(self, answer: Answer) -> Said:
        return said(answer)


class AtJsonProvider(Neutral):
    """With the simulator's half. The provider tells nothing by itself."""

    reach = frozenset(Reach)
    found_after_h, absent_after_h, given_up_after_h = 2, 2, 25
    # How the simulator's API calls what is lost or turned away.
    operations: ClassVar[Mapping[Operation, str]] = {
        operation: str(operation)
        for operation in (Operation.PAY, Operation.CAPTURE, Operation.REFUND, Operation.VOID, Operation.LOOK_UP)
    }
    paid = "paid"

    def __init__(self) -> None:
        self.there = JsonSimulator(simulator.running().root, self.name)
        self.there.reset()

    # --- its buyer ---

    def approve(self, url: str, funding: Funding = Funding.GOOD) -> None:
        self.there.press(url, PRESSED[funding])

    def turn_back(self, url: str) -> None:
        self.there.press(url, "cancel")

    # --- its books ---

    def books(self, payments: Collection[str]) -> dict[str, Sums]:
        """All of the provider's, whether they are ours or not."""
        return {
            payment["id"]: Sums(Decimal(payment["amount"]), Decimal(payment["refunded"]), payment["currency"])
            for payment in self.there.state()["payments"]
            if payment["status"] == self.paid
        }

    # --- what it does, and what goes wrong ---

    def asked(self, operation: Operation) -> int:
        return len(self.there.calls(self.operations[operation]))

    def lose(self, operation: Operation, loss: Loss) -> None:
        timeout_ms = getattr(settings, f"SOLITUDE_{self.name.upper()}_TIMEOUT_MS")
        self.there.fault(self.operations[operation], LOSSES[loss], delay_ms=timeout_ms + LATE_MS)

    def turn_away(self, operation: Operation) -> None:
        self.there.fault(self.operations[operation], "rate_limit_429", retry_after_s=7)

    def told(self) -> list[Message]:
        return []


def _under(key: str) -> dict[str, str]:
    return {"Idempotency-Key": key} if key else {}
