"""Locking a transaction before it is moved.

Who locks several locks a payment before its refunds and reversals; a provider call is locked together with its transaction.
"""

from solitude.prepared import Found
from solitude.transactions.models import Transaction

# What the event of a move tells of, so that it costs no further statement.
TOLD_OF = ("buyer", "seller", "seller_product__seller")


_locked = Found(
    lambda pk: Transaction.objects.select_for_update(of=("self",)).select_related(*TOLD_OF).filter(pk=pk), int
)


def lock(pk: int) -> Transaction:
    """The row as it is now, locked until the end of the caller's transaction."""
    row = _locked.first(pk)
    if row is None:
        raise Transaction.DoesNotExist
    return row
