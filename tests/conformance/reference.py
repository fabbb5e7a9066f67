"""The reference provider on the bench: its simulator, which does whatever the kit wants.

What became of a payment the marketplace knows by a query that the provider has signed, which the buyer's browser brings back and which
the provider posts as well.
"""

from collections.abc import Collection, Mapping
from decimal import Decimal
from itertools import count
from typing import Any, ClassVar
from urllib.parse import parse_qs

from django.conf import settings
from tests.conformance.adapter import Funding, Loss, Message, Reach, Seller, Sums, WithoutCredentials
from tests.conformance.said import Said, said
from tests.reference import world
from tests.support import zippy as simulator
from tests.support.marketplace import Answer, Marketplace

from solitude.payments.contract import Operation
from solitude.payments.models import ProviderCall
from solitude.providers.reference.provider import Reference as Provider

LOSSES = {Loss.LATE: "timeout_after", Loss.TORN: "truncated_after", Loss.NEVER_ARRIVED: "disconnect_before"}
# After our time-out.
LATE_MS = 500
_numbers = count(1)


class Reference(WithoutCredentials):
    name = "reference"
    currency = "EUR"
    capabilities = Provider.capabilities
    reach = frozenset(Reach)
    settings: ClassVar[Mapping[str, Any]] = {}
    # Nothing is found by our reference; a payment waits a day for its buyer.
    found_after_h, absent_after_h, given_up_after_h = 2, 2, 25
    operations: ClassVar[Mapping[Operation, str]] = {Operation.PAY: "create_transaction"}

    def __init__(self) -> None:
        self.zippy = simulator.running()
        self.zippy.reset()
        self._brought: dict[str, str] = {}

    # --- the marketplace ---

    def product(self, shop: Marketplace, seller: Seller) -> str:
        path = world.product(shop, f"p-{next(_numbers)}")
        if seller == Seller.CLOSED:
            # It closes nobody whom it has let in: it does not take this product any more.
            self.zippy.fault(self.operations[Operation.PAY], "issue:InvalidArgumentError")
        return path

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
        headers = {"Idempotency-Key": key} if key else {}
        return world.pay(shop, product, headers=headers, amount=amount, currency=self.currency)

    def check(self, shop: Marketplace, uuid: str) -> Answer:
        """Hands on what the buyer brought back; before that there is nothing but to look here."""
        key = str(ProviderCall.objects.get(transaction__uuid=uuid).key)
        if key in self._brought:
            return self.forward(shop, {"qs": self._brought[key]})
        return shop.get(f"/generic/transaction/?uuid={uuid}")

    def check_refund(self, shop: Marketplace, uuid: str) -> Answer:
        raise NotImplementedError

    def refund(self, shop: Marketplace, uuid: str, amount: str = "", *, key: str = "") -> Answer:
        raise NotImplementedError

    def said(self, answer: Answer) -> Said:
        if answer.status == 200 and "result" in answer.json:
            if answer["result"] == "FAIL":
                return Said.FORGED
            return Said(answer["reason"]) if answer["reason"] else Said.DONE
        return said(answer)

    # --- its buyer ---

    def approve(self, url: str, funding: Funding = Funding.GOOD) -> None:
        self._back(self.zippy.pay(url) if funding == Funding.GOOD else self.zippy.fail(url))

    def turn_back(self, url: str) -> None:
        self._back(self.zippy.cancel(url))

    def brought(self, _shop: Marketplace, uuid: str) -> Message:
        return {"qs": self._brought[str(ProviderCall.objects.get(transaction__uuid=uuid).key)]}

    def _back(self, location: str) -> None:
        qs = world.query_of(location)
        (key,) = parse_qs(qs)["ext_transaction_id"]
        self._brought[key] = qs

    # --- its books ---

    def books(self, payments: Collection[str]) -> dict[str, Sums]:
        """All of the provider's, whether they are ours or not."""
        return {
            transaction["uuid"]: Sums(Decimal(transaction["price"]), Decimal(0), transaction["currency"])
            for transaction in self.zippy.state()["transactions"]
            if transaction["status"] == "COMPLETED"
        }

    # --- what it does, and what goes wrong ---

    def asked(self, operation: Operation) -> int:
        return len(self.zippy.calls(self.operations[operation]))

    def lose(self, operation: Operation, loss: Loss) -> None:
        delay_ms = settings.SOLITUDE_REFERENCE_TIMEOUT_MS + LATE_MS
        self.zippy.fault(self.operations[operation], LOSSES[loss], delay_ms=delay_ms)

    def turn_away(self, operation: Operation) -> None:
        self.zippy.fault(self.operations[operation], "rate_limit_429", retry_after_s=7)

    def told(self) -> list[Message]:
        return [{"qs": notice["signed_notice"]} for notice in self.zippy.told()]

    def forward(self, shop: Marketplace, message: Message) -> Answer:
        return world.tell(shop, message["qs"])

    def forgeries(self, message: Message) -> list[Message]:
        """Another outcome, another signature, and the signature of another key."""
        said, _, signature = message["qs"].rpartition("&sig=")
        number, _, digest = signature.partition(":")
        others = [
            f"{said}&error=CC_ERROR&sig={signature}",
            f"{said}&sig={number}:{'0' * len(digest)}",
            f"{said}&sig={int(number) + 1}:{digest}",
        ]
        return [{"qs": other} for other in others]
