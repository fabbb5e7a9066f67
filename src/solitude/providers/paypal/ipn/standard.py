"""Today's IPNs, which PayPal sends beside webhooks as well, read as the engine's notices: one message about one transaction.

Names and values: PayPal's IPN Guide, "Payment Information Variables". `custom` and `invoice` are what the order said: our key.
"""

from collections.abc import Mapping
from typing import Any

from solitude.money.money import Money
from solitude.payments.contract import Action, Evidence, Notice, Reason, RefundEvidence, RefundSeen, Seen, ToldBy
from solitude.providers.paypal.ipn.message import TEXT_MAX_CHARS, money
from solitude.providers.paypal.names import INVOICE

_PAYMENTS = {
    "completed": Seen.PAID,
    "processed": Seen.PAID,
    "pending": Seen.UNDER_REVIEW,
    "in-progress": Seen.UNDER_REVIEW,
    "denied": Seen.DECLINED,
    "failed": Seen.DECLINED,
    "expired": Seen.DECLINED,
    "voided": Seen.DECLINED,
}
_BACK = {
    "refunded": (Action.REFUND, RefundSeen.DONE),
    "partially_refunded": (Action.REFUND, RefundSeen.DONE),
    "reversed": (Action.REVERSAL, RefundSeen.DONE),
    "canceled_reversal": (Action.REVERSAL, RefundSeen.UNDONE),
}

Fields = Mapping[str, str]


def notice(event_id: str, fields: Fields) -> Notice:
    """Raises NotUnderstood. What tells of no payment, such as a new dispute, is of no concern."""
    status = fields.get("payment_status", "").casefold()
    said: dict[str, Any] = {}
    if status in _PAYMENTS:
        said = _payment(fields, _PAYMENTS[status])
    elif status in _BACK:
        said = _went_back(fields, *_BACK[status])
    if said:
        invoice = fields.get("invoice", "").removeprefix(INVOICE)
        said |= {"reference": fields.get("custom") or invoice, "payees": _payees(fields)}
    what = status or fields.get("txn_type", "")
    return Notice(event_id=event_id, event_type=f"ipn: {what}"[:TEXT_MAX_CHARS], **said)


def _payment(fields: Fields, state: Seen) -> dict[str, Any]:
    amount = _amount(fields)
    why = fields.get("pending_reason") or fields.get("reason_code") or ""
    return {
        "action": Action.PAYMENT,
        "payment": Evidence(state, captured=amount if state == Seen.PAID else None),
        "reason": Reason(why.upper()[:TEXT_MAX_CHARS]) if why and state != Seen.PAID else None,
        "ids": {"capture": fields["txn_id"]} if fields.get("txn_id") else {},
        "amount": amount,
    }


def _went_back(fields: Fields, action: Action, state: RefundSeen) -> dict[str, Any]:
    """The amount is below zero when money leaves the seller."""
    amount = _amount(fields)
    amount = Money(abs(amount.amount), amount.currency)
    named = fields.get("txn_id", "")[:TEXT_MAX_CHARS]
    seen = RefundEvidence(named, state, amount, fields.get("custom", ""), ToldBy.ID)
    ids = {"capture": fields["parent_txn_id"]} if fields.get("parent_txn_id") else {}
    return {"action": action, "refund": seen, "ids": ids, "amount": amount}


def _amount(fields: Fields) -> Money:
    return money(fields.get("mc_gross", ""), fields.get("mc_currency", ""))


def _payees(fields: Fields) -> tuple[str, ...]:
    names = ("receiver_email", "business", "receiver_id")
    return tuple(fields[name] for name in names if fields.get(name))
