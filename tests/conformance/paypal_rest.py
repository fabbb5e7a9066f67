"""PayPal's REST platform on the bench: its simulator, which does whatever the kit wants."""

import base64
import json
from collections.abc import Collection
from decimal import Decimal
from typing import Any

from django.conf import settings
from tests.conformance.adapter import Funding, Loss, Message, Reach, Seller, Sums
from tests.conformance.paypal import PaypalMarketplace, fees_of
from tests.payments.world import Elsewhere, decide_review
from tests.support import simulator
from tests.support.marketplace import Answer, Marketplace

from solitude.payments.contract import Operation
from solitude.providers.paypal.rest.provider import RestPayPal

OPERATIONS = {
    Operation.PAY: "create_order",
    Operation.CAPTURE: "capture_order",
    Operation.REFUND: "refund",
    Operation.STORE_CREDENTIAL: "payment_token",
}
FUNDINGS = {Funding.GOOD: "ok", Funding.DECLINED: "declined", Funding.HELD: "review"}
LOSSES = {Loss.LATE: "timeout_after", Loss.TORN: "truncated_after", Loss.NEVER_ARRIVED: "disconnect_before"}
# The simulator's accounts tell by their names what is wrong with them.
SELLERS = {
    Seller.ORDINARY: "",
    Seller.CLOSED: "closed-seller@dev.example",
    Seller.SLOW: "slowrefund-seller@dev.example",
}
TAKEN = ("COMPLETED", "PARTIALLY_REFUNDED", "REFUNDED")
# After our time-out.
LATE_MS = 500


class PaypalRest(PaypalMarketplace):
    name = "paypal-rest"
    capabilities = RestPayPal.capabilities
    reach = frozenset(Reach)
    # PayPal's report is three hours late; what it does not list after a day was not made.
    found_after_h, absent_after_h = 4, 28

    def __init__(self) -> None:
        self.paypal = simulator.running()

    def product(self, shop: Marketplace, seller: Seller) -> str:
        return shop.product(SELLERS[seller])

    def approve(self, url: str, funding: Funding = Funding.GOOD) -> None:
        self.paypal.approve(url, FUNDINGS[funding])

    def turn_back(self, url: str) -> None:
        self.paypal.cancel(url)

    def stored_buyer(self, shop: Marketplace) -> str:
        return ""

    def books(self, payments: Collection[str]) -> dict[str, Sums]:
        """All of PayPal's, whether they are ours or not."""
        state = self.paypal.state()
        returned: dict[str, Decimal] = {}
        for back in (*state["refunds"], *state["reversals"]):
            if back["status"] == "COMPLETED":
                capture = _up(back)
                returned[capture] = returned.get(capture, Decimal(0)) + Decimal(back["amount"]["value"])
        return {
            _order(capture): Sums(Decimal(capture["amount"]["value"]), returned.get(capture["id"], Decimal(0)))
            for capture in state["captures"]
            if capture["status"] in TAKEN
        }

    def fees(self, payment: str) -> Decimal:
        return fees_of(self._capture(payment)["seller_receivable_breakdown"])

    def fees_returned(self, payment: str) -> Decimal:
        capture = self._capture(payment)["id"]
        refunds = [refund for refund in self.paypal.state()["refunds"] if _up(refund) == capture]
        return sum((fees_of(refund["seller_payable_breakdown"]) for refund in refunds), Decimal(0))

    def later(self, days: int) -> None:
        self.paypal.advance(days * 24 * 3600)

    def asked(self, operation: Operation) -> int:
        return len(self.paypal.calls(OPERATIONS[operation]))

    def lose(self, operation: Operation, loss: Loss) -> None:
        self.paypal.fault(OPERATIONS[operation], LOSSES[loss], delay_ms=settings.SOLITUDE_PAYPAL_TIMEOUT_MS + LATE_MS)

    def told(self) -> list[Message]:
        return list(self.paypal.told())

    def forward(self, shop: Marketplace, message: Message) -> Answer:
        return shop.forward(dict(message))

    def forgeries(self, message: Message) -> list[Message]:
        """Another body under the true signature, the true body under another signature, and under none."""
        body = json.loads(message["body"])
        more = {**body, "summary": "Payment completed."}
        signature = base64.b64encode(b"signed by somebody else").decode()
        unsigned = {name: value for name, value in message["headers"].items() if not name.upper().endswith("-SIG")}
        return [
            {**message, "body": json.dumps(more)},
            {**message, "headers": {**message["headers"], "PAYPAL-TRANSMISSION-SIG": signature}},
            {**message, "headers": unsigned},
        ]

    def refund_there(self, payment: str, amount: str) -> None:
        Elsewhere(self.paypal).refund(amount)

    def reverse(self, payment: str) -> None:
        self.dispute(payment, for_buyer=True)

    def dispute(self, payment: str, *, for_buyer: bool) -> None:
        dispute = self.paypal.dispute(self._capture(payment)["id"])
        self.paypal.resolve(dispute, "RESOLVED_BUYER_FAVOUR" if for_buyer else "RESOLVED_SELLER_FAVOUR")

    def settle(self, payment: str, *, good: bool) -> None:
        decide_review(self.paypal, "accept" if good else "deny")

    def _capture(self, payment: str) -> dict[str, Any]:
        (found,) = [capture for capture in self.paypal.captured() if _order(capture) == payment]
        return found


def _order(capture: dict[str, Any]) -> str:
    return str(capture["supplementary_data"]["related_ids"]["order_id"])


def _up(refund: dict[str, Any]) -> str:
    (link,) = [link["href"] for link in refund["links"] if link["rel"] == "up"]
    return str(link.rpartition("/")[2])
