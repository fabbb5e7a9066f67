"""Disputes: opened by a buyer, ended for one side, and perhaps ended anew after an appeal; and the money that moves by that."""

from datetime import datetime

from solitude.money.money import Money
from solitude.payments import money_back, pairing
from solitude.payments.contract import DisputeEvidence, Resolved
from solitude.payments.models import Dispute
from solitude.payments.money_back import ZERO
from solitude.transactions.locks import lock
from solitude.transactions.models import Status, Transaction, Type, provider_name


def enter(payment: Transaction, seen: DisputeEvidence) -> tuple[Dispute, list[str]]:
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
    if "resolved" in news or dispute.reversal is None or seen.is_told_once:
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
    if row and _is_another_sum(row, seen):
        money_back.undo(payment, row)
    if seen.amount and takes_back(seen) and (row is None or row.status == Status.CANCELLED):
        row = dispute.reversal = _gone_back(payment, dispute, seen, seen.amount)
    dispute.save()
    if row:
        money_back.give_again(payment, dispute, row, is_told_once=seen.is_told_once)


def _is_another_sum(row: Transaction, seen: DisputeEvidence) -> bool:
    """Whether it went back in the place of what was told before."""
    is_new = seen.amount is not None and seen.amount.amount != row.amount
    return is_new and takes_back(seen) and seen.is_told_once and row.type == Type.REVERSAL


def takes_back(seen: DisputeEvidence) -> bool:
    """Whether money went back by it: while it is open none does."""
    return seen.resolved == Resolved.FOR_BUYER and seen.amount is not None and seen.amount.amount > 0


def _gone_back(payment: Transaction, dispute: Dispute, seen: DisputeEvidence, amount: Money) -> Transaction | None:
    """The money that went back by the end of a dispute; None where all of it was back before.

    Where the provider tells of it by the dispute alone, it is money of its own. Else it tells twice (see `pairing`). Where it may have
    been us who gave it back, an end says only that the buyer has it, and an id says who moved it. So the end is about, in this order:
    what went back of this amount without our doing; our own refund of this amount since the dispute was opened; what went back since
    then and has come again, where that is told sooner than the end; in each case none that another dispute accounts for. Else it is
    money that nobody has told of yet, unless all that was captured is back already, which cannot go back twice. If it did nevertheless,
    its id says so, and what has an id is always recorded.
    """
    if seen.is_told_once:
        return money_back.made_elsewhere(payment, Type.REVERSAL, None, amount, support=seen.id)
    found, opened = pairing.untied(payment, amount), _opened(dispute, seen)
    if found is None and seen.may_be_ours:
        found = pairing.own_since(payment, amount, opened)
        if found is None and (payment.refunded_amount or ZERO) >= (payment.captured_amount or ZERO):
            return None
    found = found or pairing.come_again_since(payment, amount, opened)
    return found or money_back.made_elsewhere(payment, Type.REVERSAL, None, amount)


def _opened(dispute: Dispute, seen: DisputeEvidence) -> datetime:
    """Not later than it was told of."""
    told = Dispute.objects.values_list("opened_at", flat=True).get(pk=dispute.pk)
    return min(told, seen.opened_at or told)
