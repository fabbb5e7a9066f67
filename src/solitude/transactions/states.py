"""The state graph: every move that a status can make, by name. Nothing else writes a status.

A move is made inside the transaction of what caused it and leaves one event in the same commit. Evidence uses the same
edges as our own calls; where it contradicts an ended state, the edge is a correction and is visible as one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from solitude import prepared
from solitude.events.models import Event, append
from solitude.telemetry import cef, metrics
from solitude.transactions import counting
from solitude.transactions.amounts import amount_text
from solitude.transactions.models import (
    ENDED_UNPAID,
    PAID,
    PROVIDER_NUMBERS,
    URI,
    ExportMarker,
    ExportType,
    Status,
    Transaction,
    Type,
)
from solitude.web.bulk import insert_many, numbered


class IllegalMove(Exception):
    """The graph has no such edge from here; nothing was written."""


@dataclass(frozen=True, slots=True)
class Edge:
    """A move by name. `sources` are the states that it may leave; empty = it makes the row."""

    name: str
    sources: frozenset[Status]
    target: Status
    correction: bool = False


def _edge(name: str, sources: tuple[Status, ...], target: Status, *, correction: bool = False) -> Edge:
    return Edge(name, frozenset(sources), target, correction)


_OPEN = (Status.STARTED, Status.PENDING)

PAYMENT_EDGES = (
    _edge("payment_begun", (), Status.STARTED),
    # What a client has kept as received until its payment begins.
    _edge("payment_taken_over", (Status.RECEIVED,), Status.STARTED),
    # One that the provider has taken by itself, as it was agreed: nobody here has asked for this one.
    _edge("payment_told", (), Status.STARTED),
    # Of a payment that certainly was not sent.
    _edge("payment_begun_again", (Status.ERRORED,), Status.STARTED),
    _edge("approval_awaited", _OPEN, Status.PENDING),
    _edge("approved", _OPEN, Status.PENDING),
    _edge("review_awaited", _OPEN, Status.PENDING),
    _edge("instrument_declined", _OPEN, Status.PENDING),
    _edge("outcome_unknown", _OPEN, Status.PENDING),
    _edge("checked", _OPEN, Status.CHECKED),
    _edge("preapproval_refused", _OPEN, Status.STARTED),
    _edge("paid", (*_OPEN, Status.CHECKED), Status.COMPLETED),
    _edge("declined", _OPEN, Status.FAILED),
    _edge("cancelled", _OPEN, Status.CANCELLED),
    _edge("expired", _OPEN, Status.CANCELLED),
    # Until it is settled, what was taken can still come to nothing.
    _edge("settlement_declined", (Status.CHECKED,), Status.FAILED),
    _edge("voided", (Status.CHECKED,), Status.CANCELLED),
    _edge("not_sent", (Status.STARTED,), Status.ERRORED),
    _edge("corrected_to_paid", ENDED_UNPAID, Status.COMPLETED, correction=True),
    _edge("corrected_to_checked", ENDED_UNPAID, Status.CHECKED, correction=True),
    _edge("corrected_to_review", ENDED_UNPAID, Status.PENDING, correction=True),
)
REFUND_EDGES = (
    _edge("refund_begun", (), Status.PENDING),
    _edge("refund_seen", (), Status.COMPLETED),
    _edge("refund_awaited", (Status.PENDING,), Status.PENDING),
    _edge("refund_outcome_unknown", (Status.PENDING,), Status.PENDING),
    _edge("refunded", (Status.PENDING,), Status.COMPLETED),
    _edge("refund_failed", (Status.PENDING,), Status.FAILED),
    _edge("refund_not_sent", (Status.PENDING,), Status.ERRORED),
    _edge("refund_corrected", (Status.FAILED, Status.ERRORED), Status.COMPLETED, correction=True),
    _edge("refund_corrected_to_pending", (Status.FAILED, Status.ERRORED), Status.PENDING, correction=True),
)
# The provider took money back for the buyer, and may give it to the payee again: only evidence makes these.
REVERSAL_EDGES = (
    _edge("reversed", (), Status.COMPLETED),
    _edge("reversal_undone", (Status.COMPLETED,), Status.CANCELLED),
)
EDGES = {edge.name: edge for edge in (*PAYMENT_EDGES, *REFUND_EDGES, *REVERSAL_EDGES)}

# A transaction that the client keeps itself may be born in any state, and moves by the rules below.
KEPT_BY_CLIENT, MOVED_BY_CLIENT = "kept_by_client", "moved_by_client"


class Rule(StrEnum):
    """When a client may make a move."""

    FREE = "+"
    ASSIGNED = "S"  # only once it is known through whom and for what is paid: provider and seller_product
    NEVER = "x"


# The table of the contract: from each status to 0 ... 7, and last a change that names no status.
_RULES = {
    Status.PENDING: "+ + + + + + + + +",
    Status.COMPLETED: "S S S S S S + + S",
    Status.CHECKED: "x S x x S x x x S",
    Status.RECEIVED: "x S x x S x x x S",
    Status.FAILED: "x x x x x x x x x",
    Status.CANCELLED: "x x x x x x x x x",
    Status.STARTED: "S S S S S S + + S",
    Status.ERRORED: "x x x x x x x x x",
}
_COLUMNS: tuple[Status | None, ...] = (*Status, None)
CLIENT_RULES = {
    (old, new): Rule(sign) for old, signs in _RULES.items() for new, sign in zip(_COLUMNS, signs.split(), strict=True)
}
"""By the status before and the one that is asked for; None where none is."""

_FEED_NAMES = {
    Type.PAYMENT: "transaction",
    Type.REFUND: "refund",
    Type.REFUND_MANUAL: "refund",
    Type.REVERSAL: "reversal",
    Type.REVERSAL_MANUAL: "reversal",
}
# Of one that is inserted in the same way to the database.
_URI_OF_NEW: Any = prepared.OfNew(Transaction, *URI.split("{}"))


def begin(row: Transaction, name: str) -> Transaction:
    """Makes the row by an edge without sources."""
    edge = EDGES[name]
    if edge.sources:
        raise IllegalMove(f"{name} makes no transaction")
    _require_commit()
    row.status = edge.target
    prepared.insert(row)
    _tell(row, edge.name, None, correction=False)
    return row


def keep(row: Transaction) -> Transaction:
    """Makes a row that the client keeps itself, in the state that it names, with the commit: until then it has no primary key."""
    _require_commit()
    prepared.insert_later(row)
    _tell(row, KEPT_BY_CLIENT, None, correction=False)
    return row


def past(rows: Sequence[Transaction]) -> None:
    """Makes rows of before this server's time, each in the state that it has come to.

    They leave no event: the feed tells what happens, and not what has happened. Their timeline tells that they were imported. What
    is paid already was revenue where it comes from, and is marked as such.
    """
    _require_commit()
    now = timezone.now()
    for row in rows:
        row.imported_at = now
    if any(row.pk is None for row in rows):
        numbered(rows)
    insert_many(rows)
    insert_many([ExportMarker(transaction_id=row.pk, type=ExportType.REVENUE) for row in rows if row.status in PAID])


def refused_to_client(row: Transaction, new: Status | None, provider: int | None) -> str | None:
    """Why a client may not move a transaction that it keeps to `new`, nor change it (None); None if it may.

    `provider` is the one that it has or is given by the same change.
    """
    rule, old = CLIENT_RULES[Status(row.status), new], row.get_status_display().lower()
    what = "changed" if new is None else f"made {new.label.lower()}"
    if rule == Rule.NEVER:
        return f"a transaction that is {old} cannot be {what}"
    if rule == Rule.ASSIGNED and (provider is None or row.seller_product_id is None):
        return f"a transaction that is {old} cannot be {what} without provider and seller_product"
    return None


def change_by_client(row: Transaction, status: int | None = None, **columns: Any) -> None:
    """Changes a locked row at the request of its client, and moves it if `status` is another one. Raises IllegalMove.

    A transaction of the engine has no rules for this: no `status` is ever given for it.
    """
    old, new = Status(row.status), None if status is None else Status(status)
    refusal = new is not None and refused_to_client(row, new, columns.get("provider", row.provider))
    if refusal:
        raise IllegalMove(refusal)
    counting.note(row, columns)
    if new is None or new == old:
        row.change(**columns)
        return
    _require_commit()
    row.change(status=new, **columns)
    _tell(row, MOVED_BY_CLIENT, old, correction=False)


def can(row: Transaction, name: str) -> bool:
    return Status(row.status) in EDGES[name].sources


def move(row: Transaction, name: str, **columns: Any) -> None:
    """Moves a locked row along the edge, with the columns that change with it. Raises IllegalMove."""
    edge, old = EDGES[name], Status(row.status)
    if old not in edge.sources:
        raise IllegalMove(f"{name} does not leave {old.label}")
    _require_commit()
    counting.note(row, columns)
    prepared.update_later(row, row.changed(status=edge.target, **columns))
    _tell(row, edge.name, old, correction=edge.correction)


def _require_commit() -> None:
    """Before anything is written: outside a transaction the row would be saved and its event refused."""
    if not connection.in_atomic_block:
        raise RuntimeError("a status moves in the transaction of what caused it")


def _tell(row: Transaction, edge: str, old: Status | None, *, correction: bool) -> None:
    new = Status(row.status)
    kind = "corrected" if correction else new.name.lower()
    append(
        Event(
            type=f"{_FEED_NAMES[Type(row.type)]}.{kind}",
            edge=edge,
            resource_uri=_URI_OF_NEW if row.pk is None else row.resource_uri,
            uuid=row.uuid,
            old=None if old is None else old.name.lower(),
            new=new.name.lower(),
            reason=row.status_reason,
            data=_facts(row),
        )
    )
    changed = {
        "cs5Label": "edge",
        "cs5": edge,
        "cs6Label": "old",
        "cs6": old.name.lower() if old is not None else "none",
    }
    changed |= {"cs7Label": "new", "cs7": new.name.lower()}
    cef.after_commit("Transaction state change", 1, about=row.uuid, extra=changed)
    if correction:
        cef.after_commit("Transaction corrected by evidence", 7, about=row.uuid, extra=changed)
    if old not in (None, new):
        age_ms = int((row.modified - row.created).total_seconds() * 1000)
        transaction.on_commit(lambda: metrics.timing_ms(f"transaction.status.{new.name.lower()}", age_ms))


def _facts(row: Transaction) -> dict[str, Any]:
    seller = row.seller or (row.seller_product.seller if row.seller_product else None)
    return {
        "amount": amount_text(row.amount, row.currency),
        "currency": row.currency,
        "provider": PROVIDER_NUMBERS.get(row.provider) if row.provider is not None else None,
        "buyer": row.buyer.uuid if row.buyer else None,
        "seller": seller.uuid if seller else None,
        "product": row.seller_product.public_id if row.seller_product else None,
        "related": URI.format(row.related_id) if row.related_id else None,
    }
