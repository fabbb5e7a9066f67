"""A sale: what its form takes, what is taken, and what is kept of it."""

import re
from decimal import Decimal
from typing import Any

import pytest
from django.test import override_settings
from tests.braintree.world import (
    AMOUNT,
    PAYMETHODS,
    PRODUCTS,
    SALE,
    card,
    codes,
    customer,
    generic_product,
    product,
    sell,
    sold,
)
from tests.support.braintree import BraintreeSimulator
from tests.support.marketplace import Marketplace
from tests.web.parallel import at_once

from solitude.transactions.models import Transaction

pytestmark = pytest.mark.usefixtures("braintree")


def test_a_nonce_pays_at_once_and_nobody_is_named_as_buyer(shop: Marketplace, braintree: BraintreeSimulator) -> None:
    answer = sell(shop, braintree)

    assert (answer.status, answer["braintree"]) == (200, {})
    generic, own = answer["mozilla"]["generic"], answer["mozilla"]["braintree"]
    (there,) = braintree.transactions()
    assert (generic["status"], generic["type"], generic["provider"], generic["buyer"]) == (2, 0, 4, None)
    assert (generic["amount"], generic["currency"], generic["captured_amount"]) == (AMOUNT, "USD", AMOUNT)
    assert (generic["uid_support"], generic["uid_pay"]) == (there["id"], None)
    assert (there["status"], there["amount"]) == ("submitted_for_settlement", AMOUNT)
    assert re.fullmatch(r"bt-[a-hj-np-zA-HJ-NP-Z2-9]+-[a-hj-np-zA-HJ-NP-Z2-9]{6}", generic["uuid"])
    assert (own["kind"], own["paymethod"], own["subscription"]) == ("submit_for_settlement", None, None)
    assert own["transaction"] == generic["resource_uri"]


def test_a_card_pays_for_its_owner(shop: Marketplace, braintree: BraintreeSimulator) -> None:
    kept = card(shop, braintree)

    answer = sell(shop, braintree, paymethod=kept["resource_uri"])

    generic, own = answer["mozilla"]["generic"], answer["mozilla"]["braintree"]
    assert own["paymethod"] == kept["resource_uri"]
    buyer = shop.get(kept["braintree_buyer"])["buyer"]
    assert generic["buyer"] == buyer
    assert braintree.transaction(generic["uid_support"])["token"] == kept["provider_id"]


def test_of_a_sale_seller_and_product_are_kept_and_the_feed_tells_of_it(
    shop: Marketplace, braintree: BraintreeSimulator
) -> None:
    public_id = product(shop)
    before = len(shop.event_types())

    payment = sold(shop, braintree, product_id=public_id)

    found = shop.get(f"/generic/product/?public_id={public_id}")["objects"][0]
    assert (payment["seller_product"], payment["seller"]) == (found["resource_uri"], found["seller"])
    assert shop.event_types()[before:] == ["transaction.started", "transaction.checked"]


@pytest.mark.parametrize(
    ("change", "refused"),
    [
        ({"amount": None}, {"amount": ["required"]}),
        ({"amount": ""}, {"amount": ["required"]}),
        ({"amount": "twelve"}, {"amount": ["invalid"]}),
        ({"amount": True}, {"amount": ["invalid"]}),
        ({"amount": "NaN"}, {"amount": ["invalid"]}),
        ({"amount": "0.99"}, {"amount": ["min_value"]}),
        ({"amount": "-5"}, {"amount": ["min_value"]}),
        ({"amount": "10000.01"}, {"amount": ["max_value"]}),
        ({"amount": "1.001"}, {"amount": ["invalid"]}),
        ({"product_id": "nobody-knows"}, {"product_id": ["does_not_exist"], "__all__": ["invalid"]}),
        ({"product_id": "x" * 256}, {"product_id": ["max_length"]}),
        ({"product_id": ["a"]}, {"product_id": ["invalid"]}),
        ({"nonce": "x" * 256}, {"nonce": ["max_length"]}),
        ({"nonce": "a\x00b"}, {"nonce": ["invalid"]}),
        ({"nonce": "\x1b"}, {"nonce": ["invalid"]}),
        ({"nonce": None}, {"__all__": ["invalid"]}),
        ({"paymethod": f"{PAYMETHODS}7/"}, {"__all__": ["invalid"]}),
        ({"nonce": None, "paymethod": f"{PAYMETHODS}777/"}, {"paymethod": ["does_not_exist"]}),
        ({"nonce": None, "paymethod": "/generic/buyer/1/"}, {"paymethod": ["does_not_exist"]}),
        ({"nonce": None, "paymethod": "nothing"}, {"paymethod": ["does_not_exist"]}),
        ({"nonce": None, "paymethod": 7}, {"paymethod": ["does_not_exist"]}),
        ({"amount": "x", "product_id": ""}, {"amount": ["invalid"], "product_id": ["required"]}),
    ],
)
def test_a_form_that_is_wrong_is_told_by_field_and_nothing_is_sent(
    shop: Marketplace, braintree: BraintreeSimulator, change: dict[str, Any], refused: dict[str, list[str]]
) -> None:
    body = {"amount": AMOUNT, "nonce": "fake-valid-nonce", "product_id": product(shop)} | change
    given = {name: value for name, value in body.items() if value is not None}

    answer = shop.post(SALE, given)

    assert (answer.status, codes(answer)) == (422, refused)
    assert braintree.calls("sale") == []
    assert not Transaction.objects.exists()


def test_a_message_names_the_real_limit(shop: Marketplace, braintree: BraintreeSimulator) -> None:
    with override_settings(SOLITUDE_BRAINTREE_MIN_AMOUNT=Decimal("2.50")):
        answer = sell(shop, braintree, amount="2.49")

    assert answer["mozilla"] == {"amount": [{"code": "min_value", "message": "must be at least 2.50"}]}


def test_a_product_without_an_entry_in_the_catalogue_is_not_sold(
    shop: Marketplace, braintree: BraintreeSimulator
) -> None:
    answer = sell(shop, braintree, product_id=generic_product(shop)["public_id"])

    assert (answer.status, codes(answer)) == (422, {"__all__": ["invalid"]})


@pytest.mark.parametrize(
    ("entry", "refused"),
    [
        ({"recurrence": "monthly"}, {"product_id": ["invalid"]}),
        ({"active": False}, {"product_id": ["inactive"]}),
        ({"currency": "SEK"}, {"product_id": ["currency"]}),
        ({"amount": "11.99"}, {"amount": ["invalid"]}),
    ],
)
def test_what_is_sold_otherwise_or_not_at_all_is_refused(
    shop: Marketplace, braintree: BraintreeSimulator, entry: dict[str, Any], refused: dict[str, list[str]]
) -> None:
    answer = sell(shop, braintree, product_id=product(shop, **entry))

    assert (answer.status, codes(answer)) == (422, refused)
    assert braintree.calls("sale") == []


def test_what_has_a_price_is_had_for_it(shop: Marketplace, braintree: BraintreeSimulator) -> None:
    public_id = product(shop, amount="0.50")
    with override_settings(SOLITUDE_BRAINTREE_MIN_AMOUNT=Decimal(0)):
        assert sell(shop, braintree, product_id=public_id, amount="0.5").status == 200


def test_nothing_of_an_inactive_seller_is_sold(shop: Marketplace, braintree: BraintreeSimulator) -> None:
    public_id = product(shop)
    seller = shop.get(f"/generic/product/?public_id={public_id}")["objects"][0]["seller"]
    shop.patch(seller, {"active": False})

    assert codes(sell(shop, braintree, product_id=public_id)) == {"product_id": ["inactive"]}


def test_what_can_only_be_simulated_is_not_sold(shop: Marketplace, braintree: BraintreeSimulator) -> None:
    simulated = generic_product(shop, access=2)
    assert shop.post(PRODUCTS, {"seller_product": simulated["resource_uri"]}).status == 201

    answer = sell(shop, braintree, product_id=simulated["public_id"])

    assert codes(answer) == {"product_id": ["simulate"]}


def test_a_card_that_is_switched_off_takes_nothing(shop: Marketplace, braintree: BraintreeSimulator) -> None:
    kept = card(shop, braintree)
    shop.patch(kept["resource_uri"], {"active": False})

    assert codes(sell(shop, braintree, paymethod=kept["resource_uri"])) == {"paymethod": ["inactive"]}
    assert braintree.calls("sale") == []


@pytest.mark.parametrize(("currency", "account"), [("EUR", "sandbox_eur"), ("GBP", "sandbox_gbp")])
def test_each_currency_is_taken_by_its_own_account(
    shop: Marketplace, braintree: BraintreeSimulator, currency: str, account: str
) -> None:
    payment = sold(shop, braintree, product_id=product(shop, currency=currency))

    there = braintree.transaction(payment["uid_support"])
    assert (payment["currency"], there["merchant_account_id"], there["currency"]) == (currency, account, currency)


def test_without_accounts_the_gateways_own_takes_it(shop: Marketplace, braintree: BraintreeSimulator) -> None:
    with override_settings(SOLITUDE_BRAINTREE_MERCHANT_ACCOUNTS={}):
        payment = sold(shop, braintree)

    assert braintree.transaction(payment["uid_support"])["currency"] == "USD"


def test_a_key_stands_for_one_sale(shop: Marketplace, braintree: BraintreeSimulator) -> None:
    body = {"amount": AMOUNT, "nonce": braintree.nonce(), "product_id": product(shop)}
    first = shop.post(SALE, body, **{"Idempotency-Key": "once"})

    again = shop.post(SALE, body, **{"Idempotency-Key": "once"})

    assert (again.status, again.json) == (200, first.json)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert len(braintree.transactions()) == 1


def test_twenty_sales_with_one_nonce_at_once_take_one(shop: Marketplace, braintree: BraintreeSimulator) -> None:
    nonce, public_id = braintree.nonce(), product(shop)

    answers = at_once(20, lambda _: sell(shop, braintree, nonce=nonce, product_id=public_id))

    assert sorted(answer.status for answer in answers) == [200] + [422] * 19
    taken = [each for each in braintree.transactions() if each["status"] == "submitted_for_settlement"]
    assert len(taken) == 1
    assert Transaction.objects.filter(captured_amount__isnull=False).count() == 1


def test_the_pin_of_a_cards_owner_is_asked_for(shop: Marketplace, braintree: BraintreeSimulator) -> None:
    buyer = customer(shop, pin="1234")
    kept, public_id = card(shop, braintree, buyer), product(shop)

    def by_card(**more: Any) -> int:
        return sell(shop, braintree, paymethod=kept["resource_uri"], product_id=public_id, **more).status

    shop.post("/generic/confirm_pin/", {"uuid": buyer, "pin": "1234"})
    token = shop.post("/generic/verify_pin/", {"uuid": buyer, "pin": "1234"})["pin_token"]
    with override_settings(SOLITUDE_REQUIRE_PIN=frozenset({shop.key})):
        assert by_card() == 403
        assert by_card(pin_token="wrong") == 403  # it is none
        assert by_card(pin_token=token) == 200
        assert by_card(pin_token=token) == 403
        assert sell(shop, braintree, product_id=public_id).status == 200
    assert len(braintree.transactions()) == 2
