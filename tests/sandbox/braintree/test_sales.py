"""Sales and what becomes of them, through the official SDK."""

import threading
from decimal import Decimal
from typing import Any

import pytest
from braintree.exceptions.not_found_error import NotFoundError
from tests.sandbox.braintree.client import VALID, Shop, codes
from tests.support.braintree import BraintreeSimulator


def test_a_sale_by_token_says_all_that_a_shop_needs(gateway: Any, shop: Shop) -> None:
    token = shop.card("fake-valid-mastercard-nonce")
    descriptor = {"name": "Mozilla*A concrete brick"[:22], "url": "mozilla.org"}
    sold = shop.sold("12.50", payment_method_token=token, order_id="our key 1", descriptor=descriptor)
    found = gateway.transaction.find(sold.id)
    assert (found.type, found.status, found.amount) == ("sale", "submitted_for_settlement", Decimal("12.50"))
    assert (found.currency_iso_code, found.merchant_account_id, found.order_id) == ("USD", "sandbox_usd", "our key 1")
    assert (found.credit_card_details.token, found.credit_card_details.last_4) == (token, "4444")
    assert (found.processor_response_code, found.processor_response_text) == ("1000", "Approved")
    assert (found.descriptor.name, found.descriptor.url) == ("Mozilla*A concrete bri", "mozilla.org")
    assert [(each.status, each.amount) for each in found.status_history] == [
        ("authorized", Decimal("12.50")),
        ("submitted_for_settlement", Decimal("12.50")),
    ]


def test_a_sale_by_nonce_stores_nothing(shop: Shop, fate: BraintreeSimulator) -> None:
    sold = shop.sold(payment_method_nonce=fate.nonce("amex"))
    assert (sold.credit_card_details.card_type, sold.credit_card_details.token) == ("American Express", None)
    assert fate.methods() == []


def test_the_currency_is_that_of_the_merchant_account(shop: Shop) -> None:
    assert shop.sold(merchant_account_id="sandbox_eur").currency_iso_code == "EUR"


@pytest.mark.parametrize(
    ("amount", "code"),
    [
        (None, "81502"),
        ("", "81502"),
        ("-1.00", "81501"),
        ("ten", "81503"),
        ("1.005", "81503"),
        ("1e3", "81503"),
        ("0.00", "81531"),
        ("10000000.00", "81528"),
    ],
)
def test_an_amount_that_cannot_be_is_refused(shop: Shop, fate: BraintreeSimulator, amount: Any, code: str) -> None:
    assert codes(shop.sale(amount)) == [("amount", code)]
    assert fate.transactions() == []


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"payment_method_token": "nothing"}, ("payment_method_token", "91518")),
        ({"payment_method_nonce": "nothing"}, ("payment_method_nonce", "91565")),
        ({"payment_method_nonce": "fake-consumed-nonce"}, ("payment_method_nonce", "91564")),
        ({"payment_method_nonce": "fake-luhn-invalid-nonce"}, ("number", "81715")),
        ({"payment_method_nonce": VALID, "payment_method_token": "any"}, ("base", "91515")),
        ({"payment_method_nonce": None}, ("base", "91508")),
        ({"customer_id": "nobody"}, ("customer_id", "91510")),
        ({"merchant_account_id": "sandbox_xts"}, ("merchant_account_id", "91513")),
        ({"order_id": "o" * 256}, ("order_id", "91501")),
        ({"descriptor": {"name": "No star at all"}}, ("name", "92201")),
        ({"descriptor": {"name": "Four*the name"}}, ("name", "92201")),
        ({"descriptor": {"name": "Mozilla*" + "a" * 15}}, ("name", "92201")),
        ({"descriptor": {"url": "www.mozilla.org"}}, ("url", "92206")),
    ],
)
def test_a_sale_that_makes_no_sense_is_refused_by_attribute_and_code(
    shop: Shop, fate: BraintreeSimulator, fields: dict[str, Any], wrong: tuple[str, str]
) -> None:
    assert codes(shop.sale(**fields)) == [wrong]
    assert fate.transactions() == []


def test_all_that_is_wrong_is_said_at_once_with_what_was_sent_but_no_secret(shop: Shop) -> None:
    result = shop.sale("x", payment_method_nonce="nothing", order_id="our key")
    assert codes(result) == [("amount", "81503"), ("payment_method_nonce", "91565")]
    assert result.errors.for_object("transaction").on("amount")[0].message == "Amount is an invalid format."
    assert result.params == {"transaction": {"amount": "x", "type": "sale", "order_id": "our key"}}


def test_a_customer_pays_with_no_card_but_his_own(shop: Shop) -> None:
    token, other = shop.card(), shop.customer()
    assert codes(shop.sale(payment_method_token=token, customer_id=other)) == [("payment_method_token", "91516")]
    assert codes(shop.sale(customer_id=other)) == [("customer_id", "91511")]


@pytest.mark.parametrize(
    ("amount", "status", "code", "text", "reason"),
    [
        ("1999.99", "submitted_for_settlement", "1000", "Approved", None),
        ("2000.00", "processor_declined", "2000", "Do Not Honor", None),
        ("2015.99", "processor_declined", "2015", "Transaction Not Allowed", None),
        ("2999.99", "processor_declined", "2999", "Processor Declined", None),
        ("3000.00", "failed", "3000", "Processor Network Unavailable - Try Again", None),
        ("3001.00", "submitted_for_settlement", "1000", "Approved", None),
        ("5001.00", "gateway_rejected", "", "", "application_incomplete"),
        ("5002.00", "submitted_for_settlement", "1000", "Approved", None),
    ],
)
def test_the_bank_decides_by_the_amount_as_in_braintrees_own_sandbox(
    shop: Shop, amount: str, status: str, code: str, text: str, reason: str | None
) -> None:
    transaction = shop.sale(amount).transaction
    assert (transaction.status, transaction.gateway_rejection_reason) == (status, reason)
    assert (transaction.processor_response_code, transaction.processor_response_text) == (code, text)


def test_a_declined_sale_is_no_validation_error_and_can_be_found(gateway: Any, shop: Shop) -> None:
    result = shop.sale("2001.00", order_id="our key")
    assert (result.is_success, result.message, result.errors.deep_errors) == (False, "Insufficient Funds", [])
    found = gateway.transaction.find(result.transaction.id)
    assert (found.status, found.order_id, found.processor_response_type) == (
        "processor_declined",
        "our key",
        "soft_declined",
    )


def test_a_nonce_is_used_up_by_a_sale_that_is_declined_and_not_by_one_that_is_refused(
    shop: Shop, fate: BraintreeSimulator
) -> None:
    nonce = fate.nonce()
    assert codes(shop.sale("x", payment_method_nonce=nonce)) == [("amount", "81503")]
    assert shop.sale("2000.00", payment_method_nonce=nonce).transaction.status == "processor_declined"
    assert codes(shop.sale(payment_method_nonce=nonce)) == [("payment_method_nonce", "91564")]


def test_of_many_sales_with_one_nonce_one_is_made(shop: Shop, fate: BraintreeSimulator) -> None:
    nonce, results = fate.nonce(), list[bool]()
    buyers = [
        threading.Thread(target=lambda: results.append(shop.sale(payment_method_nonce=nonce).is_success))
        for _ in range(8)
    ]
    for buyer in buyers:
        buyer.start()
    for buyer in buyers:
        buyer.join()
    assert sorted(results) == [False] * 7 + [True]
    assert len(fate.transactions()) == 1


def test_an_authorization_is_submitted_later_whole_or_in_part(gateway: Any, shop: Shop) -> None:
    held = shop.sold(options={"submit_for_settlement": False})
    assert held.status == "authorized"
    assert codes(gateway.transaction.submit_for_settlement(held.id, "10.01")) == [("amount", "91522")]
    assert codes(gateway.transaction.submit_for_settlement(held.id, "all")) == [("amount", "81503")]
    submitted = gateway.transaction.submit_for_settlement(held.id, "4.00").transaction
    assert (submitted.status, submitted.amount) == ("submitted_for_settlement", Decimal("4.00"))
    assert codes(gateway.transaction.submit_for_settlement(held.id)) == [("base", "91507")]
    other = shop.sold(options={"submit_for_settlement": False})
    assert gateway.transaction.submit_for_settlement(other.id).transaction.amount == Decimal("10.00")


@pytest.mark.parametrize("submit", [True, False])
def test_a_sale_is_voided_until_it_settles(gateway: Any, shop: Shop, submit: bool) -> None:
    sold = shop.sold(options={"submit_for_settlement": submit})
    assert gateway.transaction.void(sold.id).transaction.status == "voided"
    assert codes(gateway.transaction.void(sold.id)) == [("base", "91504")]
    assert codes(gateway.transaction.void(shop.settled().id)) == [("base", "91504")]


@pytest.mark.parametrize(
    ("step", "status"),
    [
        ("settle_transaction", "settled"),
        ("settlement_confirm_transaction", "settlement_confirmed"),
        ("settlement_pending_transaction", "settlement_pending"),
        ("settlement_decline_transaction", "settlement_declined"),
    ],
)
def test_the_sandboxs_own_calls_move_a_settlement(gateway: Any, shop: Shop, step: str, status: str) -> None:
    move = getattr(gateway.testing, step)
    assert move(shop.sold().id).transaction.status == status
    assert codes(move(shop.sold(options={"submit_for_settlement": False}).id)) == [("base", "91575")]


def test_a_declined_settlement_says_with_which_code(gateway: Any, shop: Shop, fate: BraintreeSimulator) -> None:
    sold = shop.sold()
    fate.settle(sold.id, good=False)
    found = gateway.transaction.find(sold.id)
    assert (found.status, found.processor_settlement_response_code) == ("settlement_declined", "4001")
    assert found.processor_settlement_response_text == "Settlement Declined"


def test_what_is_not_there_is_not_found(gateway: Any) -> None:
    for ask in (gateway.transaction.find, gateway.transaction.void, gateway.testing.settle_transaction):
        with pytest.raises(NotFoundError):
            ask("nothing1")
    with pytest.raises(NotFoundError):
        gateway.add_on.all()
