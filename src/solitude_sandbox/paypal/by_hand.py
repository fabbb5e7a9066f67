"""What sellers and buyers do on PayPal's own pages, without the partner: it learns of it by notifications only."""

from werkzeug.wrappers import Request, Response

from solitude_sandbox.control import base_of, body_of, tried
from solitude_sandbox.paypal.books import Books
from solitude_sandbox.paypal.call import Json
from solitude_sandbox.paypal.control_answers import amount_of, look, refused
from solitude_sandbox.paypal.refunds import refund_by_hand
from solitude_sandbox.paypal.vault import revoke


class ByHand:
    """Routes under /sandbox/; each answers with the resource as the API shows it."""

    def __init__(self, books: Books) -> None:
        self._books = books

    def refund(self, request: Request) -> Response:
        """POST refund {"capture": ID, "amount"?}: the seller refunds."""
        return tried(lambda: (self.give_back(base_of(request), body_of(request)), 201))

    def revoke(self, request: Request) -> Response:
        """POST end-agreement {"token": ID}: the buyer takes it back."""
        return tried(lambda: (self.end_agreement(base_of(request), body_of(request)), 200))

    def give_back(self, base: str, body: Json) -> Json:
        """What `refund` does; ValueError with a sentence if it makes no sense."""
        with self._books.lock:
            capture = self._books.captures.get(str(body.get("capture", "")))
            if capture is None:
                raise ValueError("capture must be the id of a capture.")
            amount = amount_of(body, capture)
            call = look(self._books, base)
            with refused():
                return refund_by_hand(self._books, capture, amount, call).show(call)

    def end_agreement(self, base: str, body: Json) -> Json:
        """What `end-agreement` does; ValueError with a sentence if it makes no sense."""
        with self._books.lock:
            token = self._books.payment_tokens.get(str(body.get("token", "")))
            if token is None:
                raise ValueError("token must be the id of a payment token.")
            call = look(self._books, base)
            revoke(self._books, token, call)
            return {**token.show(call), "deleted": token.deleted}
