"""Takes money and gives it back, in whatever way the customer has chosen.

An answer that did not come is no answer: then a purchase waits, and the feed tells what became of it. It is never guessed.
"""

from collections.abc import Mapping

from solitude.client import NoAnswer, OutcomeUnknown, ServerError, SolitudeError

from .books import DECLINED, WAITING, Books, Customer, Purchase
from .catalogue import App
from .ways import Way
from .ways.way import State

# After these it is not known whether anything was done.
UNKNOWN = (OutcomeUnknown, ServerError, NoAnswer)


class Till:
    """`url` is where the shop is reached: customers are sent back there."""

    def __init__(self, books: Books, ways: Mapping[str, Way], url: str) -> None:
        self.ways = ways
        self._books = books
        self._url = url

    def buy(self, customer: Customer, app: App, way: Way) -> Purchase:
        """A new purchase. It is in our books before anybody is asked for money."""
        return self.settle(customer, self._books.begin(customer, app.public_id, app.price, way.key))

    def settle(self, customer: Customer, purchase: Purchase) -> Purchase:
        """Goes on with a purchase from wherever it is; safe at any time and as often as you like."""
        if not purchase.uuid:
            self._pay(customer, purchase)
        else:
            self._books.keep_look(purchase, *self.look(purchase))
        return self._books.purchase(purchase.id) or purchase

    def _pay(self, customer: Customer, purchase: Purchase) -> None:
        """The purchase's id is the idempotency key: asked again, Solitude answers with the same payment."""
        try:
            begun = self.ways[purchase.way].pay(customer, purchase, f"{self._url}/purchases/{purchase.id}")
        except SolitudeError as error:
            # What is no answer about the purchase leaves open what became of it when it was asked for before.
            state = DECLINED if error.settles else WAITING
            self._books.keep_payment(purchase.id, state, error.uuid, error.transaction)
        else:
            self._books.keep_payment(purchase.id, begun.state, begun.uuid, begun.transaction, begun.pay_url)

    def look(self, purchase: Purchase) -> State:
        """What is true now, and where the customer can pay, if so."""
        try:
            return self.ways[purchase.way].look(purchase)
        except UNKNOWN:
            return WAITING, ""

    def came_back(self, customer: Customer, purchase: Purchase, query: str) -> None:
        """The customer is back from the provider. The address proves nothing: Solitude says what became of it."""
        self.ways[purchase.way].came_back(purchase, query)
        self.settle(customer, purchase)

    def give_back(self, customer: Customer, purchase: Purchase) -> None:
        """All that is left; pressed twice it is one refund. Raises `NothingBackError`."""
        self.ways[purchase.way].give_back(purchase)
        self.settle(customer, purchase)
