"""What a request names by a key or an id: the thing, or PayPal's refusal."""

from solitude_sandbox.paypal.books import Books
from solitude_sandbox.paypal.classic import errors
from solitude_sandbox.paypal.classic.errors import ClassicError
from solitude_sandbox.paypal.classic.fields import Fields
from solitude_sandbox.paypal.classic.payment import Payment
from solitude_sandbox.paypal.classic.preapproval import Preapproval


def find_payment(books: Books, fields: Fields) -> Payment:
    """The payment by `payKey`, else `transactionId`, else `trackingId`."""
    pay_key, transaction_id, tracking_id = (fields.text(name) for name in ("payKey", "transactionId", "trackingId"))
    if pay_key is not None:
        return find_by_pay_key(books, pay_key)
    if transaction_id is not None:
        return _found(books.transactions.get(transaction_id), errors.UNKNOWN_TRANSACTION, transaction_id)
    if tracking_id is not None:
        return _found(books.tracking_ids.get(tracking_id), errors.UNKNOWN_TRACKING_ID, tracking_id)
    raise fields.missing("payKey")


def find_by_pay_key(books: Books, pay_key: str) -> Payment:
    """The payment by its pay key."""
    return _found(books.payments.get(pay_key), errors.UNKNOWN_PAY_KEY, pay_key)


def find_preapproval(books: Books, key: str) -> Preapproval:
    """The pre-approval by its key."""
    preapproval = books.preapprovals.get(key)
    if preapproval is None:
        raise ClassicError(errors.UNKNOWN_PREAPPROVAL, key)
    return preapproval


def _found(payment: Payment | None, error_id: str, asked: str) -> Payment:
    if payment is None:
        raise ClassicError(error_id, asked)
    return payment
