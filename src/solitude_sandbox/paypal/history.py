"""Everything that happened to one order, in the order of time: who asked for what, what was told of it, and to whom."""

from dataclasses import dataclass
from datetime import datetime

from solitude_sandbox.paypal.books import Books
from solitude_sandbox.paypal.call import Json
from solitude_sandbox.paypal.control_answers import look
from solitude_sandbox.paypal.disputes import Dispute
from solitude_sandbox.paypal.order import Order

REQUESTS_LIMIT = 10_000  # the newest requests, events and messages among which it looks
MESSAGES_LIMIT = 1_000


@dataclass(frozen=True)
class Moment:
    """One line of a history; `messages` are what was sent of it, as the state page shows them."""

    at: datetime
    what: str
    result: str
    messages: tuple[Json, ...] = ()


@dataclass(frozen=True)
class History:
    """`order` and `disputes` are as the API shows them."""

    order: Json
    disputes: list[Json]
    moments: list[Moment]


def history_of(books: Books, base: str, order_id: str) -> History | None:
    """The history, or None if there is no such order; `base` is for the links in what is shown."""
    with books.lock:
        call = look(books, base)
        order = books.orders.get(order_id)
        if order is None:
            return None
        captures = [unit.capture for unit in order.units if unit.capture is not None]
        disputes = [dispute for dispute in books.disputes if dispute.capture in captures]
        ids = _ids(order, disputes)
        moments = [Moment(order.created, "The order was created", ""), *_requests(books, ids), *_events(books, ids)]
        return History(
            order.show(call), [dispute.show(call) for dispute in disputes], sorted(moments, key=lambda each: each.at)
        )


def _ids(order: Order, disputes: list[Dispute]) -> frozenset[str]:
    ids = {order.id, *(dispute.id for dispute in disputes)}
    for capture in (unit.capture for unit in order.units if unit.capture is not None):
        ids |= {capture.id, *(refund.id for refund in capture.refunds), *(each.id for each in capture.reversals)}
    return frozenset(ids)


def _requests(books: Books, ids: frozenset[str]) -> list[Moment]:
    return [
        Moment(
            entry.at,
            f"{entry.method} {entry.path}",
            " ".join([str(entry.status or "no answer"), *([entry.fault] if entry.fault else [])]),
        )
        for entry in books.journal.entries()[-REQUESTS_LIMIT:]
        if not ids.isdisjoint(entry.path.split("/"))
    ]


def _events(books: Books, ids: frozenset[str]) -> list[Moment]:
    sent: dict[str, list[Json]] = {}
    for message in books.delivery.newest(MESSAGES_LIMIT):
        sent.setdefault(message["event"], []).append(message)
    newest = books.events.after(books.events.last - REQUESTS_LIMIT, REQUESTS_LIMIT)
    return [
        Moment(event.created, event.summary, event.type, tuple(sent.get(event.id, ())))
        for event in newest
        if event.resource_id in ids
    ]
