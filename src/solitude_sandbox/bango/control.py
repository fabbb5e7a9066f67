"""The control API: what tests and the console do to the simulator, beside what Bango offers."""

from werkzeug.wrappers import Request, Response

from solitude_sandbox.addresses import is_web_url
from solitude_sandbox.bango import buying
from solitude_sandbox.bango.books import Books
from solitude_sandbox.bango.buying import Choice
from solitude_sandbox.bango.call import Json
from solitude_sandbox.bango.checks import TEXT_LENGTH, URL_LENGTH
from solitude_sandbox.bango.codes import CANT_REFUND, NOT_SUPPORTED, OK, PENDING
from solitude_sandbox.bango.package import Listener
from solitude_sandbox.bango.payment import Refund
from solitude_sandbox.control import body_of, json_response, newest_of, tried, whole
from solitude_sandbox.fate import Fate
from solitude_sandbox.post import Post

PULL_LIMIT = 1_000
NUMBER_LIMIT = 10**12
ENDS = (OK, CANT_REFUND, NOT_SUPPORTED)


class Control:
    """Routes under /sandbox/; every answer is JSON, every refusal is 400 (404, 410) with `{"error": sentence}`."""

    def __init__(self, books: Books, fate: Fate) -> None:
        self._books = books
        self.post = Post(books.delivery)
        self._fate = fate

    def pay(self, request: Request) -> Response:
        """POST pay {"configuration": N, "action"?, "network"?, "currency"?, "failure"?}: the buyer's click without the page."""
        return tried(lambda: ({"location": self.click(body_of(request))}, 200))

    def click(self, body: Json) -> str:
        """What `pay` does; where the buyer goes back to."""
        chosen = {name: str(body.get(name, "")) for name in ("network", "currency", "failure")}
        choice = Choice(str(body.get("action", buying.PAY)), **chosen)
        return buying.answer(self._books, str(body.get("configuration", "")), choice)

    def refunds(self, request: Request) -> Response:
        """GET shows, POST refunds {"outcome": …, "count": 0} says how the operators decide about the refunds to come."""

        def change() -> tuple[Json, int]:
            return self.decide(body_of(request)), 200

        if request.method == "POST":
            return tried(change)
        with self._books.lock:
            return json_response(self._books.operators.as_json(), 200)

    def decide(self, body: Json) -> Json:
        """What a POST of `refunds` does; ValueError with a sentence if it makes no sense."""
        with self._books.lock:
            self._books.operators.order(body)
            return self._books.operators.as_json()

    def refund(self, request: Request) -> Response:
        """POST refund {"refund": N, "outcome": "OK", "CANT_REFUND" or "NOT_SUPPORTED"}: a pending refund ends."""

        def end() -> tuple[Json, int]:
            body = body_of(request)
            return self.settle(body.get("refund"), str(body.get("outcome", OK))), 200

        return tried(end)

    def settle(self, refund_id: object, outcome: str) -> Json:
        """What `refund` does; ValueError with a sentence if it makes no sense."""
        if outcome not in ENDS:
            raise ValueError(f"outcome must be one of: {', '.join(ENDS)}.")
        with self._books.lock:
            refund = self._pending(refund_id)
            refund.code = outcome
            return refund.as_json()

    def _pending(self, refund_id: object) -> Refund:
        refund = self._books.refunds.get(whole(refund_id, "refund", most=NUMBER_LIMIT))
        if refund is None or refund.code != PENDING:
            raise ValueError("refund must be the number of a refund that is pending.")
        return refund

    def events(self, request: Request) -> Response:
        """GET events?after=N&limit=M: what packages are told, for a test that forwards it as it likes."""

        def pull() -> tuple[Json, int]:
            after = whole(request.args.get("after", 0), "after", most=NUMBER_LIMIT)
            limit = whole(request.args.get("limit", PULL_LIMIT), "limit", most=PULL_LIMIT)
            with self._books.lock:
                events, newest = self._books.events.after(after, limit), self._books.events.last
            last = events[-1].number if events else min(after, newest)
            return {"events": [event.as_json() for event in events], "last": last, "newest": newest}, 200

        return tried(pull)

    def newest_events(self, limit: int) -> list[Json]:
        """The newest events, the newest first."""
        with self._books.lock:
            found = self._books.events.after(max(self._books.events.last - limit, 0), limit)
        return [event.as_json() for event in reversed(found)]

    def resend(self, number: object) -> None:
        """Have an event brought once more; ValueError if it is unknown or goes nowhere."""
        with self._books.lock:
            event = self._books.events.get(whole(number, "event", most=NUMBER_LIMIT))
            if event is None:
                raise ValueError("event must be the number of an event.")
            if not self._books.bring(event):
                raise ValueError("Its package has no address on this machine: nobody is there to be told.")

    def event_url(self, request: Request) -> Response:
        """GET shows, POST event-url {"url", "username"?, "password"?}: all events to come are brought there; null: as packages want it."""

        def change() -> tuple[Json, int]:
            self.bring_to(body_of(request))
            return self._listener(), 200

        return tried(change) if request.method == "POST" else json_response(self._listener(), 200)

    def bring_to(self, body: Json) -> None:
        """What a POST of `event-url` does; ValueError with a sentence if it makes no sense."""
        url = body.get("url")
        given = [body.get(name, "") for name in ("username", "password")]
        if url is not None and not (isinstance(url, str) and len(url) <= URL_LENGTH and is_web_url(url)):
            raise ValueError("url must be a web address, or null.")
        if not all(isinstance(value, str) and len(value) <= TEXT_LENGTH and value.isprintable() for value in given):
            raise ValueError("username and password must be texts that can be printed.")
        with self._books.lock:
            self._books.listener = None if url is None else Listener(url, *given)

    def _listener(self) -> Json:
        listener = self._books.listener
        return {"url": listener.url if listener else None}

    def state(self, request: Request) -> Response:
        """The books; `?newest=N` limits every list to its last N."""
        return json_response(self.books_as_json(request.args.get("newest", type=int)), 200)

    def books_as_json(self, newest: int | None = None) -> Json:
        """All of it (what has ended too), and the request log; oldest first."""
        books = self._books

        with books.lock:
            now = books.clock.now()
            return {
                "clock": self._fate.time(),
                "counts": self._counts(),
                "faults": self._fate.faults_as_json(),
                "packages": [package.as_json() for package in newest_of(books.packages, newest)],
                "numbers": [number.as_json() for number in newest_of(books.numbers, newest)],
                "configurations": [each.as_json(now) for each in newest_of(books.configurations, newest)],
                "payments": [payment.as_json() for payment in newest_of(books.payments, newest)],
                "refunds": [refund.as_json() for refund in newest_of(books.refunds, newest)],
                "refunds_to_come": books.operators.as_json(),
                "event_url": books.listener.url if books.listener else None,
                "delivery": books.delivery.as_json(),
                "notifications": list(reversed(books.delivery.newest(None if newest is None else max(newest, 0)))),
                "requests": [entry.as_json() for entry in newest_of(books.journal.entries(), newest)],
            }

    def _counts(self) -> Json:
        """How many of each are kept."""
        books = self._books
        return {
            "packages": len(books.packages),
            "numbers": len(books.numbers),
            "configurations": len(books.configurations),
            "payments": len(books.payments),
            "refunds": len(books.refunds),
            "events": books.events.last,
            "requests": len(books.journal),
        }
