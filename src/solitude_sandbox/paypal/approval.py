"""The buyer's answer on PayPal's pages, for orders and for setup tokens: approve or cancel, and where to go back to."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from solitude_sandbox.addresses import is_email, with_query
from solitude_sandbox.control import NotNowError
from solitude_sandbox.paypal.books import Books
from solitude_sandbox.paypal.call import Call, looking
from solitude_sandbox.paypal.events import APPROVAL_REVERSED, ORDER_APPROVED
from solitude_sandbox.paypal.funding import FUNDINGS, Approval
from solitude_sandbox.paypal.order import APPROVED, COMPLETED, Order
from solitude_sandbox.paypal.times import ORDER_APPROVED_LIFE
from solitude_sandbox.paypal.vault import TOKENIZED, SetupToken

if TYPE_CHECKING:
    from datetime import datetime

APPROVE = "approve"
CANCEL = "cancel"


class NotOpenError(NotNowError):
    """The token cannot be approved or cancelled any more, or never could; `status` is 404 or 410."""


@dataclass(frozen=True)
class Choice:
    """What the buyer entered; ValueError with a sentence if it makes no sense."""

    action: str
    funding: str
    buyer: str

    def __post_init__(self) -> None:
        if self.action not in (APPROVE, CANCEL):
            raise ValueError("action must be approve or cancel.")
        if self.funding not in FUNDINGS:
            raise ValueError(f"funding must be one of: {', '.join(FUNDINGS)}.")
        if not is_email(self.buyer):
            raise ValueError("buyer must be an e-mail address.")


def open_order(books: Books, token: str, now: "datetime") -> Order:
    """The order that a buyer may still approve; `NotOpenError` otherwise."""
    order = books.orders.get(token)
    if order is None:
        raise NotOpenError(404, "PayPal does not know this payment.")
    if order.expired(now):
        raise NotOpenError(410, "This payment has expired. Please start again at the shop.")
    if order.status == COMPLETED:
        raise NotOpenError(410, "This payment is finished. Nothing is left to approve.")
    return order


def open_setup_token(books: Books, token: str, now: "datetime") -> SetupToken:
    """The setup token that a buyer may still approve; `NotOpenError` otherwise."""
    setup = books.setup_tokens.get(token)
    if setup is None:
        raise NotOpenError(404, "PayPal does not know this agreement.")
    if setup.expired(now):
        raise NotOpenError(410, "This agreement has expired. Please start again at the shop.")
    if setup.status == TOKENIZED:
        raise NotOpenError(410, "This agreement is in use already. Nothing is left to approve.")
    return setup


def answer_order(books: Books, base: str, token: str, choice: Choice) -> str | None:
    """Approve or cancel an order; returns where the buyer goes back to, None if the shop named nothing.

    Cancelling changes nothing: the buyer may come back and approve. `base` is for the links in what is told of it.
    """
    with books.lock:
        now = books.clock.now()
        order = open_order(books, token, now)
        if choice.action == CANCEL:
            return with_query(order.asked.cancel_url, token=order.id)
        approval = Approval(books.accounts.by_email(choice.buyer.lower()), choice.funding)
        order.approve(approval, now)
        call = looking(base, now)
        books.tell(call, ORDER_APPROVED, order.show(call))
        books.agenda.add(now + ORDER_APPROVED_LIFE, lambda later: _lapse(books, order, now, later))
        return with_query(order.asked.return_url, token=order.id, PayerID=approval.buyer.merchant_id)


def _lapse(books: Books, order: Order, approved: "datetime", call: Call) -> None:
    """The approval of that time was not used: the buyer's money is free again, and PayPal says so."""
    if order.status != APPROVED or order.since != approved:
        return
    shown = order.show(call)
    resource = {"order_id": order.id, "purchase_units": shown["purchase_units"]}
    books.tell(call, APPROVAL_REVERSED, resource | {"payment_source": shown["payment_source"]})


def answer_setup_token(books: Books, token: str, choice: Choice) -> str | None:
    """Approve or cancel a setup token; otherwise like `answer_order`."""
    with books.lock:
        setup = open_setup_token(books, token, books.clock.now())
        if choice.action == APPROVE:
            setup.approve(Approval(books.accounts.by_email(choice.buyer.lower()), choice.funding))
        url = setup.return_url if choice.action == APPROVE else setup.cancel_url
        return with_query(url, approval_token_id=setup.id, approval_session_id=setup.id)
