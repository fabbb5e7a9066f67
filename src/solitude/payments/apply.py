"""How a provider's result enters our books: from evidence to a move in the state graph."""

from decimal import Decimal

from django.db.models import F
from django.db.models.functions import Least

from solitude.money.money import Money
from solitude.payments import registry
from solitude.payments.contract import Evidence, Operation, Outcome, RefundEvidence, RefundSeen, Result, Seen
from solitude.payments.models import REASON_MAX_CHARS, ProviderCall
from solitude.telemetry import cef
from solitude.telemetry.logs import get_logger
from solitude.transactions import states
from solitude.transactions.amounts import amount_value
from solitude.transactions.models import CallOutcome, Transaction, Type

log = get_logger("solitude.payments")
ZERO = Decimal(0)
UID_PAY = "payment"  # the id among a provider's ids by which it knows the payment


def result(call: ProviderCall, found: Result) -> None:
    """Applies a result to what the call is about; the call and its transaction are locked."""
    own = registry.applier(call.provider, Operation(call.operation))
    if own:
        own(call, found)
    elif call.operation == Operation.REFUND and call.transaction:
        _refund(call.transaction, found)
    elif call.transaction:
        payment(call.transaction, found)


def late(call: ProviderCall, found: Result) -> None:
    """What a try saw whose call ended otherwise in the meantime: the call stays as it ended, but money that moved counts."""
    log.error("provider_call_ended_otherwise", operation=call.operation, ended=call.outcome, found=found.outcome)
    if call.operation in (Operation.PAY, Operation.CAPTURE) and call.transaction and found.evidence:
        payment(call.transaction, found)


def payment(row: Transaction, found: Result) -> None:
    """Moves a payment by what a call came to and what it saw. Nothing new is no move."""
    edge, columns = _payment_edge(row, found), _columns(row, found)
    if edge and states.can(row, edge) and not _told_already(row, edge, columns):
        states.move(row, edge, **columns)
    if found.evidence:
        for refund in found.evidence.refunds:
            refund_seen(row, refund)


def _payment_edge(row: Transaction, found: Result) -> str | None:
    if found.evidence:
        return _edge_of_evidence(row, found.evidence)
    match found.outcome:
        case Outcome.UNKNOWN:
            return "outcome_unknown"
        case Outcome.NOT_SENT:
            # Leaves only `started`: a capture that was not sent leaves the payment as it was.
            return "not_sent"
        case Outcome.DECLINED:
            return "declined"
    return None


def _edge_of_evidence(row: Transaction, evidence: Evidence) -> str | None:
    match evidence.state:
        case Seen.PAID:
            return "paid" if states.can(row, "paid") else "corrected_to_paid"
        case Seen.UNDER_REVIEW:
            return "review_awaited" if states.can(row, "review_awaited") else "corrected_to_review"
        case Seen.NOT_APPROVED:
            return "approval_awaited"
        case Seen.INSTRUMENT_DECLINED:
            return "instrument_declined"
        case Seen.DECLINED:
            return "declined"
        case Seen.EXPIRED:
            return "expired"
        case Seen.APPROVED:
            return "approved"


def _columns(row: Transaction, found: Result) -> dict[str, object]:
    evidence = found.evidence
    # Whatever the call came to, the payment is where it was: it waits for its buyer.
    waiting = evidence is not None and evidence.state in (Seen.NOT_APPROVED, Seen.APPROVED)
    columns: dict[str, object] = {
        "outcome": CallOutcome.PENDING if waiting else CallOutcome(found.outcome),
        "status_reason": found.reason.code[:REASON_MAX_CHARS] if found.reason and not waiting else None,
    }
    if found.correlation_id:
        columns["uid_support"] = found.correlation_id
    if UID_PAY in found.ids and not row.uid_pay:
        columns["uid_pay"] = found.ids[UID_PAY]
    if evidence and evidence.pay_url:
        columns["pay_url"] = evidence.pay_url
    if evidence and evidence.state == Seen.PAID:
        columns["captured_amount"] = evidence.captured.amount if evidence.captured else row.amount
        columns["refunded_amount"] = row.refunded_amount or ZERO
    return columns


def _told_already(row: Transaction, edge: str, columns: dict[str, object]) -> bool:
    """A look-up that sees what we know is no event: marketplaces may ask as often as they like."""
    same_state = row.status == states.EDGES[edge].target
    return same_state and all(getattr(row, name) == value for name, value in columns.items() if name != "uid_support")


def _refund(refund: Transaction, found: Result) -> None:
    """Moves a refund of ours, and with it what it holds of the payment's captured amount."""
    payment_pk, amount = refund.related_id, refund.amount
    assert payment_pk is not None and amount is not None  # noqa: PT018, S101  # a refund is made with both
    columns: dict[str, object] = {"outcome": found.outcome}
    if found.correlation_id:
        columns["uid_support"] = found.correlation_id
    if found.reason:
        columns["status_reason"] = found.reason.code
    if found.refund:
        columns["uid_pay"] = found.refund.id
    if found.outcome == Outcome.UNKNOWN:
        states.move(refund, "refund_outcome_unknown", **columns)
    elif found.refund and found.refund.state == RefundSeen.DONE:
        states.move(refund, "refunded", **columns)
        _count_refunded(payment_pk, amount)
    elif found.refund and found.refund.state == RefundSeen.UNDER_WAY:
        states.move(refund, "refund_awaited", **columns)
    else:
        states.move(refund, "refund_not_sent" if found.outcome == Outcome.NOT_SENT else "refund_failed", **columns)
        # Before what was seen takes its part: there is only as much room for it as nobody holds.
        Transaction.objects.filter(pk=payment_pk).update(
            refund_claimed_amount=F("refund_claimed_amount") - amount_value(amount), counter=F("counter") + 1
        )
        if found.evidence:
            payment = Transaction.objects.select_for_update().get(pk=payment_pk)
            for seen in found.evidence.refunds:
                refund_seen(payment, seen)


def refund_seen(payment: Transaction, seen: RefundEvidence) -> None:
    """Records a refund that the provider shows: one of ours that we did not know the end of, or one made elsewhere."""
    known = Transaction.objects.filter(related=payment, type=Type.REFUND)
    if known.filter(uid_pay=seen.id).exists() or known.filter(calls__key=seen.reference).exists():
        # One of ours ends by its own call, under its own key.
        return
    if seen.state != RefundSeen.DONE:
        return
    refund = new_refund(payment, seen.amount)
    refund.uid_pay = seen.id
    refund.outcome = CallOutcome.SUCCEEDED
    states.begin(refund, "refund_seen")
    _count_refunded(payment.pk, seen.amount.amount)
    # It takes what is left for refunds of ours, as far as there is anything left: evidence is never refused.
    room = Least(F("refund_claimed_amount") + amount_value(seen.amount.amount), F("captured_amount"))
    Transaction.objects.filter(pk=payment.pk).update(refund_claimed_amount=room)
    cef.event(
        "Refund made elsewhere",
        5,
        extra={"cs6Label": "payment", "cs6": payment.uuid, "cs7Label": "refund", "cs7": refund.uuid},
    )


def new_refund(payment: Transaction, amount: Money) -> Transaction:
    return Transaction(
        type=Type.REFUND,
        amount=amount.amount,
        currency=amount.currency,
        related=payment,
        provider=payment.provider,
        buyer=payment.buyer,
        seller=payment.seller,
        seller_product=payment.seller_product,
    )


def _count_refunded(payment_pk: int, amount: Decimal) -> None:
    Transaction.objects.filter(pk=payment_pk).update(
        refunded_amount=F("refunded_amount") + amount_value(amount), counter=F("counter") + 1
    )
