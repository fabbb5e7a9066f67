"""What happened, in order: the feed that marketplaces pull."""

from django.db import models, transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from solitude import prepared
from solitude.telemetry import context, redaction

REQUEST_ID_MAX_CHARS = 64
REASON_MAX_CHARS = 255

_OF_A_TRANSACTION = {"transaction": "A payment", "refund": "A refund", "reversal": "A reversal"}
STATUSES = {
    "pending": "waits: for the buyer, for the provider, or until its outcome is known.",
    "completed": "is done: the money moved.",
    "checked": "was seen done by a look-up.",
    "received": "was taken in and not yet acted on.",
    "failed": "was refused.",
    "cancelled": "was ended by the buyer, or by time.",
    "started": "was begun.",
    "errored": "could not be sent; no money moved.",
}
_CORRECTED = {"corrected": "had ended otherwise, and the provider shows what is true."}
TYPES: dict[str, str] = {
    f"{thing}.{status}": f"{what} {says}"
    for thing, what in _OF_A_TRANSACTION.items()
    for status, says in (STATUSES | _CORRECTED).items()
} | {
    "dispute.opened": "A buyer disputes a payment at the provider.",
    "dispute.updated": "A dispute has a new state, reason or amount.",
    "dispute.resolved": "A dispute has ended; its outcome is among its data.",
    "preapproval.active": "A buyer agreed: payments may be taken without asking again.",
    "preapproval.revoked": "A pre-approval was ended by the buyer, the marketplace or the provider.",
    "preapproval.expired": "A pre-approval came to the end of its time.",
    "seller.ready": "The provider lets a seller take payments.",
    "seller.limited": "The provider limits what a seller may do.",
    "seller.revoked": "A seller took back the permission to act for it.",
    "buyer.closed": "A buyer's account was closed.",
    "notification.orphan": "The provider told of something that belongs to nothing known here.",
}
"""Every type of event, and what it says of its subject. Marketplaces decide by these words: none changes its meaning."""


class Event(models.Model):
    """One change of one thing, written in the commit that made the change.

    `type` is what the feed shows (`transaction.completed`); `edge` is the name of the move in the state graph. `place` is
    where it stands in the feed, given after its commit (see `feed`). `request_id` is of the request that caused it.
    """

    type = models.CharField(max_length=64)
    edge = models.CharField(max_length=64)
    created = models.DateTimeField(default=timezone.now)
    resource_uri = models.CharField(max_length=64, db_index=True)
    uuid = models.CharField(max_length=255)
    old = models.CharField(max_length=32, null=True)
    new = models.CharField(max_length=32, null=True)
    # Masked: it is kept after its subject's personal data were erased.
    reason = models.CharField(max_length=REASON_MAX_CHARS, null=True)
    data = models.JSONField(default=dict)
    place = models.BigIntegerField(null=True, default=None, unique=True)
    # The default in the database is for servers of the version before, which still run while this one is rolled out.
    request_id = models.CharField(max_length=REQUEST_ID_MAX_CHARS, default="", db_default="")

    class Meta:
        indexes = [models.Index(fields=["id"], condition=Q(place=None), name="events_without_place")]


class Feed(models.Model):
    """One row: the last place that was given. It outlives the events, so that no place is ever given twice.

    Every event up to the id `placed_through` has its place, for ever: who looks for those that wait for one begins behind it.
    """

    last_place = models.BigIntegerField(default=0)
    placed_through = models.BigIntegerField(default=0, db_default=0)


def append(event: Event) -> None:
    """Adds to the feed; only inside the transaction of the change that it tells of, and only a type of the table."""
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("an event is written in the commit of its change")
    if event.type not in TYPES:
        raise ValueError(f"there is no event type {event.type!r}")
    if event.reason:
        event.reason = redaction.mask(event.reason)[:REASON_MAX_CHARS]
    event.request_id = context.current().get("request_id", "")[:REQUEST_ID_MAX_CHARS]
    # The database's time, which all nodes share, and by which a call ends before what follows from it.
    event.created = Now()
    prepared.insert_later(event)
