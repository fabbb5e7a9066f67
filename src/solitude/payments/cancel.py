"""A payment that nobody will approve any more: given up by its buyer, or waited for too long. What PayPal makes of its order then,
this server takes nothing.

Whoever ends it sees under its lock that nothing is taken and nobody is about to take it; who takes it sees under the same lock that
it has not ended (`check`). Money that moves nevertheless is recorded as a correction.
"""

from django.db import transaction

from solitude.payments import apply, calls, check
from solitude.payments.check import Checked
from solitude.payments.contract import Operation, Outcome, Result
from solitude.payments.models import LIVE
from solitude.transactions import states
from solitude.transactions.locks import lock
from solitude.transactions.models import Status, Transaction

CANCELLED, EXPIRED = "CANCELLED", "EXPIRED"


def cancel(pk: int) -> Checked:
    """Gives up a payment, unless it is paid or about to be; where it stands then. What is unknown of it is found out first."""
    uncertain = check.end_uncertain(pk)
    if uncertain:
        return Checked(Transaction.objects.get(pk=pk), Result(Outcome.UNKNOWN, correlation_id=uncertain.correlation_id))
    return Checked(_end(pk, "cancelled", CANCELLED))


def expire(pk: int) -> Transaction:
    """Ends a payment whose buyer was waited for long enough."""
    return _end(pk, "expired", EXPIRED)


def _end(pk: int, edge: str, reason: str) -> Transaction:
    with transaction.atomic():
        row = lock(pk)
        if _waits_for_buyer(row):
            states.move(row, edge, status_reason=reason, follow_up_at=None)
    return row


def _waits_for_buyer(row: Transaction) -> bool:
    """Whether nothing is taken, and nobody is at it."""
    if row.status != Status.PENDING or apply.is_held(row):
        return False
    taking = row.calls.filter(operation=Operation.CAPTURE, outcome__in=LIVE)
    return not taking.exists() and not calls.uncertain().filter(transaction=row).exists()
