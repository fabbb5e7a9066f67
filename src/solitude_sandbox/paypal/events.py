"""Webhook events: what PayPal tells of a change, written down once, byte for byte as it will be signed and sent.

Envelope: schema `event` of PayPal's notifications_webhooks_v1 file. Resource types and versions: the samples on
developer.paypal.com/api/rest/webhooks/event-names/.
"""

import itertools
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from solitude_sandbox.paypal.call import Call, Json
from solitude_sandbox.paypal.ids import Ids
from solitude_sandbox.paypal.times import stamp_ms
from solitude_sandbox.store import BoundedStore

# ASCII, so that characters are bytes. Made once: json.dumps would make a new one for every event.
_encode = json.JSONEncoder(separators=(",", ":")).encode

EVENTS_LIMIT = 50_000
EVENT_VERSION = "1.0"

ORDER_APPROVED = "CHECKOUT.ORDER.APPROVED"
ORDER_COMPLETED = "CHECKOUT.ORDER.COMPLETED"
APPROVAL_REVERSED = "CHECKOUT.PAYMENT-APPROVAL.REVERSED"
CAPTURE_COMPLETED = "PAYMENT.CAPTURE.COMPLETED"
CAPTURE_PENDING = "PAYMENT.CAPTURE.PENDING"
CAPTURE_DENIED = "PAYMENT.CAPTURE.DENIED"
CAPTURE_DECLINED = "PAYMENT.CAPTURE.DECLINED"
CAPTURE_REFUNDED = "PAYMENT.CAPTURE.REFUNDED"
CAPTURE_REVERSED = "PAYMENT.CAPTURE.REVERSED"
TOKEN_CREATED = "VAULT.PAYMENT-TOKEN.CREATED"  # noqa: S105 - an event
TOKEN_DELETED = "VAULT.PAYMENT-TOKEN.DELETED"  # noqa: S105 - an event
TOKEN_DELETION = "VAULT.PAYMENT-TOKEN.DELETION-INITIATED"  # noqa: S105 - an event
DISPUTE_CREATED = "CUSTOMER.DISPUTE.CREATED"
DISPUTE_UPDATED = "CUSTOMER.DISPUTE.UPDATED"
DISPUTE_RESOLVED = "CUSTOMER.DISPUTE.RESOLVED"
ONBOARDING_COMPLETED = "MERCHANT.ONBOARDING.COMPLETED"
CONSENT_REVOKED = "MERCHANT.PARTNER-CONSENT.REVOKED"


@dataclass(frozen=True)
class Kind:
    """What all events of one type share; `summary` may name the resource's {amount} and {id}."""

    resource_type: str
    resource_version: str
    summary: str


KINDS = {
    ORDER_APPROVED: Kind("checkout-order", "2.0", "An order has been approved by buyer"),
    ORDER_COMPLETED: Kind("checkout-order", "2.0", "Checkout Order Completed"),
    APPROVAL_REVERSED: Kind("checkout-order", "2.0", "A payment has been reversed after approval."),
    CAPTURE_COMPLETED: Kind("capture", "2.0", "Payment completed for {amount}"),
    CAPTURE_PENDING: Kind("capture", "2.0", "Payment pending for {amount}"),
    CAPTURE_DENIED: Kind("capture", "2.0", "A {amount} capture payment was denied"),
    CAPTURE_DECLINED: Kind("capture", "2.0", "A {amount} capture payment was declined"),
    CAPTURE_REFUNDED: Kind("refund", "2.0", "A {amount} capture payment was refunded"),
    CAPTURE_REVERSED: Kind("refund", "2.0", "A {amount} capture payment was reversed"),
    TOKEN_CREATED: Kind("payment_token", "3.0", "A payment token has been created."),
    TOKEN_DELETION: Kind("payment_token", "3.0", "A request to delete a payment token has been submitted."),
    TOKEN_DELETED: Kind("payment_token", "3.0", "A payment token has been deleted."),
    DISPUTE_CREATED: Kind("dispute", "1.0", "A new dispute opened with Case # {id}"),
    DISPUTE_UPDATED: Kind("dispute", "1.0", "A dispute was updated with Case # {id}"),
    DISPUTE_RESOLVED: Kind("dispute", "1.0", "A dispute was resolved with Case # {id}"),
    ONBOARDING_COMPLETED: Kind("merchant-onboarding", "1.0", "The merchant account setup is completed"),
    CONSENT_REVOKED: Kind("merchant-onboarding", "1.0", "The account setup consents have been revoked"),
}


@dataclass(frozen=True)
class Event:
    """`body` is the message as it is signed; ASCII, so that characters are bytes. `number` counts from 1."""

    number: int
    id: str
    type: str
    created: datetime
    resource_id: str
    summary: str
    body: str
    content_type: str = "application/json"

    def show(self, _: Call) -> Json:
        """PayPal's event object, as it was sent."""
        shown: Json = json.loads(self.body)
        return shown

    def summed_up(self) -> Json:
        """In a line, for the console."""
        return {
            "number": self.number,
            "id": self.id,
            "event_type": self.type,
            "summary": self.summary,
            "created": stamp_ms(self.created),
        }


class EventLog:
    """The newest events. Not thread-safe: the books' lock is held."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self._last = 0
        self._events: BoundedStore[int, Event] = BoundedStore(EVENTS_LIMIT, on_drop=self._forget)
        self._numbers_by_id: dict[str, int] = {}

    @property
    def last(self) -> int:
        """The number of the newest event, 0 if there is none."""
        return self._last

    def add(self, ids: Ids, call: Call, event_type: str, resource: Json) -> Event:
        """Write down what has just happened at `call.now`."""
        self._last = next(self._numbers)
        event = compose(ids, call, event_type, resource, number=self._last)
        self._events.put(event.number, event)
        self._numbers_by_id[event.id] = event.number
        return event

    def after(self, number: int, limit: int) -> list[Event]:
        """At most `limit` events that are still kept and newer than `number`, oldest first."""
        first = max(number, self._last - len(self._events), 0) + 1
        found = (self._events.get(each) for each in range(first, min(first + limit, self._last + 1)))
        return [event for event in found if event is not None]

    def newest_first(self) -> Iterable[Event]:
        """All that are kept."""
        return reversed(list(self._events))

    def by_id(self, event_id: str) -> Event | None:
        """The event, or None."""
        number = self._numbers_by_id.get(event_id)
        return self._events.get(number) if number is not None else None

    def _forget(self, event: Event) -> None:
        self._numbers_by_id.pop(event.id, None)


def compose(ids: Ids, call: Call, event_type: str, resource: Json, *, number: int) -> Event:
    """An event about the resource; a known type."""
    kind = KINDS[event_type]
    event_id = ids.event_id()
    names = ("id", "dispute_id", "order_id", "merchant_id")
    resource_id = next((str(resource[name]) for name in names if resource.get(name)), "")
    money = resource.get("amount", {})
    summary = kind.summary.format(amount=f"{money.get('value')} {money.get('currency_code')}", id=resource_id)
    path = f"/v1/notifications/webhooks-events/{event_id}"
    shown = {
        "id": event_id,
        "event_version": EVENT_VERSION,
        "create_time": stamp_ms(call.now),
        "resource_type": kind.resource_type,
        "resource_version": kind.resource_version,
        "event_type": event_type,
        "summary": summary,
        "resource": resource,
        "links": [call.link(path, "self"), call.link(f"{path}/resend", "resend", "POST")],
    }
    return Event(number, event_id, event_type, call.now, resource_id, summary, _encode(shown))
