"""Disputes as the bank, the gateway's client and the control API change them. Each change is told."""

from decimal import Decimal

from solitude_sandbox.braintree import events
from solitude_sandbox.braintree.books import Books
from solitude_sandbox.braintree.call import Answer, Call
from solitude_sandbox.braintree.dispute import ACCEPTED, DISPUTED, LOST, OPEN, REASONS, UNDECIDED, WON, Dispute
from solitude_sandbox.braintree.errors import invalid, missing
from solitude_sandbox.braintree.transactions import SALE, SETTLED, Transaction


def find_dispute(books: Books, call: Call) -> Answer:
    """GET /disputes/ID."""
    return Answer("dispute", _found(books, call.name).show())


def accept_dispute(books: Books, call: Call) -> Answer:
    """PUT /disputes/ID/accept: the merchant lets the money go."""
    _answered(books, call, ACCEPTED, "95704")
    return Answer()


def finalize_dispute(books: Books, call: Call) -> Answer:
    """PUT /disputes/ID/finalize: the merchant objects, and the bank decides."""
    _answered(books, call, DISPUTED, "95705")
    return Answer()


def begin(books: Books, transaction: Transaction, amount: Decimal, reason: str) -> Dispute:
    """A buyer's bank takes money back; ValueError with a sentence if it cannot. The books' lock is held."""
    if transaction.status != SETTLED or transaction.type != SALE:
        raise ValueError("Only a sale that is settled can be disputed.")
    if not 0 < amount <= transaction.amount:
        raise ValueError(f"amount must be more than 0 and at most {transaction.amount}.")
    if reason not in REASONS:
        raise ValueError(f"reason must be one of: {', '.join(REASONS)}.")
    if any(each.status in UNDECIDED for each in transaction.disputes):
        raise ValueError("This transaction is in dispute already.")
    now = books.clock.now()
    dispute = Dispute(books.ids.dispute(), transaction, amount, reason, now, now)
    books.disputes.put(dispute.id, dispute)
    transaction.disputes.append(dispute)
    dispute.become(OPEN, now)
    tell(books, dispute, events.OPENED)
    return dispute


def decide(books: Books, dispute: Dispute, *, won: bool) -> None:
    """The bank decides, for the merchant or against; ValueError if that has happened. The books' lock is held."""
    if dispute.status not in UNDECIDED:
        raise ValueError("dispute must be one that nobody has decided yet.")
    _become(books, dispute, WON if won else LOST)


def tell(books: Books, dispute: Dispute, kind: str) -> None:
    """Have the dispute told as it is."""
    books.tell(kind, dispute.id, {"dispute": dispute.show()}, books.clock.now())


def _answered(books: Books, call: Call, status: str, too_late: str) -> None:
    dispute = _found(books, call.name)
    if dispute.status != OPEN:
        raise invalid("dispute", "status", too_late)
    _become(books, dispute, status)


def _become(books: Books, dispute: Dispute, status: str) -> None:
    dispute.become(status, books.clock.now())
    tell(books, dispute, events.DISPUTE + status)


def _found(books: Books, identifier: str) -> Dispute:
    dispute = books.disputes.get(identifier)
    if dispute is None:
        raise missing()
    return dispute
