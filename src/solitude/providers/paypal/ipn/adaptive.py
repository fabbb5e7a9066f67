"""The IPNs of the classic interface, read as the engine's notices: `transaction[0].status` and so on, one for each receiver.

Names and values: PayPal's IPN Guide, "Pay Message Variables" and "Preapproval Message Variables".
"""

import re
from collections.abc import Mapping
from typing import Any

from solitude.money.money import Money
from solitude.payments.contract import (
    Action,
    Evidence,
    Notice,
    NotUnderstood,
    Reason,
    RefundEvidence,
    RefundSeen,
    Seen,
    ToldBy,
)
from solitude.providers.paypal.ipn.message import TEXT_MAX_CHARS, money
from solitude.telemetry.redaction import Secret

_DETAIL = re.compile(r"transaction\[([0-9]{1,3})\]\.(\w+)", re.ASCII)
_AMOUNT = re.compile(r"([A-Z]{3}) ([0-9.,]+)", re.ASCII)
PREAPPROVAL, ADJUSTMENT = "adaptive payment preapproval", "adjustment"
# Statuses of one receiver's part.
_PAID, _HELD = {"completed"}, {"pending", "processing"}
_ENDED, _REFUNDED = {"denied", "failed"}, {"refunded", "partially_refunded"}
_REVERSED, _UNDONE = {"reversal", "reversed"}, {"canceled_reversal"}

Fields = Mapping[str, str]


def notice(event_id: str, fields: Fields) -> Notice:
    """Raises NotUnderstood."""
    kind = fields["transaction_type"].casefold()
    status = fields.get("status", "").casefold()
    said = _preapproval(fields, status) if kind == PREAPPROVAL else _payment(fields, kind, status)
    return Notice(event_id=event_id, event_type=f"{kind}: {status}"[:TEXT_MAX_CHARS], **said)


def _preapproval(fields: Fields, status: str) -> dict[str, Any]:
    """That it was given is known when the buyer comes back; that it has ended is said nowhere else."""
    has_ended = status in ("canceled", "deactived") or fields.get("approved") == "false"
    key = fields.get("preapproval_key", "")
    return {"action": Action.PREAPPROVAL, "about": Secret(key)} if has_ended and key else {}


def _payment(fields: Fields, kind: str, status: str) -> dict[str, Any]:
    """What happened to the payment as a whole, and where that is done, to the part of its seller."""
    ids = {"payment": fields["pay_key"]} if fields.get("pay_key") else {}
    named = {"reference": fields.get("tracking_id", ""), "ids": ids}
    if kind != ADJUSTMENT and status != "completed":
        return named | _WHOLE[status] if status in _WHOLE else {}
    details = _details(fields)
    for detail in _of_seller(details):
        said = _detail(detail, details, _what(detail, kind, fields.get("reason_code", "").casefold()))
        if said:
            more = {"capture": detail["id"]} if detail.get("id") else {}
            return named | {"ids": ids | more, "payees": tuple(filter(None, [detail.get("receiver")]))} | said
    return {}


def _of_seller(details: list[dict[str, str]]) -> list[dict[str, str]]:
    """Of several receivers those that are marked as others than the primary one do not count: theirs is not another payment."""
    return [detail for detail in details if len(details) == 1 or detail.get("is_primary_receiver", "true") == "true"]


def _what(detail: Fields, kind: str, reason: str) -> str:
    """What happened to a receiver's part. In an adjustment money went back, and the reason says why."""
    status = detail.get("status", "").casefold()
    if kind == ADJUSTMENT and status not in _REFUNDED | _REVERSED | _UNDONE:
        return "refunded" if reason == "refund" else "reversal"
    return status


def _detail(detail: Fields, details: list[dict[str, str]], what: str) -> dict[str, Any]:
    amount = _money(detail.get("amount", ""))
    if what in _PAID:
        return _told(Seen.PAID, captured=amount) | {"amount": amount}
    if what in _HELD:
        return _told(Seen.UNDER_REVIEW, detail.get("pending_reason") or what) | {"amount": amount}
    if what in _ENDED:
        return _told(Seen.DECLINED, what) | {"amount": amount}
    if what in _REFUNDED:
        back = _went_back(detail, details, amount)
        named = detail.get("refund_id", "")[:TEXT_MAX_CHARS]
        seen = RefundEvidence(named, RefundSeen.DONE, back, told_by=ToldBy.AMOUNT)
        return {"action": Action.REFUND, "refund": seen, "amount": back}
    if what in _REVERSED | _UNDONE:
        # It has no id and no amount of its own: what is told of a refund there is about an earlier one.
        state = RefundSeen.UNDONE if what in _UNDONE else RefundSeen.DONE
        seen = RefundEvidence("", state, amount, told_by=ToldBy.AMOUNT)
        return {"action": Action.REVERSAL, "refund": seen, "amount": amount}
    return {}


def _told(state: Seen, reason: str = "", captured: Money | None = None) -> dict[str, Any]:
    why = Reason(reason.upper()[:TEXT_MAX_CHARS]) if reason else None
    return {"action": Action.PAYMENT, "payment": Evidence(state, captured=captured), "reason": why}


# What the status of the whole says where it is not completed; what is not here is of no concern.
_WHOLE = {
    "pending": _told(Seen.UNDER_REVIEW, "pending"),
    "processing": _told(Seen.UNDER_REVIEW, "processing"),
    "error": _told(Seen.DECLINED, "error"),
}


def _went_back(detail: Fields, details: list[dict[str, str]], amount: Money) -> Money:
    """Each receiver gives back its part of a payment with shares: together that is one refund, of the payment at most."""
    parts = [_money(each["refund_amount"]) for each in details if each.get("refund_amount")]
    if not detail.get("refund_amount"):
        return amount
    if any(part.currency != amount.currency for part in parts):
        raise NotUnderstood("a refund in another currency than its payment")
    return min(amount, sum(parts, Money.zero(amount.currency)))


def _details(fields: Fields) -> list[dict[str, str]]:
    """What is told of each receiver, by its number."""
    found: dict[int, dict[str, str]] = {}
    for name, value in fields.items():
        numbered = _DETAIL.fullmatch(name)
        if numbered:
            found.setdefault(int(numbered[1]), {})[numbered[2]] = value
    return [found[number] for number in sorted(found)]


def _money(text: str) -> Money:
    found = _AMOUNT.fullmatch(text)
    if found is None:
        raise NotUnderstood("an amount without its currency")
    return money(found[2], found[1])
