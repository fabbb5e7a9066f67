"""Captures: the money of one purchase unit on its way from buyer to seller, partner and PayPal."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from solitude_sandbox.clock import stamp
from solitude_sandbox.paypal import money
from solitude_sandbox.paypal.accounts import Account, Accounts
from solitude_sandbox.paypal.call import Call, Json
from solitude_sandbox.paypal.money import Money

if TYPE_CHECKING:
    from solitude_sandbox.paypal.refunds import Refund
    from solitude_sandbox.paypal.reversals import Reversal


@dataclass
class Capture:
    """`outcome` is what became of the capture itself: COMPLETED, PENDING or DECLINED.

    Refunds and reversals change `status` only. `disputed` tells that a dispute about it is open.
    """

    id: str
    order_id: str
    amount: Money
    seller: Account
    buyer: Account
    outcome: str
    created: datetime
    updated: datetime
    platform_fee: Decimal = Decimal(0)
    platform_fee_payee: Account | None = None
    disbursement_mode: str = "INSTANT"
    custom_id: str | None = None
    invoice_id: str | None = None
    paypal_fee: Decimal = Decimal(0)
    refunds: list["Refund"] = field(default_factory=list)
    reversals: list["Reversal"] = field(default_factory=list)
    disputed: bool = False
    settled: datetime | None = None

    @property
    def refunded(self) -> Decimal:
        """What has been refunded so far."""
        return sum((refund.amount.value for refund in self.refunds), Decimal(0))

    @property
    def status(self) -> str:
        """PayPal's capture status. It has no word for a reversal; what went back counts, whoever sent it."""
        if self.outcome != "COMPLETED" or not (self.refunds or self.reversals):
            return self.outcome
        gone = sum((reversal.amount.value for reversal in self.reversals), self.refunded)
        return "REFUNDED" if gone >= self.amount.value else "PARTIALLY_REFUNDED"

    def settle(self, accounts: Accounts, outcome: str, now: datetime) -> None:
        """End the capture as COMPLETED (the money moves) or DECLINED (it does not)."""
        self.outcome, self.updated, self.settled = outcome, now, now
        if outcome != "COMPLETED":
            return
        self.paypal_fee = money.paypal_fee(self.amount, self.platform_fee)
        entries = [(self.buyer, -self.amount.value), (self.seller, self.net), (accounts.paypal, self.paypal_fee)]
        if self.platform_fee_payee is not None:
            entries.append((self.platform_fee_payee, self.platform_fee))
        accounts.move(self.amount.currency, entries)

    @property
    def net(self) -> Decimal:
        """What the seller gets."""
        return self.amount.value - self.paypal_fee - self.platform_fee

    def show(self, call: Call) -> Json:
        """PayPal's capture object."""
        path = f"/v2/payments/captures/{self.id}"
        shown: Json = {
            "id": self.id,
            "status": self.status,
            "amount": self.amount.as_json(),
            "final_capture": True,
            "seller_protection": {"status": "NOT_ELIGIBLE"},
            "disbursement_mode": self.disbursement_mode,
            "payee": self.seller.as_payee(),
            "supplementary_data": {"related_ids": {"order_id": self.order_id}},
            "create_time": stamp(self.created),
            "update_time": stamp(self.updated),
            "links": [
                call.link(path, "self"),
                call.link(f"{path}/refund", "refund", "POST"),
                call.link(f"/v2/checkout/orders/{self.order_id}", "up"),
            ],
        }
        if self.outcome == "PENDING":
            shown["status_details"] = {"reason": "PENDING_REVIEW"}
        if self.reversals:
            shown["status_details"] = {"reason": "BUYER_COMPLAINT"}
        if self.outcome == "COMPLETED":
            shown["seller_receivable_breakdown"] = self._breakdown()
        if self.custom_id is not None:
            shown["custom_id"] = self.custom_id
        if self.invoice_id is not None:
            shown["invoice_id"] = self.invoice_id
        return shown

    def _breakdown(self) -> Json:
        shown: Json = {
            "gross_amount": self.amount.as_json(),
            "paypal_fee": self.amount.with_value(self.paypal_fee).as_json(),
            "net_amount": self.amount.with_value(self.net).as_json(),
        }
        if self.platform_fee_payee is not None:
            amount = self.amount.with_value(self.platform_fee).as_json()
            shown["platform_fees"] = [{"amount": amount, "payee": self.platform_fee_payee.as_payee()}]
        return shown
