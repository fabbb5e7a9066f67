"""Why a transaction is where it is: what was asked, what the provider said, and every move, in order. Redacted.

Higher rooms know more than this one: they offer their part as a source, at start.
"""

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, cast

from typing_extensions import TypedDict

from solitude.events.models import Event
from solitude.transactions.models import Status, Transaction
from solitude.web.answers import time_text

ENTRIES_MAX = 1000


@dataclass(frozen=True, slots=True)
class Entry:
    """One line. `kind` is one of request, intent, call, answer, notification, recovery and state; the rest is None where it says
    nothing. `reference` is our own operation id, `correlation_id` the provider's."""

    at: datetime
    kind: str
    summary: str
    request_id: str | None = None
    provider: str | None = None
    operation: str | None = None
    reference: str | None = None
    correlation_id: str | None = None
    outcome: str | None = None
    old: str | None = None
    new: str | None = None
    duration_ms: int | None = None


EntryShown = TypedDict(
    "EntryShown",
    {
        "at": str,
        "kind": str,
        "summary": str,
        "request_id": str | None,
        "provider": str | None,
        "operation": str | None,
        "reference": str | None,
        "correlation_id": str | None,
        "outcome": str | None,
        "from": str | None,
        "to": str | None,
        "duration_ms": int | None,
    },
)


class Timeline(TypedDict):
    transaction: str
    entries: list[EntryShown]


Source = Callable[[Transaction], Iterable[Entry]]
_sources: list[Source] = []
# At the same moment, the cause stands before its effect.
_ORDER = ("request", "intent", "recovery", "call", "answer", "notification", "state")


def offer(source: Source) -> None:
    """Adds what a higher room knows of a transaction to every timeline."""
    _sources.append(source)


def shown_timeline(row: Transaction) -> Timeline:
    """The timeline as the API shows it, the oldest entry first; of a very long one the newest ENTRIES_MAX."""
    entries = [entry for source in (_moves, *_sources) for entry in source(row)]
    entries.sort(key=lambda entry: (entry.at, _ORDER.index(entry.kind)))
    return {"transaction": row.resource_uri, "entries": [_shown(entry) for entry in entries[-ENTRIES_MAX:]]}


def _moves(row: Transaction) -> Iterable[Entry]:
    if row.imported_at:
        yield Entry(row.imported_at, "state", "imported", new=Status(row.status).name.lower())
    for event in Event.objects.filter(resource_uri=row.resource_uri).order_by("-pk")[:ENTRIES_MAX]:
        said = f"{event.edge}: {event.reason}" if event.reason else event.edge
        yield Entry(event.created, "state", said, request_id=event.request_id or None, old=event.old, new=event.new)


def _shown(entry: Entry) -> EntryShown:
    names = {"old": "from", "new": "to"}
    said: dict[str, Any] = {names.get(name, name): value for name, value in asdict(entry).items()}
    return cast(EntryShown, said | {"at": time_text(entry.at)})
