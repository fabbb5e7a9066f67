"""The search through the official SDK: what an answer that was lost is looked up with."""

from datetime import timedelta
from typing import Any

import pytest
from braintree import TransactionSearch
from braintree.exceptions.request_timeout_error import RequestTimeoutError
from braintree.search import Search
from tests.sandbox.braintree.client import Shop


def ids(gateway: Any, *criteria: Any) -> list[str]:
    return [each.id for each in gateway.transaction.search(*criteria)]


def test_a_sale_is_found_by_our_own_key_and_nothing_else_is(gateway: Any, shop: Shop) -> None:
    sold = shop.sold(order_id="our:key/1")
    shop.sold(order_id="our:key/10")
    shop.sold()
    assert ids(gateway, TransactionSearch.order_id == "our:key/1") == [sold.id]
    assert ids(gateway, TransactionSearch.order_id == "our:key") == []
    assert len(ids(gateway, TransactionSearch.order_id.starts_with("our:"))) == 2


def test_a_declined_sale_and_a_refund_are_found_too(gateway: Any, shop: Shop) -> None:
    declined = shop.sale("2000.00", order_id="declined").transaction
    refund = gateway.transaction.refund(shop.settled().id, {"order_id": "refund"}).transaction
    assert ids(gateway, TransactionSearch.order_id == "declined") == [declined.id]
    assert ids(gateway, TransactionSearch.order_id == "refund") == [refund.id]
    assert ids(gateway, TransactionSearch.refund == True) == [refund.id]  # noqa: E712 - so the SDK builds it


def test_criteria_are_combined_and_the_newest_comes_first(gateway: Any, shop: Shop) -> None:
    first, second = shop.sold("5.00"), shop.settled("6.00")
    dear = shop.sold("100.00")
    assert ids(gateway, TransactionSearch.amount <= "10.00") == [second.id, first.id]
    assert ids(gateway, TransactionSearch.status == "settled") == [second.id]
    assert ids(gateway, TransactionSearch.amount >= "50.00", TransactionSearch.status == "settled") == []
    assert ids(gateway, TransactionSearch.ids.in_list(dear.id, first.id)) == [dear.id, first.id]


def test_a_span_of_time_is_searched(gateway: Any, shop: Shop) -> None:
    sold = shop.sold()
    before, after = sold.created_at - timedelta(minutes=1), sold.created_at + timedelta(minutes=1)
    assert ids(gateway, TransactionSearch.created_at.between(before, after)) == [sold.id]
    assert ids(gateway, TransactionSearch.created_at >= after) == []
    assert ids(gateway, TransactionSearch.settled_at >= before) == []


def test_more_than_a_page_is_found(gateway: Any, shop: Shop) -> None:
    sold = [shop.sold(order_id="many").id for _ in range(52)]
    assert ids(gateway, TransactionSearch.order_id == "many") == sold[::-1]


@pytest.mark.parametrize(
    "criterion",
    [
        TransactionSearch.billing_company == "Mozilla",
        TransactionSearch.amount >= "much",
        TransactionSearch.created_at >= "yesterday",
        Search.Node("order_id", {"sounds_like": "our"}),
    ],
)
def test_a_criterion_that_the_simulator_does_not_know_is_not_passed_over(
    gateway: Any, shop: Shop, criterion: Any
) -> None:
    shop.sold()
    with pytest.raises(RequestTimeoutError):
        ids(gateway, criterion)
