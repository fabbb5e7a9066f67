"""Control of disputes: what buyers and PayPal's own people do."""

from werkzeug.wrappers import Request, Response

from solitude_sandbox.paypal import disputes
from solitude_sandbox.paypal.books import Books
from solitude_sandbox.paypal.call import Json
from solitude_sandbox.paypal.captures import Capture
from solitude_sandbox.paypal.control_answers import base_of, body_of, look, tried
from solitude_sandbox.paypal.disputes import Dispute
from solitude_sandbox.paypal.errors import ApiError
from solitude_sandbox.paypal.money import Money
from solitude_sandbox.paypal.reading import Reader


class DisputeControl:
    """Routes under /sandbox/dispute; each answers with the dispute as the API shows it."""

    def __init__(self, books: Books) -> None:
        self._books = books

    def open(self, request: Request) -> Response:
        """POST dispute {"capture": ID, "amount"?, "reason"?, "stage"?}."""
        return tried(lambda: (self.open_dispute(base_of(request), body_of(request)), 201))

    def update(self, request: Request) -> Response:
        """POST dispute/update {"dispute": ID, "status"?, "stage"?, "message"?}."""

        def change() -> tuple[Json, int]:
            body = body_of(request)
            status = _one_of(body, "status", tuple(key for key in disputes.STATES if key != disputes.RESOLVED))
            stage = _one_of(body, "stage", disputes.STAGES)
            message = body.get("message")
            if message is not None and not (isinstance(message, str) and len(message) <= disputes.MESSAGE_LENGTH):
                raise ValueError(f"message must be a text of at most {disputes.MESSAGE_LENGTH} characters.")
            with self._books.lock:
                dispute = self._unresolved(body)
                call = look(self._books, base_of(request))
                disputes.update(self._books, dispute, status, stage, message, call)
                return dispute.show(call), 200

        return tried(change)

    def resolve(self, request: Request) -> Response:
        """POST dispute/resolve {"dispute": ID, "outcome": CODE, "amount"?}."""
        return tried(lambda: (self.end_dispute(base_of(request), body_of(request)), 200))

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
            amount = _amount(body, capture) or capture.amount
            return disputes.open_dispute(self._books, capture, amount, reason, stage, call).show(call)

    def end_dispute(self, base: str, body: Json) -> Json:
        """What `resolve` does; ValueError with a sentence if it makes no sense."""
        outcome = _one_of(body, "outcome", disputes.OUTCOMES)
        if outcome is None:
            raise ValueError(f"outcome must be one of: {', '.join(disputes.OUTCOMES)}.")
        with self._books.lock:
            dispute = self._unresolved(body)
            amount = _amount(body, dispute.capture)
            call = look(self._books, base)
            try:
                disputes.resolve(self._books, dispute, outcome, amount, call)
            except ApiError as error:
                raise ValueError(f"PayPal would refuse: {error.problems[0].issue}.") from None
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


def _amount(body: Json, capture: Capture) -> Money | None:
    """`amount` is a plain text such as "1.00", in the capture's currency; at most the capture's amount."""
    if body.get("amount") is None:
        return None
    reader = Reader()
    amount = reader.money({"amount": {"currency_code": capture.amount.currency, "value": body["amount"]}}, "amount", "")
    try:
        reader.check()
    except ApiError:
        amount = None
    if amount is None or amount.value > capture.amount.value:
        raise ValueError(f'amount must be a text such as "1.00", at most {capture.amount.value}.')
    return amount
