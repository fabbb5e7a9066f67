"""Refunds at the simulated Bango: at once, later, or never; only the whole, and only once."""

import pytest
from tests.sandbox.bango.client import Bango


@pytest.fixture
def product(bango: Bango) -> str:
    return bango.number()


def test_a_refund_is_done_at_once_and_only_once(bango: Bango, product: str) -> None:
    transaction = bango.paid(product)["BangoTransactionId"]
    done = bango.refund(product, transaction)
    assert done.code == "OK"
    assert bango.refund_status(done["refundTransactionId"]) == "OK"
    again = bango.refund(product, transaction)
    assert (again.code, again["refundTransactionId"]) == ("ALREADY_REFUNDED", "0")
    assert len(bango.state()["refunds"]) == 1


@pytest.mark.parametrize("outcome", ["OK", "CANT_REFUND", "NOT_SUPPORTED"])
def test_a_pending_refund_ends_when_the_operator_says_so(bango: Bango, product: str, outcome: str) -> None:
    bango.control("POST", "refunds", {"outcome": "PENDING"})
    asked = bango.refund(product, bango.paid(product)["BangoTransactionId"])
    refund = asked["refundTransactionId"]
    assert (asked.code, bango.refund_status(refund)) == ("PENDING", "PENDING")
    ended = bango.control("POST", "refund", {"refund": int(refund), "outcome": outcome})
    assert ended.json["status"] == outcome
    assert bango.refund_status(refund) == outcome
    assert bango.control("POST", "refund", {"refund": int(refund), "outcome": "OK"}).status == 400


def test_while_one_is_pending_there_is_no_second_one(bango: Bango, product: str) -> None:
    bango.control("POST", "refunds", {"outcome": "PENDING"})
    transaction = bango.paid(product)["BangoTransactionId"]
    first = bango.refund(product, transaction)
    bango.control("POST", "refunds", {"outcome": "OK"})
    second = bango.refund(product, transaction)
    assert second.values == first.values
    assert len(bango.state()["refunds"]) == 1


def test_what_came_to_nothing_can_be_tried_again(bango: Bango, product: str) -> None:
    transaction = bango.paid(product)["BangoTransactionId"]
    bango.control("POST", "refunds", {"outcome": "PENDING", "count": 1})
    refund = bango.refund(product, transaction)["refundTransactionId"]
    bango.control("POST", "refund", {"refund": int(refund), "outcome": "CANT_REFUND"})
    assert bango.refund(product, transaction).code == "OK"


@pytest.mark.parametrize("code", ["CANT_REFUND", "NOT_SUPPORTED"])
def test_operators_refuse_as_often_as_they_are_told(bango: Bango, product: str, code: str) -> None:
    transaction = bango.paid(product)["BangoTransactionId"]
    bango.control("POST", "refunds", {"outcome": code, "count": 2})
    assert [bango.refund(product, transaction).code for _ in range(3)] == [code, code, "OK"]


def test_only_what_was_paid_for_this_product_can_be_refunded(bango: Bango, product: str) -> None:
    paid = bango.paid(product)["BangoTransactionId"]
    failed = bango.pay(bango.offer(product)["billingConfigurationId"], action="fail")["BangoTransactionId"]
    assert bango.refund(bango.number(), paid).code == "INVALID_TRANSACTIONID"
    assert bango.refund(product, failed).code == "INVALID_TRANSACTIONID"
    assert bango.refund(product, "1").code == "INVALID_TRANSACTIONID"
    assert bango.refund("1", paid).code == "NO_BANGO_EXISTS"
    assert bango.refund(product, paid, refundType="GIFT").code == "INVALID_REFUNDTYPE"
    assert bango.refund(product, paid, externalTransactionId="").code == "INVALID_EXTERNALTRANSACTIONID"
    assert bango.state()["refunds"] == []


def test_a_refund_is_found_by_its_own_number(bango: Bango, product: str) -> None:
    refund = bango.refund(product, bango.paid(product)["BangoTransactionId"])["refundTransactionId"]
    named = bango.ask("GetRefundStatus", bango=product, refundTransactionId=refund)
    assert named.code == "OK"
    assert bango.ask("GetRefundStatus", bango="1", refundTransactionId=refund).code == "NO_BANGO_EXISTS"
    assert bango.refund_status("1") == "INVALID_REFUNDTRANSACTIONID"


@pytest.mark.parametrize("order", [{"outcome": "MAYBE"}, {"outcome": "OK", "count": -1}, {}])
def test_an_order_to_the_operators_must_make_sense(bango: Bango, order: dict[str, object]) -> None:
    assert bango.control("POST", "refunds", order).status == 400
    assert bango.control("GET", "refunds").json == {"outcome": "OK", "count": 0}
