"""The control API: what tests and the console do to the simulator, beside what PayPal offers."""

import json
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from werkzeug.wrappers import Request, Response

from solitude_sandbox.faults import FaultBoard
from solitude_sandbox.paypal.api import json_response
from solitude_sandbox.paypal.approval import Choice, NotOpenError, answer_order, answer_setup_token
from solitude_sandbox.paypal.books import Books
from solitude_sandbox.paypal.call import Call
from solitude_sandbox.paypal.funding import DEFAULT_BUYER, OK
from solitude_sandbox.paypal.times import stamp

Json = dict[str, Any]
T = TypeVar("T")


class Control:
    """Routes under /sandbox/; every answer is JSON, every refusal is 400 or 404 with `{"error": sentence}`."""

    def __init__(self, books: Books, board: FaultBoard) -> None:
        self._books = books
        self._board = board

    def faults(self, request: Request) -> Response:
        """GET lists, POST adds, DELETE clears."""
        if request.method == "POST":
            return _tried(lambda: (self.set_fault(_body(request)), 201))
        if request.method == "DELETE":
            self.clear_faults()
            return json_response(None, 204)
        return json_response({"faults": self._board.as_json()}, 200)

    def set_fault(self, order: Json) -> Json:
        """Add a fault; ValueError with a sentence if it makes no sense."""
        return self._board.add(order).as_json()

    def clear_faults(self) -> None:
        """Forget all faults."""
        self._board.clear()

    def clock(self, request: Request) -> Response:
        """GET shows, POST advances by `advance_s`."""

        def advance() -> tuple[Json, int]:
            self.advance(_body(request).get("advance_s"))
            return self._time(), 200

        return _tried(advance) if request.method == "POST" else json_response(self._time(), 200)

    def advance(self, seconds: object) -> None:
        """Move the clock; ValueError if `seconds` is no whole number or out of range."""
        if isinstance(seconds, bool) or not isinstance(seconds, int):
            raise ValueError("advance_s must be a whole number of seconds.")
        self._books.clock.advance(seconds)

    def reset(self, request: Request) -> Response:  # noqa: ARG002 - every route takes the request
        """Empty books, no faults, real time. Access tokens stay valid."""
        self.start_anew()
        return json_response({"reset": True}, 200)

    def start_anew(self) -> None:
        """What `reset` does."""
        self._board.clear()
        self._books.reset()

    def approve(self, request: Request) -> Response:
        """The buyer's click, without the page."""

        def click() -> tuple[Json, int]:
            body = _body(request)
            choice = Choice(
                str(body.get("action", "approve")), str(body.get("funding", OK)), str(body.get("buyer", DEFAULT_BUYER))
            )
            token = str(body.get("token", ""))
            is_setup = self._books.setup_tokens.get(token) is not None
            answer = answer_setup_token if is_setup else answer_order
            return {"location": answer(self._books, token, choice)}, 200

        return _tried(click)

    def review(self, request: Request) -> Response:
        """End the review of a PENDING capture."""

        def decide() -> tuple[Json, int]:
            body = _body(request)
            return {"status": self.decide(str(body.get("capture", "")), str(body.get("decision", "")))}, 200

        return _tried(decide)

    def decide(self, capture_id: str, decision: str) -> str:
        """`accept` or `deny` a PENDING capture; returns its new status."""
        outcomes = {"accept": "COMPLETED", "deny": "DECLINED"}
        if decision not in outcomes:
            raise ValueError("decision must be accept or deny.")
        with self._books.lock:
            capture = self._books.captures.get(capture_id)
            if capture is None or capture.outcome != "PENDING":
                raise ValueError("capture must be the id of a PENDING capture.")
            capture.settle(self._books.accounts, outcomes[decision], self._books.clock.now())
            return capture.status

    def state(self, request: Request) -> Response:
        """The books; `?newest=N` limits every list to its last N."""
        newest = request.args.get("newest", type=int)
        return json_response(self.books_as_json(request.root_url.rstrip("/"), newest), 200)

    def books_as_json(self, base: str, newest: int | None = None) -> Json:
        """Accounts, resources as the API shows them (expired ones too), and the request log; oldest first."""
        books = self._books

        def last(rows: Iterable[T]) -> list[T]:
            return list(rows) if newest is None else list(rows)[-newest:] if newest > 0 else []

        with books.lock:
            call = _reader(base, books)
            return {
                "clock": self._time(),
                "faults": self._board.as_json(),
                "accounts": last(books.accounts.as_json()),
                "orders": [order.show(call) for order in last(books.orders)],
                "captures": [capture.show(call) for capture in last(books.captures)],
                "refunds": [refund.show(call) for refund in last(books.refunds)],
                "setup_tokens": [token.show(call) for token in last(books.setup_tokens)],
                "payment_tokens": [
                    {**token.show(call), "deleted": token.deleted} for token in last(books.payment_tokens)
                ],
                "requests": last(books.journal.as_json()),
            }

    def _time(self) -> Json:
        return {"now": stamp(self._books.clock.now()), "advanced_s": self._books.clock.advanced_s}


def _reader(base: str, books: Books) -> Call:
    """A call that only looks."""
    return Call(
        operation="state",
        base=base,
        now=books.clock.now(),
        client_id="",
        path_id="",
        query={},
        body=None,
        request_id=None,
        auth_assertion=None,
        representation=True,
    )


def _tried(act: Callable[[], tuple[Json, int]]) -> Response:
    try:
        return json_response(*act())
    except NotOpenError as error:
        return json_response({"error": error.sentence}, error.status)
    except ValueError as error:
        return json_response({"error": str(error)}, 400)


def _body(request: Request) -> Json:
    try:
        body = json.loads(request.get_data() or b"{}")
    except RecursionError:
        raise ValueError("The body is nested too deeply.") from None
    if not isinstance(body, dict):
        raise ValueError("The body must be a JSON object.")
    return body
