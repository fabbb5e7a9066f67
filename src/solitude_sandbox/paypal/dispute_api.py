"""Disputes v1, as far as a seller acts on a dispute: list, show, answer the buyer, escalate, accept the claim."""

from datetime import datetime

from solitude_sandbox.paypal.books import Books
from solitude_sandbox.paypal.call import Answer, Call, Json
from solitude_sandbox.paypal.disputes import (
    ACCEPTED,
    CHARGEBACK,
    INQUIRY,
    MESSAGE_LENGTH,
    RESOLVED,
    SELLER,
    Dispute,
    resolve,
    update,
)
from solitude_sandbox.paypal.errors import refuse
from solitude_sandbox.paypal.querying import page_number, time_of
from solitude_sandbox.paypal.reading import Reader

PAGE_DEFAULT = 10
PAGE_LIMIT = 50
OFFSET_LIMIT = 10**9
PATH = "/v1/customer/disputes"
ACCEPT_TYPES = ("REFUND", "PARTIAL_REFUND")


def list_disputes(books: Books, call: Call) -> Answer:
    """GET /v1/customer/disputes: the newest first. `next_page_token` is how many were shown before."""
    size = page_number(call, "page_size", PAGE_DEFAULT, PAGE_LIMIT)
    offset = page_number(call, "next_page_token", 0, OFFSET_LIMIT) if "next_page_token" in call.query else 0
    if "start_time" in call.query and "disputed_transaction_id" in call.query:
        raise refuse("INVALID_PARAMETER_VALUE", "start_time", location="query")
    start = time_of(call, "start_time")
    after, before = time_of(call, "update_time_after"), time_of(call, "update_time_before")
    capture_id = call.query.get("disputed_transaction_id")
    states = call.query.get("dispute_state")

    def wanted(dispute: Dispute) -> bool:
        return (
            (capture_id is None or capture_id == dispute.capture.id)
            and (states is None or dispute.state in states.split(","))
            and (start is None or start <= dispute.created)
            and _updated_within(dispute, after, before)
        )

    def show(later: Call) -> Json:
        found = [dispute for dispute in reversed(list(books.disputes)) if wanted(dispute)]
        links = [later.link(f"{PATH}?page_size={size}", "first")]
        if offset + size < len(found):
            filters = "".join(
                f"&{key}={value}" for key, value in call.query.items() if key not in ("page_size", "next_page_token")
            ).replace("+", "%2B")
            links.append(later.link(f"{PATH}?page_size={size}&next_page_token={offset + size}{filters}", "next"))
        return {"items": [each.show_summary(later) for each in found[offset : offset + size]], "links": links}

    return Answer(200, show)


def get_dispute(books: Books, call: Call) -> Answer:
    """GET /v1/customer/disputes/{id}."""
    return Answer(200, books.dispute(call.path_id).show)


def accept_claim(books: Books, call: Call) -> Answer:
    """POST /v1/customer/disputes/{id}/accept-claim: the seller gives in, PayPal refunds from its account."""
    dispute = books.dispute(call.path_id)
    call.require_consent_of(dispute.capture.seller, needed=False)
    body = call.object()
    reader = Reader()
    reader.text(body, "note", "", most=2000)
    reader.choice(body, "accept_claim_type", "", ACCEPT_TYPES)
    amount = reader.money(body, "refund_amount", "")
    reader.check()
    if dispute.status == RESOLVED:
        raise refuse("ACTION_NOT_ALLOWED_IN_CURRENT_DISPUTE_STATE")
    if amount is not None and amount.currency != dispute.amount.currency:
        raise refuse("CURRENCY_MISMATCH", "/refund_amount/currency_code", amount.currency)
    if amount is not None and amount.value > dispute.amount.value:
        raise refuse("REFUND_AMOUNT_EXCEEDED", "/refund_amount/value", str(amount.value))
    resolve(books, dispute, ACCEPTED, amount, call)
    return _link(dispute)


def send_message(books: Books, call: Call) -> Answer:
    """POST /v1/customer/disputes/{id}/send-message: the seller answers the buyer, who is to answer then."""
    dispute, body = _under_inquiry(books, call), call.object()
    reader = Reader()
    message = reader.text(body, "message", "", most=MESSAGE_LENGTH, required=True)
    reader.check()
    update(books, dispute, "WAITING_FOR_BUYER_RESPONSE", None, message, call, by=SELLER)
    return _link(dispute)


def escalate(books: Books, call: Call) -> Answer:
    """POST /v1/customer/disputes/{id}/escalate: the inquiry becomes a claim, on which PayPal decides."""
    dispute, body = _under_inquiry(books, call), call.object()
    reader = Reader()
    note = reader.text(body, "note", "", most=MESSAGE_LENGTH, required=True)
    reader.check()
    update(books, dispute, "UNDER_REVIEW", CHARGEBACK, note, call, by=SELLER)
    return _link(dispute)


def _under_inquiry(books: Books, call: Call) -> Dispute:
    """The dispute that buyer and seller still have between themselves; 422 otherwise."""
    dispute = books.dispute(call.path_id)
    call.require_consent_of(dispute.capture.seller, needed=False)
    if dispute.status == RESOLVED or dispute.stage != INQUIRY:
        raise refuse("ACTION_NOT_ALLOWED_IN_CURRENT_DISPUTE_STATE")
    return dispute


def _link(dispute: Dispute) -> Answer:
    return Answer(200, lambda later: {"links": [later.link(f"{PATH}/{dispute.id}", "self")]})


def _updated_within(dispute: Dispute, after: datetime | None, before: datetime | None) -> bool:
    return (after is None or after <= dispute.updated) and (before is None or dispute.updated <= before)
