"""Disputes: a buyer complains, and in the end the money stays or goes back.

Schemas and enumerations: PayPal's customer_disputes_v1 file. Buyers and PayPal's own people act through the control
API; the seller, or the partner for it, through the Disputes API.
"""

from dataclasses import dataclass, field
from datetime import datetime

from solitude_sandbox.paypal import events
from solitude_sandbox.paypal.books import Books
from solitude_sandbox.paypal.call import Call, Json
from solitude_sandbox.paypal.captures import Capture
from solitude_sandbox.paypal.money import Money
from solitude_sandbox.paypal.refunds import refund_for_dispute
from solitude_sandbox.paypal.reversals import Reversal, reverse, undo
from solitude_sandbox.paypal.times import DISPUTE_RESPONSE_TIME, stamp_ms

REASONS = (
    "MERCHANDISE_OR_SERVICE_NOT_RECEIVED",
    "MERCHANDISE_OR_SERVICE_NOT_AS_DESCRIBED",
    "UNAUTHORISED",
    "CREDIT_NOT_PROCESSED",
    "DUPLICATE_TRANSACTION",
    "INCORRECT_AMOUNT",
    "PAYMENT_BY_OTHER_MEANS",
    "CANCELED_RECURRING_BILLING",
    "PROBLEM_WITH_REMITTANCE",
    "OTHER",
)
INQUIRY, CHARGEBACK = "INQUIRY", "CHARGEBACK"
STAGES = (INQUIRY, CHARGEBACK, "PRE_ARBITRATION", "ARBITRATION")
BUYER, SELLER = "BUYER", "SELLER"
OPEN, RESOLVED = "OPEN", "RESOLVED"
# Status -> what the seller sees of it, `dispute_state`.
STATES = {
    OPEN: "OPEN_INQUIRIES",
    "WAITING_FOR_BUYER_RESPONSE": "REQUIRED_OTHER_PARTY_ACTION",
    "WAITING_FOR_SELLER_RESPONSE": "REQUIRED_ACTION",
    "UNDER_REVIEW": "UNDER_PAYPAL_REVIEW",
    "OTHER": "OPEN_INQUIRIES",
    RESOLVED: "RESOLVED",
}
BUYER_FAVOUR, SELLER_FAVOUR, PAYOUT = "RESOLVED_BUYER_FAVOUR", "RESOLVED_SELLER_FAVOUR", "RESOLVED_WITH_PAYOUT"
ACCEPTED, CANCELLED = "ACCEPTED", "CANCELED_BY_BUYER"
OUTCOMES = (BUYER_FAVOUR, SELLER_FAVOUR, PAYOUT, CANCELLED, ACCEPTED, "DENIED", "NONE")

MESSAGES_LIMIT = 100
MESSAGE_LENGTH = 2000


@dataclass
class Dispute:
    """`amount` is what the buyer complains about; `refunded` what the outcome gave back."""

    id: str
    buyer_transaction_id: str
    capture: Capture
    amount: Money
    reason: str
    stage: str
    status: str
    created: datetime
    updated: datetime
    outcome: str | None = None
    refunded: Money | None = None
    reversal: Reversal | None = None
    messages: list[Json] = field(default_factory=list)

    @property
    def state(self) -> str:
        """PayPal's dispute_state, as the seller sees it."""
        return STATES[self.status]

    def show(self, call: Call) -> Json:
        """PayPal's dispute object."""
        shown = {"disputed_transactions": [self._transaction()], **self.show_summary(call)}
        del shown["dispute_state"]  # a field of the summary only
        if self.outcome is not None:
            refunded = {"amount_refunded": self.refunded.as_json()} if self.refunded is not None else {}
            shown["dispute_outcome"] = {"outcome_code": self.outcome, **refunded}
        if self.messages:
            shown["messages"] = self.messages
        if self.status != RESOLVED:
            shown["allowed_response_options"] = {"accept_claim": {"accept_claim_types": ["REFUND", "PARTIAL_REFUND"]}}
            path = f"/v1/customer/disputes/{self.id}"
            actions = ("accept-claim", "send-message", "escalate") if self.stage == INQUIRY else ("accept-claim",)
            links = [call.link(f"{path}/{action}", action.replace("-", "_"), "POST") for action in actions]
            shown["links"] = [*shown["links"], *links]
        return shown

    def show_summary(self, call: Call) -> Json:
        """PayPal's dispute_info object, for lists."""
        due = (
            {}
            if self.status == RESOLVED
            else {"seller_response_due_date": stamp_ms(self.created + DISPUTE_RESPONSE_TIME)}
        )
        return {
            "dispute_id": self.id,
            "create_time": stamp_ms(self.created),
            "update_time": stamp_ms(self.updated),
            "reason": self.reason,
            "status": self.status,
            "dispute_state": self.state,
            "dispute_amount": self.amount.as_json(),
            "dispute_life_cycle_stage": self.stage,
            "dispute_channel": "INTERNAL",
            **due,
            "links": [call.link(f"/v1/customer/disputes/{self.id}", "self")],
        }

    def _transaction(self) -> Json:
        capture = self.capture
        texts = {"invoice_number": capture.invoice_id, "custom": capture.custom_id}
        seller = {"email": capture.seller.email, "merchant_id": capture.seller.merchant_id}
        return {
            "buyer_transaction_id": self.buyer_transaction_id,
            "seller_transaction_id": capture.id,
            "create_time": stamp_ms(capture.created),
            "transaction_status": "REVERSED" if capture.reversals else capture.status,
            "gross_amount": capture.amount.as_json(),
            **{key: value for key, value in texts.items() if value is not None},
            "buyer": {"name": "Sandbox Buyer"},
            "seller": seller,
        }


def open_dispute(books: Books, capture: Capture, amount: Money, reason: str, stage: str, call: Call) -> Dispute:
    """The buyer complains about `amount` of a COMPLETED capture that has no open dispute."""
    dispute = Dispute(
        id=books.ids.dispute_id(),
        buyer_transaction_id=books.ids.resource_id(),
        capture=capture,
        amount=amount,
        reason=reason,
        stage=stage,
        status=OPEN if stage == INQUIRY else "WAITING_FOR_SELLER_RESPONSE",
        created=call.now,
        updated=call.now,
    )
    capture.disputed = True
    books.disputes.put(dispute.id, dispute)
    books.tell(call, events.DISPUTE_CREATED, dispute.show(call))
    return dispute


def update(
    books: Books,
    dispute: Dispute,
    status: str | None,
    stage: str | None,
    message: str | None,
    call: Call,
    *,
    by: str = BUYER,
) -> None:
    """Something happens that does not end it: another status or stage, or somebody says something."""
    dispute.status = status or dispute.status
    dispute.stage = stage or dispute.stage
    if message is not None:
        posted = {"posted_by": by, "time_posted": stamp_ms(call.now), "content": message}
        dispute.messages = [*dispute.messages, posted][-MESSAGES_LIMIT:]
    dispute.updated = call.now
    books.tell(call, events.DISPUTE_UPDATED, dispute.show(call))


def resolve(
    books: Books, dispute: Dispute, outcome: str, amount: Money | None, call: Call, *, refunded_before: bool = False
) -> None:
    """End it. Up to `amount`, or all that is in dispute, goes to the buyer if the outcome says so; `refunded_before`: it has gone already,
    by a refund of the seller's, and is only told."""
    amount = amount or dispute.amount
    if dispute.reversal is not None:
        undo(books, dispute.reversal, call)
        dispute.reversal = None
    given = amount if refunded_before else _give_back(books, dispute, outcome, amount, call)
    dispute.status, dispute.outcome, dispute.refunded, dispute.updated = RESOLVED, outcome, given, call.now
    dispute.capture.disputed = False
    books.tell(call, events.DISPUTE_RESOLVED, dispute.show(call))


def appeal(books: Books, dispute: Dispute, call: Call) -> None:
    """Who has lost brings new evidence: PayPal looks at it once more. What went back is with the buyer until it ends anew."""
    dispute.outcome = dispute.refunded = None
    dispute.capture.disputed = True
    update(books, dispute, "UNDER_REVIEW", None, None, call)


def _give_back(books: Books, dispute: Dispute, outcome: str, amount: Money, call: Call) -> Money | None:
    """The seller loses: a reversal. It accepts: a refund of what is left. PayPal pays itself: no change of the sale."""
    capture = dispute.capture
    if outcome == BUYER_FAVOUR:
        dispute.reversal = reverse(books, capture, amount, call)
        return dispute.reversal.amount
    if outcome == ACCEPTED:
        return refund_for_dispute(books, capture, amount, call).amount
    if outcome == PAYOUT:
        books.accounts.move(amount.currency, [(capture.buyer, amount.value), (books.accounts.paypal, -amount.value)])
        return amount
    return None
