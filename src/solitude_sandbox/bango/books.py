"""Everything that the simulator knows, in one place, behind one lock."""

import base64
import threading

from solitude_sandbox.bango.call import Call
from solitude_sandbox.bango.codes import INVALID_PACKAGEID, NO_BANGO_EXISTS, RefusedError
from solitude_sandbox.bango.configuration import Configuration
from solitude_sandbox.bango.events import PATIENCE, Event, EventLog
from solitude_sandbox.bango.ids import Ids
from solitude_sandbox.bango.operators import Operators
from solitude_sandbox.bango.package import Listener, Number, Package
from solitude_sandbox.bango.payment import Payment, Refund
from solitude_sandbox.clock import Clock
from solitude_sandbox.delivery import Delivery, is_here
from solitude_sandbox.journal import Journal
from solitude_sandbox.parcels import Addressee
from solitude_sandbox.store import BoundedStore

RESOURCES_LIMIT = 50_000
# Each may be nearly as long as a request.
CONFIGURATIONS_LIMIT = 20_000


class Books:
    """The state of the simulated Bango. Hold `lock` while you read or write; never while you wait."""

    def __init__(self, clock: Clock, ids: Ids) -> None:
        self.lock = threading.RLock()
        self.clock = clock
        self.ids = ids
        self.delivery = Delivery("Bango", clock)
        self._open_new()

    def _open_new(self) -> None:
        self.journal = Journal()
        self.operators = Operators()
        self.events = EventLog()
        # Where all events are brought instead of where the packages want them.
        self.listener: Listener | None = None
        self.packages: BoundedStore[int, Package] = BoundedStore(RESOURCES_LIMIT)
        self.numbers: BoundedStore[str, Number] = BoundedStore(RESOURCES_LIMIT)
        self.configurations: BoundedStore[int, Configuration] = BoundedStore(CONFIGURATIONS_LIMIT)
        self.payments: BoundedStore[int, Payment] = BoundedStore(RESOURCES_LIMIT)
        self.tokens: BoundedStore[str, Payment] = BoundedStore(RESOURCES_LIMIT)
        self.refunds: BoundedStore[int, Refund] = BoundedStore(RESOURCES_LIMIT)
        self._users: BoundedStore[str, int] = BoundedStore(RESOURCES_LIMIT)

    def reset(self) -> None:
        """Forget everything, and go back to real time. No identifier is used again."""
        with self.lock:
            self._open_new()
            self.clock.reset()
            self.delivery.clear()

    def package(self, call: Call) -> Package:
        """The package that the request names."""
        package = self.packages.get(call.number("packageId"))
        if package is None:
            raise RefusedError(INVALID_PACKAGEID)
        return package

    def number(self, call: Call) -> Number:
        """The Bango number that the request names."""
        number = self.numbers.get(call.text("bango"))
        if number is None:
            raise RefusedError(NO_BANGO_EXISTS)
        return number

    def user(self, name: str) -> int:
        """Who the marketplace's user is at Bango; somebody new if it names nobody."""
        user = self._users.get(name) if name else None
        if user is None:
            user = self.ids.user()
            if name:
                self._users.put(name, user)
        return user

    def tell(self, payment: Payment) -> Event:
        """Make an event of a payment, in the same step, and have it brought to whom it is for."""
        listener = self.listener or payment.configuration.offer.number.package.listener
        event = self.events.add(payment, listener, self.clock.now())
        self.bring(event)
        return event

    def bring(self, event: Event) -> bool:
        """Have it brought, once more if it was before; False if it has no address of this machine."""
        listener = event.listener
        if not is_here(listener.url):
            return False
        self.delivery.start()
        self.delivery.post(event, Addressee(listener.url, PATIENCE, headers=lambda _: _basic(listener)))
        return True


def _basic(listener: Listener) -> dict[str, str]:
    """Nothing if the marketplace has named nobody."""
    if not listener.username and not listener.password:
        return {}
    pair = base64.b64encode(f"{listener.username}:{listener.password}".encode()).decode()
    return {"Authorization": f"Basic {pair}"}
