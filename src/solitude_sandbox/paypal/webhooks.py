"""Webhooks v1: who is told of events, whether a message is genuine, and the events themselves once more.

Schemas: PayPal's notifications_webhooks_v1 file. Errors have the form of the Orders API.
"""

import json
import re
from dataclasses import dataclass
from datetime import datetime

from solitude_sandbox.delivery import is_here
from solitude_sandbox.parcels import Addressee
from solitude_sandbox.paypal import samples
from solitude_sandbox.paypal.books import Books
from solitude_sandbox.paypal.call import Answer, Call, Json
from solitude_sandbox.paypal.errors import refuse
from solitude_sandbox.paypal.events import KINDS, Event, compose
from solitude_sandbox.paypal.querying import page_number, time_of
from solitude_sandbox.paypal.reading import Reader
from solitude_sandbox.paypal.signing import ALGORITHM

# Its messages are pulled from the control API; it has no URL.
BUILT_IN = "SANDBOXWEBHOOK001"
# What PayPal puts in the place of the webhook's id when it signs a simulated event.
SIMULATED = "WEBHOOK_ID"

WEBHOOKS_LIMIT = 10
EVENT_TYPES_LIMIT = 500
EVENT_TYPE = re.compile(r"\*|[A-Z][A-Z0-9.\-]{0,98}", re.ASCII)
URL_LENGTH = 2048
EVENTS_PAGE_DEFAULT = 10
EVENTS_PAGE_LIMIT = 300
SIGNED_TEXTS = ("auth_algo", "cert_url", "transmission_id", "transmission_sig", "transmission_time", "webhook_id")
SIGNED_TEXT_LENGTH = 500

_PATH = "/v1/notifications/webhooks"


@dataclass(frozen=True)
class Webhook:
    """A registration: `to` is told of events whose type is among `event_types`, or of all if that has `*`. `base` is for links."""

    to: Addressee
    base: str
    event_types: tuple[str, ...]

    @property
    def id(self) -> str:
        """PayPal's id of the webhook."""
        return self.to.name

    def wants(self, event: Event) -> bool:
        """Whether it has subscribed to this type."""
        return "*" in self.event_types or event.type in self.event_types

    def show(self, call: Call) -> Json:
        """PayPal's webhook object."""
        path = f"{_PATH}/{self.id}"
        return {
            "id": self.id,
            "url": self.to.url,
            "event_types": [{"name": name, "status": "ENABLED"} for name in self.event_types],
            "links": [call.link(path, "self"), call.link(path, "delete", "DELETE")],
        }


def create_webhook(books: Books, call: Call) -> Answer:
    """POST /v1/notifications/webhooks."""
    body = call.object()
    reader = Reader()
    url = read_url(reader, body, required=True)
    types = read_event_types(reader, body)
    reader.check()
    if any(webhook.to.url == url for webhook in books.webhooks):
        raise refuse("WEBHOOK_URL_ALREADY_EXISTS", "/url", url or "")
    if len(books.webhooks) >= WEBHOOKS_LIMIT:
        raise refuse("WEBHOOK_NUMBER_LIMIT_EXCEEDED")
    to = books.subscriber(books.ids.resource_id(), url or "", call.base)
    webhook = Webhook(to, call.base, types)
    books.webhooks.put(webhook.id, webhook)
    books.delivery.start()
    return Answer(201, webhook.show)


def bring_built_in(books: Books, url: str, base: str) -> Webhook:
    """Have the messages of the built-in webhook brought to this address of this machine, and to no other any more."""
    former = books.webhooks.get(BUILT_IN)
    if former is not None:
        former.to.gone = True
    webhook = Webhook(books.subscriber(BUILT_IN, url, base), base, ("*",))
    books.webhooks.put(webhook.id, webhook)
    books.delivery.start()
    return webhook


def list_webhooks(books: Books, call: Call) -> Answer:  # noqa: ARG001 - every operation takes the call
    """GET /v1/notifications/webhooks."""
    return Answer(200, lambda later: {"webhooks": [webhook.show(later) for webhook in books.webhooks]})


def get_webhook(books: Books, call: Call) -> Answer:
    """GET /v1/notifications/webhooks/{id}."""
    return Answer(200, find_webhook(books, call.path_id, "path").show)


def delete_webhook(books: Books, call: Call) -> Answer:
    """DELETE /v1/notifications/webhooks/{id}; what is still on its way there is thrown away."""
    webhook = find_webhook(books, call.path_id, "path")
    webhook.to.gone = True
    books.webhooks.remove(webhook.id)
    return Answer(204, lambda _: None)


def verify_webhook(books: Books, call: Call) -> Answer:
    """POST /v1/notifications/verify-webhook-signature, by the event's bytes as they stand in the request."""
    body = call.object()
    reader = Reader()
    texts = {key: reader.text(body, key, "", most=SIGNED_TEXT_LENGTH, required=True) or "" for key in SIGNED_TEXTS}
    reader.object(body, "webhook_event", "", required=True)
    reader.check()
    known = texts["webhook_id"] == BUILT_IN or books.webhooks.get(texts["webhook_id"]) is not None
    genuine = (
        known
        and texts["auth_algo"] == ALGORITHM
        and texts["cert_url"].endswith(books.signer.certificate_path)
        and books.signer.verifies(
            texts["transmission_sig"],
            texts["transmission_id"],
            texts["transmission_time"],
            texts["webhook_id"],
            raw_member(call.raw, "webhook_event"),
        )
    )
    return Answer(200, lambda _: {"verification_status": "SUCCESS" if genuine else "FAILURE"})


def raw_member(content: bytes, name: str) -> bytes:
    """The bytes of a top-level member of a JSON object, as they stand there; the last one, if there are several."""
    text, decoder = content.decode(), json.JSONDecoder()
    found, at = "", _past_space(text, text.index("{") + 1)
    while text[at] == '"':
        key, at = decoder.raw_decode(text, at)
        start = _past_space(text, _past_space(text, at) + 1)  # past the colon
        _, end = decoder.raw_decode(text, start)
        if key == name:
            found = text[start:end]
        at = _past_space(text, end)
        if text[at] == ",":
            at = _past_space(text, at + 1)
    return found.encode()


def list_events(books: Books, call: Call) -> Answer:
    """GET /v1/notifications/webhooks-events: the newest first."""
    size = page_number(call, "page_size", EVENTS_PAGE_DEFAULT, EVENTS_PAGE_LIMIT)
    start, end = time_of(call, "start_time"), time_of(call, "end_time")
    event_type, resource_id = call.query.get("event_type"), call.query.get("transaction_id")

    def wanted(event: Event) -> bool:
        return (
            _within(event.created, start, end)
            and event_type in (None, event.type)
            and resource_id in (None, event.resource_id)
        )

    def show(later: Call) -> Json:
        found = [event for event in books.events.newest_first() if wanted(event)][:size]
        links = [later.link("/v1/notifications/webhooks-events", "self")]
        return {"events": [event.show(later) for event in found], "count": len(found), "links": links}

    return Answer(200, show)


def get_event(books: Books, call: Call) -> Answer:
    """GET /v1/notifications/webhooks-events/{id}."""
    return Answer(200, _event(books, call.path_id).show)


def resend_event(books: Books, call: Call) -> Answer:
    """POST /v1/notifications/webhooks-events/{id}/resend, to all webhooks that want it or to those that are named."""
    event = _event(books, call.path_id)
    named = call.object().get("webhook_ids") or []
    if not isinstance(named, list) or not all(isinstance(each, str) for each in named):
        raise refuse("INVALID_PARAMETER_SYNTAX", "/webhook_ids")
    to = [find_webhook(books, each, "body") for each in named] or [each for each in books.webhooks if each.wants(event)]
    for webhook in to:
        books.delivery.post(event, webhook.to)
    return Answer(202, event.show)


def simulate_event(books: Books, call: Call) -> Answer:
    """POST /v1/notifications/simulate-event: a mock about nothing that happened; no log has it."""
    body = call.object()
    reader = Reader()
    url = read_url(reader, body)
    webhook_id = reader.text(body, "webhook_id", "", most=50)
    event_type = _read_event_type(reader, body, "event_type", "", required=True)
    if event_type is not None and event_type not in KINDS:
        reader.malformed("INVALID_PARAMETER_VALUE", "/event_type", event_type)
    if url is None and webhook_id is None:
        reader.malformed("MISSING_REQUIRED_PARAMETER", "/webhook_id")
    reader.check()
    if webhook_id is not None:
        url = find_webhook(books, webhook_id, "body").to.url
    event = compose(books.ids, call, event_type or "", samples.resource(call, event_type or ""), number=0)
    books.delivery.start()
    books.delivery.post(event, books.subscriber(SIMULATED, url or "", call.base))
    return Answer(202, event.show)


def get_cert(books: Books, call: Call) -> Answer:
    """GET /v1/notifications/certs/{id}: leaf and root, as PEM. Whoever checks a signature has no access token."""
    if not books.signer.certificate_path.endswith(f"/{call.path_id}"):
        raise refuse("INVALID_RESOURCE_ID", "/id", call.path_id, "path")
    chain = books.signer.chain_pem
    return Answer(200, lambda _: chain)


def read_url(reader: Reader, body: Json, *, required: bool = False) -> str | None:
    """The `url` of the body, which must be one of this machine; or None."""
    reader.text(body, "url", "", most=URL_LENGTH, required=required)
    url = reader.url(body, "url", "") if body.get("url") is not None else None
    if url is not None and not is_here(url):
        reader.malformed("URL_NOT_ON_THIS_MACHINE", "/url", url)
    return url


def read_event_types(reader: Reader, body: Json) -> tuple[str, ...]:
    """The `event_types` of the body, each once."""
    named = reader.items(body, "event_types", "", least=1, most=EVENT_TYPES_LIMIT, required=True)
    types = [
        _read_event_type(reader, each, "name", f"/event_types/{index}", required=True)
        for index, each in enumerate(named)
    ]
    return tuple(dict.fromkeys(name for name in types if name))


def _read_event_type(reader: Reader, source: Json, key: str, at: str, *, required: bool) -> str | None:
    name = reader.text(source, key, at, most=100, required=required)
    if name is not None and not EVENT_TYPE.fullmatch(name):
        reader.malformed("INVALID_PARAMETER_SYNTAX", f"{at}/{key}", name)
    return name


def find_webhook(books: Books, webhook_id: str, location: str) -> Webhook:
    """The webhook, or 404."""
    webhook = books.webhooks.get(webhook_id)
    if webhook is None:
        raise refuse("INVALID_RESOURCE_ID", "/webhook_id", webhook_id, location)
    return webhook


def _event(books: Books, event_id: str) -> Event:
    event = books.events.by_id(event_id)
    if event is None:
        raise refuse("INVALID_RESOURCE_ID", "/event_id", event_id, "path")
    return event


def _within(time: datetime, start: datetime | None, end: datetime | None) -> bool:
    return (start is None or start <= time) and (end is None or time <= end)


def _past_space(text: str, at: int) -> int:
    while text[at] in " \t\r\n":
        at += 1
    return at
