"""Buyers with PINs, and their tries."""

from datetime import timedelta
from typing import Any

from django.db.models import F
from tests.support.marketplace import Answer, Marketplace

from solitude.buyers.models import Buyer

RIGHT, WRONG, NEW = "0420", "9999", "7531"
LIMIT, LENGTH_S = 5, 300
CALLS = ("confirm", "verify", "reset_confirm")


def pinned(shop: Marketplace, **more: Any) -> dict[str, Any]:
    """A buyer with a confirmed PIN."""
    return shop.buyer(**({"pin": RIGHT, "pin_confirmed": True} | more))


def give(shop: Marketplace, call: str, buyer: dict[str, Any], pin: str) -> Answer:
    answer = shop.post(f"/generic/{call}_pin/", {"uuid": buyer["uuid"], "pin": pin})
    assert answer.status == 200, answer
    assert answer["uuid"] == buyer["uuid"]
    return answer


def confirm(shop: Marketplace, buyer: dict[str, Any], pin: str) -> bool:
    return bool(give(shop, "confirm", buyer, pin)["confirmed"])


def reset_confirm(shop: Marketplace, buyer: dict[str, Any], pin: str) -> bool:
    return bool(give(shop, "reset_confirm", buyer, pin)["confirmed"])


def verify(shop: Marketplace, buyer: dict[str, Any], pin: str) -> tuple[bool, bool]:
    """Whether it is valid, and whether the account is locked."""
    answer = give(shop, "verify", buyer, pin)
    return answer["valid"], answer["locked"]


def state(shop: Marketplace, buyer: dict[str, Any]) -> dict[str, Any]:
    """What the API shows of the PIN."""
    shown = shop.get(buyer["resource_uri"]).json
    return {name: value for name, value in shown.items() if "pin" in name}


def lock(shop: Marketplace, buyer: dict[str, Any]) -> None:
    for _ in range(LIMIT):
        verify(shop, buyer, WRONG)
    assert state(shop, buyer)["pin_is_locked_out"]


def let_pass(buyer: dict[str, Any], seconds: int) -> None:
    """So much time passes for the lock, which is the database's."""
    rows = Buyer.objects.filter(pk=buyer["resource_pk"])
    assert rows.update(pin_locked_at=F("pin_locked_at") - timedelta(seconds=seconds)) == 1
