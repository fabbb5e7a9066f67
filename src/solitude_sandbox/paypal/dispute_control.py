"""Control of disputes: what buyers and PayPal's own people do."""

from werkzeug.wrappers import Request, Response

from solitude_sandbox.control import base_of, body_of, tried
from solitude_sandbox.paypal import disputes
from solitude_sandbox.paypal.books import Books
from solitude_sandbox.paypal.call import Json
from solitude_sandbox.paypal.control_answers import amount_of, look, refused
from solitude_sandbox.paypal.disputes import Dispute


class DisputeControl:
    """Routes under /sandbox/dispute; each answers with the dispute as the API shows it."""

    def __init__(self, books: Books) -> None:
        self._books = books

    def open(self, request: Request) -> Response:
        """POST dispute {"capture": ID, "amount"?, "reason"?, "stage"?}."""
        return tried(lambda: (self.open_dispute(base_of(request), body_of(request)), 201))

    def update(self, request: Request) -> Response:
        """POST dispute/update {"dispute": ID, "status"?, "stage"?, "message"?}."""

        return tried(lambda: (self.change(base_of(request), body_of(request)), 200))

    def resolve(self, request: Request) -> Response:
        """POST dispute/resolve {"dispute": ID, "outcome": CODE, "amount"?, "refunded_before"?}."""
        return tried(lambda: (self.end_dispute(base_of(request), body_of(request)), 200))

    def appeal(self, request: Request) -> Response:
        """POST dispute/appeal {"dispute": ID}."""
        return tried(lambda: (self.appeal_end(base_of(request), body_of(request)), 200))

    def open_dispute(self, base: str, body: Json) -> Json:
        """What `open` does; ValueError with a sentence if it makes no sense."""
        reason = _one_of(body, "reason", disputes.REASONS) or disputes.REASONS[0]
        stage = _one_of(body, "stage", disputes.STAGES) or disputes.STAGES[0]
        with self._books.lock:
            capture = self._books.captures.get(str(body.get("capture", "")))
            if capture is None or capture.outcome != "COMPLETED":
                raise ValueError("capture must be the id of a capture that was COMPLETED.")
            if capture.disputed:
                raise ValueError("This capture has an open dispute already.")
            call = look(self._books, base)
            amount = amount_of(body, capture) or capture.amount
            return disputes.open_dispute(self._books, capture, amount, reason, stage, call).show(call)

    def change(self, base: str, body: Json) -> Json:
        """What `update` does; ValueError with a sentence if it makes no sense."""
        status = _one_of(body, "status", tuple(key for key in disputes.STATES if key != disputes.RESOLVED))
        stage = _one_of(body, "stage", disputes.STAGES)
        message = body.get("message")
        if message is not None and not (isinstance(message, str) and len(message) <= disputes.MESSAGE_LENGTH):
            raise ValueError(f"message must be a text of at most {disputes.MESSAGE_LENGTH} characters.")
        with self._books.lock:
            dispute = self._unresolved(body)
            call = look(self._books, base)
            disputes.update(self._books, dispute, status, stage, message, call)
            return dispute.show(call)

    def end_dispute(self, base: str, body: Json) -> Json:
        """What `resolve` does; ValueError with a sentence if it makes no sense."""
        outcome = _one_of(body, "outcome", disputes.OUTCOMES)
        if outcome is None:
            raise ValueError(f"outcome must be one of: {', '.join(disputes.OUTCOMES)}.")
        refunded_before = body.get("refunded_before", False)
        if not isinstance(refunded_before, bool):
            raise ValueError("refunded_before must be true or false.")
        with self._books.lock:
            dispute = self._unresolved(body)
            amount = amount_of(body, dispute.capture)
            call = look(self._books, base)
            with refused():
                disputes.resolve(self._books, dispute, outcome, amount, call, refunded_before=refunded_before)
            return dispute.show(call)

    def appeal_end(self, base: str, body: Json) -> Json:
        """What `appeal` does; ValueError with a sentence if it makes no sense."""
        with self._books.lock:
            dispute = self._books.disputes.get(str(body.get("dispute", "")))
            if dispute is None or dispute.status != disputes.RESOLVED or dispute.capture.disputed:
                raise ValueError("dispute must be the id of one that is resolved, and its capture in no other.")
            call = look(self._books, base)
            disputes.appeal(self._books, dispute, call)
            return dispute.show(call)

    def _unresolved(self, body: Json) -> Dispute:
        dispute = self._books.disputes.get(str(body.get("dispute", "")))
        if dispute is None or dispute.status == disputes.RESOLVED:
            raise ValueError("dispute must be the id of a dispute that is not resolved.")
        return dispute


def _one_of(body: Json, key: str, choices: tuple[str, ...]) -> str | None:
    value = body.get(key)
    if value is not None and value not in choices:
        raise ValueError(f"{key} must be one of: {', '.join(choices)}.")
    return value
