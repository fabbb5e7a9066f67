"""Whoever fits: Solitude chooses the provider by its own rules, and passes one over that does not answer."""

from collections.abc import Callable, Mapping

from solitude.client import Product, Seller, Solitude

from ..books import CANCELLED, DECLINED, OPEN, PAID, WAITING, Customer, Purchase
from ..catalogue import APPS, CURRENCY, App
from .reference import CARRIER, NOTICES, REGION
from .way import Begun, Message, State, Way

STATES = {
    "created": OPEN,
    "pending": WAITING,
    "completed": PAID,
    "failed": DECLINED,
    "errored": DECLINED,
    "cancelled": CANCELLED,
}
# The numbers of the providers in a transaction.
PROVIDERS = {0: "paypal", 1: "bango", 2: "reference", 4: "braintree"}


class Routed:
    """A `Way`. Once Solitude has chosen, the rest is the way of the provider that it has chosen: those are in `ways`, by their keys."""

    key, name, note = "routed", "Any way", "We choose who takes your money."
    gives_back = True

    def __init__(self, client: Solitude, url: str, ways: Mapping[str, Way]) -> None:
        self._client = client
        self._url = url
        self._ways = ways

    def publish(self, app: App, seller: Seller, product: Product) -> None:
        """Each of them has seen to it."""

    def pay(self, customer: Customer, purchase: Purchase, place: str) -> Begun:
        """What the providers need differs: they are told all that any of them might, and so none is passed over for that."""
        if self._client.find_buyer(customer.uuid) is None:
            self._client.create_buyer(customer.uuid)
        payment = self._client.take_payment(
            purchase.app,
            amount=purchase.price,
            currency=CURRENCY,
            buyer=customer.uuid,
            region=REGION,
            carrier=CARRIER,
            return_url=f"{place}/back",
            cancel_url=f"{place}/back?cancelled=yes",
            notify_url=f"{self._url}{NOTICES}",
            description=APPS[purchase.app].name,
            idempotency_key=f"pay-{purchase.id}",
        )
        return Begun(payment.uuid, payment.transaction, STATES[payment.status], payment.pay_url or "")

    def came_back(self, purchase: Purchase, query: str) -> None:
        """What the query says only its provider knows."""
        self._way_of(purchase).came_back(purchase, query)

    def look(self, purchase: Purchase) -> State:
        """As the provider that has it tells."""
        return self._way_of(purchase).look(purchase)

    def give_back(self, purchase: Purchase) -> None:
        """In the way that it came."""
        self._way_of(purchase).give_back(purchase)

    @property
    def receives(self) -> Mapping[str, Callable[[Message], bool]]:
        """Nothing that the others do not receive already."""
        return {}

    def _way_of(self, purchase: Purchase) -> Way:
        return self._ways[PROVIDERS[self._client.get_transaction(purchase.transaction).provider or 0]]
