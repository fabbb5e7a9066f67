"""What subscriptions bring about by themselves: a charge for each period, and others where one failed.

A charge that fails makes a subscription past due. What is owed then is tried again after ten days and after ten more, then with each
period's charge (https://developer.paypal.com/braintree/articles/guides/recurring-billing/recurring-advanced-settings; the ten days are the
longest that the control panel offers). All of it happens as of the time at which it was due, however late that is noticed.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from solitude_sandbox.braintree import events
from solitude_sandbox.braintree.books import Books
from solitude_sandbox.braintree.cancelling import tell
from solitude_sandbox.braintree.months import midnight
from solitude_sandbox.braintree.sales import Order, charge, declined
from solitude_sandbox.braintree.subscription import (
    ACTIVE,
    API,
    EXPIRED,
    NOTHING,
    PAST_DUE,
    RECURRING,
    Subscription,
)
from solitude_sandbox.braintree.transactions import Transaction

RETRIES_AFTER = (timedelta(days=10), timedelta(days=20))


def begin(books: Books, subscription: Subscription, now: datetime, ordered: str | None) -> None:
    """Charge the first period, and if that is paid let it begin; InvalidError otherwise. `ordered` is what a fault asks for."""
    if subscription.balance:
        transaction = _charge(books, subscription, now, ordered)
        if transaction.came_to_nothing:
            raise declined(books, transaction)
    books.subscriptions.put(subscription.id, subscription)
    skipped = not subscription.balance
    subscription.balance, subscription.paid_through = NOTHING, subscription.end
    subscription.become(ACTIVE, now, API)
    tell(books, subscription, events.SKIPPED if skipped else events.CHARGED, now)
    tell(books, subscription, events.WENT_ACTIVE, now)
    _await_next(books, subscription)


def renew(books: Books, subscription: Subscription, now: datetime) -> None:
    """A period is over: it was the last one, or the next is to be paid."""
    if subscription.last_cycle:
        subscription.become(EXPIRED, now, RECURRING)
        tell(books, subscription, events.EXPIRED, now)
        return
    subscription.turn_over()
    subscription.balance += subscription.price
    _await_next(books, subscription)
    if subscription.balance:
        collect(books, subscription, now)
    else:
        subscription.paid_through = subscription.end
        tell(books, subscription, events.SKIPPED, now)


def collect(books: Books, subscription: Subscription, now: datetime) -> None:
    """Charge what is owed."""
    if _charge(books, subscription, now).came_to_nothing:
        _not_paid(books, subscription, now)
    else:
        _paid(books, subscription, now)


def _await_next(books: Books, subscription: Subscription) -> None:
    day = subscription.next

    def act(due: datetime) -> None:
        if not subscription.ended and subscription.next == day and books.subscriptions.get(subscription.id):
            renew(books, subscription, due)

    books.agenda.add(midnight(day), act)


def _charge(books: Books, subscription: Subscription, now: datetime, ordered: str | None = None) -> Transaction:
    """Ask the bank for what is owed."""
    method = books.methods.get(subscription.payer.token or "")
    # A card may have changed since; one that the vault had no more room for is charged as it was.
    if method is not None:
        subscription.payer = replace(subscription.payer, instrument=method.instrument)
    order = Order(
        amount=subscription.balance,
        account=subscription.account,
        payer=subscription.payer,
        descriptor=subscription.descriptor,
        recurring=True,
        period=subscription.period,
    )
    transaction = charge(books, order, now, ordered)
    subscription.transactions.appendleft(transaction)
    return transaction


def _paid(books: Books, subscription: Subscription, now: datetime) -> None:
    was_past_due = subscription.status == PAST_DUE
    subscription.balance, subscription.failures, subscription.past_due_since = NOTHING, 0, None
    subscription.paid_through = subscription.end
    if was_past_due:
        subscription.become(ACTIVE, now, RECURRING)
    tell(books, subscription, events.CHARGED, now)
    if was_past_due:
        tell(books, subscription, events.WENT_ACTIVE, now)


def _not_paid(books: Books, subscription: Subscription, now: datetime) -> None:
    first = subscription.status == ACTIVE
    subscription.failures += 1
    if first:
        subscription.past_due_since = now.date()
        subscription.become(PAST_DUE, now, RECURRING)
    tell(books, subscription, events.NOT_CHARGED, now)
    if first:
        tell(books, subscription, events.WENT_PAST_DUE, now)
        for wait in RETRIES_AFTER:
            _await_retry(books, subscription, now + wait)


def _await_retry(books: Books, subscription: Subscription, due: datetime) -> None:
    """Unless it is paid meanwhile, or the next period's charge has tried it again."""
    cycle = subscription.cycle

    def act(due: datetime) -> None:
        if subscription.status == PAST_DUE and subscription.cycle == cycle:
            collect(books, subscription, due)

    books.agenda.add(due, act)
