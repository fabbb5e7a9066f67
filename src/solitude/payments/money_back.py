"""Money that goes back: refunds of ours, refunds made elsewhere, and what the provider takes back for the buyer.

The payment's sums are added up from these rows whenever one of them moves, under the payment's lock: they cannot drift. What we
start is limited by a constraint; what the provider tells is recorded whatever it adds up to, and marked when it is too much.

Who locks a payment and one of these locks the payment first.
"""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db.models import Q, QuerySet, Sum
from django.db.models.functions import Now

from solitude.money.money import Money
from solitude.payments import pairing
from solitude.payments.contract import Outcome, RefundEvidence, RefundSeen, Resolved, Result
from solitude.payments.models import Dispute
from solitude.telemetry import cef
from solitude.transactions import states
from solitude.transactions.amounts import amount_value
from solitude.transactions.locks import lock
from solitude.transactions.models import ENDED_UNPAID, CallOutcome, Status, Transaction, Type

ZERO = Decimal(0)
EXCEEDS_CAPTURED = "EXCEEDS_CAPTURED"
# What takes part in a payment's sums: rows of the engine. A client may keep refunds of its own beside them.
_OF_ENGINE = Q(type__in=pairing.REFUNDS, calls__isnull=False) | (
    Q(type__in=(Type.REFUND, Type.REVERSAL)) & ~Q(outcome=CallOutcome.NONE)
)
_OUTCOMES = {
    RefundSeen.DONE: CallOutcome.SUCCEEDED,
    RefundSeen.UNDER_WAY: CallOutcome.PENDING,
    RefundSeen.FAILED: CallOutcome.DECLINED,
}
# The edge that leads from a refund's status to what the provider shows. What is not here is known, or older than what is known.
_EDGES = {
    (Status.PENDING, RefundSeen.DONE): "refunded",
    (Status.PENDING, RefundSeen.UNDER_WAY): "refund_awaited",
    (Status.PENDING, RefundSeen.FAILED): "refund_failed",
    (Status.FAILED, RefundSeen.DONE): "refund_corrected",
    (Status.ERRORED, RefundSeen.DONE): "refund_corrected",
    (Status.FAILED, RefundSeen.UNDER_WAY): "refund_corrected_to_pending",
    (Status.ERRORED, RefundSeen.UNDER_WAY): "refund_corrected_to_pending",
}


def settle(refund: Transaction, found: Result) -> None:
    """What our own call for this refund came to."""
    assert refund.related_id is not None  # noqa: S101  # a refund is made with its payment
    payment = lock(refund.related_id)
    columns: dict[str, Any] = {"outcome": found.outcome}
    if found.correlation_id:
        columns["uid_support"] = found.correlation_id
    if found.reason:
        columns["status_reason"] = found.reason.code
    if found.refund:
        advance(payment, refund, found.refund, **columns)
    elif found.outcome == Outcome.UNKNOWN:
        _move(refund, "refund_outcome_unknown", **columns)
    else:
        _move(refund, "refund_not_sent" if found.outcome == Outcome.NOT_SENT else "refund_failed", **columns)
        _sum_up(payment)
        _explain_anew(payment, refund)
    for seen in found.evidence.refunds if found.evidence else ():
        refund_seen(payment, seen)


def late(refund: Transaction, found: Result) -> None:
    """What a try saw whose call had ended otherwise: money that moved counts all the same."""
    if found.refund:
        assert refund.related_id is not None  # noqa: S101
        advance(lock(refund.related_id), refund, found.refund)


def advance(payment: Transaction, refund: Transaction, seen: RefundEvidence, **columns: Any) -> None:
    """Moves a refund to where the provider shows it, and the sums of its payment with it; both are locked."""
    edge = _EDGES.get((Status(refund.status), seen.state))
    if refund.status == Status.COMPLETED and seen.state == RefundSeen.FAILED:
        _alarm("A refund that was done is shown as failed", 8, payment, refund)
    if (refund.status, seen.state, refund.uid_pay) == (Status.COMPLETED, RefundSeen.DONE, None) and seen.id:
        # How it ended was known, and not yet what the provider calls it.
        refund.change(uid_pay=seen.id)
    is_known = refund.outcome == CallOutcome.PENDING and refund.uid_pay == (seen.id or None)
    if edge is None or (edge == "refund_awaited" and is_known):
        return
    columns |= {"uid_pay": seen.id or refund.uid_pay, "outcome": _OUTCOMES[seen.state], "follow_up_at": None}
    # What is known now is not explained by why it was unknown.
    columns.setdefault("status_reason", None)
    if seen.state == RefundSeen.UNDER_WAY:
        columns["follow_up_at"] = Now() + timedelta(seconds=settings.SOLITUDE_FOLLOW_UP_S)
    exceeds = seen.state == RefundSeen.DONE and _exceeds(payment, refund.amount)
    if exceeds:
        columns["status_reason"] = EXCEEDS_CAPTURED
    _move(refund, edge, **columns)
    _sum_up(payment)
    _explain_anew(payment, refund)
    if exceeds:
        _alarm("More went back than was captured", 9, payment, refund)


def refund_seen(payment: Transaction, seen: RefundEvidence) -> Transaction | None:
    """A refund that the provider shows: one of ours, or one made elsewhere, which gets its row. The payment is locked."""
    known = _known(payment, Type.REFUND, seen)
    if known:
        advance(payment, known, seen)
        return known
    if seen.state != RefundSeen.DONE:
        return None
    return made_elsewhere(payment, Type.REFUND, seen.id or None, seen.amount)


def reversal_seen(payment: Transaction, seen: RefundEvidence) -> Transaction:
    """Money that the provider took back for the buyer: all that was left, where it tells of the payment alone. The payment is locked."""
    if seen.id:
        return _known(payment, Type.REVERSAL, seen) or made_elsewhere(payment, Type.REVERSAL, seen.id, seen.amount)
    left = Money((payment.captured_amount or ZERO) - (payment.refunded_amount or ZERO), payment.currency)
    amount = left if ZERO < left.amount < seen.amount.amount else seen.amount
    return _reversals(payment, seen).filter(status=Status.COMPLETED).first() or made_elsewhere(
        payment, Type.REVERSAL, None, amount
    )


def reversal_undone(payment: Transaction, seen: RefundEvidence) -> Transaction | None:
    """Money that the provider had taken back for the buyer, and gives to the payee again; None where nothing like it was taken back yet.
    The payment is locked.

    What brought it again has an id too, which is kept as the reversal's `uid_support`: told once more, it brings nothing again.
    """
    alike = _reversals(payment, seen)
    told = pairing.come_again(payment, alike, seen.id) if seen.id else None
    if told:
        return told
    row = alike.filter(status=Status.COMPLETED).first()
    if row is None:
        # One that has come again by another id is not the one that is told of.
        return (alike.filter(uid_support=None) if seen.id else alike).first()
    undo(payment, row, seen.id)
    return row


def undo(payment: Transaction, reversal: Transaction, by: str = "") -> None:
    """`by`: the id of what has brought it again."""
    if not states.can(reversal, "reversal_undone"):
        return
    states.move(reversal, "reversal_undone", **({"uid_support": by} if by else {}))
    _sum_up(payment)
    _alarm("Reversal undone", 5, payment, reversal)


def _reversals(payment: Transaction, seen: RefundEvidence) -> QuerySet[Transaction]:
    """Those that the evidence may be about, locked: of its amount, where it does not tell of the payment alone."""
    rows = Transaction.objects.select_for_update(of=("self",)).filter(related=payment, type=Type.REVERSAL)
    return (rows.filter(amount=amount_value(seen.amount.amount)) if seen.id else rows).order_by("pk")


def _explain_anew(payment: Transaction, refund: Transaction) -> None:
    """Where a refund has failed by which a dispute had ended for the buyer, the money went back in another way."""
    if refund.status not in ENDED_UNPAID or refund.amount is None:
        return
    amount = Money(refund.amount, refund.currency)
    for dispute in Dispute.objects.filter(reversal=refund):
        row = pairing.untied(payment, amount) or made_elsewhere(payment, Type.REVERSAL, None, amount)
        dispute.reversal = row
        dispute.save()
        give_again(payment, dispute, row)


def give_again(payment: Transaction, dispute: Dispute, row: Transaction, *, is_told_once: bool = False) -> None:
    """What went back by a dispute that has ended for the seller since. What we gave back ourselves stays given."""
    if dispute.resolved != Resolved.FOR_SELLER or row.type != Type.REVERSAL:
        return
    if is_told_once or not pairing.change_places(dispute, row):
        undo(payment, row)


def new_refund(payment: Transaction, amount: Money, kind: Type = Type.REFUND) -> Transaction:
    return _going_back(payment, kind, amount)


def _known(payment: Transaction, kind: Type, seen: RefundEvidence) -> Transaction | None:
    """The row of this refund or reversal, locked: by the provider's id, or by our key where it is one of ours.

    One to which the provider gives no id is the one of this amount, as often as it is told.
    """
    rows = Transaction.objects.select_for_update(of=("self",)).filter(related=payment)
    if not seen.id and not seen.reference:
        alike = rows.filter(type=kind, amount=amount_value(seen.amount.amount))
        return alike.filter(status__in=(Status.PENDING, Status.COMPLETED)).order_by("pk").first()
    known = rows.filter(uid_pay=seen.id).first() if seen.id else None
    if known is None and seen.reference:
        known = rows.filter(calls__key=seen.reference, type__in=pairing.REFUNDS).first()
    return known


def made_elsewhere(
    payment: Transaction, kind: Type, uid: str | None, amount: Money, support: str | None = None
) -> Transaction:
    """`support`: by what the provider's people know it, where that will never get an id of its own."""
    told = pairing.told_without_id(payment, amount) if uid else None
    if told:
        told.change(uid_pay=uid)
        return told
    row = _going_back(payment, kind, amount)
    row.uid_pay, row.uid_support, row.outcome = uid, support, CallOutcome.SUCCEEDED
    exceeds = _exceeds(payment, amount.amount)
    if exceeds:
        row.status_reason = EXCEEDS_CAPTURED
    states.begin(row, "refund_seen" if kind == Type.REFUND else "reversed")
    _sum_up(payment)
    dispute = pairing.taken_after_all(payment, row, amount) if uid and kind == Type.REVERSAL else None
    _alarm("Refund made elsewhere" if kind == Type.REFUND else "Payment reversed", 5, payment, row)
    if exceeds:
        _alarm("More went back than was captured", 9, payment, row)
    if dispute:
        give_again(payment, dispute, row)
    return row


def _going_back(payment: Transaction, kind: Type, amount: Money) -> Transaction:
    return Transaction(
        type=kind,
        amount=amount.amount,
        currency=amount.currency,
        related=payment,
        provider=payment.provider,
        buyer=payment.buyer,
        seller=payment.seller,
        seller_product=payment.seller_product,
    )


def _move(refund: Transaction, edge: str, **columns: Any) -> None:
    if states.can(refund, edge):
        states.move(refund, edge, **columns)


def _exceeds(payment: Transaction, amount: Decimal | None) -> bool:
    return (payment.refunded_amount or ZERO) + (amount or ZERO) > (payment.captured_amount or ZERO)


def _sum_up(payment: Transaction) -> None:
    """What went back, and what is held for it: never more than was captured, so that a constraint can watch over it."""
    back = Transaction.objects.filter(_OF_ENGINE, related=payment, status__in=(Status.PENDING, Status.COMPLETED))
    # By pk, because a refund with two calls would count twice.
    rows = Transaction.objects.filter(pk__in=back.values("pk"))
    sums = rows.aggregate(held=Sum("amount"), done=Sum("amount", filter=Q(status=Status.COMPLETED)))
    held, captured = sums["held"] or ZERO, payment.captured_amount or ZERO
    payment.change(refunded_amount=sums["done"] or ZERO, refund_claimed_amount=min(held, captured))


def _alarm(name: str, severity: int, payment: Transaction, row: Transaction) -> None:
    extra = {"cs6Label": "payment", "cs6": payment.uuid, "cs7Label": "refund", "cs7": row.uuid}
    cef.after_commit(name, severity, about=payment.uuid, extra=extra)
