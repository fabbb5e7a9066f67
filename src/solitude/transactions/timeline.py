"""Why a transaction is where it is: what was asked, what the provider said, and every move, in order. Redacted.

Higher rooms know more than this one: they offer their part as a source, at start.
"""

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Annotated, Any, cast

from pydantic import Field
from typing_extensions import TypedDict

from solitude.events.models import Event
from solitude.prepared import Found
from solitude.telemetry import redaction
from solitude.transactions.models import Status, Transaction
from solitude.web.answers import time_text
from solitude.web.openapi import Time

ENTRIES_MAX = 1000
_KINDS = ("request", "intent", "recovery", "call", "answer", "notification", "state")
# At the same moment, the cause stands before its effect: what is written down and makes a transaction, before what is asked.
_FIRST = ("request", "intent")


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
    # The key of the call that it is about; 0 for what is about none. Not shown.
    call: int = 0


_Move = TypedDict(
    "_Move",
    {
        "from": Annotated[str | None, Field(description="The status before.")],
        "to": Annotated[str | None, Field(description="The status after.")],
    },
)


class EntryShown(_Move):
    """One moment in the life of a transaction. What a `kind` has nothing to say about is null."""

    at: Time
    kind: Annotated[str, Field(json_schema_extra={"enum": [*_KINDS]})]
    summary: Annotated[str, Field(description="For people; without anything secret.")]
    request_id: Annotated[str | None, Field(description="The `Transaction-Id` of the request that it belongs to.")]
    provider: str | None
    operation: Annotated[str | None, Field(description="What the provider was asked to do.")]
    reference: Annotated[str | None, Field(description="Our name of the operation, which the provider knows as well.")]
    correlation_id: Annotated[str | None, Field(description="What the provider's support asks for.")]
    outcome: str | None
    duration_ms: Annotated[int | None, Field(description="How long the provider took.")]


class Timeline(TypedDict):
    """All that happened to a transaction, the oldest first; of a very long life the newest."""

    transaction: Annotated[str, Field(examples=["/generic/transaction/7/"])]
    entries: list[EntryShown]


# Tells what it knows the oldest first.
Source = Callable[[Transaction], Iterable[Entry]]
_sources: list[Source] = []


def offer(source: Source) -> None:
    """Adds what a higher room knows of a transaction to every timeline."""
    _sources.append(source)


def shown_timeline(row: Transaction) -> Timeline:
    """The timeline as the API shows it, the oldest entry first; of a very long one the newest ENTRIES_MAX."""
    entries = [entry for source in (_moves, *_sources) for entry in source(row)]
    entries.sort(key=_order_of(entries))
    return {"transaction": row.resource_uri, "entries": [_shown(entry) for entry in entries[-ENTRIES_MAX:]]}


def _order_of(entries: Iterable[Entry]) -> Callable[[Entry], tuple[datetime, int, int]]:
    """By time, and within a moment call by call, of each as its source tells it. A moment is a millisecond, for SQLite knows no other: in
    one a call may end and the next one begin. What is about no call stands with the first one there."""
    first: dict[datetime, int] = {}
    for entry in entries:
        if entry.call:
            at = _moment(entry)
            first[at] = min(entry.call, first.get(at, entry.call))

    def order(entry: Entry) -> tuple[datetime, int, int]:
        at = _moment(entry)
        return at, entry.call or first.get(at, 0), _place(entry)

    return order


def _place(entry: Entry) -> int:
    """Where it stands beside a call at the same moment."""
    if entry.call:
        return 0 if entry.kind in _FIRST else 2
    is_of_new = entry.kind == "state" and entry.old is None
    return 1 if is_of_new else 3 if entry.kind == "notification" else 4


def _moment(entry: Entry) -> datetime:
    return entry.at.replace(microsecond=entry.at.microsecond // 1000 * 1000)


_events_of = Found(lambda uri: Event.objects.filter(resource_uri=uri).order_by("-pk")[:ENTRIES_MAX], str)


def _moves(row: Transaction) -> Iterable[Entry]:
    if row.imported_at:
        yield Entry(row.imported_at, "state", "imported", new=Status(row.status).name.lower())
    for event in reversed(_events_of.all(row.resource_uri)):
        said = f"{event.edge}: {event.reason}" if event.reason else event.edge
        yield Entry(event.created, "state", said, request_id=event.request_id or None, old=event.old, new=event.new)


def _shown(entry: Entry) -> EntryShown:
    names = {"old": "from", "new": "to"}
    said: dict[str, Any] = {names.get(name, name): value for name, value in asdict(entry).items() if name != "call"}
    return cast(EntryShown, said | {"at": time_text(entry.at), "summary": redaction.mask(entry.summary)})
