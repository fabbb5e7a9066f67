"""The chain: each entry has the head of the one before it in its own head, so that none can be changed, left out or moved."""

from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction
from django.db.models.functions import Now

from solitude.audit import digests, listings
from solitude.audit.models import Act, Chain, Seal
from solitude.telemetry import cef, metrics
from solitude.telemetry.logs import get_logger

log = get_logger("solitude.audit")
_ONLY = 1
# Told, and nothing to be alarmed about.
SEVERITY = 1


class Moved(Exception):
    """Somebody else has changed the chain, or rows that were read for it, since."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What is to be added. `listing` None: all rows of the seal that it is about. `key_id` is of the key of the listed digests."""

    act: Act
    kind: str
    layout: int
    first_id: int
    last_id: int
    count: int
    listing: bytes | None
    about: int | None = None
    key_id: str = ""


def version() -> int:
    """To be read before the rows that a seal is to be over."""
    return only().version


def only() -> Chain:
    chain, _ = Chain.objects.get_or_create(pk=_ONLY)
    return chain


def locked(version: int | None = None) -> Chain:
    """The chain for the caller's transaction: whoever adds to it, or changes sealed rows, waits here for the others.

    Raises Moved if it is not at this version any more.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("the chain is changed in a transaction")
    only()
    chain = Chain.objects.select_for_update().get(pk=_ONLY)
    if version not in (None, chain.version):
        raise Moved
    return chain


def append(chain: Chain, entry: Entry) -> Seal:
    """Adds to the chain that the caller has locked. The new head is told once it is committed."""
    last = newest()
    seal = Seal(
        number=(last.number if last else 0) + 1,
        act=entry.act,
        kind=entry.kind,
        layout=entry.layout,
        about=entry.about,
        first_id=entry.first_id,
        last_id=entry.last_id,
        count=entry.count,
        listing=entry.listing,
        digest=listings.digest(entry.listing or b""),
        previous=last.head if last else "",
        sealed_at=_now(),
    )
    seal.head = digests.head_under(entry.key_id or digests.current_key_id(), content(seal))
    seal.save(force_insert=True)
    chain.length = seal.number
    touch(chain)
    transaction.on_commit(lambda: _tell(seal))
    return seal


def touch(chain: Chain) -> None:
    """Says to whoever has read rows for a seal meanwhile that they are others now."""
    chain.version += 1
    chain.save(update_fields=["length", "version"])


def newest() -> Seal | None:
    return Seal.objects.defer("listing").order_by("-number").first()


def content(seal: Seal) -> bytes:
    """What the head is over."""
    names = ("number", "act", "kind", "layout", "about", "first_id", "last_id", "count", "digest", "previous")
    return digests.canonical([[name, getattr(seal, name)] for name in (*names, "sealed_at")])


def is_genuine(seal: Seal) -> bool:
    """Whether the entry is as it was made. Raises KeyGone."""
    return digests.head_under(digests.key_id_of(seal.head), content(seal)) == seal.head


def _now() -> datetime:
    """The database's time, which all nodes share."""
    now: datetime = Chain.objects.annotate(now=Now()).values_list("now", flat=True).get(pk=_ONLY)
    return now


def _tell(seal: Seal) -> None:
    """Outside of the database, where whoever rewrites the database cannot rewrite it too."""
    cef.event(
        f"Seal {seal.number}: {seal.act} {seal.kind}",
        SEVERITY,
        extra={
            "cs5Label": "rows",
            "cs5": f"{seal.first_id}-{seal.last_id}",
            "cs6Label": "head",
            "cs6": f"{seal.number} {seal.head}",
        },
    )
    log.info("sealed", number=seal.number, act=seal.act, kind=seal.kind, rows=seal.count)
    metrics.count(f"audit.{seal.act}", seal.count)
