"""Transactions that a marketplace keeps itself, as the tests of their changes make them."""

from datetime import timedelta
from typing import Any

from django.db.models import F
from tests.support.marketplace import Answer, Marketplace

from solitude.transactions.models import Status, Transaction

HERE = "/generic/transaction/"
# From each status to 0 ... 7, and last a change that names no status: ✓ allowed, S only with provider and product, × never.
TABLE = """
pending    ✓ ✓ ✓ ✓ ✓ ✓ ✓ ✓ ✓
completed  S S S S S S ✓ ✓ S
checked    × S × × S × × × S
received   × S × × S × × × S
failed     × × × × × × × × ×
cancelled  × × × × × × × × ×
started    S S S S S S ✓ ✓ S
errored    × × × × × × × × ×
"""
RULES = {
    (Status[line.split()[0].upper()], new): sign
    for line in TABLE.split("\n")[1:-1]
    for new, sign in zip((*Status, None), line.split()[1:], strict=True)
}


def product(shop: Marketplace) -> str:
    """The path of a new product."""
    public_id = shop.product(paypal_id=None)
    (found,) = shop.get(f"/generic/product/?public_id={public_id}")["objects"]
    return str(found["resource_uri"])


def made(shop: Marketplace, **body: Any) -> Answer:
    answer = shop.post(HERE, body)
    assert answer.status == 201, answer
    return answer


def pk_of(path: str) -> int:
    return int(path.rstrip("/").rpartition("/")[2])


def age(path: str, seconds: float) -> None:
    """It was made so much earlier."""
    Transaction.objects.filter(pk=pk_of(path)).update(created=F("created") - timedelta(seconds=seconds))
