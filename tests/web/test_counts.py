"""How many statements and commits the requests that come most cost, to the one: whoever adds one says so here."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.support.marketplace import Answer, Marketplace
from tests.support.simulator import Simulator

from solitude.web import purge

_WRITES = re.compile(r"\s*(?:WITH\b.*?\b)?(INSERT|UPDATE|DELETE)\b", re.IGNORECASE | re.DOTALL)
_FRAME = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE")


@dataclass(frozen=True)
class Cost:
    """SAVEPOINTs are none of the statements, and there must be none."""

    statements: int
    commits: int


# Token and key are one statement on PostgreSQL, and two in a transaction on SQLite.
ONE_MORE = int(connection.vendor == "sqlite")


@pytest.fixture(autouse=True)
def nothing_is_purged(monkeypatch: pytest.MonkeyPatch, shop: Marketplace) -> None:
    """Tokens are forgotten once a minute, by one request of the process."""
    monkeypatch.setattr(purge._Turn, "next_at", float("inf"))


def cost_of(ask: Callable[[], Answer]) -> Cost:
    """Of the second time: the first one warms the connection and the provider's access token."""
    assert ask().status < 300
    with CaptureQueriesContext(connection) as captured:
        assert ask().status < 300
    lines = [query["sql"] for query in captured.captured_queries]
    assert not [line for line in lines if "SAVEPOINT" in line], lines
    alone, is_open = 0, False
    for line in lines:
        is_open = (is_open or line.startswith("BEGIN")) and line != "COMMIT"
        alone += not is_open and bool(_WRITES.match(line))
    return Cost(sum(not line.startswith(_FRAME) for line in lines), lines.count("COMMIT") + alone)


def key(numbers: list[int]) -> dict[str, str]:
    """A key that was never used."""
    numbers.append(len(numbers))
    return {"Idempotency-Key": f"counted-{len(numbers)}"}


@pytest.fixture
def numbers() -> list[int]:
    return []


def test_a_payment_with_preapproval(shop: Marketplace, app_id: str, preapproved: str, numbers: list[int]) -> None:
    def pay(**headers: str) -> Answer:
        return shop.pay(app_id, headers=headers, user_id=preapproved, use_preapproval=True)

    assert cost_of(pay) == Cost(10, 3)
    assert cost_of(lambda: pay(**key(numbers))) == Cost(11 + ONE_MORE, 3)


def test_a_payment_with_approval(shop: Marketplace, paypal: Simulator, app_id: str, numbers: list[int]) -> None:
    buyer = shop.buyer()["uuid"]
    approved: list[str] = []
    for _ in range(2):
        begun = shop.pay(app_id, user_id=buyer)
        paypal.approve(begun["pay_url"])
        approved.append(begun["uuid"])

    assert cost_of(lambda: shop.pay(app_id, headers=key(numbers), user_id=buyer)) == Cost(11 + ONE_MORE, 3)
    assert cost_of(lambda: shop.check(uuid=approved.pop())) == Cost(13, 4)


def test_a_transaction_is_kept(shop: Marketplace, numbers: list[int]) -> None:
    buyer, seller = shop.buyer()["resource_uri"], shop.seller()
    product = shop.post(
        "/generic/product/", {"seller": seller["resource_uri"], "external_id": "a", "public_id": "counted"}
    )["resource_uri"]
    about = {"buyer": buyer, "seller": seller["resource_uri"], "seller_product": product, "provider": 0}

    def keep(**headers: str) -> Answer:
        return shop.post("/generic/transaction/", {"amount": "3.75", "currency": "GBP", **about}, **headers)

    assert cost_of(keep) == Cost(6, 2)
    # The seller comes with the product.
    assert cost_of(lambda: shop.post("/generic/transaction/", {"seller_product": product})) == Cost(4, 2)
    assert cost_of(lambda: keep(**key(numbers))) == Cost(7 + ONE_MORE, 2)


def test_a_transaction_is_read(shop: Marketplace) -> None:
    path: Any = shop.post("/generic/transaction/", {})["resource_uri"]

    assert cost_of(lambda: shop.get(path)) == Cost(2, 1)


def test_the_feed_is_read(shop: Marketplace) -> None:
    shop.post("/generic/transaction/", {})

    assert cost_of(lambda: shop.get("/events/?limit=20")) == Cost(4, 1)


def test_a_page_of_a_list_is_read(shop: Marketplace) -> None:
    for _ in range(3):
        shop.post("/generic/transaction/", {})

    assert cost_of(lambda: shop.get("/generic/transaction/")) == Cost(4, 1)
