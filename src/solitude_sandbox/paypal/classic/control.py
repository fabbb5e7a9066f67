"""Control of the classic interface: what senders and PayPal's own people do."""

from werkzeug.wrappers import Request, Response

from solitude_sandbox.paypal.books import Books
from solitude_sandbox.paypal.classic.preapproval import ACTIVE, CANCELED, DEACTIVATED, Preapproval
from solitude_sandbox.paypal.classic.preapprovals import cancel
from solitude_sandbox.paypal.control_answers import Json, base_of, body_of, look, tried


class ClassicControl:
    """Routes under /sandbox/."""

    def __init__(self, books: Books) -> None:
        self._books = books

    def preapproval(self, request: Request) -> Response:
        """POST preapproval {"preapproval": KEY, "action": "cancel", "suspend" or "resume"}."""

        def change() -> tuple[Json, int]:
            body = body_of(request)
            key, action = str(body.get("preapproval", "")), str(body.get("action", ""))
            return {"status": self.change_preapproval(base_of(request), key, action)}, 200

        return tried(change)

    def change_preapproval(self, base: str, key: str, action: str) -> str:
        """The sender cancels, PayPal suspends or resumes; returns the new status."""
        with self._books.lock:
            preapproval = self._books.preapprovals.get(key)
            if preapproval is None or preapproval.status == CANCELED:
                raise ValueError("preapproval must be the key of a pre-approval that is not cancelled.")
            if action == "cancel":
                cancel(self._books, preapproval, look(self._books, base))
            elif action in ("suspend", "resume"):
                _suspend(preapproval, suspended=action == "suspend")
            else:
                raise ValueError("action must be cancel, suspend or resume.")
            return preapproval.status


def _suspend(preapproval: Preapproval, *, suspended: bool) -> None:
    preapproval.status = DEACTIVATED if suspended else ACTIVE
