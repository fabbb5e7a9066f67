"""A dispute: a buyer wants money back, and his bank takes it for him."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from solitude_sandbox.braintree.global_ids import global_id
from solitude_sandbox.braintree.transactions import Transaction
from solitude_sandbox.braintree.xml import Items
from solitude_sandbox.clock import stamp
from solitude_sandbox.control import Json

OPEN, ACCEPTED, DISPUTED, WON, LOST = "open", "accepted", "disputed", "won", "lost"
# What a bank still decides about.
UNDECIDED = (OPEN, DISPUTED)
REASONS = (
    "cancelled_recurring_transaction",
    "credit_not_processed",
    "duplicate",
    "fraud",
    "general",
    "invalid_account",
    "not_recognized",
    "product_not_received",
    "product_unsatisfactory",
    "retrieval",
    "transaction_amount_differs",
)
REPLY_WITHIN = timedelta(days=21)
_NOTHING: Final = Decimal("0.00")


@dataclass
class Dispute:
    """`amount` is what is disputed. Its status is changed with `become` only."""

    id: str
    transaction: Transaction
    amount: Decimal
    reason: str
    created: datetime
    updated: datetime
    status: str = ""
    history: list[Json] = field(default_factory=list)

    def become(self, status: str, now: datetime) -> None:
        """Change its status, and remember that it did."""
        self.status, self.updated = status, now
        self.history.insert(0, {"status": status, "timestamp": now, "effective_date": now.date()})

    def show(self) -> Json:
        """The resource."""
        opened = self.created.date()
        return {
            "id": self.id,
            "global_id": global_id("dispute", self.id),
            "amount": self.amount,
            "amount_disputed": self.amount,
            "amount_won": self.amount if self.status == WON else _NOTHING,
            "case_number": f"CASE-{self.id[:6].upper()}",
            "created_at": self.created,
            "currency_iso_code": self.transaction.currency,
            "date_opened": opened,
            "date_won": self.updated.date() if self.status == WON else None,
            "evidence": Items("evidence", ()),
            "forwarded_comments": None,
            "kind": "chargeback",
            "merchant_account_id": self.transaction.account,
            "original_dispute_id": None,
            "reason": self.reason,
            "reason_code": None,
            "reason_description": None,
            "received_date": opened,
            "reference_number": None,
            "reply_by_date": opened + REPLY_WITHIN,
            "status": self.status,
            "status_history": Items("status_history", self.history),
            "transaction": {
                "id": self.transaction.id,
                "amount": self.transaction.amount,
                "created_at": self.transaction.created,
                "order_id": self.transaction.order_id,
            },
            "updated_at": self.updated,
        }

    def as_json(self) -> Json:
        """For the state page."""
        return {
            "id": self.id,
            "status": self.status,
            "transaction": self.transaction.id,
            "amount": str(self.amount),
            "currency": self.transaction.currency,
            "reason": self.reason,
            "created": stamp(self.created),
        }
