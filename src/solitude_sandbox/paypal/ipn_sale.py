"""The notifications that today's payments make too, for an account that has an address for them."""

from decimal import Decimal
from typing import TYPE_CHECKING

from solitude_sandbox.paypal import events
from solitude_sandbox.paypal.money import Money, plain

if TYPE_CHECKING:
    from datetime import datetime

    from solitude_sandbox.paypal.books import Books
    from solitude_sandbox.paypal.captures import Capture

# Event type -> payment_status.
STATUSES = {
    events.CAPTURE_COMPLETED: "Completed",
    events.CAPTURE_PENDING: "Pending",
    events.CAPTURE_DENIED: "Denied",
    events.CAPTURE_DECLINED: "Failed",
    events.CAPTURE_REFUNDED: "Refunded",
    events.CAPTURE_REVERSED: "Reversed",
}


def fields_of(books: "Books", event_type: str, resource_id: str, now: "datetime") -> dict[str, str] | None:
    """The message about a capture, a refund or a reversal; None for events of which IPN tells nothing."""
    status = STATUSES.get(event_type)
    if status is None:
        return None
    capture, refund = books.captures.get(resource_id), books.refunds.get(resource_id)
    if capture is not None:
        return _common(capture, status, now) | _of_capture(capture)
    if refund is not None:
        back = _of_money_back(refund.id, refund.amount, refund.paypal_fee, refund.capture, "refund")
        return _common(refund.capture, status, now) | back
    reversal = books.reversals.get(resource_id)
    if reversal is None:
        return None
    back = _of_money_back(reversal.id, reversal.amount, Decimal(0), reversal.capture, "buyer-complaint")
    return _common(reversal.capture, status, now) | back


def _common(capture: "Capture", status: str, now: "datetime") -> dict[str, str]:
    texts = {"custom": capture.custom_id, "invoice": capture.invoice_id}
    return {
        "payment_status": status,
        "payment_date": now.strftime("%H:%M:%S %b %d, %Y UTC"),
        "payment_type": "instant",
        "payer_id": capture.buyer.merchant_id,
        "payer_email": capture.buyer.email,
        "payer_status": "verified",
        "first_name": "Sandbox",
        "last_name": "Buyer",
        "residence_country": "US",
        "receiver_id": capture.seller.merchant_id,
        "receiver_email": capture.seller.email,
        "business": capture.seller.email,
        "protection_eligibility": "Ineligible",
        "notify_version": "3.9",
        **{name: value for name, value in texts.items() if value is not None},
    }


def _of_capture(capture: "Capture") -> dict[str, str]:
    fields = {"txn_id": capture.id, "txn_type": "express_checkout", **_amount(capture.amount)}
    if capture.outcome == "PENDING":
        fields["pending_reason"] = "paymentreview"
    if capture.outcome == "COMPLETED":
        fields["mc_fee"] = plain(capture.amount.with_value(capture.paypal_fee))
    return fields


def _of_money_back(own_id: str, amount: Money, fee: Decimal, capture: "Capture", reason: str) -> dict[str, str]:
    return {
        "txn_id": own_id,
        "parent_txn_id": capture.id,
        "reason_code": reason,
        **_amount(amount.with_value(-amount.value)),
        "mc_fee": plain(amount.with_value(-fee)),
    }


def _amount(amount: Money) -> dict[str, str]:
    return {"mc_gross": plain(amount), "mc_currency": amount.currency}
