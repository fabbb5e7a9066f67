"""Control of webhook events: pull them, signed, in any order and as often as wanted; or how they are brought."""

from werkzeug.wrappers import Request, Response

from solitude_sandbox.control import Json, base_of, body_of, tried, whole
from solitude_sandbox.delivery import is_here
from solitude_sandbox.paypal.books import Books
from solitude_sandbox.paypal.control_answers import look
from solitude_sandbox.paypal.events import Event
from solitude_sandbox.paypal.webhooks import BUILT_IN, URL_LENGTH, bring_built_in
from solitude_sandbox.post import Post

PULL_LIMIT = 1_000
NUMBER_LIMIT = 10**12
PEM = "application/x-pem-file"


class EventControl:
    """Routes under /sandbox/."""

    def __init__(self, books: Books) -> None:
        self._books = books
        self.post = Post(books.delivery)

    def events(self, request: Request) -> Response:
        """GET events?after=N&limit=M&webhook=ID: what a webhook receives, for a test that forwards it as it likes."""

        def pull() -> tuple[Json, int]:
            after = whole(request.args.get("after", 0), "after", most=NUMBER_LIMIT)
            limit = whole(request.args.get("limit", PULL_LIMIT), "limit", most=PULL_LIMIT)
            webhook_id = request.args.get("webhook", BUILT_IN)
            base = base_of(request)
            with self._books.lock:
                if webhook_id != BUILT_IN and self._books.webhooks.get(webhook_id) is None:
                    raise ValueError("webhook must be the id of a registered webhook.")
                look(self._books, base)
                events, newest = self._books.events.after(after, limit), self._books.events.last
            # Signing takes a while; nobody has to wait for it.
            shown = [self._message(event, webhook_id, base) for event in events]
            return {"events": shown, "last": events[-1].number if events else min(after, newest), "newest": newest}, 200

        return tried(pull)

    def newest(self, limit: int) -> list[Event]:
        """The newest events, the newest first."""
        with self._books.lock:
            return list(reversed(self._books.events.after(self._books.events.last - limit, limit)))

    def webhook(self, request: Request) -> Response:
        """POST webhook {"url": …}: the built-in webhook's messages are brought there; `GET events` gives them all the same."""

        def register() -> tuple[Json, int]:
            return self.bring_to(base_of(request), str(body_of(request).get("url", ""))), 200

        return tried(register)

    def bring_to(self, base: str, url: str) -> Json:
        """What `webhook` does; ValueError with a sentence if the address is none of this machine."""
        if not url.startswith(("http://", "https://")) or len(url) > URL_LENGTH or not is_here(url):
            raise ValueError("url must be an http address of this machine.")
        with self._books.lock:
            return bring_built_in(self._books, url, base).show(look(self._books, base))

    def resend(self, event_id: str) -> None:
        """Have an event brought once more to all who want it; ValueError if it is unknown or nobody does."""
        with self._books.lock:
            event, ipn = self._books.events.by_id(event_id), self._books.ipns.by_id(event_id)
            if ipn is not None:
                self._books.bring_ipn(ipn)
                return
            if event is None:
                raise ValueError("event must be the id of an event.")
            to = [webhook.to for webhook in self._books.webhooks if webhook.wants(event)]
            if not to:
                raise ValueError("No webhook is registered for this event: nobody is there to be told.")
            for addressee in to:
                self._books.delivery.post(event, addressee)

    def root_certificate(self, request: Request) -> Response:  # noqa: ARG002 - every route takes the request
        """GET ca.pem: what a reader of the messages must trust."""
        return Response(self._books.signer.root_pem, content_type=PEM)

    def _message(self, event: Event, webhook_id: str, base: str) -> Json:
        return {
            "number": event.number,
            "event_type": event.type,
            "headers": self._books.signer.headers(event, webhook_id, base),
            "body": event.body,
        }
