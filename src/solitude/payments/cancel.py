"""A payment that nobody will approve any more: given up by its buyer, or waited for too long. What PayPal makes of its order then,
this server takes nothing.

Whoever ends it sees under its lock that nothing is taken and nobody is about to take it; who takes it sees under the same lock that
it has not ended (`check`). Money that moves nevertheless is recorded as a correction: where the buyer's approval alone moves it, the
provider is asked before the payment is given up, and afterwards until it shows the payment as ended.
"""

from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now

from solitude.payments import apply, calls, check
from solitude.payments.check import Checked
from solitude.payments.contract import Operation
from solitude.payments.models import LIVE
from solitude.transactions import states
from solitude.transactions.locks import lock
from solitude.transactions.models import Status, Transaction

CANCELLED, EXPIRED = "CANCELLED", "EXPIRED"


def cancel(pk: int) -> Checked:
    """Gives up a payment, unless it is paid or about to be; where it stands then. What is unknown of it is found out first."""
    uncertain = check.end_uncertain(pk)
    row = Transaction.objects.get(pk=pk)
    if uncertain:
        return Checked(row, unknown=calls.result_of(uncertain))
    if apply.is_taken_by_approval(row):
        checked = check.check(pk)
        if not_known := checked.unknown or checked.failed:
            return Checked(checked.row, unknown=not_known)
    return Checked(_end(pk, "cancelled", CANCELLED))


def expire(pk: int) -> Transaction:
    """Ends a payment whose buyer was waited for long enough."""
    return _end(pk, "expired", EXPIRED)


def _end(pk: int, edge: str, reason: str) -> Transaction:
    with transaction.atomic():
        row = lock(pk)
        if _waits_for_buyer(row):
            goes_on = apply.is_taken_by_approval(row)
            follow_up_at = Now() + timedelta(seconds=settings.SOLITUDE_FOLLOW_UP_S) if goes_on else None
            states.move(row, edge, status_reason=reason, follow_up_at=follow_up_at)
    return row


def _waits_for_buyer(row: Transaction) -> bool:
    """Whether nothing is taken, and nobody is at it."""
    if row.status != Status.PENDING or apply.is_held(row):
        return False
    taking = row.calls.filter(operation=Operation.CAPTURE, outcome__in=LIVE)
    return not taking.exists() and not calls.uncertain().filter(transaction=row).exists()
