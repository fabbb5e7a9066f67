"""The sender's answer on PayPal's classic pages: approve or cancel, and where to go back to."""

from typing import TYPE_CHECKING

from solitude_sandbox.addresses import is_email, with_query
from solitude_sandbox.paypal.approval import CANCEL, Choice, NotOpenError
from solitude_sandbox.paypal.books import Books
from solitude_sandbox.paypal.call import looking
from solitude_sandbox.paypal.classic.charging import charge
from solitude_sandbox.paypal.classic.errors import ClassicError
from solitude_sandbox.paypal.classic.ipn import tell_preapproval
from solitude_sandbox.paypal.classic.payment import CREATE, CREATED, EXPIRED, Payment
from solitude_sandbox.paypal.classic.permissions import PermissionRequest
from solitude_sandbox.paypal.classic.preapproval import ACTIVE, Preapproval
from solitude_sandbox.paypal.funding import Approval

if TYPE_CHECKING:
    from datetime import datetime

GRANT, REFUSE = "grant", "refuse"
DEFAULT_SELLER = "seller@sandbox.example"


def knows(books: Books, token: str) -> bool:
    """Whether the token is of a payment or a pre-approval."""
    return books.payments.get(token) is not None or books.preapprovals.get(token) is not None


def answer(books: Books, base: str, token: str, choice: Choice) -> str:
    """The answer to whatever the token is of; see `answer_payment` and `answer_preapproval`."""
    if books.preapprovals.get(token) is not None:
        return answer_preapproval(books, base, token, choice)
    return answer_payment(books, base, token, choice)


def open_payment(books: Books, pay_key: str, now: "datetime") -> Payment:
    """The payment that its sender may still approve; `NotOpenError` otherwise."""
    payment = books.payments.get(pay_key)
    if payment is None:
        raise NotOpenError(404, "PayPal does not know this payment.")
    status = payment.status(now)
    if status == EXPIRED:
        raise NotOpenError(410, "This payment has expired. Please start again at the shop.")
    if status != CREATED or (payment.action == CREATE and payment.preapproval_key is not None):
        raise NotOpenError(410, "This payment is finished. Nothing is left to approve.")
    return payment


def open_preapproval(books: Books, key: str, now: "datetime") -> Preapproval:
    """The pre-approval that its sender may still approve; `NotOpenError` otherwise."""
    preapproval = books.preapprovals.get(key)
    if preapproval is None:
        raise NotOpenError(404, "PayPal does not know this agreement.")
    if preapproval.status != ACTIVE or now.date() > preapproval.terms.ends:
        raise NotOpenError(410, "This agreement has ended. Please start again at the shop.")
    if preapproval.approval is not None:
        raise NotOpenError(410, "This agreement is in use already. Nothing is left to approve.")
    return preapproval


def open_permission(books: Books, token: str, now: "datetime") -> PermissionRequest:
    """The request for permissions that an account's owner may still grant; `NotOpenError` otherwise."""
    asked = books.permission_requests.get(token)
    if asked is None:
        raise NotOpenError(404, "PayPal does not know this request.")
    if asked.expired(now):
        raise NotOpenError(410, "This request has expired. Please start again at the shop.")
    if asked.granted is not None:
        raise NotOpenError(410, "This request has been granted already.")
    return asked


def answer_payment(books: Books, base: str, pay_key: str, choice: Choice) -> str:
    """Approve, which pays at once, or cancel; returns where the sender goes back to.

    ValueError with a sentence if the payment cannot be made in the way that was chosen. Cancelling changes nothing: the
    sender may come back and approve.
    """
    with books.lock:
        now = books.clock.now()
        payment = open_payment(books, pay_key, now)
        if choice.action == CANCEL:
            return payment.cancel_url
        try:
            charge(books, payment, _approval(books, choice), looking(base, now))
        except ClassicError as error:
            raise ValueError(f"{error.sentence}.") from None
        return payment.return_url


def answer_preapproval(books: Books, base: str, key: str, choice: Choice) -> str:
    """Approve or cancel a pre-approval; otherwise like `answer_payment`."""
    with books.lock:
        now = books.clock.now()
        preapproval = open_preapproval(books, key, now)
        if choice.action == CANCEL:
            return preapproval.terms.cancel_url
        expected = preapproval.terms.sender_email
        if expected not in (None, choice.buyer.lower()):
            raise ValueError(f"This agreement is for {expected}.")
        preapproval.approval = _approval(books, choice)
        tell_preapproval(books, preapproval, looking(base, now))
        return preapproval.terms.return_url


def answer_permission(books: Books, token: str, action: str, email: str) -> str:
    """Grant what is asked for the account with this address, or refuse; returns where its owner goes back to.

    ValueError with a sentence if that makes no sense. Refusing changes nothing, and tells the shop nothing.
    """
    with books.lock:
        now = books.clock.now()
        asked = open_permission(books, token, now)
        if action == REFUSE:
            return asked.callback
        if action != GRANT:
            raise ValueError("action must be grant or refuse.")
        if not is_email(email):
            raise ValueError("email must be an e-mail address.")
        verifier = books.ids.verification_code()
        asked.grant(books.accounts.by_email(email.lower()), verifier, now)
        return with_query(asked.callback, request_token=token, verification_code=verifier) or ""


def _approval(books: Books, choice: Choice) -> Approval:
    return Approval(books.accounts.by_email(choice.buyer.lower()), choice.funding)
