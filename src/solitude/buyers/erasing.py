"""The erasure of one buyer (GDPR, Art. 17): the account is closed, and every class of data lets go at once what is of that buyer.

What holds a row in retention holds it here too. An erasure is kept as a row until nothing is held any more, and the worker goes on with
it; so it can be cut off anywhere. While it is not done it can be found by the uuid that the account had, by a keyed hash.
"""

from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now

from solitude import failpoints
from solitude.buyers import closing, pin_calls
from solitude.buyers.models import Buyer, Erasure
from solitude.retention.classes import DataClass, declared
from solitude.telemetry import cef
from solitude.telemetry.logs import get_logger
from solitude.vault import hashes

log = get_logger("solitude.buyers")
LABEL = "buyer-erased"
SEVERITY = 4
AT_ONCE = 10


@dataclass(frozen=True, slots=True)
class Part:
    """Of one class of data: how many rows of the buyer were let go (or would be), and how many are held, by the reason."""

    data: DataClass
    rows: int
    held: dict[str, int] = field(default_factory=dict)


def find(name: str) -> Buyer | None:
    """The buyer with this uuid, also by the one that the account had before an erasure that is not done."""
    known = Buyer.objects.filter(uuid=name).first()
    return known or Buyer.objects.filter(erasure__uuid_hash__in=hashes.candidates(LABEL, name)).first()


def planned(buyer: Buyer) -> list[Part]:
    """What an erasure would let go now; nothing is changed."""
    return [Part(data, data.free(_of(data, buyer.pk)).count(), _held(data, buyer.pk)) for data in _classes()]


def erase(buyer: Buyer) -> list[Part]:
    """Erases as much as can be erased now. Safe to be repeated. Providers are told, with no transaction open."""
    # Calls about a pre-approval that waits are found by it, and it goes with the account.
    before = [_let_go(data, buyer.pk) for data in _classes()]
    failpoints.reach(failpoints.ERASING)
    is_begun_now = _close(buyer)
    failpoints.reach(failpoints.ACCOUNT_CLOSED)
    closing.tell_providers(buyer.pk)
    after = [_let_go(data, buyer.pk) for data in _classes()]
    found = [Part(late.data, early.rows + late.rows, late.held) for early, late in zip(before, after, strict=True)]
    if not any(part.held for part in found):
        Erasure.objects.filter(buyer=buyer.pk, ended_at=None).update(ended_at=Now(), uuid_hash="")
    rows, held = sum(part.rows for part in found), sum(sum(part.held.values()) for part in found)
    # What is held may be so for months, and is looked at each minute.
    if is_begun_now or rows or not held:
        log.info("buyer_erased", buyer=buyer.pk, rows=rows, held=held)
        extra = {"cs6Label": "buyer", "cs6": buyer.resource_uri, "cs7Label": "held", "cs7": held}
        cef.event("Buyer erased", SEVERITY, extra=extra)
    return found


def go_on() -> int:
    """For the worker: takes erasures up again of which something was held; how many are done now.

    Whichever: those that are held for long would keep the others waiting.
    """
    waiting = Erasure.objects.filter(ended_at=None).select_related("buyer").order_by("?")[:AT_ONCE]
    return sum(not any(part.held for part in erase(one.buyer)) for one in waiting)


def _close(buyer: Buyer) -> bool:
    """Whether it was open until now."""
    with transaction.atomic():
        locked = pin_calls.locked().get(pk=buyer.pk)
        if locked.uuid.startswith(closing.ANONYMISED):
            return False
        Erasure.objects.create(buyer=locked, uuid_hash=hashes.keyed_hash(LABEL, locked.uuid))
        closing.forget(locked)
        return True


def _classes() -> list[DataClass]:
    return [data for data in declared().values() if data.of_buyer]


def _of(data: DataClass, pk: int) -> QuerySet[Any]:
    assert data.of_buyer  # noqa: S101
    return data.rows().filter(data.of_buyer(pk))


def _let_go(data: DataClass, pk: int) -> Part:
    """Batch by batch, until a batch does nothing."""
    rows = 0
    while True:
        with transaction.atomic():
            pks = list(data.free(_of(data, pk)).order_by("pk").values_list("pk", flat=True)[: data.batch_rows])
            done = data.carry_out(pks) if pks else 0
        rows += done
        if not done:
            return Part(data, rows, _held(data, pk))


def _held(data: DataClass, pk: int) -> dict[str, int]:
    found = {hold.why: _of(data, pk).filter(hold.rows()).count() for hold in data.all_holds}
    return {why: count for why, count in found.items() if count}
