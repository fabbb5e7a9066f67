"""How PayPal's answers are read: from its resources and issues to outcomes and evidence.

Decided by HTTP status, `status` and `issue` only; texts are for people. What is not understood is UNKNOWN.
Sources: PayPal's OpenAPI files of Orders v2, Payments v2 and Payment Method Tokens v3.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.conf import settings

from solitude.money.errors import MoneyError
from solitude.money.money import Money
from solitude.payments.contract import (
    BUSY,
    CredentialRefused,
    Evidence,
    NotUnderstood,
    Outcome,
    Reason,
    RefundEvidence,
    RefundSeen,
    Result,
    Seen,
)
from solitude.providers.paypal import currencies
from solitude.providers.paypal.rest.wire import Reply
from solitude.providers.paypal.unanswered import failed as failed
from solitude.telemetry import redaction

TEXT_MAX_CHARS = 255
# What PayPal's files call an id of orders, captures and refunds; it becomes a part of a path.
ID = re.compile(r"[A-Za-z0-9-]{1,64}", re.ASCII)
CAPTURE_DECLINED = "CAPTURE_DECLINED"
# PayPal knows our key, and the request that it refuses is another try under it: that is about an earlier one.
_BEFORE = {"DUPLICATE_REQUEST_ID", "PREVIOUS_REQUEST_IN_PROGRESS"}
# Refusals of a stored credential: PayPal has it no more; or its buyer cannot pay by it now, and perhaps can in another way.
_CREDENTIAL_GONE = {"AGREEMENT_ALREADY_CANCELLED", "BILLING_AGREEMENT_NOT_FOUND", "TOKEN_EXPIRED"}
_BUYER_MAY_CHOOSE = {
    CAPTURE_DECLINED,
    "INSTRUMENT_DECLINED",
    "MISMATCHED_VAULT_ID_TO_PAYMENT_SOURCE",
    "PAYER_ACCOUNT_LOCKED_OR_CLOSED",
    "PAYER_ACCOUNT_RESTRICTED",
    "PAYER_ACTION_REQUIRED",
    "PAYER_CANNOT_PAY",
    "PAYMENT_SOURCE_CANNOT_BE_USED",
    "PAYMENT_SOURCE_DECLINED_BY_PROCESSOR",
    "REDIRECT_PAYER_FOR_ALTERNATE_FUNDING",
}
_PAID = {"COMPLETED", "REFUNDED", "PARTIALLY_REFUNDED"}
_REFUND_STATES = {
    "COMPLETED": RefundSeen.DONE,
    "PENDING": RefundSeen.UNDER_WAY,
    "FAILED": RefundSeen.FAILED,
    "CANCELLED": RefundSeen.FAILED,
}
# Which of our fields a fault in PayPal's request came from: by a part of PayPal's JSON pointer, else by the issue.
_FIELDS_BY_POINTER = (
    ("platform_fees", "platform_fee"),
    ("currency_code", "currency"),
    ("amount", "amount"),
    ("payee", "app_id"),
    ("return_url", "return_url"),
    ("cancel_url", "cancel_url"),
    ("description", "memo"),
    ("vault_id", "use_preapproval"),
)
_FIELDS_BY_ISSUE = (("PAYEE_", "app_id"), ("PLATFORM_FEE", "platform_fee"), ("BILLING_AGREEMENT", "use_preapproval"))


def refused(reply: Reply) -> Result:
    """The result of an answer that is no success, as far as every call is read alike."""
    if reply.status == 429:
        reason = Reason(BUSY, "PayPal asks to come back later.")
        return result(reply, Outcome.NOT_SENT, reason=reason, facts={"retry_after_s": str(reply.retry_after_s or 1)})
    if (
        reply.understood
        and reply.status in (400, 403, 404, 405, 415, 422)
        and reply.issue
        and reply.issue not in _BEFORE
    ):
        return result(reply, Outcome.DECLINED, reason=reason_of(reply))
    return unknown(reply)


def not_seen(reply: Reply) -> Result:
    """The result of a look-up that was answered with something else than what it is about."""
    return refused(reply) if reply.status == 429 else unknown(reply)


def of_credential(found: Result) -> Result:
    """The result of a payment by a stored credential, with what its refusal says of that."""
    issue = found.reason.code if found.reason and found.outcome == Outcome.DECLINED else ""
    if issue in _CREDENTIAL_GONE:
        return replace(found, credential_refused=CredentialRefused.GONE)
    return replace(found, credential_refused=CredentialRefused.NOW) if issue in _BUYER_MAY_CHOOSE else found


def unknown(reply: Reply) -> Result:
    return result(reply, Outcome.UNKNOWN, reason=Reason(reply.issue[:TEXT_MAX_CHARS] or f"HTTP_{reply.status}"))


def result(reply: Reply, outcome: Outcome, **more: Any) -> Result:
    return Result(outcome, correlation_id=reply.correlation_id, exchanges=reply.exchanges, **more)


def reason_of(reply: Reply) -> Reason:
    text = str(reply.detail.get("description") or reply.body.get("message") or "")
    return Reason(reply.issue[:TEXT_MAX_CHARS], redaction.mask(text)[:TEXT_MAX_CHARS], _field(reply))


def order(
    body: Mapping[str, Any], pay_url: str, expected: Money | None
) -> tuple[Evidence, Reason | None, dict[str, str]]:
    """What an order says: evidence, the reason behind it, and the ids in it. Raises NotUnderstood.

    `expected` is the amount that it must be about: an order about another amount is not ours, whatever it says.
    """
    status = body.get("status")
    ids = {"payment": identity(body, "an order")}
    match status:
        case "CREATED" | "PAYER_ACTION_REQUIRED" | "SAVED":
            return Evidence(Seen.NOT_APPROVED, pay_url=pay_url), None, ids
        case "APPROVED":
            return Evidence(Seen.APPROVED), None, ids
        case "VOIDED":
            return Evidence(Seen.EXPIRED), Reason("VOIDED"), ids
        case "COMPLETED":
            payments = _unit(body).get("payments")
            return _captured(payments if isinstance(payments, dict) else {}, expected, ids)
    raise NotUnderstood("an order in an unknown status")


def _captured(
    payments: Mapping[str, Any], expected: Money | None, ids: dict[str, str]
) -> tuple[Evidence, Reason | None, dict[str, str]]:
    """What a completed order's capture says: the order's COMPLETED alone does not mean paid."""
    captures = payments.get("captures")
    if not isinstance(captures, list) or len(captures) != 1 or not isinstance(captures[0], dict):
        raise NotUnderstood("a completed order without its one capture")
    listed = payments.get("refunds") or []
    if not isinstance(listed, list):
        raise NotUnderstood("a list of refunds that is none")
    evidence, reason = capture(captures[0], expected)
    ids = {**ids, "capture": identity(captures[0], "a capture")}
    return replace(evidence, refunds=tuple(map(refund, listed)) if evidence.state == Seen.PAID else ()), reason, ids


def capture(body: Mapping[str, Any], expected: Money | None) -> tuple[Evidence, Reason | None]:
    """What a capture says. Raises NotUnderstood."""
    amount, status = money(body.get("amount")), body.get("status")
    if expected is not None and amount != expected:
        raise NotUnderstood("a capture of another amount")
    if isinstance(status, str) and status in _PAID:
        return Evidence(Seen.PAID, captured=amount), None
    if status == "PENDING":
        return Evidence(Seen.UNDER_REVIEW), Reason(_status_reason(body) or "PENDING")
    if status in ("DECLINED", "DENIED", "FAILED"):
        return Evidence(Seen.DECLINED), Reason(CAPTURE_DECLINED, _status_reason(body))
    raise NotUnderstood("a capture in an unknown status")


def refund(body: Any) -> RefundEvidence:
    """Raises NotUnderstood."""
    if not isinstance(body, dict):
        raise NotUnderstood("a refund that is no object")
    state = _REFUND_STATES.get(str(body.get("status")))
    if state is None:
        raise NotUnderstood("a refund in an unknown status")
    return RefundEvidence(identity(body, "a refund"), state, money(body.get("amount")), str(body.get("custom_id", "")))


def refund_facts(body: Mapping[str, Any]) -> dict[str, str]:
    """The amounts of a refund that its answer tells: gross, fee and net, as the seller pays them."""
    breakdown = body.get("seller_payable_breakdown")
    found = breakdown if isinstance(breakdown, dict) else {}
    parts = {"gross": "gross_amount", "net": "net_amount", "fee": "paypal_fee"}
    return {ours: money(found[theirs]).text for ours, theirs in parts.items() if isinstance(found.get(theirs), dict)}


def money(value: Any) -> Money:
    """PayPal's `{currency_code, value}`. Raises NotUnderstood."""
    try:
        return Money.parse(value["value"], value["currency_code"])
    except (MoneyError, KeyError, TypeError) as error:
        raise NotUnderstood("an amount that is none") from error


def amount(value: Money) -> dict[str, str]:
    """Our amount as PayPal wants it."""
    return {"currency_code": value.currency, "value": value.text_with(currencies.digits(value.currency))}


def buyer_link(given: str, fallback_path: str) -> str:
    """Where to send the buyer: PayPal's own link if it leads to PayPal's site, else the documented path there."""
    web = settings.SOLITUDE_PAYPAL_WEB_URL
    return given if given.startswith(f"{web}/") and len(given) <= TEXT_MAX_CHARS else f"{web}{fallback_path}"


def identity(body: Mapping[str, Any], of: str) -> str:
    """Raises NotUnderstood."""
    found = body.get("id")
    if not isinstance(found, str) or not ID.fullmatch(found):
        raise NotUnderstood(f"{of} without id")
    return found


def _unit(body: Mapping[str, Any]) -> Mapping[str, Any]:
    units = body.get("purchase_units")
    if not isinstance(units, list) or len(units) != 1 or not isinstance(units[0], dict):
        raise NotUnderstood("an order without its one purchase unit")
    return units[0]


def reference(body: Mapping[str, Any]) -> str:
    """Our operation id in an order; empty when the answer does not show it."""
    units = body.get("purchase_units")
    first = units[0] if isinstance(units, list) and units and isinstance(units[0], dict) else {}
    return str(first.get("custom_id", ""))


def _status_reason(capture: Mapping[str, Any]) -> str:
    details = capture.get("status_details")
    return str(details.get("reason", ""))[:TEXT_MAX_CHARS] if isinstance(details, dict) else ""


def _field(reply: Reply) -> str:
    pointer = str(reply.detail.get("field", ""))
    for part, name in _FIELDS_BY_POINTER:
        if part in pointer:
            return name
    return next((name for start, name in _FIELDS_BY_ISSUE if reply.issue.startswith(start)), "__all__")
