"""The control of plans and subscriptions: what a merchant does in the control panel, and what else only time brings about."""

from collections.abc import Callable
from datetime import datetime

from werkzeug.wrappers import Request, Response

from solitude_sandbox.braintree import billing, cancelling, plan
from solitude_sandbox.braintree.books import Books
from solitude_sandbox.braintree.subscription import PAST_DUE, Subscription
from solitude_sandbox.control import Json, body_of, json_response, tried

RENEW, RETRY, CANCEL = "renew", "retry", "cancel"
_ACTS: dict[str, Callable[[Books, Subscription, datetime], None]] = {
    RENEW: billing.renew,
    RETRY: billing.collect,
    CANCEL: cancelling.end,
}


class RecurringControl:
    """Routes under /sandbox/; every answer is JSON, every refusal is 400 with `{"error": sentence}`."""

    def __init__(self, books: Books) -> None:
        self._books = books

    def plans(self, request: Request) -> Response:
        """GET shows, POST plans {"id", "price", …} makes a plan, or changes the one with this id for who subscribes from now on."""

        def change() -> tuple[Json, int]:
            return self.set_plan(body_of(request)), 200

        return tried(change) if request.method == "POST" else json_response(self._plans(), 200)

    def set_plan(self, order: Json) -> Json:
        """What a POST of `plans` does; ValueError with a sentence if it makes no sense."""
        with self._books.lock:
            made = plan.read(order, self._books.plans.get, self._books.clock.now())
            self._books.plans.put(made.id, made)
            return made.as_json()

    def subscription(self, request: Request) -> Response:
        """POST subscription {"subscription", "action"}: the next period begins now, what is owed is tried again, or it is cancelled."""

        def act() -> tuple[Json, int]:
            body = body_of(request)
            return self.act(str(body.get("subscription", "")), str(body.get("action", ""))), 200

        return tried(act)

    def act(self, identifier: str, action: str) -> Json:
        """What `subscription` does; ValueError with a sentence if it makes no sense."""
        if action not in _ACTS:
            raise ValueError(f"action must be one of: {', '.join(_ACTS)}.")
        with self._books.lock:
            subscription = self._books.subscriptions.get(identifier)
            if subscription is None or subscription.ended:
                raise ValueError("subscription must be the id of one that has not ended.")
            if action == RETRY and subscription.status != PAST_DUE:
                raise ValueError("Nothing is owed for this subscription.")
            _ACTS[action](self._books, subscription, self._books.clock.now())
            return subscription.as_json()

    def _plans(self) -> Json:
        with self._books.lock:
            return {"plans": [each.as_json() for each in self._books.plans]}
