"""PayPal's webhook events, read as the engine's notices. Event names and resources: PayPal's OpenAPI files of Webhooks v1,
Orders v2, Payments v2 and Disputes v1.

Only called with a body whose signature was checked.
"""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from solitude.payments.contract import (
    Action,
    DisputeEvidence,
    Evidence,
    Named,
    Notice,
    NotUnderstood,
    Reason,
    RefundEvidence,
    RefundSeen,
    Resolved,
    Seen,
    Verdict,
)
from solitude.providers.paypal.rest import reading, verification
from solitude.telemetry.redaction import Secret

EVENT_ID_MAX_CHARS = 128
_FOR_BUYER = {"RESOLVED_BUYER_FAVOUR", "ACCEPTED"}
_CAPTURES = "/v2/payments/captures/"

Resource = Mapping[str, Any]


class Webhooks:
    """PayPal's side of the engine's contract for notifications."""

    def verify(self, headers: Mapping[str, str], body: bytes) -> tuple[Verdict, str]:
        verified = verification.verify(headers, body, datetime.now(UTC))
        return verified.verdict, verified.reason

    def read(self, _headers: Mapping[str, str], body: bytes) -> Notice:
        try:
            event = json.loads(body)
        except (ValueError, RecursionError):
            raise NotUnderstood("an event that is no JSON") from None
        if not isinstance(event, dict):
            raise NotUnderstood("an event that is no object")
        event_id, event_type, resource = event.get("id"), event.get("event_type"), event.get("resource")
        if not isinstance(event_id, str) or not 0 < len(event_id) <= EVENT_ID_MAX_CHARS:
            raise NotUnderstood("an event without id")
        if not isinstance(event_type, str) or not isinstance(resource, dict):
            raise NotUnderstood("an event without type or resource")
        read = _READERS.get(event_type)
        said = read(resource) if read else {}
        return Notice(event_id=event_id, event_type=event_type[:EVENT_ID_MAX_CHARS], **said)


def _approved(order: Resource) -> dict[str, Any]:
    unit = _unit(order)
    return {
        "action": Action.PAYMENT,
        "payment": Evidence(Seen.APPROVED),
        "ids": {"payment": reading.identity(order, "an order")},
        "reference": str(unit.get("custom_id", "")),
        "amount": reading.money(unit.get("amount")),
        "payees": _payees(unit),
    }


def _approval_reversed(order: Resource) -> dict[str, Any]:
    """The buyer's approval has ended without a capture."""
    named = {"id": order.get("order_id") or order.get("id")}
    return {
        "action": Action.PAYMENT,
        "payment": Evidence(Seen.EXPIRED),
        "reason": Reason("EXPIRED"),
        "ids": {"payment": reading.identity(named, "an order")},
        "reference": reading.reference(order),
    }


def _capture(resource: Resource) -> dict[str, Any]:
    evidence, reason = reading.capture(resource, None)
    ids = {"capture": reading.identity(resource, "a capture")}
    related = resource.get("supplementary_data")
    related_ids = related.get("related_ids") if isinstance(related, dict) else None
    if isinstance(related_ids, dict) and isinstance(related_ids.get("order_id"), str):
        ids["payment"] = related_ids["order_id"]
    return {
        "action": Action.PAYMENT,
        "payment": evidence,
        "reason": reason,
        "ids": ids,
        "reference": str(resource.get("custom_id", "")),
        "amount": reading.money(resource.get("amount")),
        "payees": _payees(resource),
    }


def _refund(resource: Resource) -> dict[str, Any]:
    seen = reading.refund(resource)
    return {
        "action": Action.REFUND,
        "refund": seen,
        "amount": seen.amount,
        "reference": seen.reference,
        "ids": _capture_above(resource),
    }


def _reversal(resource: Resource) -> dict[str, Any]:
    """PayPal took the money back. Its id stands as it is: nobody asked for it under a key of ours."""
    amount = reading.money(resource.get("amount"))
    seen = RefundEvidence(reading.identity(resource, "a reversal"), RefundSeen.DONE, amount)
    return {"action": Action.REVERSAL, "refund": seen, "amount": amount, "ids": _capture_above(resource)}


def _dispute(resource: Resource) -> dict[str, Any]:
    outcome = resource.get("dispute_outcome")
    outcome = outcome if isinstance(outcome, dict) else {}
    status = str(resource.get("status", ""))[:64]
    resolved = Resolved.NO
    if status == "RESOLVED":
        resolved = Resolved.FOR_BUYER if outcome.get("outcome_code") in _FOR_BUYER else Resolved.FOR_SELLER
    told = outcome.get("amount_refunded") if resolved == Resolved.FOR_BUYER else None
    told = told or resource.get("dispute_amount")
    amount = reading.money(told) if told else None
    return {
        "action": Action.DISPUTE,
        "dispute": DisputeEvidence(
            reading.identity({"id": resource.get("dispute_id")}, "a dispute"),
            resolved,
            status,
            amount,
            # `amount_refunded` is "the amount that either the merchant or PayPal refunds the customer".
            may_be_ours=True,
            opened_at=_moment(resource.get("create_time")),
            told_at=_moment(resource.get("update_time")),
        ),
        "amount": amount,
        **_disputed(resource.get("disputed_transactions")),
    }


def _disputed(transactions: Any) -> dict[str, Any]:
    """What it is about: up to 1,000 transactions, each named by the capture's id, by our reference in `custom`, by both or by neither."""
    found = []
    for one in transactions if isinstance(transactions, list) else []:
        told = one if isinstance(one, dict) else {}
        capture, custom = told.get("seller_transaction_id"), told.get("custom")
        ids = {"capture": capture} if isinstance(capture, str) and reading.ID.fullmatch(capture) else {}
        reference = custom if isinstance(custom, str) else ""
        if ids or reference:
            found.append(Named(reference, ids))
    if not found:
        raise NotUnderstood("a dispute about no transaction that has a name")
    return {"reference": found[0].reference, "ids": found[0].ids} if len(found) == 1 else {"among": tuple(found)}


def _moment(text: Any) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return None
    return found if found.tzinfo else None


def _token_deleted(resource: Resource) -> dict[str, Any]:
    token = resource.get("id")
    if not isinstance(token, str) or not token:
        raise NotUnderstood("a payment token without id")
    return {"action": Action.PREAPPROVAL, "about": Secret(token)}


def _seller(resource: Resource) -> dict[str, Any]:
    merchant = resource.get("merchant_id")
    if not isinstance(merchant, str) or not merchant:
        raise NotUnderstood("a seller without merchant id")
    return {"action": Action.SELLER, "about": Secret(merchant)}


# What is not here is of no concern: CHECKOUT.ORDER.COMPLETED, for one, says less than the capture's own event.
_READERS: dict[str, Callable[[Resource], dict[str, Any]]] = {
    "CHECKOUT.ORDER.APPROVED": _approved,
    "CHECKOUT.PAYMENT-APPROVAL.REVERSED": _approval_reversed,
    "PAYMENT.CAPTURE.COMPLETED": _capture,
    "PAYMENT.CAPTURE.PENDING": _capture,
    "PAYMENT.CAPTURE.DENIED": _capture,
    "PAYMENT.CAPTURE.DECLINED": _capture,
    "PAYMENT.CAPTURE.REFUNDED": _refund,
    "PAYMENT.CAPTURE.REVERSED": _reversal,
    "CUSTOMER.DISPUTE.CREATED": _dispute,
    "CUSTOMER.DISPUTE.UPDATED": _dispute,
    "CUSTOMER.DISPUTE.RESOLVED": _dispute,
    "VAULT.PAYMENT-TOKEN.DELETED": _token_deleted,
    # Its end is certain by now, and whoever is charged by it meanwhile does not expect that any more.
    "VAULT.PAYMENT-TOKEN.DELETION-INITIATED": _token_deleted,
    "MERCHANT.ONBOARDING.COMPLETED": _seller,
    "MERCHANT.PARTNER-CONSENT.REVOKED": _seller,
}


def _unit(order: Resource) -> Resource:
    units = order.get("purchase_units")
    if not isinstance(units, list) or len(units) != 1 or not isinstance(units[0], dict):
        raise NotUnderstood("an order without its one purchase unit")
    return units[0]


def _payees(resource: Resource) -> tuple[str, ...]:
    payee = resource.get("payee")
    names = [payee.get("email_address"), payee.get("merchant_id")] if isinstance(payee, dict) else []
    return tuple(name for name in names if isinstance(name, str) and name)


def _capture_above(resource: Resource) -> dict[str, str]:
    """A refund names its capture by the link `up` alone."""
    links = resource.get("links")
    for link in links if isinstance(links, list) else []:
        if isinstance(link, dict) and link.get("rel") == "up":
            capture = str(link.get("href", "")).partition(_CAPTURES)[2]
            return {"capture": reading.identity({"id": capture}, "a refund's capture")}
    raise NotUnderstood("a refund without its capture")
