"""Everything that the simulator knows, in one place, behind one lock."""

import threading
from typing import TYPE_CHECKING

from solitude_sandbox.clock import Clock
from solitude_sandbox.delivery import Delivery, is_here
from solitude_sandbox.journal import Journal
from solitude_sandbox.parcels import Addressee, Patience
from solitude_sandbox.reference.ids import Ids
from solitude_sandbox.reference.keys import KeyRing
from solitude_sandbox.reference.notices import Notice, NoticeLog
from solitude_sandbox.store import BoundedStore

if TYPE_CHECKING:
    from solitude_sandbox.reference.products import Product
    from solitude_sandbox.reference.sellers import Seller
    from solitude_sandbox.reference.transactions import Transaction

SELLERS_LIMIT = 20_000
PRODUCTS_LIMIT = 50_000
TRANSACTIONS_LIMIT = 50_000
# "A real provider should queue, retry, alert": how long is left to it. These take three days.
PATIENCE = Patience(20, 6 * 3600)
# The interface wants exactly this.
TAKEN = range(200, 201)


class Books:
    """The state of the simulated provider. Hold `lock` while you read or write; never while you wait."""

    def __init__(self, clock: Clock, ids: Ids) -> None:
        self.lock = threading.RLock()
        self.clock = clock
        self.ids = ids
        # These outlive a reset: what was signed before is genuine after it too.
        self.keys = KeyRing(ids)
        self.delivery = Delivery("Zippy", clock)
        self._open_new()

    def _open_new(self) -> None:
        self.journal = Journal()
        self.sellers: BoundedStore[str, Seller] = BoundedStore(SELLERS_LIMIT)
        self.products: BoundedStore[str, Product] = BoundedStore(PRODUCTS_LIMIT)
        self.transactions: BoundedStore[str, Transaction] = BoundedStore(TRANSACTIONS_LIMIT)
        # (seller's uuid, external id) and token are unique too.
        self.external_ids: BoundedStore[tuple[str, str], str] = BoundedStore(PRODUCTS_LIMIT)
        self.tokens: BoundedStore[str, Transaction] = BoundedStore(TRANSACTIONS_LIMIT)
        self.notices = NoticeLog()

    def reset(self) -> None:
        """Forget everything but the keys, and go back to real time."""
        with self.lock:
            self._open_new()
            self.clock.reset()
            self.delivery.clear()

    def tell(self, notice: Notice) -> None:
        """Have it brought, once more if it was before, where its address is one of this machine."""
        if is_here(notice.url):
            self.delivery.start()
            self.delivery.post(notice, Addressee(notice.url, PATIENCE, taken=TAKEN))
