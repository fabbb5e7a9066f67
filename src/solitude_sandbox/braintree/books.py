"""Everything that the simulator knows, in one place, behind one lock."""

import threading
from typing import TYPE_CHECKING

from solitude_sandbox.braintree.ids import Ids
from solitude_sandbox.clock import Clock
from solitude_sandbox.delivery import Delivery
from solitude_sandbox.journal import Journal
from solitude_sandbox.store import BoundedStore

if TYPE_CHECKING:
    from solitude_sandbox.braintree.client_tokens import ClientToken
    from solitude_sandbox.braintree.customers import Customer
    from solitude_sandbox.braintree.methods import Method
    from solitude_sandbox.braintree.nonces import Nonce
    from solitude_sandbox.braintree.transactions import Transaction

RESOURCES_LIMIT = 50_000


class Books:
    """The state of the simulated gateway. Hold `lock` while you read or write; never while you wait."""

    def __init__(self, clock: Clock, ids: Ids) -> None:
        self.lock = threading.RLock()
        self.clock = clock
        self.ids = ids
        self.delivery = Delivery("Braintree", clock)
        self._open_new()

    def _open_new(self) -> None:
        self.journal = Journal()
        self.client_tokens: BoundedStore[str, ClientToken] = BoundedStore(RESOURCES_LIMIT)
        self.customers: BoundedStore[str, Customer] = BoundedStore(RESOURCES_LIMIT)
        self.methods: BoundedStore[str, Method] = BoundedStore(RESOURCES_LIMIT)
        self.nonces: BoundedStore[str, Nonce] = BoundedStore(RESOURCES_LIMIT)
        self.transactions: BoundedStore[str, Transaction] = BoundedStore(RESOURCES_LIMIT)

    def reset(self) -> None:
        """Forget everything, and go back to real time. No identifier is used again."""
        with self.lock:
            self._open_new()
            self.clock.reset()
            self.delivery.clear()
