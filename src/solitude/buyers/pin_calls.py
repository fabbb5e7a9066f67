"""One try of a PIN: compared with no lock held, then counted under the lock of its row.

Comparing takes tens of milliseconds, in which nobody shall have to wait for this row. So under the lock it is seen whether the
PIN is still the one that was compared; otherwise it is compared again.
"""

import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal

from django.db import transaction
from django.db.models import QuerySet

from solitude.audit import accesses
from solitude.buyers import hashing, pin_tokens, pins
from solitude.buyers.models import Buyer, timed
from solitude.buyers.pins import Rule, State, Tried
from solitude.telemetry import metrics
from solitude.web.refusals import Refused, not_found

TRIES_MAX = 5


@dataclass(frozen=True, slots=True)
class Call:
    """One of the three calls: its rule, and the column that the PIN is compared with."""

    rule: Rule
    column: Literal["pin", "new_pin"]


CONFIRM = Call(pins.confirm, "pin")
VERIFY = Call(pins.verify, "pin")
RESET_CONFIRM = Call(pins.reset_confirm, "new_pin")

# Called in the transaction of the try, with the locked buyer.
Follow = Callable[[Buyer, Tried], None]


def locked() -> QuerySet[Buyer]:
    """Buyers to be changed. Payments that refer to them need not wait (`no_key`)."""
    return timed(Buyer.objects.select_for_update(no_key=True))


def carry_out(call: Call, buyer_uuid: str, pin: str, follow: Follow | None = None) -> Tried:
    """Compares `pin` and applies the rule. Raises Refused: 404 for an unknown buyer, 503 where too many wait.

    Whatever there is to compare with, or nothing, one PIN is compared: how long it takes tells nothing.
    """
    for _ in range(TRIES_MAX):
        known = Buyer.objects.filter(uuid=buyer_uuid).values_list("pk", "row_uuid", call.column).first()
        pk, row_uuid, kept = known or (0, uuid.uuid4(), None)
        is_right = hashing.is_right(pin, row_uuid, kept)
        if known is None:
            raise not_found()
        accesses.touched(f"/generic/buyer/{pk}/")
        with transaction.atomic():
            buyer = locked().filter(pk=pk, uuid=buyer_uuid).first()
            if buyer is None or getattr(buyer, call.column) != kept:
                continue
            tried = _apply(call, buyer, is_right, follow)
            if tried.event == pins.LOCKED_OUT:
                transaction.on_commit(lambda: metrics.count("solitude_pin_locks_total"))
        if tried.is_right:
            _renew(buyer, pin, kept)
        return tried
    raise Refused(503, {"detail": "This PIN is being changed.", "code": "busy"}, {"Retry-After": "1"})


def _apply(call: Call, buyer: Buyer, is_right: bool, follow: Follow | None) -> Tried:  # noqa: FBT001
    before = State.of(buyer)
    tried = call.rule(before, is_right, buyer.now)
    changes = tried.state.changes_since(before)
    if "pin" in changes:
        pin_tokens.forget(buyer)
    if changes:
        buyer.change(**changes)
    if follow:
        follow(buyer, tried)
    return tried


def _renew(buyer: Buyer, pin: str, kept: str | None) -> None:
    """Keeps a PIN anew whose key or cost is of yesterday. Only now: before the rule has spoken, the time that it takes would tell
    who tries a locked account that the PIN was right. Nothing that is shown changes."""
    if kept is None or not hashing.is_outdated(kept):
        return
    # Another time, where too many wait.
    with suppress(Refused):
        Buyer.objects.filter(pk=buyer.pk, pin=kept).update(pin=hashing.kept_form(pin, buyer.row_uuid))
