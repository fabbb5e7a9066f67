"""Control of sellers: what they do on PayPal's own pages, without the pages."""

from werkzeug.wrappers import Request, Response

from solitude_sandbox.control import base_of, body_of, tried
from solitude_sandbox.paypal.books import Books
from solitude_sandbox.paypal.call import Json
from solitude_sandbox.paypal.control_answers import look
from solitude_sandbox.paypal.onboarding import DEFAULT_SELLER, GRANT, Decision, answer_referral, open_referral, revoke


class SellerControl:
    """Routes /sandbox/onboard and /sandbox/revoke."""

    def __init__(self, books: Books) -> None:
        self._books = books

    def onboard(self, request: Request) -> Response:
        """POST onboard {"referral": ID, "action"?, "email"?, "features"?, "email_confirmed"?, "receivable"?}."""

        def answer() -> tuple[Json, int]:
            body, base = body_of(request), base_of(request)
            token = str(body.get("referral", ""))
            return {"location": answer_referral(self._books, base, token, self._decision(token, body))}, 200

        return tried(answer)

    def revoke(self, request: Request) -> Response:
        """POST revoke {"merchant": ID}."""
        return tried(lambda: (self.take_back(base_of(request), str(body_of(request).get("merchant", ""))), 200))

    def take_back(self, base: str, merchant_id: str) -> Json:
        """What `revoke` does; ValueError with a sentence if there is nothing to revoke."""
        with self._books.lock:
            look(self._books, base)
            return revoke(self._books, base, merchant_id).as_json()

    def _decision(self, token: str, body: Json) -> Decision:
        given = {name: body[name] for name in ("action", "email", "email_confirmed", "receivable") if name in body}
        if any(not isinstance(given.get(name, True), bool) for name in ("email_confirmed", "receivable")):
            raise ValueError("email_confirmed and receivable must be true or false.")
        if any(not isinstance(given.get(name, ""), str) for name in ("action", "email")):
            raise ValueError("action and email must be texts.")
        features = body.get("features")
        if features is not None and not (
            isinstance(features, list) and all(isinstance(name, str) for name in features)
        ):
            raise ValueError("features must be a list of names.")
        with self._books.lock:
            named = open_referral(self._books, token).email
        known: Json = {"action": GRANT, "email": named or DEFAULT_SELLER} | given
        return Decision(**known, features=None if features is None else frozenset(features))
