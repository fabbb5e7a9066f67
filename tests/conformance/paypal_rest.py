"""PayPal's REST platform on the bench: its simulator, which does whatever the kit wants."""

import base64
import json
from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import Any, ClassVar

from tests.conformance.adapter import Message, Reach, Sums
from tests.conformance.paypal import PaypalSimulator, fees_of
from tests.payments.world import Elsewhere
from tests.support.marketplace import Answer, Marketplace

from solitude.payments.contract import Operation
from solitude.providers.paypal.rest.provider import RestPayPal

TAKEN = ("COMPLETED", "PARTIALLY_REFUNDED", "REFUNDED")


class PaypalRest(PaypalSimulator):
    name = "paypal-rest"
    capabilities = RestPayPal.capabilities
    reach = frozenset(Reach)
    # PayPal's report is three hours late; what it does not list after a day was not made.
    found_after_h, absent_after_h, given_up_after_h = 4, 28, 4
    operations: ClassVar[Mapping[Operation, str]] = {
        Operation.PAY: "create_order",
        Operation.CAPTURE: "capture_order",
        Operation.REFUND: "refund",
        Operation.STORE_CREDENTIAL: "payment_token",
    }

    def books(self, payments: Collection[str]) -> dict[str, Sums]:
        """All of PayPal's, whether they are ours or not."""
        state = self.paypal.state()
        returned: dict[str, Decimal] = {}
        for back in (*state["refunds"], *state["reversals"]):
            if back["status"] == "COMPLETED":
                capture = _up(back)
                returned[capture] = returned.get(capture, Decimal(0)) + Decimal(back["amount"]["value"])
        return {
            _order(capture): Sums(
                Decimal(capture["amount"]["value"]),
                returned.get(capture["id"], Decimal(0)),
                capture["amount"]["currency_code"],
            )
            for capture in state["captures"]
            if capture["status"] in TAKEN
        }

    def fees(self, payment: str) -> Decimal:
        return fees_of(self._capture(payment)["seller_receivable_breakdown"])

    def waits(self, payment: str) -> bool:
        return str(self._capture(payment)["disbursement_mode"]) == "DELAYED"

    def fees_returned(self, payment: str) -> Decimal:
        capture = self._capture(payment)["id"]
        refunds = [refund for refund in self.paypal.state()["refunds"] if _up(refund) == capture]
        return sum((fees_of(refund["seller_payable_breakdown"]) for refund in refunds), Decimal(0))

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
        self.paypal.review("accept" if good else "deny", capture=self._capture(payment)["id"])

    def _capture(self, payment: str) -> dict[str, Any]:
        (found,) = [capture for capture in self.paypal.captured() if _order(capture) == payment]
        return found


def _order(capture: dict[str, Any]) -> str:
    return str(capture["supplementary_data"]["related_ids"]["order_id"])


def _up(refund: dict[str, Any]) -> str:
    (link,) = [link["href"] for link in refund["links"] if link["rel"] == "up"]
    return str(link.rpartition("/")[2])
