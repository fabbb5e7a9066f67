"""What clients write while a batch is under way, and names that they have given."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from django.db import connections
from tests.retention.later import later, run
from tests.support.marketplace import Marketplace
from tests.support.writers import needs_writers_beside

from solitude.buyers.models import Buyer
from solitude.retention import classes
from solitude.retention.classes import DataClass
from solitude.transactions.models import Transaction


def elsewhere(work: Callable[[], object]) -> None:
    """Somebody else does this, with a connection of its own, and has committed it."""

    def done() -> None:
        try:
            work()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as thread:
        thread.submit(done).result()


def just_after_the_pick(monkeypatch: pytest.MonkeyPatch, name: str, work: Callable[[], object]) -> None:
    """Somebody does this when the first batch of the class is picked and not yet done."""
    data, done = classes.declared()[name], list[bool]()

    def pick(data: DataClass, limit: int) -> list[Any]:
        found = classes.oldest_first(data, limit)
        if not done:
            done.append(True)
            elsewhere(work)
        return found

    monkeypatch.setitem(classes._declared, name, replace(data, pick=pick))


@needs_writers_beside
def test_what_a_client_writes_meanwhile_stays(shop: Marketplace, monkeypatch: pytest.MonkeyPatch) -> None:
    written = shop.post("/generic/transaction/", {"amount": "1.00", "currency": "EUR", "notes": "rang twice"})
    other = shop.post("/generic/transaction/", {"amount": "1.00", "currency": "EUR", "notes": "was not in"})
    for made in (written, other):
        Transaction.objects.filter(uuid=made["uuid"]).update(status=5)
    with later(days=541):
        row = Transaction.objects.get(uuid=written["uuid"])
        just_after_the_pick(monkeypatch, "transaction_notes", lambda: row.change(notes="came back"))
        assert run("transaction_notes").rows == 1

    notes = dict(Transaction.objects.values_list("uuid", "notes"))
    assert notes == {written["uuid"]: "came back", other["uuid"]: None}


@needs_writers_beside
def test_a_buyer_who_comes_back_meanwhile_stays(shop: Marketplace, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.buyer("shop:8812")
    with later(days=1462):
        buyer = Buyer.objects.get()
        just_after_the_pick(monkeypatch, "buyers", lambda: buyer.change(locale="nl"))
        assert run("buyers").rows == 0

    assert Buyer.objects.get().uuid == "shop:8812"


def test_a_row_loses_its_name_whatever_names_others_have(shop: Marketplace) -> None:
    first = shop.post("/generic/transaction/", {"amount": "1.00", "currency": "EUR", "status": 5})
    pk = first["resource_uri"].split("/")[-2]
    named = shop.post("/generic/transaction/", {"uuid": f"anonymised:{pk}", "currency": "EUR", "status": 5})
    assert (first.status, named.status) == (201, 201)

    with later(days=4019):
        last = run("transactions")

    assert (last.rows, last.error) == (2, "")
    assert not Transaction.objects.filter(uuid__in=(first["uuid"], named["uuid"])).exists()
