"""Subscriptions: begun, paid by another card, and cancelled."""

from typing import Any

import pytest
from django.test import override_settings
from tests.braintree.subscribing import (
    CANCEL,
    CHANGE,
    PRICE,
    SUBSCRIPTION,
    change,
    one,
    plan,
    subscribe,
    subscribed,
)
from tests.braintree.world import PAYMETHODS, card, codes, customer, product
from tests.support.braintree import BraintreeSimulator
from tests.support.marketplace import Marketplace

from solitude.payments.models import ProviderCall
from solitude.providers.braintree.models import Subscription

# --- begun ---


def test_a_subscription_is_made_there_and_here(shop: Marketplace, braintree: BraintreeSimulator) -> None:
    owned, of = card(shop, braintree), plan(shop, braintree)

    made = subscribe(shop, owned["resource_uri"], of)

    assert made.status == 201, made
    there = braintree.subscriptions()[0]
    assert made["braintree"]["id"] == there["id"] == made["mozilla"]["provider_id"]
    assert made["braintree"]["created_at"] <= made["braintree"]["updated_at"]
    assert (made["mozilla"]["active"], made["mozilla"]["amount"]) == (True, None)
    assert made["mozilla"]["paymethod"] == owned["resource_uri"]
    assert made.headers["Location"] == made["mozilla"]["resource_uri"]
    assert one(shop) == made["mozilla"]
    assert (there["plan_id"], there["price"], there["status"]) == (of, PRICE, "Active")


def test_its_name_there_is_our_key(shop: Marketplace, braintree: BraintreeSimulator) -> None:
    made = subscribed(shop, braintree)

    assert ProviderCall.objects.get(operation="subscribe").key == made["provider_id"]


def test_the_card_s_token_is_in_no_record_of_what_was_sent(shop: Marketplace, braintree: BraintreeSimulator) -> None:
    owned = card(shop, braintree)
    subscribed(shop, braintree, card=owned)

    recorded = ProviderCall.objects.get(operation="subscribe").exchanges
    assert len(recorded) == 1
    assert owned["provider_id"] not in str(recorded)


def test_an_amount_is_sent_only_where_it_is_given(shop: Marketplace, braintree: BraintreeSimulator) -> None:
    of = plan(shop, braintree, amount=None)

    made = subscribed(shop, braintree, of=of, amount="3.5")

    assert made["amount"] == "3.50"
    assert braintree.subscriptions()[0]["price"] == "3.50"


def test_the_statement_of_the_buyer_names_the_product_as_far_as_there_is_room(
    shop: Marketplace, braintree: BraintreeSimulator
) -> None:
    subscribed(shop, braintree, of=plan(shop, braintree, description="Recurring Donation"))

    sent = braintree.calls("create_subscription")[0]
    assert sent["status"] == 201
    name = "Mozilla*Recurring Dona"
    intended = ProviderCall.objects.get(operation="subscribe").intended
    assert intended.terms["described"] == name
    assert len(name) == 22


def test_a_product_without_a_description_has_no_name_on_the_statement(
    shop: Marketplace, braintree: BraintreeSimulator
) -> None:
    assert subscribed(shop, braintree, of=plan(shop, braintree, description=""))["active"]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"paymethod": None}, {"paymethod": ["required"]}),
        ({"paymethod": "/braintree/mozilla/paymethod/9999/"}, {"paymethod": ["does_not_exist"]}),
        ({"paymethod": "/generic/buyer/1/"}, {"paymethod": ["does_not_exist"]}),
        ({"plan": None}, {"plan": ["required"]}),
        ({"plan": "x" * 256}, {"plan": ["max_length"]}),
        ({"plan": "nobody-sells-this"}, {"plan": ["does_not_exist"]}),
        ({"amount": "0.99"}, {"amount": ["min_value"]}),
        ({"amount": "10000.01"}, {"amount": ["max_value"]}),
        ({"amount": "ten"}, {"amount": ["invalid"]}),
        ({"amount": "10.001"}, {"amount": ["invalid"]}),
        ({"amount": "9.00"}, {"amount": ["amount_cannot_be_changed"]}),
        ({"plan": "nobody-sells-this", "paymethod": None}, {"paymethod": ["required"]}),
    ],
)
def test_a_bad_field_is_told_with_its_code_and_nothing_is_sent(
    shop: Marketplace, braintree: BraintreeSimulator, given: dict[str, Any], told: dict[str, list[str]]
) -> None:
    body = {"paymethod": card(shop, braintree)["resource_uri"], "plan": plan(shop, braintree)} | given

    answer = shop.post(SUBSCRIPTION, body)

    assert (answer.status, codes(answer)) == (422, told)
    assert not braintree.calls("create_subscription")
    assert not ProviderCall.objects.filter(operation="subscribe").exists()


def test_an_amount_that_is_the_product_s_own_may_be_given(shop: Marketplace, braintree: BraintreeSimulator) -> None:
    assert subscribed(shop, braintree, amount=PRICE)["amount"] == PRICE


def test_a_buyer_must_choose_where_the_product_has_no_amount(shop: Marketplace, braintree: BraintreeSimulator) -> None:
    of = plan(shop, braintree, amount=None)

    answer = subscribe(shop, card(shop, braintree)["resource_uri"], of)

    assert codes(answer) == {"amount": ["subscription_amount_missing"]}


def test_all_that_is_wrong_is_told_at_once(shop: Marketplace, braintree: BraintreeSimulator) -> None:
    owned = card(shop, braintree)
    shop.patch(owned["resource_uri"], {"active": False})

    answer = subscribe(shop, owned["resource_uri"], plan(shop, braintree), amount="9.00")

    assert codes(answer) == {"paymethod": ["inactive"], "amount": ["amount_cannot_be_changed"]}


def test_a_product_that_is_not_in_the_catalogue_is_not_subscribed_to(
    shop: Marketplace, braintree: BraintreeSimulator
) -> None:
    of = shop.product(seller=shop.seller(paypal_id=None))

    answer = subscribe(shop, card(shop, braintree)["resource_uri"], of)

    assert codes(answer) == {"plan": ["no_configured_product"]}


def test_a_product_that_is_sold_once_is_not_subscribed_to(shop: Marketplace, braintree: BraintreeSimulator) -> None:
    answer = subscribe(shop, card(shop, braintree)["resource_uri"], product(shop))

    assert codes(answer) == {"plan": ["invalid"]}


def test_a_product_that_is_not_sold_now_is_not_subscribed_to(shop: Marketplace, braintree: BraintreeSimulator) -> None:
    of = plan(shop, braintree, active=False)

    answer = subscribe(shop, card(shop, braintree)["resource_uri"], of)

    assert codes(answer) == {"plan": ["inactive"]}


def test_a_currency_that_no_account_takes_is_not_sent(shop: Marketplace, braintree: BraintreeSimulator) -> None:
    of = plan(shop, braintree, currency="CAD")

    answer = subscribe(shop, card(shop, braintree)["resource_uri"], of)

    assert codes(answer) == {"plan": ["currency"]}


def test_one_card_subscribes_once_to_one_product_and_the_second_is_not_sent(
    shop: Marketplace, braintree: BraintreeSimulator
) -> None:
    owned, of = card(shop, braintree), plan(shop, braintree)
    subscribed(shop, braintree, card=owned, of=of)

    again = subscribe(shop, owned["resource_uri"], of)

    assert (again.status, codes(again)) == (422, {"__all__": ["already_exists"]})
    assert len(braintree.calls("create_subscription")) == 1


def test_a_buyer_with_a_pin_must_have_given_it(shop: Marketplace, braintree: BraintreeSimulator) -> None:
    buyer = customer(shop, pin="1234")
    owned, of = card(shop, braintree, buyer), plan(shop, braintree)
    shop.post("/generic/confirm_pin/", {"uuid": buyer, "pin": "1234"})
    with override_settings(SOLITUDE_REQUIRE_PIN=frozenset({shop.key})):
        refused = subscribe(shop, owned["resource_uri"], of)
        token = shop.post("/generic/verify_pin/", {"uuid": buyer, "pin": "1234"})["pin_token"]
        made = subscribe(shop, owned["resource_uri"], of, pin_token=token)

    assert (refused.status, refused["code"]) == (403, "pin_required")
    assert made.status == 201


def test_a_first_month_that_the_bank_refuses_makes_no_subscription(
    shop: Marketplace, braintree: BraintreeSimulator
) -> None:
    owned = card(shop, braintree, behaviour="declined_later")

    answer = subscribe(shop, owned["resource_uri"], plan(shop, braintree))

    assert (answer.status, codes(answer, "braintree")) == (422, {"__all__": ["2001"]})
    assert not Subscription.objects.exists()
    assert not braintree.subscriptions()


def test_a_plan_that_braintree_does_not_know_is_told_under_its_name(
    shop: Marketplace, braintree: BraintreeSimulator
) -> None:
    of = plan(shop, braintree)
    owned = card(shop, braintree)
    unknown = product(shop, recurrence="monthly", amount=PRICE)
    assert of != unknown

    answer = subscribe(shop, owned["resource_uri"], unknown)

    assert (answer.status, codes(answer, "braintree")) == (422, {"plan_id": ["91904"]})


def test_a_key_that_is_repeated_makes_no_second_one(shop: Marketplace, braintree: BraintreeSimulator) -> None:
    owned, of = card(shop, braintree), plan(shop, braintree)

    first, again = (subscribe(shop, owned["resource_uri"], of, key="once") for _ in range(2))

    assert (first.status, first.json) == (again.status, again.json)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.tag_and_place == first.tag_and_place
    assert len(braintree.calls("create_subscription")) == 1


# --- another card ---


def test_a_subscription_is_paid_by_another_card_of_its_buyer(shop: Marketplace, braintree: BraintreeSimulator) -> None:
    buyer = customer(shop)
    first, second = card(shop, braintree, buyer), card(shop, braintree, buyer)
    made = subscribed(shop, braintree, card=first)

    answer = change(shop, made["resource_uri"], second["resource_uri"])

    assert (answer.status, answer["mozilla"]["paymethod"]) == (200, second["resource_uri"])
    assert answer["braintree"]["id"] == made["provider_id"]
    assert braintree.subscriptions()[0]["token"] == second["provider_id"]


def test_another_buyer_s_card_does_not_pay_for_it(shop: Marketplace, braintree: BraintreeSimulator) -> None:
    made = subscribed(shop, braintree)

    answer = change(shop, made["resource_uri"], card(shop, braintree)["resource_uri"])

    assert codes(answer) == {"paymethod": ["invalid"]}
    assert not braintree.calls("update_subscription")


@pytest.mark.parametrize("which", ["paymethod", "subscription"])
def test_what_is_not_active_is_not_changed(shop: Marketplace, braintree: BraintreeSimulator, which: str) -> None:
    buyer = customer(shop)
    made = subscribed(shop, braintree, card=card(shop, braintree, buyer))
    second = card(shop, braintree, buyer)
    shop.patch({"paymethod": second, "subscription": made}[which]["resource_uri"], {"active": False})

    answer = change(shop, made["resource_uri"], second["resource_uri"])

    assert codes(answer) == {"__all__": ["invalid"]}


def test_a_change_needs_both_and_both_must_be_there(shop: Marketplace, braintree: BraintreeSimulator) -> None:
    nothing = shop.post(CHANGE, {})
    gone = change(shop, "/braintree/mozilla/subscription/99/", f"{PAYMETHODS}99/")

    assert codes(nothing) == {"paymethod": ["required"], "subscription": ["required"]}
    assert codes(gone) == {"subscription": ["does_not_exist"]}


def test_a_card_that_pays_for_the_product_already_does_not_do_so_twice(
    shop: Marketplace, braintree: BraintreeSimulator
) -> None:
    buyer, of = customer(shop), plan(shop, braintree)
    first, second = card(shop, braintree, buyer), card(shop, braintree, buyer)
    made = subscribed(shop, braintree, card=first, of=of)
    subscribed(shop, braintree, card=second, of=of)

    answer = change(shop, made["resource_uri"], second["resource_uri"])

    assert codes(answer) == {"__all__": ["already_exists"]}


# --- cancelled ---


def test_a_cancelled_subscription_is_over_there_and_here(shop: Marketplace, braintree: BraintreeSimulator) -> None:
    made = subscribed(shop, braintree)

    answer = shop.post(CANCEL, {"subscription": made["resource_uri"]})

    assert (answer.status, answer["mozilla"]["active"]) == (200, False)
    assert answer["braintree"]["id"] == made["provider_id"]
    assert braintree.subscriptions()[0]["status"] == "Canceled"
    again = shop.post(CANCEL, {"subscription": made["resource_uri"]})
    assert (again.status, codes(again)) == (422, {"__all__": ["invalid"]})


def test_one_that_braintree_has_ended_already_is_over_here_too(
    shop: Marketplace, braintree: BraintreeSimulator
) -> None:
    made = subscribed(shop, braintree)
    braintree.cancel(made["provider_id"])

    answer = shop.post(CANCEL, {"subscription": made["resource_uri"]})

    assert (answer.status, answer["mozilla"]["active"]) == (200, False)


def test_one_that_braintree_does_not_know_charges_nobody(shop: Marketplace, braintree: BraintreeSimulator) -> None:
    made = subscribed(shop, braintree)
    braintree.reset()

    answer = shop.post(CANCEL, {"subscription": made["resource_uri"]})

    assert (answer.status, answer["mozilla"]["active"]) == (200, False)
    assert answer["braintree"] == {"id": made["provider_id"], "created_at": None, "updated_at": None}


def test_a_cancellation_names_a_subscription(shop: Marketplace, braintree: BraintreeSimulator) -> None:
    assert codes(shop.post(CANCEL, {})) == {"subscription": ["required"]}
    assert codes(shop.post(CANCEL, {"subscription": f"{PAYMETHODS}1/"})) == {"subscription": ["does_not_exist"]}
