"""What the gateway tells by itself: a signed document for each kind of webhook.

Kinds, and what brings them about: https://developer.paypal.com/braintree/docs/reference/general/webhooks/subscription/python and the pages
beside it. The body is a form, as the official SDK's own samples are (braintree/webhook_testing_gateway.py).
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import urlencode

from solitude_sandbox.braintree import signing, xml
from solitude_sandbox.clock import stamp
from solitude_sandbox.control import Json
from solitude_sandbox.parcels import Patience
from solitude_sandbox.store import BoundedStore

# Each shows up to twenty transactions.
EVENTS_LIMIT = 10_000
FORM = "application/x-www-form-urlencoded"
# The gateway comes again every hour for a day; here it comes sooner at first.
PATIENCE = Patience(31, 3_600)

CHECK: Final = "check"
CHARGED: Final = "subscription_charged_successfully"
NOT_CHARGED: Final = "subscription_charged_unsuccessfully"
SKIPPED: Final = "subscription_billing_skipped"
WENT_ACTIVE: Final = "subscription_went_active"
WENT_PAST_DUE: Final = "subscription_went_past_due"
CANCELED: Final = "subscription_canceled"
EXPIRED: Final = "subscription_expired"
OF_SUBSCRIPTIONS = (CHARGED, NOT_CHARGED, SKIPPED, WENT_ACTIVE, WENT_PAST_DUE, CANCELED, EXPIRED)
DISPUTE: Final = "dispute_"  # followed by its status
OPENED: Final = "dispute_opened"
OF_DISPUTES = (OPENED, *(DISPUTE + each for each in ("accepted", "disputed", "expired", "under_review", "won", "lost")))
DISBURSEMENT: Final = "disbursement"
OF_TRANSACTIONS = ("transaction_settled", "transaction_settlement_declined", "transaction_disbursed")


@dataclass(frozen=True)
class Event:
    """`payload` is the notification as it was signed. `number` counts from 1."""

    number: int
    type: str
    created: datetime
    resource_id: str
    signature: str
    payload: str
    content_type: str = FORM

    @property
    def id(self) -> str:
        """For the postman."""
        return str(self.number)

    @property
    def body(self) -> str:
        """The form that is posted."""
        return urlencode(self.form)

    @property
    def form(self) -> dict[str, str]:
        """Its two fields, which a marketplace passes on."""
        return {"bt_signature": self.signature, "bt_payload": self.payload}

    def as_json(self) -> Json:
        """For who brings it to the marketplace by hand."""
        about = {"number": self.number, "kind": self.type, "about": self.resource_id, "created": stamp(self.created)}
        return about | self.form


class EventLog:
    """The newest events. Not thread-safe: the books' lock is held."""

    def __init__(self) -> None:
        self._kept: BoundedStore[int, Event] = BoundedStore(EVENTS_LIMIT)
        self.last = 0

    def add(self, kind: str, now: datetime, about: str, subject: Json) -> Event:
        """Write one down, signed; `subject` is the resource under its name, `about` its identifier."""
        self.last += 1
        document = xml.write("notification", {"timestamp": now, "kind": kind, "subject": subject})
        form = signing.signed(document)
        event = Event(self.last, kind, now, about, form["bt_signature"], form["bt_payload"])
        self._kept.put(event.number, event)
        return event

    def get(self, number: int) -> Event | None:
        """The event, or None."""
        return self._kept.get(number)

    def after(self, number: int, limit: int) -> list[Event]:
        """At most `limit` events that are still kept and newer than `number`, oldest first."""
        first = max(number, self.last - len(self._kept), 0) + 1
        found = (self._kept.get(each) for each in range(first, min(first + limit, self.last + 1)))
        return [event for event in found if event is not None]
