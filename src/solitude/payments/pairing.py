"""Which money that went back a dispute accounts for.

The provider tells of money that it moves twice, in any order: with the end of a dispute, and as a refund or reversal with an id of its
own. Both are the same money: what comes second finds what came first by its amount. So it is with money that comes again.
"""

from datetime import datetime
from decimal import Decimal

from django.db.models import QuerySet

from solitude.money.money import Money
from solitude.payments.contract import Operation, Resolved
from solitude.payments.models import Dispute
from solitude.transactions.amounts import amount_value
from solitude.transactions.models import CallOutcome, Status, Transaction, Type

REFUNDS = (Type.REFUND, Type.REFUND_MANUAL)


def untied(payment: Transaction, amount: Money) -> Transaction | None:
    """Money of this amount that went back without our doing, and that no dispute accounts for yet."""
    rows = _of_no_dispute(payment, amount).filter(status=Status.COMPLETED, calls=None)
    return rows.exclude(outcome=CallOutcome.NONE).order_by("pk").first()


def own_since(payment: Transaction, amount: Money, moment: datetime) -> Transaction | None:
    """Our refund of this amount that began since then, by the database's time, and that no dispute accounts for yet. One whose outcome
    is not known counts: it is looked at again if it fails."""
    rows = _of_no_dispute(payment, amount).filter(
        type__in=REFUNDS,
        status__in=(Status.PENDING, Status.COMPLETED),
        calls__operation=Operation.REFUND,
        calls__begun_at__gte=moment,
    )
    return rows.order_by("pk").first()


def come_again_since(payment: Transaction, amount: Money, moment: datetime) -> Transaction | None:
    """A reversal of this amount that was told since then, has come again by an id, and that no dispute accounts for."""
    rows = _of_no_dispute(payment, amount).filter(
        type=Type.REVERSAL, status=Status.CANCELLED, uid_support__isnull=False, created__gte=moment
    )
    return rows.order_by("pk").first()


def told_without_id(payment: Transaction, amount: Money) -> Transaction | None:
    """A reversal of this amount that only the end of a dispute has told of so far; it may have come again since."""
    rows = Transaction.objects.filter(
        related=payment, type=Type.REVERSAL, uid_pay=None, amount=amount_value(amount.amount)
    )
    told_once = Dispute.objects.filter(transaction=payment).values("dispute_id")
    return rows.exclude(outcome=CallOutcome.NONE).exclude(uid_support__in=told_once).order_by("pk").first()


def come_again(payment: Transaction, alike: QuerySet[Transaction], uid: str) -> Transaction | None:
    """Of these reversals the one that has come again by the money of this id: by what was told before, or by the end of a dispute."""
    known = alike.filter(uid_support=uid).first()
    if known is None:
        won = Dispute.objects.filter(transaction=payment, resolved=Resolved.FOR_SELLER).values("reversal")
        known = alike.filter(status=Status.CANCELLED, uid_support=None, pk__in=won).first()
        if known:
            known.change(uid_support=uid)
    return known


def change_places(dispute: Dispute, reversal: Transaction) -> bool:
    """Whether what this dispute had taken, and the seller has won, has come again already: by an id, which says nothing of disputes, so
    that it was taken for what another one had taken. Then they change places."""
    others = Dispute.objects.filter(
        transaction=dispute.transaction_id,
        reversal__type=Type.REVERSAL,
        reversal__status=Status.CANCELLED,
        reversal__uid_support__isnull=False,
        reversal__amount=amount_value(reversal.amount or Decimal(0)),
    )
    other = others.exclude(pk=dispute.pk).exclude(resolved=Resolved.FOR_SELLER).order_by("pk").first()
    if other is None or reversal.status != Status.COMPLETED:
        return False
    dispute.reversal, other.reversal = other.reversal, reversal
    dispute.save()
    other.save()
    return True


def taken_after_all(payment: Transaction, row: Transaction, amount: Money) -> Dispute | None:
    """A reversal with an id of its own is what a dispute is about that was taken to have ended by a refund of ours: that one."""
    ended = Dispute.objects.filter(
        transaction=payment, reversal__amount=amount_value(amount.amount), reversal__calls__isnull=False
    )
    dispute = ended.order_by("pk").first()
    if dispute:
        dispute.reversal = row
        dispute.save()
    return dispute


def _of_no_dispute(payment: Transaction, amount: Money) -> QuerySet[Transaction]:
    tied = Dispute.objects.filter(transaction=payment).exclude(reversal=None).values("reversal")
    return Transaction.objects.filter(related=payment, amount=amount_value(amount.amount)).exclude(pk__in=tied)
