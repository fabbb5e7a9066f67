"""How PayPal's classic answers are read: from pairs to outcomes and evidence. What is not understood is UNKNOWN.

Names and values: PayPal's Adaptive Payments Developer Guide, PaymentDetails and Refund.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from django.conf import settings

from solitude.money.errors import MoneyError
from solitude.money.money import Money
from solitude.payments.contract import (
    BUSY,
    Call,
    Evidence,
    NotUnderstood,
    Outcome,
    Reason,
    Result,
    Seen,
)
from solitude.providers.paypal.classic import errors, nvp
from solitude.providers.paypal.classic.wire import Reply

# Keys of payments and ids of transactions.
ID = re.compile(r"[A-Za-z0-9-]{1,64}", re.ASCII)
REASON_MAX_CHARS = 64
# Statuses of one receiver's part, once the money has been with the receiver.
_TAKEN = frozenset({"COMPLETED", "PARTIALLY_REFUNDED", "REFUNDED", "REVERSED"})
_HELD = frozenset({"PENDING", "PROCESSING"})
_ENDED = frozenset({"DENIED", "FAILED"})

Pairs = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Payment:
    """A payment as PayPal tells it. `refunded`: how much of it went back; `is_refund_pending`: more of it is on its way."""

    evidence: Evidence
    reason: Reason | None
    ids: dict[str, str]
    refunded: Money | None = None
    is_refund_pending: bool = False


def payment(pairs: Pairs, call: Call, expected: Money, *, awaits_notice: bool) -> Payment:
    """What PayPal says of the payment that the call is about. Raises NotUnderstood.

    One of another reference, amount or currency is not ours, whatever it says.
    """
    pay_key = _identity(pairs.get("payKey", ""), "a payment")
    if pairs.get("trackingId", call.key) != call.key and "payment" not in call.ids:
        raise NotUnderstood("a payment of another reference")
    if pairs.get("currencyCode", expected.currency) != expected.currency:
        raise NotUnderstood("a payment in another currency")
    ids = {"payment": pay_key}
    match pairs.get("status") or pairs.get("paymentExecStatus"):
        case "CREATED":
            return Payment(Evidence(Seen.NOT_APPROVED, pay_url=buyer_url("_ap-payment", paykey=pay_key)), None, ids)
        case "EXPIRED":
            return Payment(Evidence(Seen.EXPIRED), Reason("EXPIRED"), ids)
        case "ERROR":
            return Payment(Evidence(Seen.DECLINED), Reason("ERROR", "PayPal could not take the payment."), ids)
        case "PROCESSING" | "PENDING" as held:
            return Payment(Evidence(Seen.UNDER_REVIEW), Reason(_pending_reason(pairs) or held), ids)
        case "COMPLETED" | "INCOMPLETE" as status:
            return _taken(pairs, status, expected, ids, awaits_notice=awaits_notice)
    raise NotUnderstood("a payment in an unknown status")


def _taken(pairs: Pairs, status: str, expected: Money, ids: dict[str, str], *, awaits_notice: bool) -> Payment:
    """COMPLETED alone does not say that the seller has the money: the seller's part does, where it is told."""
    part = _sellers_part(pairs)
    if part is None and status == "COMPLETED":
        return Payment(Evidence(Seen.PAID, captured=expected, awaits_notice=awaits_notice), None, ids)
    if part is None:
        raise NotUnderstood("a payment that is not complete, without the seller's part")
    if "receiver.amount" in part and _money(part["receiver.amount"], expected.currency) != expected:
        raise NotUnderstood("a payment of another amount")
    if part.get("transactionId"):
        ids = {**ids, "capture": _identity(part["transactionId"], "a transaction")}
    state = part.get("transactionStatus", "")
    if state in _HELD:
        return Payment(Evidence(Seen.UNDER_REVIEW), Reason(_pending_reason(pairs) or state), ids)
    if state in _ENDED:
        return Payment(Evidence(Seen.DECLINED), Reason(state), ids)
    if state not in _TAKEN:
        raise NotUnderstood("a seller's part in an unknown status")
    evidence = Evidence(Seen.PAID, captured=expected, awaits_notice=awaits_notice)
    return Payment(evidence, None, ids, _refunded(part, expected), part.get("pendingRefund") == "true")


def _sellers_part(pairs: Pairs) -> dict[str, str] | None:
    """Of several receivers the primary one is the seller."""
    parts = nvp.items(pairs, "paymentInfoList.paymentInfo")
    if len(parts) > 1:
        parts = [part for part in parts if part.get("receiver.primary") == "true"]
        if len(parts) != 1:
            raise NotUnderstood("several receivers without their one primary one")
    return parts[0] if parts else None


def _refunded(part: Pairs, expected: Money) -> Money:
    if part.get("transactionStatus") == "REFUNDED":
        # Of a payment with shares each receiver gives back a part of it: together it is all.
        return expected
    given = part.get("refundedAmount")
    return _money(given, expected.currency) if given else Money.zero(expected.currency)


def _pending_reason(pairs: Pairs) -> str:
    part = _sellers_part(pairs) or {}
    return part.get("pendingReason", "")[:REASON_MAX_CHARS]


def refused(reply: Reply, currency: str = "") -> Result:
    """The result of an answer that is no success, as far as every call is read alike."""
    if reply.status == 429:
        reason = Reason(BUSY, "PayPal asks to come back later.")
        return result(reply, Outcome.NOT_SENT, reason=reason, facts={"retry_after_s": str(reply.retry_after_s or 1)})
    if is_refusal(reply):
        reason = errors.reason(reply.error_id[:REASON_MAX_CHARS], reply.error_parameter, currency)
        return result(reply, Outcome.DECLINED, reason=reason)
    return unknown(reply)


def is_refusal(reply: Reply) -> bool:
    """PayPal understood and did nothing. An error of PayPal's own is none, and neither is what it says of an earlier try."""
    return (
        reply.understood
        and reply.status < 500
        and bool(reply.error_id)
        and not reply.is_error_of_paypals
        and reply.error_id not in errors.OF_PAYPAL
        and reply.error_id not in (errors.TRACKING_ID_IN_USE, errors.INVOICE_IN_USE)
    )


def unknown(reply: Reply) -> Result:
    return result(reply, Outcome.UNKNOWN, reason=Reason(reply.error_id[:REASON_MAX_CHARS] or f"HTTP_{reply.status}"))


def result(reply: Reply, outcome: Outcome, **more: Any) -> Result:
    return Result(outcome, correlation_id=reply.correlation_id, exchanges=reply.exchanges, **more)


def buyer_url(command: str, **named: str) -> str:
    """The page of PayPal where the buyer, or a seller, is to agree to something."""
    query = "&".join(f"{name}={quote(value, safe='-')}" for name, value in named.items())
    return f"{settings.SOLITUDE_PAYPAL_WEB_URL}/cgi-bin/webscr?cmd={command}&{query}"


def _identity(text: str, of: str) -> str:
    if not ID.fullmatch(text):
        raise NotUnderstood(f"{of} without id")
    return text


def _money(text: str, currency: str) -> Money:
    try:
        return Money(Decimal(0), currency) if not text else Money.parse(text, currency)
    except MoneyError as error:
        raise NotUnderstood("an amount that is none") from error
