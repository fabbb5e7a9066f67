"""Refunds through the official SDK: never more than was taken, whatever is asked and by how many."""

import threading
from decimal import Decimal
from typing import Any

import pytest
from tests.sandbox.braintree.client import Shop, codes
from tests.support.braintree import BraintreeSimulator


def test_a_whole_refund_is_a_credit_that_names_its_sale(gateway: Any, shop: Shop) -> None:
    sale = shop.settled("12.30", order_id="our sale")
    refund = gateway.transaction.refund(sale.id, {"order_id": "our refund"}).transaction
    assert (refund.type, refund.status, refund.amount) == ("credit", "submitted_for_settlement", Decimal("12.30"))
    assert (refund.refunded_transaction_id, refund.order_id) == (sale.id, "our refund")
    found = gateway.transaction.find(sale.id)
    assert (found.status, found.refund_ids) == ("settled", [refund.id])
    assert codes(gateway.transaction.refund(sale.id)) == [("base", "91512")]


def test_parts_are_refunded_up_to_the_rest(gateway: Any, shop: Shop) -> None:
    sale = shop.settled("10.00")
    parts = [gateway.transaction.refund(sale.id, part).transaction for part in ("3.00", "6.99")]
    assert codes(gateway.transaction.refund(sale.id, "0.02")) == [("amount", "91521")]
    rest = gateway.transaction.refund(sale.id).transaction
    assert rest.amount == Decimal("0.01")
    assert gateway.transaction.find(sale.id).refund_ids == [*(part.id for part in parts), rest.id]


@pytest.mark.parametrize(
    ("amount", "code"), [("0.00", "81531"), ("-1.00", "81501"), ("all", "81503"), ("10.01", "91521")]
)
def test_an_amount_that_cannot_be_refunded_is_refused(gateway: Any, shop: Shop, amount: str, code: str) -> None:
    sale = shop.settled("10.00")
    assert codes(gateway.transaction.refund(sale.id, amount)) == [("amount", code)]
    assert gateway.transaction.find(sale.id).refund_ids == []


def test_only_what_is_settled_is_refunded_and_no_refund_is(gateway: Any, shop: Shop) -> None:
    assert codes(gateway.transaction.refund(shop.sold().id)) == [("base", "91506")]
    declined = shop.sale("2000.00").transaction
    assert codes(gateway.transaction.refund(declined.id)) == [("base", "91506")]
    refund = gateway.transaction.refund(shop.settled().id).transaction
    gateway.testing.settle_transaction(refund.id)
    assert codes(gateway.transaction.refund(refund.id)) == [("base", "91505")]


@pytest.mark.parametrize("end", ["void", "decline"])
def test_a_refund_that_comes_to_nothing_can_be_asked_for_again(
    gateway: Any, shop: Shop, fate: BraintreeSimulator, end: str
) -> None:
    sale = shop.settled("10.00")
    refund = gateway.transaction.refund(sale.id).transaction
    if end == "void":
        assert gateway.transaction.void(refund.id).transaction.status == "voided"
    else:
        fate.settle(refund.id, good=False)
    assert fate.transaction(sale.id)["left"] == "10.00"
    assert gateway.transaction.refund(sale.id, "10.00").is_success
    assert codes(gateway.transaction.refund(sale.id, "0.01")) == [("base", "91512")]


def test_of_many_refunds_at_once_no_more_are_made_than_there_is(shop: Shop, fate: BraintreeSimulator) -> None:
    sale, results = shop.settled("10.00"), list[bool]()
    askers = [
        threading.Thread(target=lambda: results.append(shop.gateway.transaction.refund(sale.id, "4.00").is_success))
        for _ in range(8)
    ]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join()
    assert sorted(results) == [False] * 6 + [True] * 2
    assert fate.transaction(sale.id)["left"] == "2.00"


def test_a_bank_that_refuses_a_refund_does_so_when_it_is_told_to(
    gateway: Any, shop: Shop, fate: BraintreeSimulator
) -> None:
    sale = shop.settled()
    fate.fault("refund", "issue:915200")
    assert codes(gateway.transaction.refund(sale.id)) == [("base", "915200")]
    assert gateway.transaction.refund(sale.id).is_success
