"""Cards settle a day after they were submitted, by the simulator's clock; or do not."""

from typing import Any

import pytest
from tests.sandbox.braintree.client import Shop
from tests.support.braintree import BraintreeSimulator

HOUR_S = 3_600


def test_a_sale_settles_a_day_later_and_not_before(shop: Shop, gateway: Any, fate: BraintreeSimulator) -> None:
    sale = shop.sold()
    fate.advance(23 * HOUR_S)
    assert gateway.transaction.find(sale.id).status == "submitted_for_settlement"
    fate.advance(2 * HOUR_S)
    settled = gateway.transaction.find(sale.id)
    assert [event.status for event in settled.status_history] == ["authorized", "submitted_for_settlement", "settled"]
    submitted, done = (event.timestamp for event in settled.status_history[1:])
    assert (done - submitted).total_seconds() == 24 * HOUR_S


def test_a_refund_settles_like_a_sale(shop: Shop, gateway: Any, fate: BraintreeSimulator) -> None:
    refund = gateway.transaction.refund(shop.settled().id).transaction
    fate.advance(25 * HOUR_S)
    assert gateway.transaction.find(refund.id).status == "settled"


def test_an_authorization_settles_only_after_it_was_submitted(
    shop: Shop, gateway: Any, fate: BraintreeSimulator
) -> None:
    sale = shop.sold(options={"submit_for_settlement": False})
    fate.advance(25 * HOUR_S)
    assert gateway.transaction.submit_for_settlement(sale.id).transaction.status == "submitted_for_settlement"
    fate.advance(25 * HOUR_S)
    assert gateway.transaction.find(sale.id).status == "settled"


def test_the_settlement_of_some_amounts_is_declined(shop: Shop, gateway: Any, fate: BraintreeSimulator) -> None:
    sale = shop.sold("4001.00")
    fate.advance(25 * HOUR_S)
    declined = gateway.transaction.find(sale.id)
    assert (declined.status, declined.processor_settlement_response_code) == ("settlement_declined", "4001")


@pytest.mark.parametrize("end", ["voided", "settlement_declined", "settlement_pending"])
def test_what_has_ended_otherwise_or_waits_is_left_alone(
    shop: Shop, gateway: Any, fate: BraintreeSimulator, end: str
) -> None:
    sale = shop.sold()
    if end == "voided":
        gateway.transaction.void(sale.id)
    elif end == "settlement_declined":
        fate.settle(sale.id, good=False)
    else:
        gateway.testing.settlement_pending_transaction(sale.id)
    fate.advance(48 * HOUR_S)
    assert gateway.transaction.find(sale.id).status == end


def test_a_sale_whose_bank_takes_its_time_is_authorizing_until_it_answers(
    shop: Shop, gateway: Any, fate: BraintreeSimulator
) -> None:
    sale = shop.sold(payment_method_nonce=fate.nonce(behaviour="slow"))
    assert sale.status == "authorizing"
    fate.advance(48 * HOUR_S)
    assert gateway.transaction.find(sale.id).status == "authorizing"
    fate.bank_says(sale.id, "authorized")
    assert gateway.transaction.find(sale.id).status == "submitted_for_settlement"
    fate.advance(25 * HOUR_S)
    assert gateway.transaction.find(sale.id).status == "settled"


@pytest.mark.parametrize("behaviour", ["slow", "good"])
@pytest.mark.parametrize(
    ("end", "code"),
    [("processor_declined", "2000"), ("failed", "3000"), ("gateway_rejected", ""), ("authorization_expired", "1000")],
)
def test_what_a_bank_does_not_give_in_the_end_is_never_settled(
    shop: Shop, gateway: Any, fate: BraintreeSimulator, behaviour: str, end: str, code: str
) -> None:
    sale = shop.sold(payment_method_nonce=fate.nonce(behaviour=behaviour))
    fate.bank_says(sale.id, end)
    fate.advance(48 * HOUR_S)
    refused = gateway.transaction.find(sale.id)
    assert (refused.status, refused.processor_response_code) == (end, code)
    with pytest.raises(AssertionError, match="its bank has nothing to say"):
        fate.bank_says(sale.id, "authorized")
