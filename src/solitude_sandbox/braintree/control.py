"""The control API: what tests and the console do to the simulator, beside what the gateway offers."""

from dataclasses import replace

from werkzeug.wrappers import Request, Response

from solitude_sandbox.braintree import cards, nonces, settlement
from solitude_sandbox.braintree.books import Books
from solitude_sandbox.braintree.cards import Instrument, PayPalAccount
from solitude_sandbox.braintree.transactions import Transaction
from solitude_sandbox.control import Json, body_of, json_response, newest_of, tried
from solitude_sandbox.fate import Fate
from solitude_sandbox.post import Post

ACCOUNT = "buyer@paypal.example"


class Control:
    """Routes under /sandbox/; every answer is JSON, every refusal is 400 with `{"error": sentence}`."""

    def __init__(self, books: Books, fate: Fate) -> None:
        self._books = books
        self.post = Post(books.delivery)
        self._fate = fate

    def nonce(self, request: Request) -> Response:
        """POST nonce {"card"?, "behaviour"?}: the nonce of a buyer who has entered a card, without the page."""
        return tried(lambda: ({"nonce": self.make_nonce(body_of(request))}, 201))

    def make_nonce(self, body: Json) -> str:
        """What `nonce` does; ValueError with a sentence if it makes no sense."""
        instrument = _instrument(str(body.get("card") or "visa"), str(body.get("behaviour") or ""))
        with self._books.lock:
            return nonces.make(self._books, instrument)

    def method(self, request: Request) -> Response:
        """POST method {"token", "behaviour"}: from now on the card does something else, such as to be declined."""
        return tried(lambda: (self.change_method(body_of(request)), 200))

    def change_method(self, body: Json) -> Json:
        """What `method` does; ValueError with a sentence if it makes no sense."""
        behaviour = str(body.get("behaviour", ""))
        if behaviour not in cards.BEHAVIOURS:
            raise ValueError(f"behaviour must be one of: {', '.join(cards.BEHAVIOURS)}.")
        with self._books.lock:
            method = self._books.methods.get(str(body.get("token", "")))
            if method is None:
                raise ValueError("token must be that of a payment method.")
            method.instrument = replace(method.instrument, behaviour=behaviour)
            return method.as_json()

    def settle(self, request: Request) -> Response:
        """POST settle {"transaction", "good"?}: its settlement ends now, well unless `good` is false."""
        return tried(lambda: (self.end_settlement(body_of(request)), 200))

    def end_settlement(self, body: Json) -> Json:
        """What `settle` does; ValueError with a sentence if it makes no sense."""
        good = body.get("good", True)
        if not isinstance(good, bool):
            raise ValueError("good must be true or false.")
        with self._books.lock:
            transaction = self._transaction(body)
            settlement.end(transaction, self._books.clock.now(), good=good)
            return transaction.as_json()

    def authorization(self, request: Request) -> Response:
        """POST authorization {"transaction", "status"}: what its bank says at last, or takes back."""
        return tried(lambda: (self.answer_of_bank(body_of(request)), 200))

    def answer_of_bank(self, body: Json) -> Json:
        """What `authorization` does; ValueError with a sentence if it makes no sense."""
        with self._books.lock:
            transaction = self._transaction(body)
            settlement.answer(self._books, transaction, str(body.get("status", "")), self._books.clock.now())
            return transaction.as_json()

    def _transaction(self, body: Json) -> Transaction:
        """The one that is meant; ValueError if there is none. The books' lock is held."""
        transaction = self._books.transactions.get(str(body.get("transaction", "")))
        if transaction is None:
            raise ValueError("transaction must be the id of one.")
        return transaction

    def state(self, request: Request) -> Response:
        """The books; `?newest=N` limits every list to its last N."""
        return json_response(self.books_as_json(request.args.get("newest", type=int)), 200)

    def books_as_json(self, newest: int | None = None) -> Json:
        """All of it (what has ended too), and the request log; oldest first. Nonces and client tokens are not shown."""
        books = self._books

        with books.lock:
            books.catch_up()
            customers = newest_of(books.customers, newest)
            return {
                "clock": self._fate.time(),
                "counts": {
                    "customers": len(books.customers),
                    "methods": len(books.methods),
                    "transactions": len(books.transactions),
                    "subscriptions": len(books.subscriptions),
                    "disputes": len(books.disputes),
                    "events": books.events.last,
                    "requests": len(books.journal),
                },
                "faults": self._fate.faults_as_json(),
                "customers": [each.as_json() for each in customers],
                "methods": [each.as_json() for each in newest_of(books.methods, newest)],
                "transactions": [each.as_json() for each in newest_of(books.transactions, newest)],
                "subscriptions": [each.as_json() for each in newest_of(books.subscriptions, newest)],
                "disputes": [each.as_json() for each in newest_of(books.disputes, newest)],
                "plans": [each.as_json() for each in books.plans],
                "webhook_url": books.webhook.url if books.webhook is not None else None,
                "delivery": books.delivery.as_json(),
                "notifications": list(reversed(books.delivery.newest(None if newest is None else max(newest, 0)))),
                "requests": [entry.as_json() for entry in newest_of(books.journal.entries(), newest)],
            }


def _instrument(name: str, behaviour: str) -> Instrument:
    """A card by its type or its number, or a PayPal account."""
    if name == cards.PAYPAL:
        return PayPalAccount(ACCOUNT)
    return cards.card(cards.NUMBER_OF.get(name, name), behaviour)
