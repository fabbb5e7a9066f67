"""Money that goes back: refunds of ours, refunds made elsewhere, and what the provider takes back for the buyer.

The payment's sums are added up from these rows whenever one of them moves, under the payment's lock: they cannot drift. What we
start is limited by a constraint; what the provider tells is recorded whatever it adds up to, and marked when it is too much.

Who locks a payment and one of these locks the payment first.
"""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db.models import Q, QuerySet, Sum
from django.db.models.functions import Now

from solitude.money.money import Money
from solitude.payments.contract import DisputeEvidence, Operation, Outcome, RefundEvidence, RefundSeen, Resolved, Result
from solitude.payments.models import Dispute
from solitude.telemetry import cef
from solitude.transactions import states
from solitude.transactions.amounts import amount_value
from solitude.transactions.locks import lock
from solitude.transactions.models import ENDED_UNPAID, CallOutcome, Status, Transaction, Type, provider_name

ZERO = Decimal(0)
EXCEEDS_CAPTURED = "EXCEEDS_CAPTURED"
# What takes part in a payment's sums: rows of the engine. A client may keep refunds of its own beside them.
_REFUNDS = (Type.REFUND, Type.REFUND_MANUAL)
_OF_ENGINE = Q(type__in=_REFUNDS, calls__isnull=False) | (
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
    return _made_elsewhere(payment, Type.REFUND, seen.id or None, seen.amount)


def reversal_seen(payment: Transaction, seen: RefundEvidence) -> Transaction:
    """Money that the provider took back for the buyer: all that was left, where it tells of the payment alone. The payment is locked."""
    if seen.id:
        return _known(payment, Type.REVERSAL, seen) or _made_elsewhere(payment, Type.REVERSAL, seen.id, seen.amount)
    left = Money((payment.captured_amount or ZERO) - (payment.refunded_amount or ZERO), payment.currency)
    amount = left if ZERO < left.amount < seen.amount.amount else seen.amount
    return _reversals(payment, seen).filter(status=Status.COMPLETED).first() or _made_elsewhere(
        payment, Type.REVERSAL, None, amount
    )


def reversal_undone(payment: Transaction, seen: RefundEvidence) -> Transaction | None:
    """Money that the provider had taken back for the buyer, and gives to the payee again; None where nothing like it was taken back.
    The payment is locked."""
    alike = _reversals(payment, seen)
    row = alike.filter(status=Status.COMPLETED).first()
    if row is None:
        return alike.first()
    _undo(payment, row)
    return row


def _undo(payment: Transaction, reversal: Transaction) -> None:
    if not states.can(reversal, "reversal_undone"):
        return
    states.move(reversal, "reversal_undone")
    _sum_up(payment)
    _alarm("Reversal undone", 5, payment, reversal)


def _reversals(payment: Transaction, seen: RefundEvidence) -> QuerySet[Transaction]:
    """Those that the evidence may be about, locked: of its amount, where it does not tell of the payment alone."""
    rows = Transaction.objects.select_for_update(of=("self",)).filter(related=payment, type=Type.REVERSAL)
    return (rows.filter(amount=amount_value(seen.amount.amount)) if seen.id else rows).order_by("pk")


def dispute_seen(payment: Transaction, seen: DisputeEvidence) -> tuple[Dispute, list[str]]:
    """The dispute, and what is new about it: `opened`, `updated`, `resolved`. The payment is locked.

    Whatever is told first opens it, so that the feed tells of every dispute from its beginning.

    A dispute that ends for the buyer means that money went back, which is recorded once: see `_gone_back`. One may end anew, after an
    appeal. Where it ends for the seller then, the reversal is undone. News that was overtaken changes no end; but what went back by it
    went back, and perhaps came again.
    """
    provider, news = provider_name(payment.provider), list[str]()
    dispute = Dispute.objects.filter(provider=provider, dispute_id=seen.id).first()
    if dispute is None:
        dispute = Dispute.objects.create(
            provider=provider, dispute_id=seen.id, transaction=payment, provider_status=seen.status
        )
        news.append("opened")
    elif _is_overtaken(dispute, seen):
        if seen.told_at and dispute.reversal is None and dispute.resolved != Resolved.FOR_BUYER:
            _move_money(payment, dispute, seen)
        return dispute, news
    if seen.resolved not in (Resolved.NO, dispute.resolved):
        news.append("resolved")
    elif not news and (seen.resolved, seen.status) != (dispute.resolved, dispute.provider_status):
        news.append("updated")
    dispute.resolved, dispute.provider_status = seen.resolved, seen.status
    dispute.told_at = seen.told_at or dispute.told_at
    if "resolved" in news or dispute.reversal is None:
        _move_money(payment, dispute, seen)
    else:
        dispute.save()
    return dispute, news


def _is_overtaken(dispute: Dispute, seen: DisputeEvidence) -> bool:
    if dispute.resolved == Resolved.NO:
        return bool(seen.told_at and dispute.told_at and seen.told_at < dispute.told_at)
    if seen.told_at is None:
        return True
    # Servers of the version before keep no time.
    return seen.told_at <= dispute.told_at if dispute.told_at else seen.resolved == Resolved.NO


def _move_money(payment: Transaction, dispute: Dispute, seen: DisputeEvidence) -> None:
    """What goes back by an end of the dispute, and comes again by how it ended at last."""
    row = lock(dispute.reversal_id) if dispute.reversal_id else None
    if seen.amount and takes_back(seen) and (row is None or row.status == Status.CANCELLED):
        row = dispute.reversal = _gone_back(payment, dispute, seen, seen.amount)
    dispute.save()
    if dispute.resolved == Resolved.FOR_SELLER and row and row.type == Type.REVERSAL:
        _undo(payment, row)


def takes_back(seen: DisputeEvidence) -> bool:
    """Whether money went back by it: while it is open none does."""
    return seen.resolved == Resolved.FOR_BUYER and seen.amount is not None and seen.amount.amount > 0


def _gone_back(payment: Transaction, dispute: Dispute, seen: DisputeEvidence, amount: Money) -> Transaction | None:
    """The money that went back by the end of a dispute; None where all of it was back before.

    The provider tells of money that it moves twice, in any order: with the dispute's end and as a refund or reversal with an id of
    its own. Both are the same money: the one that comes second finds the first by its amount. Where it may have been us who gave it
    back, an end says only that the buyer has it, and an id says who moved it. So the end is about, in this order: what went back of
    this amount without our doing; our own refund of this amount since the dispute was opened; in both cases none that another
    dispute accounts for. Else it is money that nobody has told of yet, unless all that was captured is back already, which cannot
    go back twice. If it did nevertheless, its id says so, and what has an id is always recorded.
    """
    found = _untied(payment, amount)
    if found is None and seen.may_be_ours:
        found = _own_since(payment, amount, _opened(dispute, seen))
        if found is None and (payment.refunded_amount or ZERO) >= (payment.captured_amount or ZERO):
            return None
    return found or _made_elsewhere(payment, Type.REVERSAL, None, amount)


def _opened(dispute: Dispute, seen: DisputeEvidence) -> datetime:
    """Not later than it was told of."""
    told = Dispute.objects.values_list("opened_at", flat=True).get(pk=dispute.pk)
    return min(told, seen.opened_at or told)


def _explain_anew(payment: Transaction, refund: Transaction) -> None:
    """Where a refund has failed by which a dispute had ended for the buyer, the money went back in another way."""
    if refund.status not in ENDED_UNPAID or refund.amount is None:
        return
    amount = Money(refund.amount, refund.currency)
    for dispute in Dispute.objects.filter(reversal=refund):
        dispute.reversal = _untied(payment, amount) or _made_elsewhere(payment, Type.REVERSAL, None, amount)
        dispute.save()


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
        known = rows.filter(calls__key=seen.reference, type__in=_REFUNDS).first()
    return known


def _made_elsewhere(payment: Transaction, kind: Type, uid: str | None, amount: Money) -> Transaction:
    told = _told_without_id(payment, amount) if uid else None
    if told:
        told.change(uid_pay=uid)
        return told
    row = _going_back(payment, kind, amount)
    row.uid_pay, row.outcome = uid, CallOutcome.SUCCEEDED
    exceeds = _exceeds(payment, amount.amount)
    if exceeds:
        row.status_reason = EXCEEDS_CAPTURED
    states.begin(row, "refund_seen" if kind == Type.REFUND else "reversed")
    _sum_up(payment)
    if uid and kind == Type.REVERSAL:
        _taken_after_all(payment, row, amount)
    _alarm("Refund made elsewhere" if kind == Type.REFUND else "Payment reversed", 5, payment, row)
    if exceeds:
        _alarm("More went back than was captured", 9, payment, row)
    return row


def _told_without_id(payment: Transaction, amount: Money) -> Transaction | None:
    """A reversal of this amount that only the end of a dispute has told of so far; it may have come again since."""
    rows = Transaction.objects.filter(
        related=payment, type=Type.REVERSAL, uid_pay=None, amount=amount_value(amount.amount)
    )
    return rows.exclude(outcome=CallOutcome.NONE).order_by("pk").first()


def _taken_after_all(payment: Transaction, row: Transaction, amount: Money) -> None:
    """A reversal with an id of its own is what a dispute is about that was taken to have ended by a refund of ours."""
    ended = Dispute.objects.filter(
        transaction=payment, reversal__amount=amount_value(amount.amount), reversal__calls__isnull=False
    )
    for dispute in ended.order_by("pk")[:1]:
        dispute.reversal = row
        dispute.save()


def _untied(payment: Transaction, amount: Money) -> Transaction | None:
    """Money of this amount that went back without our doing, and that no dispute accounts for yet."""
    rows = _of_no_dispute(payment, amount).filter(status=Status.COMPLETED, calls=None)
    return rows.exclude(outcome=CallOutcome.NONE).order_by("pk").first()


def _own_since(payment: Transaction, amount: Money, moment: datetime) -> Transaction | None:
    """Our refund of this amount that began since then, by the database's time, and that no dispute accounts for yet. One whose outcome
    is not known counts: it is looked at again if it fails."""
    rows = _of_no_dispute(payment, amount).filter(
        type__in=_REFUNDS,
        status__in=(Status.PENDING, Status.COMPLETED),
        calls__operation=Operation.REFUND,
        calls__begun_at__gte=moment,
    )
    return rows.order_by("pk").first()


def _of_no_dispute(payment: Transaction, amount: Money) -> QuerySet[Transaction]:
    tied = Dispute.objects.filter(transaction=payment).exclude(reversal=None).values("reversal")
    return Transaction.objects.filter(related=payment, amount=amount_value(amount.amount)).exclude(pk__in=tied)


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
