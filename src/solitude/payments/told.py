"""A payment of which the provider tells first: one that it takes by itself, as it was agreed."""

from solitude.payments import apply
from solitude.payments.contract import Result
from solitude.transactions import states
from solitude.transactions.models import Transaction


def begin(row: Transaction, found: Result) -> None:
    """Writes a new row and moves it to where the provider says that it is, in the caller's transaction.

    What `found` has no evidence for is not written down by this: it must tell one.
    """
    if found.evidence is None:
        raise ValueError("a payment that nobody asked for is made by evidence alone")
    states.begin(row, "payment_told")
    apply.payment(row, found)
