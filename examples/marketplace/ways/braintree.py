"""Braintree: the customer types a card where no shop can read it, and the shop pays with the nonce that it becomes."""

from collections.abc import Callable, Mapping
from urllib.parse import parse_qs, urlencode

from solitude.client import Conflict, Declined, Product, Seller, Solitude

from ..books import CANCELLED, OPEN, PAID, REFUNDED, WAITING, Customer, Purchase
from ..catalogue import CURRENCY, App
from .way import Begun, Message, NothingBackError, State, state_of

# What Solitude says of a payment: checked until it is settled, which is some days later.
STATES = {"checked": PAID, "completed": PAID}


class Braintree:
    """A `Way`. `card_page` stands for the fields that a real shop has on a page of its own, and that are Braintree's."""

    key, name, note = "braintree", "Braintree", "By card, which we never see."
    gives_back = True

    def __init__(self, client: Solitude, card_page: str) -> None:
        self._client = client
        self._card_page = card_page
        # Of the purchases that are about to be paid. They are good for once, and not for our books.
        self._nonces: dict[str, str] = {}

    def publish(self, app: App, seller: Seller, product: Product) -> None:  # noqa: ARG002 - Braintree knows no sellers
        """What costs how much stands in Solitude's catalogue."""
        if next(self._client.iter_braintree_products(product=product.pk), None) is None:
            self._client.create_braintree_product(product, amount=app.price, currency=CURRENCY, description=app.name)

    def pay(self, customer: Customer, purchase: Purchase, place: str) -> Begun:  # noqa: ARG002 - nobody is told who it is
        """Before there is a nonce, the customer is sent to type a card: nothing has begun then. With one, the money is taken."""
        if purchase.id not in self._nonces:
            asked = {"client_token": self._client.create_braintree_token(), "return_url": f"{place}/back"}
            return Begun("", "", OPEN, f"{self._card_page}?{urlencode(asked)}")
        payment = self._client.pay_by_braintree(
            purchase.app,
            amount=purchase.price,
            nonce=self._nonces[purchase.id],
            idempotency_key=f"pay-{purchase.id}",
        ).transaction
        del self._nonces[purchase.id]
        return Begun(payment.uuid, payment.resource_uri, STATES.get(payment.status_name, WAITING), "")

    def came_back(self, purchase: Purchase, query: str) -> None:
        """With a nonce, unless the customer has thought better of it. One that comes when the purchase is paid is left alone."""
        (nonce,) = parse_qs(query).get("nonce", [""])
        if nonce and not purchase.uuid:
            self._nonces[purchase.id] = nonce

    def look(self, purchase: Purchase) -> State:
        """What was given up before it was settled is as good as refunded: the customer is not charged."""
        state, pay_url = state_of(self._client, purchase)
        return (REFUNDED, "") if state == CANCELLED else (state, pay_url)

    def give_back(self, purchase: Purchase) -> None:
        """Until it is settled a payment is given up; from then on it is refunded."""
        try:
            self._client.void_braintree_payment(purchase.uuid, idempotency_key=f"void-{purchase.id}")
        except (Conflict, Declined):
            self._refund(purchase)

    def _refund(self, purchase: Purchase) -> None:
        try:
            self._client.refund_braintree_payment(purchase.uuid, idempotency_key=f"refund-{purchase.id}")
        except (Conflict, Declined) as error:
            raise NothingBackError from error

    @property
    def receives(self) -> Mapping[str, Callable[[Message], bool]]:
        """Nothing: Braintree tells of subscriptions and disputes, and this shop has no subscriptions."""
        return {}
