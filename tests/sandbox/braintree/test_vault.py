"""Customers and what they pay with, through the official SDK."""

import base64
import json
from typing import Any

import pytest
from braintree.exceptions.not_found_error import NotFoundError
from tests.sandbox.braintree.client import VALID, Shop, codes
from tests.support.braintree import BraintreeSimulator


def test_a_customer_is_made_without_any_data(gateway: Any) -> None:
    customer = gateway.customer.create({}).customer
    found = gateway.customer.find(customer.id)
    assert (found.id, found.email, found.payment_methods) == (customer.id, None, [])
    assert found.created_at == customer.created_at


def test_a_customer_is_changed_and_deleted_with_its_cards(gateway: Any, shop: Shop) -> None:
    customer = shop.customer(first_name="Ada", email="ada@home.example")
    token = shop.card(customer_id=customer)
    assert gateway.customer.update(customer, {"last_name": "King"}).customer.first_name == "Ada"
    assert codes(gateway.customer.update(customer, {"email": "nobody"})) == [("email", "81604")]
    gateway.customer.delete(customer)
    for find, name in ((gateway.customer.find, customer), (gateway.payment_method.find, token)):
        with pytest.raises(NotFoundError):
            find(name)


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"email": "nobody"}, ("email", "81604")),
        ({"email": f"{'a' * 250}@home.example"}, ("email", "81605")),
        ({"id": "no spaces"}, ("id", "91610")),
        ({"id": "a" * 37}, ("id", "91612")),
    ],
)
def test_a_customer_with_what_makes_no_sense_is_refused(
    gateway: Any, fields: dict[str, str], code: tuple[str, str]
) -> None:
    assert codes(gateway.customer.create(fields)) == [code]


def test_a_customers_id_is_given_once(gateway: Any) -> None:
    assert gateway.customer.create({"id": "ada"}).customer.id == "ada"
    assert codes(gateway.customer.create({"id": "ada"})) == [("id", "91609")]


def test_a_customer_may_come_with_a_card_and_comes_with_none_that_is_refused(
    gateway: Any, fate: BraintreeSimulator
) -> None:
    made = gateway.customer.create({"payment_method_nonce": VALID}).customer
    assert [each.last_4 for each in made.credit_cards] == ["1111"]
    assert codes(gateway.customer.create({"payment_method_nonce": "fake-consumed-nonce"})) == [
        ("payment_method_nonce", "93107")
    ]
    assert len(fate.customers()) == 1


@pytest.mark.parametrize(
    ("nonce", "kind", "last_4"),
    [
        ("fake-valid-nonce", "Visa", "1111"),
        ("fake-valid-visa-nonce", "Visa", "1111"),
        ("fake-valid-mastercard-nonce", "MasterCard", "4444"),
        ("fake-valid-amex-nonce", "American Express", "0005"),
        ("fake-valid-discover-nonce", "Discover", "1117"),
        ("fake-valid-jcb-nonce", "JCB", "0000"),
        ("fake-valid-maestro-nonce", "Maestro", "0000"),
    ],
)
def test_a_documented_nonce_stands_for_its_card_again_and_again(shop: Shop, nonce: str, kind: str, last_4: str) -> None:
    for _ in range(2):
        card = shop.store(nonce).payment_method
        assert (card.card_type, card.last_4, card.expiration_date) == (kind, last_4, "12/2039")
        assert (card.verification.status, card.is_expired) == ("verified", False)


def test_a_card_is_found_by_the_token_that_was_chosen_for_it(gateway: Any, shop: Shop) -> None:
    token = shop.card(token="our-own-key_1")
    assert token == "our-own-key_1"
    assert gateway.payment_method.find(token).masked_number == "411111******1111"
    assert codes(shop.store(token=token)) == [("token", "91719")]
    assert codes(shop.store(token="no.dots")) == [("token", "91718")]
    assert codes(shop.store(token="a" * 37)) == [("token", "91720")]


def test_a_nonce_of_a_buyer_is_good_once(shop: Shop, fate: BraintreeSimulator) -> None:
    nonce = fate.nonce("mastercard")
    assert shop.store(nonce).payment_method.card_type == "MasterCard"
    assert codes(shop.store(nonce)) == [("payment_method_nonce", "93107")]
    assert codes(shop.sale(payment_method_nonce=nonce)) == [("payment_method_nonce", "91564")]


def test_what_a_nonce_stands_for_can_be_asked_before_it_is_used(
    gateway: Any, shop: Shop, fate: BraintreeSimulator
) -> None:
    nonce = fate.nonce("amex")
    asked = gateway.payment_method_nonce.find(nonce)
    assert (asked.type, asked.details["last_4"]) == ("CreditCard", "0005")
    assert gateway.payment_method_nonce.find("fake-paypal-one-time-nonce").type == "PayPalAccount"
    assert shop.store(nonce).is_success
    with pytest.raises(NotFoundError):
        gateway.payment_method_nonce.find(nonce)


def test_a_nonce_is_good_for_three_hours(shop: Shop, fate: BraintreeSimulator) -> None:
    early, late = fate.nonce(), fate.nonce()
    fate.advance(3 * 3600 - 60)
    assert shop.store(early).is_success
    fate.advance(120)
    assert codes(shop.store(late)) == [("payment_method_nonce", "93108")]


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"customer_id": None}, [("customer_id", "93104")]),
        ({"customer_id": "nobody"}, [("customer_id", "93105")]),
        ({"payment_method_nonce": None}, [("payment_method_nonce", "93103")]),
        ({"payment_method_nonce": "nothing"}, [("payment_method_nonce", "93108")]),
        ({"payment_method_nonce": "fake-luhn-invalid-nonce"}, [("number", "81715")]),
        ({"payment_method_nonce": "fake-paypal-one-time-nonce"}, [("base", "82902")]),
        (
            {"customer_id": None, "payment_method_nonce": ""},
            [("customer_id", "93104"), ("payment_method_nonce", "93103")],
        ),
    ],
)
def test_what_cannot_be_stored_is_said_by_attribute_and_code(
    shop: Shop, fate: BraintreeSimulator, fields: dict[str, Any], wrong: list[tuple[str, str]]
) -> None:
    assert codes(shop.store(**fields)) == wrong
    assert fate.methods() == []


@pytest.mark.parametrize(
    ("nonce", "status", "reason", "response"),
    [
        ("fake-processor-declined-visa-nonce", "processor_declined", None, "2000"),
        ("fake-processor-declined-amex-nonce", "processor_declined", None, "2000"),
        ("fake-gateway-rejected-fraud-nonce", "gateway_rejected", "fraud", None),
        ("fake-processor-failure-jcb-nonce", "failed", None, "3000"),
    ],
)
def test_a_card_that_its_bank_refuses_is_not_stored(
    shop: Shop, fate: BraintreeSimulator, nonce: str, status: str, reason: str | None, response: str | None
) -> None:
    result = shop.store(nonce)
    verification = result.credit_card_verification
    assert (result.errors.deep_errors, verification.status) == ([], status)
    assert (verification.gateway_rejection_reason, verification.processor_response_code) == (reason, response)
    assert fate.methods() == []


def test_a_wrong_security_code_is_said_by_the_answer_to_it(shop: Shop, fate: BraintreeSimulator) -> None:
    result = shop.store(fate.nonce("visa", "cvv"))
    verification = result.credit_card_verification
    assert (result.message, verification.cvv_response_code) == ("Gateway Rejected: cvv", "N")


def test_without_verification_any_card_is_stored_and_fails_when_it_pays(shop: Shop) -> None:
    token = shop.card("fake-processor-declined-visa-nonce", options={"verify_card": False})
    assert shop.sale(payment_method_token=token).transaction.status == "processor_declined"


def test_a_card_can_pass_the_bank_and_be_declined_whenever_it_pays(shop: Shop, fate: BraintreeSimulator) -> None:
    token = shop.card(fate.nonce("visa", "declined_later"))
    for _ in range(2):
        declined = shop.sale(payment_method_token=token).transaction
        assert (declined.status, declined.processor_response_text) == ("processor_declined", "Insufficient Funds")


def test_the_same_card_twice_is_refused_to_who_wants_it_so(shop: Shop) -> None:
    options = {"verify_card": True, "fail_on_duplicate_payment_method": True}
    shop.card("fake-valid-amex-nonce")
    assert codes(shop.store("fake-valid-amex-nonce", options=options)) == [("number", "81724")]
    assert shop.store("fake-valid-mastercard-nonce", options=options).is_success


def test_the_first_card_pays_unless_another_is_made_to(gateway: Any, shop: Shop) -> None:
    customer = shop.customer()
    first, second = (shop.card(customer_id=customer) for _ in range(2))
    assert shop.sold(customer_id=customer).credit_card_details.token == first
    assert gateway.payment_method.update(second, {"options": {"make_default": True}}).payment_method.default
    assert shop.sold(customer_id=customer).credit_card_details.token == second
    gateway.payment_method.delete(second)
    assert gateway.payment_method.find(first).default


def test_a_card_is_given_another_token_unless_that_is_taken(gateway: Any, shop: Shop) -> None:
    old, taken = shop.card(), shop.card()
    assert codes(gateway.payment_method.update(old, {"token": taken})) == [("token", "91719")]
    assert gateway.payment_method.update(old, {"token": "new-one"}).payment_method.token == "new-one"
    assert shop.sold(payment_method_token="new-one").credit_card_details.token == "new-one"
    with pytest.raises(NotFoundError):
        gateway.payment_method.find(old)


def test_a_card_that_is_deleted_is_gone(gateway: Any, shop: Shop) -> None:
    token = shop.card()
    gateway.payment_method.delete(token)
    with pytest.raises(NotFoundError):
        gateway.payment_method.find(token)
    with pytest.raises(NotFoundError):
        gateway.payment_method.delete(token)
    assert codes(shop.sale(payment_method_token=token)) == [("payment_method_token", "91518")]


def test_a_paypal_account_is_no_card(shop: Shop) -> None:
    account = shop.store("fake-paypal-billing-agreement-nonce").payment_method
    assert (account.email, hasattr(account, "last_4")) == ("buyer@paypal.example", False)
    paid = shop.sold(payment_method_token=account.token)
    assert (paid.payment_instrument_type, paid.paypal_details.payer_email) == ("paypal_account", account.email)
    assert shop.sale("5001.01", payment_method_token=account.token).transaction.processor_response_code == "2038"


def test_a_client_token_says_where_and_for_whom(gateway: Any, shop: Shop, fate: BraintreeSimulator) -> None:
    token = gateway.client_token.generate()
    content = json.loads(base64.b64decode(token))
    assert (content["version"], content["merchantId"]) == (2, "sandbox-merchant")
    assert content["clientApiUrl"] == f"{fate.url}/merchants/sandbox-merchant/client_api"
    assert json.loads(gateway.client_token.generate({"version": 3, "customer_id": shop.customer()}))["version"] == 3
    for refused, sentence in (({"customer_id": "nobody"}, "does not exist"), ({"version": 9}, "is not supported")):
        with pytest.raises(ValueError, match=sentence):
            gateway.client_token.generate(refused)
