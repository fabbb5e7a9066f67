"""Reversals: money that PayPal takes back from a seller for a buyer, whatever the seller says.

PayPal's samples show a reversal as a refund object with an id of its own and a link `up` to its capture. The seller
gives all of it; PayPal and the partner keep their fees.
"""

from dataclasses import dataclass
from datetime import datetime

from solitude_sandbox.clock import stamp
from solitude_sandbox.paypal.books import Books
from solitude_sandbox.paypal.call import Call, Json
from solitude_sandbox.paypal.captures import Capture
from solitude_sandbox.paypal.events import CAPTURE_REVERSED
from solitude_sandbox.paypal.money import Money


@dataclass(frozen=True)
class Reversal:
    """`amount` went to the buyer. It may be more than was left of the capture after refunds."""

    id: str
    capture: Capture
    amount: Money
    created: datetime

    def show(self, call: Call) -> Json:
        """Like a refund that is COMPLETED."""
        capture = self.capture
        texts = {"invoice_id": capture.invoice_id, "custom_id": capture.custom_id}
        amount, nothing = self.amount.as_json(), self.amount.with_value(self.amount.value * 0).as_json()
        return {
            "id": self.id,
            "status": "COMPLETED",
            "amount": amount,
            **{key: value for key, value in texts.items() if value is not None},
            "seller_payable_breakdown": {
                "gross_amount": amount,
                "paypal_fee": nothing,
                "net_amount": amount,
                "total_refunded_amount": amount,
            },
            "payer": capture.seller.as_payee(),
            "create_time": stamp(self.created),
            "update_time": stamp(self.created),
            "links": [
                call.link(f"/v2/payments/refunds/{self.id}", "self"),
                call.link(f"/v2/payments/captures/{capture.id}", "up"),
            ],
        }


def undo(books: Books, reversal: Reversal, call: Call) -> None:
    """The seller has it again. PayPal's webhooks tell of that by the dispute alone."""
    capture, amount = reversal.capture, reversal.amount
    books.accounts.move(amount.currency, [(capture.seller, amount.value), (capture.buyer, -amount.value)])
    capture.reversals.remove(reversal)
    capture.updated = call.now


def reverse(books: Books, capture: Capture, amount: Money, call: Call) -> Reversal:
    """Take the money from the seller, give it to the buyer, and tell of it."""
    reversal = Reversal(books.ids.resource_id(), capture, amount, call.now)
    books.accounts.move(amount.currency, [(capture.buyer, amount.value), (capture.seller, -amount.value)])
    capture.reversals.append(reversal)
    capture.updated = call.now
    books.reversals.put(reversal.id, reversal)
    books.tell(call, CAPTURE_REVERSED, reversal.show(call))
    return reversal
