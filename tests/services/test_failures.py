"""`/services/failures/`: each product once, and only while its last transaction is failed."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.support.environment import CLIENTS
from tests.support.marketplace import Api, Marketplace
from tests.support.simulator import Simulator

from solitude.sellers import statuses
from solitude.sellers.models import Product
from solitude.transactions import failures
from solitude.transactions.models import Status, Transaction, Type

PATH = "/services/failures/transactions/"
NOON = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)


def product(shop: Marketplace) -> Product:
    return Product.objects.get(public_id=shop.product())


def sold(of: Product | None, minute: int, status: Status, **columns: Any) -> Transaction:
    """A transaction that was last modified at that minute."""
    moment = NOON + timedelta(minutes=minute)
    return Transaction.objects.create(
        seller_product=of, status=status, created=moment, modified=moment, provider=0, **columns
    )


def listed(shop: Marketplace) -> list[dict[str, Any]]:
    answer = shop.get(PATH)
    assert (answer.status, set(answer.json)) == (200, {"transactions"})
    return list(answer["transactions"])


def test_nothing_failed(shop: Marketplace, paid: dict[str, str]) -> None:
    assert listed(shop) == []


def test_a_payment_that_the_provider_refused_is_listed_with_what_the_contract_says(
    shop: Marketplace, paypal: Simulator, app_id: str
) -> None:
    paypal.fault("create_order", "issue:PAYEE_ACCOUNT_RESTRICTED")
    refused = shop.pay(app_id)
    assert refused.status == 422
    row = Transaction.objects.get()

    assert listed(shop) == [
        {
            "id": row.pk,
            "uuid": refused["uuid"],
            "uid_pay": row.uid_pay,
            "uid_support": row.uid_support,
            "uri": refused["transaction"],
            "product_id": Product.objects.get(public_id=app_id).external_id,
        }
    ]
    assert shop.get(listed(shop)[0]["uri"])["uuid"] == refused["uuid"]


def test_it_is_listed_no_more_once_the_product_is_sold_again(shop: Marketplace, paypal: Simulator, app_id: str) -> None:
    paypal.fault("create_order", "issue:PAYEE_ACCOUNT_RESTRICTED")
    shop.pay(app_id)
    assert len(listed(shop)) == 1

    assert shop.pay(app_id).status == 201

    assert listed(shop) == []


def test_each_product_is_listed_once_with_its_last_transaction(shop: Marketplace) -> None:
    """Where the old server repeated the entry once for each failed transaction."""
    some = product(shop)
    for minute in (1, 2, 5, 3):
        sold(some, minute, Status.FAILED, uid_pay=f"pay-{minute}", uid_support=f"SUP-{minute}")

    (one,) = listed(shop)

    assert (one["uid_pay"], one["uid_support"], one["product_id"]) == ("pay-5", "SUP-5", some.external_id)


@pytest.mark.parametrize("later", [status for status in Status if status != Status.FAILED])
def test_whatever_came_later_takes_it_off_the_list(shop: Marketplace, later: Status) -> None:
    """Where the old server then showed a transaction that had not failed."""
    some = product(shop)
    sold(some, 1, Status.FAILED)
    sold(some, 2, later)

    assert listed(shop) == []


@pytest.mark.parametrize("earlier", [status for status in Status if status != Status.FAILED])
def test_whatever_came_before_leaves_it_on_the_list(shop: Marketplace, earlier: Status) -> None:
    some = product(shop)
    sold(some, 1, earlier)
    failed = sold(some, 2, Status.FAILED)

    assert [one["id"] for one in listed(shop)] == [failed.pk]


def test_the_last_is_the_one_that_was_modified_last(shop: Marketplace) -> None:
    mended, failing = product(shop), product(shop)
    sold(mended, 9, Status.COMPLETED)
    sold(mended, 1, Status.FAILED)
    sold(failing, 9, Status.FAILED)
    sold(failing, 1, Status.COMPLETED)

    assert [one["product_id"] for one in listed(shop)] == [failing.external_id]


def test_of_two_at_the_same_moment_the_one_with_the_higher_pk_is_the_last(shop: Marketplace) -> None:
    mended, failing = product(shop), product(shop)
    sold(mended, 1, Status.FAILED)
    sold(mended, 1, Status.COMPLETED)
    sold(failing, 1, Status.COMPLETED)
    sold(failing, 1, Status.FAILED)

    assert [one["product_id"] for one in listed(shop)] == [failing.external_id]


def test_a_refund_that_failed_counts_as_any_transaction(shop: Marketplace) -> None:
    some = product(shop)
    payment = sold(some, 1, Status.COMPLETED)
    refund = sold(some, 2, Status.FAILED, type=Type.REFUND, related=payment)

    assert [one["id"] for one in listed(shop)] == [refund.pk]


def test_what_has_no_product_is_not_listed(shop: Marketplace) -> None:
    sold(None, 1, Status.FAILED)

    assert listed(shop) == []


def test_the_newest_comes_first_and_the_oldest_are_cut(shop: Marketplace, monkeypatch: pytest.MonkeyPatch) -> None:
    some = [product(shop) for _ in range(4)]
    for number, one in enumerate(some):
        sold(one, [3, 1, 4, 2][number], Status.FAILED)
    names = [some[number].external_id for number in (2, 0, 3, 1)]
    assert [one["product_id"] for one in listed(shop)] == names

    monkeypatch.setattr(failures, "PRODUCTS_MAX", 3)

    assert [one["product_id"] for one in listed(shop)] == names[:3]


def test_only_so_many_failures_are_looked_at(shop: Marketplace, monkeypatch: pytest.MonkeyPatch) -> None:
    """A product that failed long ago, and of which nobody wanted anything since, must not cost a search through everything."""
    old, busy = product(shop), product(shop)
    sold(old, 1, Status.FAILED)
    for minute in range(2, 6):
        sold(busy, minute, Status.FAILED)
    assert len(listed(shop)) == 2

    monkeypatch.setattr(failures, "FAILURES_MAX", 4)

    assert [one["product_id"] for one in listed(shop)] == [busy.external_id]


def test_it_is_one_query_that_two_indexes_answer(shop: Marketplace) -> None:
    sold(product(shop), 1, Status.FAILED)
    with CaptureQueriesContext(connection) as asked:
        listed(shop)
    of_transactions = [query["sql"] for query in asked if "transactions_transaction" in query["sql"]]
    assert len(of_transactions) == 1

    rows = failures.failed_products()
    sqlite = connection.vendor == "sqlite"
    with connection.cursor() as cursor:
        if not sqlite:
            # Of so few rows PostgreSQL would read all.
            for way in ("seqscan", "bitmapscan", "hashjoin", "mergejoin"):
                cursor.execute(f"SET enable_{way} = off")
        statement, values = rows.query.sql_with_params()
        cursor.execute(f"EXPLAIN {'QUERY PLAN ' if sqlite else ''}{statement}", values)
        plan = "\n".join(str(row) for row in cursor.fetchall())
    connection.close()

    assert "transactions_failed" in plan
    assert "transactions_of_product" in plan
    assert "seller_product_id=? AND modified>?" in plan or "(seller_product_id = " in plan


def test_the_monitoring_may_ask_with_a_key_of_its_own(shop: Marketplace) -> None:
    nagios = CLIENTS["nagios"]
    assert isinstance(nagios, dict)

    assert Api("nagios", nagios["secrets"][0]).get(PATH).status == 200


# --- statuses ------------------------------------------------------------------------------------------------------


def test_no_provider_here_checks_products(shop: Marketplace) -> None:
    answer = shop.get("/services/failures/statuses/")

    assert (answer.status, answer.json) == (200, {"statuses": []})


def test_what_providers_offer_is_listed_up_to_the_limit(shop: Marketplace, monkeypatch: pytest.MonkeyPatch) -> None:
    def lister(first: int) -> statuses.Lister:
        def bad(most: int) -> list[statuses.BadStatus]:
            numbers = range(first, first + min(3, most))
            return [statuses.BadStatus(id=one, errors="not on sale", product_id=f"app-{one}") for one in numbers]

        return bad

    monkeypatch.setattr(statuses, "_listers", [])
    monkeypatch.setattr(statuses, "STATUSES_MAX", 5)
    statuses.offer(lister(10))
    statuses.offer(lister(20))

    answer = shop.get("/services/failures/statuses/")

    assert [one["id"] for one in answer["statuses"]] == [10, 11, 12, 20, 21]
    assert answer["statuses"][0] == {"id": 10, "errors": "not on sale", "product_id": "app-10"}
