"""Everything that the simulator knows, in one place, behind one lock."""

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from solitude_sandbox.agenda import Agenda
from solitude_sandbox.braintree.events import PATIENCE, Event, EventLog
from solitude_sandbox.braintree.ids import Ids
from solitude_sandbox.braintree.plan import Plan, built_in
from solitude_sandbox.clock import Clock
from solitude_sandbox.control import Json
from solitude_sandbox.delivery import Delivery
from solitude_sandbox.journal import Journal
from solitude_sandbox.parcels import Addressee
from solitude_sandbox.store import BoundedStore

if TYPE_CHECKING:
    from datetime import datetime

    from solitude_sandbox.braintree.client_tokens import ClientToken
    from solitude_sandbox.braintree.customers import Customer
    from solitude_sandbox.braintree.dispute import Dispute
    from solitude_sandbox.braintree.methods import Method
    from solitude_sandbox.braintree.nonces import Nonce
    from solitude_sandbox.braintree.subscription import Subscription
    from solitude_sandbox.braintree.transactions import Transaction

RESOURCES_LIMIT = 50_000
PLANS_LIMIT = 1_000


class Books:
    """The state of the simulated gateway. Hold `lock` while you read or write; never while you wait."""

    def __init__(self, clock: Clock, ids: Ids) -> None:
        self.lock = threading.RLock()
        self.clock = clock
        self.ids = ids
        self.delivery = Delivery("Braintree", clock, self.catch_up)
        self._open_new()

    def _open_new(self) -> None:
        self.journal = Journal()
        self.client_tokens: BoundedStore[str, ClientToken] = BoundedStore(RESOURCES_LIMIT)
        self.customers: BoundedStore[str, Customer] = BoundedStore(RESOURCES_LIMIT)
        self.methods: BoundedStore[str, Method] = BoundedStore(RESOURCES_LIMIT)
        self.nonces: BoundedStore[str, Nonce] = BoundedStore(RESOURCES_LIMIT)
        self.transactions: BoundedStore[str, Transaction] = BoundedStore(RESOURCES_LIMIT)
        self.subscriptions: BoundedStore[str, Subscription] = BoundedStore(RESOURCES_LIMIT)
        self.disputes: BoundedStore[str, Dispute] = BoundedStore(RESOURCES_LIMIT)
        self.plans: BoundedStore[str, Plan] = BoundedStore(PLANS_LIMIT)
        for plan in built_in(self.clock.now()):
            self.plans.put(plan.id, plan)
        self.agenda: Agenda[Callable[[datetime], None]] = Agenda()
        self.events = EventLog()
        # Where all events are brought.
        self.webhook: Addressee | None = None

    def reset(self) -> None:
        """Forget everything, and go back to real time. No identifier is used again."""
        with self.lock:
            self.listen(None)
            self.clock.reset()
            self._open_new()
            self.delivery.clear()

    def catch_up(self) -> None:
        """Do what the agenda has for the time up to now."""
        with self.lock:
            while (entry := self.agenda.next_due(self.clock.now())) is not None:
                entry.act(entry.due)

    def tell(self, kind: str, about: str, subject: Json, now: "datetime") -> Event:
        """Make an event of a change, in the same step as the change, and have it brought."""
        event = self.events.add(kind, now, about, subject)
        self.bring(event)
        return event

    def bring(self, event: Event) -> bool:
        """Have it brought, once more if it was before; False if nobody wants it."""
        if self.webhook is None:
            return False
        self.delivery.post(event, self.webhook)
        return True

    def listen(self, url: str | None) -> None:
        """From now on events are brought there, None: nowhere. What was on its way to another address is not brought any more."""
        if self.webhook is not None:
            self.webhook.gone = True
        self.webhook = None if url is None else Addressee(url, PATIENCE)
        if url is not None:
            self.delivery.start()
