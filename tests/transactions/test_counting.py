"""Lists of all transactions count each of them once in the life of a process, and are right all the same."""

from collections.abc import Iterator

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.support.marketplace import Marketplace

from solitude.audit.bounds import bounds
from solitude.transactions import counting
from solitude.transactions.counting import counter

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(counting, "COUNTED_ANEW_MAX", 3)
    for memory in (counter, bounds):
        memory.forget()
    yield
    for memory in (counter, bounds):
        memory.forget()


def keep(shop: Marketplace, *names: str) -> None:
    for name in names:
        assert shop.post("/generic/transaction/", {"uuid": name}).status == 201


def total(shop: Marketplace, filters: str = "") -> int:
    return int(shop.get(f"/generic/transaction/{filters}")["meta"]["total_count"])


def test_the_number_is_right_however_many_come_after_it_was_counted(shop: Marketplace) -> None:
    for number in range(12):
        keep(shop, f"kept:{number}")
        assert total(shop) == total(shop) == number + 1

    assert counter._counted.rows > 3


def test_what_was_counted_is_not_counted_again(shop: Marketplace) -> None:
    keep(shop, *(f"kept:{number}" for number in range(8)))
    while counter._counted.rows < 8:
        assert total(shop) == 8

    keep(shop, "kept:8")
    with CaptureQueriesContext(connection) as asked:
        assert counter.count() == 9

    (query,) = asked.captured_queries
    assert f'"id" > {counter._counted.through}' in query["sql"]


def test_what_is_filtered_is_counted_by_the_database(shop: Marketplace) -> None:
    keep(shop, *(f"kept:{number}" for number in range(8)))

    assert (total(shop), total(shop)) == (8, 8)
    assert (total(shop, "?uuid=kept:1"), total(shop, "?provider=0"), total(shop, "?uuid=")) == (1, 0, 8)


def test_a_row_that_is_committed_late_is_counted_too(shop: Marketplace, monkeypatch: pytest.MonkeyPatch) -> None:
    keep(shop, *(f"kept:{number}" for number in range(8)))
    monkeypatch.setattr(bounds, "settled", lambda _model: 0)

    assert (total(shop), counter._counted.rows) == (8, 0)
