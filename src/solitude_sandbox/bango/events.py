"""What Bango tells of payments by itself: an XML document that is posted to the package's address."""

import itertools
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from xml.sax.saxutils import quoteattr

from solitude_sandbox.bango.call import Json
from solitude_sandbox.bango.package import Listener
from solitude_sandbox.bango.payment import Payment
from solitude_sandbox.bango.soap import CONTENT_TYPE
from solitude_sandbox.clock import stamp
from solitude_sandbox.parcels import Patience
from solitude_sandbox.store import BoundedStore

EVENTS_LIMIT = 50_000
PAYMENT = "PAYMENT"
# Nobody has written down how often Bango comes again; these take about seven hours.
PATIENCE = Patience(15, 3_600)
# What is left for the developer. Bango's shares are in its contracts; this one is ours.
EARNINGS_SHARE = Decimal("0.7")
CENT = Decimal("0.01")
BOM = "\ufeff"


@dataclass(frozen=True)
class Event:
    """`body` is the message as it is sent. `number` counts from 1; `listener` is to whom it goes, perhaps without an address."""

    number: int
    created: datetime
    resource_id: str
    body: str
    listener: Listener
    type: str = PAYMENT
    content_type: str = CONTENT_TYPE

    @property
    def id(self) -> str:
        """What the message itself calls it."""
        return str(self.number)

    def as_json(self) -> Json:
        """For who brings it to the marketplace by hand."""
        return {
            "number": self.number,
            "type": self.type,
            "transactionId": int(self.resource_id),
            "url": self.listener.url,
            "created": stamp(self.created),
            "notification": self.body,
            "username": self.listener.username,
            "password": self.listener.password,
        }


class EventLog:
    """The newest messages. Not thread-safe: the books' lock is held."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self._events: BoundedStore[int, Event] = BoundedStore(EVENTS_LIMIT)
        self.last = 0

    def add(self, payment: Payment, listener: Listener, now: datetime) -> Event:
        """Write down that something was paid."""
        self.last = next(self._numbers)
        event = Event(self.last, now, str(payment.id), _write(self.last, payment, now), listener)
        self._events.put(event.number, event)
        return event

    def after(self, number: int, limit: int) -> list[Event]:
        """At most `limit` messages that are still kept and newer than `number`, oldest first."""
        first = max(number, self.last - len(self._events), 0) + 1
        found = (self._events.get(each) for each in range(first, min(first + limit, self.last + 1)))
        return [event for event in found if event is not None]

    def get(self, number: int) -> Event | None:
        """The message, or None."""
        return self._events.get(number)


def _write(number: int, payment: Payment, now: datetime) -> str:
    configuration, price, method = payment.configuration, payment.price, payment.method
    if price is None or method is None:
        raise ValueError("Only what was paid is told of.")
    items = {
        "userId": str(configuration.user),
        "status": payment.code,
        "bango": configuration.offer.number.bango,
        "paymentAmount": f"{price.amount:.2f}",
        "paymentCurrency": price.currency,
        "paymentEarnings": str((price.amount * EARNINGS_SHARE).quantize(CENT, ROUND_HALF_UP)),
        "paymentSourceType": method.type,
        "transId": str(payment.id),
        "externalCPTransID": configuration.offer.external_id,
    }
    data = "".join(f"<item name={quoteattr(name)} value={quoteattr(value)}/>" for name, value in items.items())
    time = now.strftime("%Y-%m-%dT%H:%M:%S+00:00")
    return (
        f'{BOM}<?xml version="1.0" encoding="utf-8"?><bangoEvents version="1.0">'
        f"<packageId>{configuration.offer.number.package.id}</packageId><time>{time}</time><source>{PAYMENT}</source>"
        f"<eventList><event><id>{number}</id><time>{time}</time><source>{PAYMENT}</source><action>{PAYMENT}</action>"
        f"<data>{data}</data></event></eventList></bangoEvents>"
    )
