"""The control API: what tests and the console do to the simulator, beside what PayPal offers."""

from werkzeug.wrappers import Request, Response

from solitude_sandbox.control import Json, base_of, body_of, json_response, newest_of, tried
from solitude_sandbox.fate import Fate
from solitude_sandbox.paypal.approval import Choice, answer_order, answer_setup_token
from solitude_sandbox.paypal.books import Books
from solitude_sandbox.paypal.classic import answers
from solitude_sandbox.paypal.classic.charging import end_review
from solitude_sandbox.paypal.classic.payment import PENDING
from solitude_sandbox.paypal.control_answers import look
from solitude_sandbox.paypal.events import CAPTURE_COMPLETED, CAPTURE_DENIED
from solitude_sandbox.paypal.funding import DEFAULT_BUYER, OK


class Control:
    """Routes under /sandbox/; every answer is JSON, every refusal is 400 or 404 with `{"error": sentence}`."""

    def __init__(self, books: Books, fate: Fate) -> None:
        self._books = books
        self._fate = fate

    def approve(self, request: Request) -> Response:
        """The buyer's click, without the page."""
        return tried(lambda: ({"location": self.click(base_of(request), body_of(request))}, 200))

    def click(self, base: str, body: Json) -> str | None:
        """What `approve` does; where the buyer goes back to. ValueError or `NotOpenError` with a sentence."""
        token = str(body.get("token", ""))
        if self._books.permission_requests.get(token) is not None:
            action, email = str(body.get("action", answers.GRANT)), str(body.get("email", answers.DEFAULT_SELLER))
            return answers.answer_permission(self._books, token, action, email)
        choice = Choice(
            str(body.get("action", "approve")), str(body.get("funding", OK)), str(body.get("buyer", DEFAULT_BUYER))
        )
        if answers.knows(self._books, token):
            return answers.answer(self._books, base, token, choice)
        if self._books.setup_tokens.get(token) is not None:
            return answer_setup_token(self._books, token, choice)
        return answer_order(self._books, base, token, choice)

    def review(self, request: Request) -> Response:
        """End the review of a PENDING capture, or of a payment of the classic interface."""

        def decide() -> tuple[Json, int]:
            body = body_of(request)
            decision = str(body.get("decision", ""))
            if "payment" in body:
                return {"status": self.decide_payment(base_of(request), str(body["payment"]), decision)}, 200
            return {"status": self.decide(base_of(request), str(body.get("capture", "")), decision)}, 200

        return tried(decide)

    def decide(self, base: str, capture_id: str, decision: str) -> str:
        """`accept` or `deny` a PENDING capture; returns its new status."""
        outcomes = {"accept": ("COMPLETED", CAPTURE_COMPLETED), "deny": ("DECLINED", CAPTURE_DENIED)}
        if decision not in outcomes:
            raise ValueError("decision must be accept or deny.")
        with self._books.lock:
            capture = self._books.captures.get(capture_id)
            if capture is None or capture.outcome != "PENDING":
                raise ValueError("capture must be the id of a PENDING capture.")
            call = look(self._books, base)
            outcome, told = outcomes[decision]
            capture.settle(self._books.accounts, outcome, call.now)
            self._books.tell(call, told, capture.show(call))
            return capture.status

    def decide_payment(self, base: str, pay_key: str, decision: str) -> str:
        """`accept` or `deny` a PENDING payment of the classic interface; returns its new status."""
        if decision not in ("accept", "deny"):
            raise ValueError("decision must be accept or deny.")
        with self._books.lock:
            payment = self._books.payments.get(pay_key)
            if payment is None or payment.state != PENDING:
                raise ValueError("payment must be the pay key of a PENDING payment.")
            call = look(self._books, base)
            end_review(self._books, payment, call, accepted=decision == "accept")
            return payment.state

    def state(self, request: Request) -> Response:
        """The books; `?newest=N` limits every list to its last N."""
        newest = request.args.get("newest", type=int)
        return json_response(self.books_as_json(base_of(request), newest), 200)

    def books_as_json(self, base: str, newest: int | None = None) -> Json:
        """Accounts, resources as the API shows them (expired ones too), and the request log; oldest first."""
        books = self._books

        with books.lock:
            call = look(books, base)
            return {
                "clock": self._fate.time(),
                "counts": self._counts(),
                "faults": self._fate.faults_as_json(),
                "accounts": newest_of(books.accounts.as_json(), newest),
                "orders": [order.show(call) for order in newest_of(books.orders, newest)],
                "captures": [capture.show(call) for capture in newest_of(books.captures, newest)],
                "refunds": [refund.show(call) for refund in newest_of(books.refunds, newest)],
                "reversals": [reversal.show(call) for reversal in newest_of(books.reversals, newest)],
                "disputes": [dispute.show(call) for dispute in newest_of(books.disputes, newest)],
                "setup_tokens": [token.show(call) for token in newest_of(books.setup_tokens, newest)],
                "payment_tokens": [
                    {**token.show(call), "deleted": token.deleted} for token in newest_of(books.payment_tokens, newest)
                ],
                "payments": [payment.as_json(call.now) for payment in newest_of(books.payments, newest)],
                "preapprovals": [
                    {"preapprovalKey": each.key, **each.show(call.now)}
                    for each in newest_of(books.preapprovals, newest)
                ],
                "webhooks": [webhook.show(call) for webhook in newest_of(books.webhooks, newest)],
                "ipn_url": books.ipn_url,
                "delivery": books.delivery.as_json(),
                "notifications": list(reversed(books.delivery.newest(None if newest is None else max(newest, 0)))),
                "requests": [entry.as_json() for entry in newest_of(books.journal.entries(), newest)],
            }

    def _counts(self) -> Json:
        """How many of each are kept."""
        books = self._books
        return {
            "accounts": len(books.accounts),
            "orders": len(books.orders),
            "captures": len(books.captures),
            "refunds": len(books.refunds),
            "reversals": len(books.reversals),
            "disputes": len(books.disputes),
            "setup_tokens": len(books.setup_tokens),
            "payment_tokens": len(books.payment_tokens),
            "payments": len(books.payments),
            "preapprovals": len(books.preapprovals),
            "events": books.events.last,
            "requests": len(books.journal),
        }
