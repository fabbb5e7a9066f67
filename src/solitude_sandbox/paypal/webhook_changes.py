"""Webhooks v1: another address or other events for a webhook, and what there is to subscribe to."""

from dataclasses import replace

from solitude_sandbox.paypal.books import Books
from solitude_sandbox.paypal.call import Answer, Call, Json
from solitude_sandbox.paypal.errors import refuse
from solitude_sandbox.paypal.events import KINDS
from solitude_sandbox.paypal.reading import Reader
from solitude_sandbox.paypal.webhooks import find_webhook, read_event_types, read_url

STEPS_LIMIT = 10
URL, EVENT_TYPES = "/url", "/event_types"


def update_webhook(books: Books, call: Call) -> Answer:
    """PATCH /v1/notifications/webhooks/{id}, all of it or nothing. What still waits goes to the new address."""
    webhook = find_webhook(books, call.path_id, "path")
    steps = call.body
    if not isinstance(steps, list) or not steps or not all(isinstance(step, dict) for step in steps):
        raise refuse("INVALID_PARAMETER_SYNTAX", "/")
    if len(steps) > STEPS_LIMIT:
        raise refuse("INVALID_ARRAY_MAX_ITEMS", "/")
    wanted = _read(steps)
    url = wanted.get(URL, webhook.to.url)
    if any(other.to.url == url for other in books.webhooks if other is not webhook):
        raise refuse("WEBHOOK_URL_ALREADY_EXISTS", URL, str(url))
    webhook.to.url = str(url)
    changed = replace(webhook, event_types=wanted.get(EVENT_TYPES, webhook.event_types))
    books.webhooks.put(changed.id, changed)
    return Answer(200, changed.show)


def _read(steps: list[Json]) -> Json:
    """Path -> the value that it gets."""
    reader, wanted = Reader(), Json()
    for index, step in enumerate(steps):
        at = f"/{index}"
        reader.choice(step, "op", at, ("replace",), required=True)
        path = reader.choice(step, "path", at, (URL, EVENT_TYPES), required=True)
        if path == URL:
            wanted[URL] = read_url(reader, {"url": step.get("value")}, required=True)
        elif path == EVENT_TYPES:
            wanted[EVENT_TYPES] = read_event_types(reader, {"event_types": step.get("value")})
    reader.check()
    return wanted


def list_event_types(books: Books, call: Call) -> Answer:  # noqa: ARG001 - every operation takes the call
    """GET /v1/notifications/webhooks-event-types: what the simulator tells of."""
    return Answer(200, lambda _: {"event_types": [_show(name) for name in sorted(KINDS)]})


def webhook_event_types(books: Books, call: Call) -> Answer:
    """GET /v1/notifications/webhooks/{id}/event-types: what a webhook has subscribed to."""
    webhook = find_webhook(books, call.path_id, "path")
    return Answer(200, lambda _: {"event_types": [_show(name) for name in webhook.event_types]})


def _show(name: str) -> Json:
    kind = KINDS.get(name)
    known = {"resource_versions": [kind.resource_version]} if kind is not None else {}
    return {"name": name, "status": "ENABLED", **known}
