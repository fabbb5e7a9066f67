"""What becomes of an authorization: voided, submitted, settled or not. The last four are the sandbox's own calls (`gateway.testing`)."""

from datetime import datetime, timedelta

from solitude_sandbox.braintree import amounts, processor
from solitude_sandbox.braintree.books import Books
from solitude_sandbox.braintree.call import Answer, Call
from solitude_sandbox.braintree.errors import InvalidError, invalid
from solitude_sandbox.braintree.processor import AUTHORIZED, AUTHORIZING, LATE
from solitude_sandbox.braintree.transactions import (
    SETTLED,
    SETTLEMENT_CONFIRMED,
    SETTLEMENT_DECLINED,
    SETTLEMENT_PENDING,
    SETTLING,
    SUBMITTED,
    VOIDED,
    Transaction,
    found,
)

_VOIDABLE = (AUTHORIZED, SUBMITTED, SETTLEMENT_PENDING)
# Those from which the sandbox lets a settlement end.
ON_THE_WAY = (SUBMITTED, SETTLING, SETTLEMENT_PENDING, SETTLEMENT_CONFIRMED)
SETTLES_AFTER = timedelta(days=1)
# With which a settlement is declined where its amount says nothing else.
_DECLINED = "4001"


def authorize(books: Books, transaction: Transaction, now: datetime) -> None:
    """What its bank says is written down, and what it gives is taken if it is to be. The books' lock is held."""
    transaction.move(transaction.verdict.status, now)
    if transaction.status == AUTHORIZED:
        transaction.authorization_code = books.ids.authorization_code()
        if transaction.submit:
            submit_now(books, transaction, now)


def answer(books: Books, transaction: Transaction, status: str, now: datetime) -> None:
    """A bank that took its time answers, or one that gave the money already gives it no more; ValueError with a sentence if it cannot."""
    if status not in LATE:
        raise ValueError(f"status must be one of: {', '.join(LATE)}.")
    given = (AUTHORIZED, SUBMITTED) if status != AUTHORIZED else ()
    if transaction.status not in (AUTHORIZING, *given):
        raise ValueError(f"The transaction is {transaction.status}: its bank has nothing to say.")
    transaction.verdict = LATE[status]
    authorize(books, transaction, now)


def submit_now(books: Books, transaction: Transaction, now: datetime) -> None:
    """The money is to be taken, or given back: a day later that is done, unless something else becomes of it meanwhile."""
    transaction.move(SUBMITTED, now)

    def act(due: datetime) -> None:
        if transaction.status in (SUBMITTED, SETTLING, SETTLEMENT_CONFIRMED):
            _move(transaction, SETTLEMENT_DECLINED if processor.settles(transaction.amount) else SETTLED, due)

    books.agenda.add(now + SETTLES_AFTER, act)


def void(books: Books, call: Call) -> Answer:
    """PUT /transactions/ID/void: before the money moved."""
    transaction = found(books, call.name)
    if transaction.status not in _VOIDABLE:
        raise invalid("transaction", "base", "91504")
    transaction.move(VOIDED, call.now)
    return Answer("transaction", transaction.show(books))


def submit(books: Books, call: Call) -> Answer:
    """PUT /transactions/ID/submit_for_settlement: all of an authorization, or less."""
    transaction = found(books, call.name)
    if transaction.status != AUTHORIZED:
        raise invalid("transaction", "base", "91507")
    if call.text("amount") is not None:
        amount, wrong = amounts.read(call.text("amount"))
        if wrong:
            raise InvalidError(*wrong)
        if amount > transaction.amount:
            raise invalid("transaction", "amount", "91522")
        transaction.amount = amount
    submit_now(books, transaction, call.now)
    return Answer("transaction", transaction.show(books))


def settle(books: Books, call: Call) -> Answer:
    """PUT /transactions/ID/settle."""
    return _moved(books, call, SETTLED)


def settlement_confirm(books: Books, call: Call) -> Answer:
    """PUT /transactions/ID/settlement_confirm."""
    return _moved(books, call, SETTLEMENT_CONFIRMED)


def settlement_pending(books: Books, call: Call) -> Answer:
    """PUT /transactions/ID/settlement_pending."""
    return _moved(books, call, SETTLEMENT_PENDING)


def settlement_decline(books: Books, call: Call) -> Answer:
    """PUT /transactions/ID/settlement_decline."""
    return _moved(books, call, SETTLEMENT_DECLINED)


def end(transaction: Transaction, now: datetime, *, good: bool) -> None:
    """The settlement ends; ValueError with a sentence if none is under way. The books' lock is held."""
    if transaction.status not in ON_THE_WAY:
        raise ValueError(f"The transaction is {transaction.status}: nothing is to be settled.")
    _move(transaction, SETTLED if good else SETTLEMENT_DECLINED, now)


def _moved(books: Books, call: Call, status: str) -> Answer:
    transaction = found(books, call.name)
    if transaction.status not in ON_THE_WAY:
        raise invalid("transaction", "base", "91575")
    _move(transaction, status, call.now)
    return Answer("transaction", transaction.show(books))


def _move(transaction: Transaction, status: str, now: datetime) -> None:
    if status == SETTLEMENT_DECLINED:
        transaction.settlement_code = processor.settles(transaction.amount) or _DECLINED
    transaction.move(status, now)
