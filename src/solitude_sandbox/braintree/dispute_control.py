"""The control of disputes: what a buyer and his bank do."""

from decimal import Decimal

from werkzeug.wrappers import Request, Response

from solitude_sandbox.braintree import amounts, disputes
from solitude_sandbox.braintree.books import Books
from solitude_sandbox.control import Json, body_of, tried


class DisputeControl:
    """Routes under /sandbox/; every answer is JSON, every refusal is 400 with `{"error": sentence}`."""

    def __init__(self, books: Books) -> None:
        self._books = books

    def dispute(self, request: Request) -> Response:
        """POST dispute {"transaction", "amount"?, "reason"?}: a buyer's bank takes a settled sale back, or part of it."""
        return tried(lambda: (self.open(body_of(request)), 201))

    def open(self, body: Json) -> Json:
        """What `dispute` does; ValueError with a sentence if it makes no sense."""
        with self._books.lock:
            self._books.catch_up()
            transaction = self._books.transactions.get(str(body.get("transaction", "")))
            if transaction is None:
                raise ValueError("transaction must be the id of one.")
            amount = _amount(body["amount"]) if "amount" in body else transaction.amount
            return disputes.begin(self._books, transaction, amount, str(body.get("reason", "fraud"))).as_json()

    def resolve(self, request: Request) -> Response:
        """POST dispute/resolve {"dispute", "won"}: the bank decides for the merchant, or against."""
        return tried(lambda: (self.decide(body_of(request)), 200))

    def decide(self, body: Json) -> Json:
        """What `resolve` does; ValueError with a sentence if it makes no sense."""
        won = body.get("won")
        if not isinstance(won, bool):
            raise ValueError("won must be true or false.")
        with self._books.lock:
            dispute = self._books.disputes.get(str(body.get("dispute", "")))
            if dispute is None:
                raise ValueError("dispute must be the id of one.")
            disputes.decide(self._books, dispute, won=won)
            return dispute.as_json()


def _amount(value: object) -> Decimal:
    amount, wrong = amounts.read(value if isinstance(value, str) else None)
    if wrong:
        raise ValueError("amount must be text such as 9.90, and more than nothing.")
    return amount
