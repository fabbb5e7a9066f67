"""Reversals in the classic interface: money that PayPal takes back from a receiver for the sender, and gives again.

Only who was paid by the sender is asked: in a chain the first receiver. Fees stay where they are.
"""

from decimal import Decimal

from solitude_sandbox.paypal.books import Books
from solitude_sandbox.paypal.call import Call
from solitude_sandbox.paypal.classic.ipn import tell_reversal
from solitude_sandbox.paypal.classic.payment import COMPLETED, Part, Payment

NO_FEE = Decimal(0)
REASONS = ("Chargeback Settlement", "Admin reversal")


def reverse(books: Books, payment: Payment, reason: str, call: Call) -> None:
    """Take what is left of the payment; ValueError with a sentence if nothing is."""
    parts = [part for part in _paid_by_sender(payment) if part.left and not part.reversed]
    if not parts:
        raise ValueError("Nothing is left of this payment that could be reversed.")
    for part in parts:
        payment.book(books.accounts, part, -part.left, NO_FEE)
        part.reversed = True
    tell_reversal(books, payment, reason, [], call)


def cancel_reversal(books: Books, payment: Payment, reason: str, call: Call) -> None:
    """The receiver was in the right; ValueError with a sentence if nothing was reversed."""
    parts = [part for part in payment.parts if part.reversed]
    if not parts:
        raise ValueError("This payment was not reversed.")
    for part in parts:
        payment.book(books.accounts, part, part.left, NO_FEE)
        part.reversed = False
    tell_reversal(books, payment, reason, parts, call)


def _paid_by_sender(payment: Payment) -> list[Part]:
    paid = [part for part in payment.parts if part.outcome == COMPLETED]
    return paid if payment.primary is None else [part for part in paid if part.primary]
