"""Lists tell how many transactions there are: workers count each of them once, and what is told is right at every moment."""

from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models import F
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.marketplace import Marketplace
from tests.support.writers import in_an_open_transaction, needs_writers_beside
from tests.transactions.kept import made, pk_of

from solitude.audit.bounds import bounds
from solitude.sellers.models import Seller
from solitude.transactions import counting, states
from solitude.transactions.locks import lock
from solitude.transactions.models import WHOEVER, Counted, CountedThrough, Status, Transaction
from solitude.worker import all_jobs

pytestmark = pytest.mark.django_db(transaction=True)
PROVIDERS = (None, 0, 1)


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(counting, "LIVE_MAX", 2)
    monkeypatch.setattr(counting, "BATCH_ROWS", 5)
    bounds.forget()
    yield
    bounds.forget()


def count() -> int:
    """As a worker does in two rounds: in the first it learns up to where there can come no more."""
    return counting.count_new() + counting.count_new()


def keep(shop: Marketplace, *names: str, **more: Any) -> list[str]:
    return [made(shop, uuid=name, **more)["resource_uri"] for name in names]


def total(shop: Marketplace, filters: str = "") -> int:
    return int(shop.get(f"/generic/transaction/{filters}")["meta"]["total_count"])


def counted() -> int:
    """So many are counted, and will not be again."""
    return sum(Counted.objects.filter(seller=WHOEVER, about=0).values_list("transactions", flat=True))


def came_to(row: Transaction, seller: Seller | None, provider: int | None) -> None:
    """As a payment that its client keeps as received is begun."""
    states.move(row, "payment_taken_over", seller=seller, provider=provider)


def test_the_number_is_right_however_many_come_after_it_was_counted(shop: Marketplace) -> None:
    for number in range(12):
        keep(shop, f"kept:{number}", provider=0)
        count()
        assert total(shop) == total(shop, "?provider=0") == number + 1
        assert total(shop, "?provider=1") == 0

    assert counted() > 9


def test_what_was_counted_is_not_counted_again(shop: Marketplace) -> None:
    keep(shop, *(f"kept:{number}" for number in range(8)), provider=0)
    assert count() == 8

    # Only who takes the number from there tells of it.
    Counted.objects.filter(seller=WHOEVER, about=0).update(transactions=F("transactions") + 1000)
    keep(shop, "kept:8", provider=0)
    assert total(shop) == total(shop, "?provider=0") == 1009


def test_a_list_by_seller_takes_its_number_from_there_too(shop: Marketplace) -> None:
    seller = shop.seller(paypal_id=None)
    keep(shop, *(f"kept:{number}" for number in range(8)), seller=seller["resource_uri"])
    keep(shop, "kept:other")
    assert count() == 9

    Counted.objects.filter(seller=seller["resource_pk"]).update(transactions=F("transactions") + 1000)
    assert total(shop, f"?seller={seller['resource_pk']}") == 1008
    assert total(shop) == 9


def test_a_list_is_one_statement_more_for_its_number(shop: Marketplace) -> None:
    keep(shop, *(f"kept:{number}" for number in range(8)))
    count()
    with CaptureQueriesContext(connection) as asked:
        assert counting.count({"seller": "7", "provider": "0", "uuid": ""}) == 0
    assert len(asked.captured_queries) == 1


def test_nothing_is_counted_where_a_list_counts_it_in_no_time(shop: Marketplace) -> None:
    keep(shop, "kept:1", "kept:2")
    assert (count(), counted(), total(shop)) == (0, 0, 2)


def test_many_are_counted_in_batches(shop: Marketplace, monkeypatch: pytest.MonkeyPatch) -> None:
    keep(shop, *(f"kept:{number}" for number in range(13)))
    monkeypatch.setattr(counting, "BATCHES_MAX", 1)
    rounds = [counting.count_new() for _ in range(5)]

    assert sorted(rounds) == [0, 0, 3, 5, 5]
    assert (counted(), total(shop)) == (13, 13)


def test_a_uuid_is_looked_for_and_not_counted(shop: Marketplace) -> None:
    keep(shop, *(f"kept:{number}" for number in range(8)), provider=0)
    count()
    assert counting.count({"uuid": "kept:1", "seller": "", "provider": ""}) is None
    assert (total(shop, "?uuid=kept:1"), total(shop, "?uuid=kept:1&provider=1"), total(shop, "?uuid=")) == (1, 0, 8)


def test_a_number_that_no_provider_has_finds_nothing(shop: Marketplace) -> None:
    keep(shop, *(f"kept:{number}" for number in range(8)))
    count()
    most = 2**63 - 1
    assert (total(shop, f"?provider={most}"), total(shop, f"?seller={most}"), total(shop)) == (0, 0, 8)


def test_a_wrong_page_is_told_before_anything_is_counted(shop: Marketplace) -> None:
    with CaptureQueriesContext(connection) as asked:
        assert shop.get("/generic/transaction/?page=x").status == 400
    assert not any("transactions_counted" in query["sql"] for query in asked.captured_queries)


def test_whoever_gets_a_provider_later_is_counted_with_it_from_then_on(shop: Marketplace) -> None:
    paths = keep(shop, *(f"kept:{number}" for number in range(8)), status=Status.PENDING)
    count()
    assert total(shop, "?provider=1") == 0

    assert shop.patch(paths[0], {"provider": 1}).status == 200
    assert shop.patch(paths[1], {"notes": "n"}).status == 200
    assert (total(shop, "?provider=1"), total(shop)) == (1, 8)

    count()
    assert (total(shop, "?provider=1"), total(shop)) == (1, 8)
    assert not Counted.objects.filter(about__gt=0).exists()


def test_whoever_got_a_provider_before_it_was_counted_is_counted_once(shop: Marketplace) -> None:
    paths = keep(shop, *(f"kept:{number}" for number in range(8)), status=Status.PENDING)
    assert shop.patch(paths[0], {"provider": 1}).status == 200
    for _ in range(3):
        assert (total(shop, "?provider=1"), total(shop)) == (1, 8)
        count()
    assert counted() == 8


def test_a_change_that_is_refused_changes_no_number(shop: Marketplace) -> None:
    paths = keep(shop, *(f"kept:{number}" for number in range(8)), status=Status.PENDING)
    keep(shop, "kept:same", provider=1, uid_pay="u")
    assert shop.patch(paths[0], {"uid_pay": "u"}).status == 200
    count()

    assert shop.patch(paths[0], {"provider": 1}).status == 400
    assert total(shop, "?provider=1") == 1


def test_a_row_that_is_committed_late_is_counted_too(shop: Marketplace, monkeypatch: pytest.MonkeyPatch) -> None:
    keep(shop, *(f"kept:{number}" for number in range(8)))
    monkeypatch.setattr(bounds, "settled", lambda _model: 0)

    assert (count(), counted(), total(shop)) == (0, 0, 8)


def test_workers_count() -> None:
    assert counting.count_new in {getattr(job, "_job", None) for job in all_jobs()}


@settings(max_examples=60, deadline=None)
@given(
    steps=st.lists(
        st.one_of(
            st.tuples(st.just("keep"), st.integers(0, 2), st.sampled_from(PROVIDERS)),
            st.tuples(st.just("move"), st.integers(0, 2), st.sampled_from(PROVIDERS), st.integers(0, 20)),
            st.tuples(st.just("count")),
        ),
        max_size=30,
    )
)
def test_whatever_is_kept_moved_and_counted_in_whatever_order(steps: list[tuple[Any, ...]]) -> None:
    with transaction.atomic():
        Transaction.objects.all().delete()
        Counted.objects.all().delete()
        CountedThrough.objects.all().delete()
        bounds.forget()
        sellers = [None, Seller.objects.get_or_create(uuid="one")[0], Seller.objects.get_or_create(uuid="two")[0]]
    for what, *values in [*[("keep", number % 3, None) for number in range(4)], *steps]:
        if what == "count":
            counting.count_new()
        elif what == "keep":
            with transaction.atomic():
                states.keep(Transaction(seller=sellers[values[0]], provider=values[1], status=Status.RECEIVED))
        elif pks := list(Transaction.objects.order_by("pk").values_list("pk", flat=True)):
            with transaction.atomic():
                row = lock(pks[values[2] % len(pks)])
                # So that it can be moved again.
                row.status = Status.RECEIVED
                came_to(row, sellers[values[0]], values[1])
    for seller, provider in product((None, *(one.pk for one in sellers if one)), PROVIDERS):
        wanted = {name: value for name, value in (("seller", seller), ("provider", provider)) if value is not None}
        told = counting.count({name: str(value) for name, value in wanted.items()})
        assert told == Transaction.objects.filter(**wanted).count(), wanted


@needs_writers_beside
def test_what_moves_while_it_is_counted_is_counted_where_it_comes_to(shop: Marketplace) -> None:
    one, two = (Seller.objects.get(pk=shop.seller(paypal_id=None)["resource_pk"]) for _ in range(2))
    paths = keep(shop, *(f"kept:{number}" for number in range(8)), seller=one.resource_uri, status=Status.RECEIVED)

    def move() -> None:
        came_to(lock(pk_of(paths[3])), two, 0)

    assert bounds.settled(Transaction) == pk_of(paths[-1])
    with in_an_open_transaction(move):
        assert counting.count_new() == 8
        assert (total(shop, f"?seller={one.pk}"), total(shop, f"?seller={two.pk}")) == (8, 0)

    for _ in range(2):
        assert (total(shop, f"?seller={one.pk}"), total(shop, f"?seller={two.pk}"), total(shop)) == (7, 1, 8)
        count()


@needs_writers_beside
def test_a_note_that_is_being_written_keeps_no_worker_waiting(shop: Marketplace) -> None:
    paths = keep(shop, *(f"kept:{number}" for number in range(8)), status=Status.RECEIVED)
    count()
    with transaction.atomic():
        came_to(lock(pk_of(paths[0])), None, 0)
    Transaction.objects.filter(pk=pk_of(paths[0])).update(status=Status.RECEIVED)

    with in_an_open_transaction(lambda: came_to(lock(pk_of(paths[0])), None, 1)):
        counting.count_new()
        assert total(shop, "?provider=0") == 1
    assert (total(shop, "?provider=0"), total(shop, "?provider=1")) == (0, 1)
    counting.count_new()
    assert (total(shop, "?provider=0"), total(shop, "?provider=1"), total(shop)) == (0, 1, 8)
    assert not Counted.objects.filter(about__gt=0).exists()


@needs_writers_beside
def test_one_worker_counts_at_a_time(shop: Marketplace) -> None:
    keep(shop, *(f"kept:{number}" for number in range(8)))
    CountedThrough.objects.create(pk=1)

    with in_an_open_transaction(lambda: CountedThrough.objects.select_for_update().get()):
        assert count() == 0
    assert (count(), counted(), total(shop)) == (8, 8, 8)


@needs_writers_beside
def test_a_row_that_is_not_committed_yet_is_not_passed_over(shop: Marketplace) -> None:
    keep(shop, *(f"kept:{number}" for number in range(8)))

    with in_an_open_transaction(lambda: states.keep(Transaction(status=Status.RECEIVED))):
        keep(shop, *(f"kept:after:{number}" for number in range(8)))
        count()
    assert total(shop) == 17
    count()
    count()
    # What is left a list counts in no time.
    assert (counted(), total(shop)) == (15, 17)
