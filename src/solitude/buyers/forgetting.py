"""PINs whose key is to go before their buyers have given them once more."""

from django.db import transaction
from django.db.models import Q

from solitude.buyers import pin_tokens
from solitude.buyers.hashing import FORGOTTEN
from solitude.buyers.models import Buyer
from solitude.vault import ranges


def forget_pins_of(key_id: str) -> int:
    """Forgets every PIN that is kept under this key; how many buyers will have to choose another one.

    There still is a PIN, so a payment that needs one goes on needing it; but none is right until it was reset.
    """
    head = f"{key_id}:"
    theirs = Buyer.objects.filter(Q(pin__startswith=head) | Q(new_pin__startswith=head)).order_by("pk")
    return sum(
        _forget(pk, head)
        for condition in ranges.of(Buyer)
        for pk in theirs.filter(condition).values_list("pk", flat=True)
    )


def _forget(pk: int, head: str) -> bool:
    with transaction.atomic():
        buyer = Buyer.objects.select_for_update(no_key=True).get(pk=pk)
        changes: dict[str, object] = {}
        if (buyer.pin or "").startswith(head):
            pin_tokens.forget(buyer)
            changes |= {"pin": FORGOTTEN, "pin_confirmed": False, "needs_pin_reset": True}
        if (buyer.new_pin or "").startswith(head):
            changes["new_pin"] = None
        if changes:
            buyer.change(**changes)
    return bool(changes)
