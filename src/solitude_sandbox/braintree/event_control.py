"""The control of webhooks: where they are brought, what was told, and what else is to be."""

from collections.abc import Mapping

from werkzeug.wrappers import Request, Response

from solitude_sandbox.braintree import challenge, events
from solitude_sandbox.braintree.books import Books
from solitude_sandbox.braintree.events import Event
from solitude_sandbox.braintree.transactions import Transaction
from solitude_sandbox.braintree.xml import Items
from solitude_sandbox.control import Json, body_of, json_response, tried, whole

PULL_LIMIT = 1_000
NUMBER_LIMIT = 10**9
KINDS = (events.CHECK, *events.OF_SUBSCRIPTIONS, *events.OF_DISPUTES, *events.OF_TRANSACTIONS, events.DISBURSEMENT)


class EventControl:
    """Routes under /sandbox/; every answer is JSON, every refusal is 400 with `{"error": sentence}`."""

    def __init__(self, books: Books) -> None:
        self._books = books

    def webhook(self, request: Request) -> Response:
        """GET shows, POST webhook {"url": "http://…"} has all events brought there, if it can answer a challenge; null: nowhere."""

        def change() -> tuple[Json, int]:
            self.bring_to(body_of(request).get("url"))
            return self._webhook(), 200

        return tried(change) if request.method == "POST" else json_response(self._webhook(), 200)

    def bring_to(self, url: object) -> None:
        """What a POST of `webhook` does; ValueError with a sentence if it makes no sense, or the address knows no answer."""
        listener = None if url is None else challenge.ask(url, self._books.ids.challenge())
        with self._books.lock:
            self._books.listen(listener)

    def events(self, request: Request) -> Response:
        """GET events?after=N&limit=M: what was told, whether anybody listens or not.

        POST events {"number"} tells one of it again, {"kind", "about"} something else.
        """

        def pull() -> tuple[Json, int]:
            after = whole(request.args.get("after", 0), "after", most=NUMBER_LIMIT)
            limit = whole(request.args.get("limit", PULL_LIMIT), "limit", most=PULL_LIMIT)
            with self._books.lock:
                self._books.catch_up()
                found, newest = self._books.events.after(after, limit), self._books.events.last
            last = found[-1].number if found else min(after, newest)
            return {"events": [event.as_json() for event in found], "last": last, "newest": newest}, 200

        def push() -> tuple[Json, int]:
            body = body_of(request)
            event = self.make(body) if "kind" in body else self.resend(body.get("number"))
            return event.as_json(), 201

        return tried(push if request.method == "POST" else pull)

    def newest(self, limit: int) -> list[Json]:
        """The newest events, the newest first."""
        with self._books.lock:
            found = self._books.events.after(max(self._books.events.last - limit, 0), limit)
        return [event.as_json() for event in reversed(found)]

    def resend(self, number: object) -> Event:
        """Have an event brought once more; ValueError if it is unknown or goes nowhere."""
        with self._books.lock:
            event = self._books.events.get(whole(number, "number", most=NUMBER_LIMIT))
            if event is None:
                raise ValueError("number must be that of an event.")
            if not self._books.bring(event):
                raise ValueError("No webhook is set: nobody is there to be told.")
            return event

    def make(self, body: Mapping[str, object]) -> Event:
        """Tell something of `kind` about a thing as it is, whether it happened or not; ValueError with a sentence if it makes no sense."""
        kind, about = str(body.get("kind", "")), str(body.get("about", ""))
        if kind not in KINDS:
            raise ValueError(f"kind must be one of: {', '.join(KINDS)}.")
        with self._books.lock:
            return self._books.tell(kind, about, self._subject(kind, about), self._books.clock.now())

    def _subject(self, kind: str, about: str) -> Json:
        books = self._books
        if kind == events.CHECK:
            return {"check": True}
        if kind in events.OF_SUBSCRIPTIONS:
            subscription = books.subscriptions.get(about)
            if subscription is not None:
                return {"subscription": subscription.show(books, books.clock.now())}
        elif kind in events.OF_DISPUTES:
            dispute = books.disputes.get(about)
            if dispute is not None:
                return {"dispute": dispute.show()}
        else:
            transaction = books.transactions.get(about)
            if transaction is not None:
                paid_out = kind == events.DISBURSEMENT
                return _disbursement(transaction) if paid_out else {"transaction": transaction.show(books)}
        raise ValueError("about must be the id of what an event of this kind tells of.")

    def _webhook(self) -> Json:
        with self._books.lock:
            return {"url": self._books.webhook.url if self._books.webhook is not None else None}


def _disbursement(transaction: Transaction) -> Json:
    """What is paid out of one transaction to the merchant's bank; the fields of the official SDK's sample."""
    merchant_account = {
        "id": transaction.account,
        "currency_iso_code": transaction.currency,
        "sub_merchant_account": False,
        "status": "active",
    }
    return {
        "disbursement": {
            "id": f"d{transaction.id}",
            "transaction_ids": Items("item", [transaction.id]),
            "success": True,
            "retry": False,
            "disbursement_type": "credit",
            "merchant_account": merchant_account,
            "amount": transaction.amount,
            "disbursement_date": transaction.updated.date(),
            "exception_message": None,
            "follow_up_action": None,
        }
    }
