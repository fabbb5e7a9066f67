"""The sender has agreed, now or before: the money moves."""

from solitude_sandbox.paypal import funding
from solitude_sandbox.paypal.books import Books
from solitude_sandbox.paypal.call import Call
from solitude_sandbox.paypal.classic import errors
from solitude_sandbox.paypal.classic.errors import ClassicError
from solitude_sandbox.paypal.classic.ipn import tell_payment
from solitude_sandbox.paypal.classic.payment import (
    COMPLETED,
    DENIED,
    ERROR,
    FAILED,
    INCOMPLETE,
    PAY_PRIMARY,
    PENDING,
    Part,
    Payment,
)
from solitude_sandbox.paypal.funding import Approval

# What becomes of each part; DECLINED pays nobody.
OUTCOMES = {funding.OK: COMPLETED, funding.CAPTURE_DECLINED: FAILED, funding.REVIEW: PENDING}
STATES = {COMPLETED: COMPLETED, FAILED: ERROR, PENDING: PENDING}


def charge(books: Books, payment: Payment, approval: Approval, call: Call) -> None:
    """Pay all receivers, or of a delayed chain the first; `ClassicError` if anything forbids it, and nothing is done."""
    if approval.funding == funding.DECLINED:
        raise ClassicError(errors.NO_SOURCE)
    if any(part.receiver is approval.buyer for part in payment.parts):
        raise ClassicError(errors.SENDER_IS_RECEIVER)
    check_invoices(books, payment.parts)
    outcome = OUTCOMES[approval.funding]
    payment.approval = approval
    payment.share_fees()
    delayed = payment.action == PAY_PRIMARY
    for part in payment.parts:
        if not delayed or part.primary:
            _pay(books, payment, part, outcome)
    payment.state = INCOMPLETE if delayed and outcome == COMPLETED else STATES[outcome]
    tell_payment(books, payment, call)


def pay_the_rest(books: Books, payment: Payment, call: Call) -> None:
    """The other receivers of a delayed chain."""
    for part in payment.parts:
        if part.outcome is None:
            _pay(books, payment, part, COMPLETED)
    payment.state = COMPLETED
    tell_payment(books, payment, call)


def end_review(books: Books, payment: Payment, call: Call, *, accepted: bool) -> None:
    """PayPal has looked at a PENDING payment."""
    for part in payment.parts:
        if part.outcome == PENDING and accepted:
            payment.settle(books.accounts, part)
        elif part.outcome == PENDING:
            part.outcome = DENIED
    delayed = any(part.outcome is None for part in payment.parts)
    payment.state = ERROR if not accepted else INCOMPLETE if delayed else COMPLETED
    tell_payment(books, payment, call)


def check_invoices(books: Books, parts: list[Part]) -> None:
    """An invoice id can be paid once per receiver, in either interface."""
    for part in parts:
        if part.invoice_id is not None and books.sale_invoices.get((part.receiver.merchant_id, part.invoice_id)):
            raise ClassicError(errors.INVOICE_IN_USE, part.invoice_id)


def _pay(books: Books, payment: Payment, part: Part, outcome: str) -> None:
    part.transaction_id, part.sender_transaction_id = books.ids.resource_id(), books.ids.resource_id()
    part.outcome = outcome
    if outcome == COMPLETED:
        payment.settle(books.accounts, part)
    for transaction_id in (part.transaction_id, part.sender_transaction_id):
        books.transactions.put(transaction_id, payment)
    if outcome != FAILED and part.invoice_id is not None:
        books.sale_invoices.put((part.receiver.merchant_id, part.invoice_id), payment.pay_key)
