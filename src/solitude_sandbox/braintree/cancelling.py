"""How subscriptions end before their time, and how their changes are told."""

from datetime import datetime

from solitude_sandbox.braintree import events
from solitude_sandbox.braintree.books import Books
from solitude_sandbox.braintree.subscription import API, CANCELED, Subscription


def end(books: Books, subscription: Subscription, now: datetime) -> None:
    """Somebody cancels it."""
    subscription.become(CANCELED, now, API)
    tell(books, subscription, events.CANCELED, now)


def end_those_of(books: Books, token: str, now: datetime) -> None:
    """Their card is deleted, and they end with it."""
    for subscription in books.subscriptions:
        if subscription.payer.token == token and not subscription.ended:
            end(books, subscription, now)


def tell(books: Books, subscription: Subscription, kind: str, now: datetime) -> None:
    """Have the subscription told as it is."""
    books.tell(kind, subscription.id, {"subscription": subscription.show(books, now)}, now)
