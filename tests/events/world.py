"""What the tests of the feed share: events that happen, and what a reader sees of them."""

from typing import Any

from django.db import transaction
from tests.support.marketplace import Answer

from solitude.events.models import Event, append

HERE = "/events/"


def event(name: str, **more: Any) -> Event:
    usual = {"type": "transaction.started", "edge": "kept_by_client", "resource_uri": "/generic/transaction/1/"}
    return Event(**{**usual, "uuid": name, **more})


def happen(*names: str, **more: Any) -> list[str]:
    """Appends these events, each in a commit of its own; their names."""
    for name in names:
        with transaction.atomic():
            append(event(name, **more))
    return list(names)


def seen(answer: Answer) -> list[str]:
    """The names of the events of an answer."""
    assert answer.status == 200, answer
    return [shown["uuid"] for shown in answer["events"]]
