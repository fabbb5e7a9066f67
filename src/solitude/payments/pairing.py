"""Which money that went back a dispute accounts for.

The provider tells of money that it moves twice, in any order: with the end of a dispute, and as a refund or reversal with an id of its
own. Both are the same money: what comes second finds what came first by its amount.
"""

from datetime import datetime

from django.db.models import QuerySet

from solitude.money.money import Money
from solitude.payments.contract import Operation
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


def told_without_id(payment: Transaction, amount: Money) -> Transaction | None:
    """A reversal of this amount that only the end of a dispute has told of so far; it may have come again since."""
    rows = Transaction.objects.filter(
        related=payment, type=Type.REVERSAL, uid_pay=None, uid_support=None, amount=amount_value(amount.amount)
    )
    return rows.exclude(outcome=CallOutcome.NONE).order_by("pk").first()


def taken_after_all(payment: Transaction, row: Transaction, amount: Money) -> None:
    """A reversal with an id of its own is what a dispute is about that was taken to have ended by a refund of ours."""
    ended = Dispute.objects.filter(
        transaction=payment, reversal__amount=amount_value(amount.amount), reversal__calls__isnull=False
    )
    dispute = ended.order_by("pk").first()
    if dispute:
        dispute.reversal = row
        dispute.save()


def _of_no_dispute(payment: Transaction, amount: Money) -> QuerySet[Transaction]:
    tied = Dispute.objects.filter(transaction=payment).exclude(reversal=None).values("reversal")
    return Transaction.objects.filter(related=payment, amount=amount_value(amount.amount)).exclude(pk__in=tied)
