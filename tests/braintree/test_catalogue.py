"""The catalogue: what is sold through Braintree, entry by entry."""

from typing import Any

import pytest
from tests.braintree.subscribing import plan, subscribed
from tests.braintree.world import PRODUCTS, generic_product, product
from tests.support.braintree import BraintreeSimulator
from tests.support.marketplace import Answer, Marketplace


def enter(shop: Marketplace, **more: Any) -> Answer:
    body = {"seller_product": generic_product(shop)["resource_uri"], **more}
    return shop.post(PRODUCTS, body)


def entry(shop: Marketplace, **more: Any) -> dict[str, Any]:
    made = enter(shop, **more)
    assert made.status == 201, made
    return dict(made.json)


def test_an_entry_says_how_a_product_is_sold(shop: Marketplace) -> None:
    made = enter(
        shop, amount="3", currency="JPY", recurrence="monthly", kind="donations", description="Brick", active=False
    )

    assert made.status == 201
    assert made.headers["Location"] == made["resource_uri"]
    said = ("amount", "currency", "recurrence", "kind", "description", "active")
    assert [made[name] for name in said] == ["3", "JPY", "monthly", "donations", "Brick", False]
    assert shop.get(made["resource_uri"]).json == made.json


def test_without_more_the_buyer_pays_what_he_likes_once_in_dollars(shop: Marketplace) -> None:
    made = entry(shop)

    said = ("amount", "currency", "recurrence", "kind", "description", "active")
    assert [made[name] for name in said] == [None, "USD", None, "products", "", True]


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"seller_product": None}, "seller_product"),
        ({"seller_product": "/generic/product/9999/"}, "seller_product"),
        ({"seller_product": "/generic/seller/1/"}, "seller_product"),
        ({"amount": "0"}, "amount"),
        ({"amount": "-1"}, "amount"),
        ({"amount": "1.001"}, "amount"),
        ({"amount": "1.5", "currency": "JPY"}, "amount"),
        ({"amount": "much"}, "amount"),
        ({"currency": "usd"}, "currency"),
        ({"currency": "XXX"}, "currency"),
        ({"recurrence": "weekly"}, "recurrence"),
        ({"kind": "gifts"}, "kind"),
        ({"kind": None}, "kind"),
        ({"description": "x" * 256}, "description"),
        ({"active": "yes"}, "active"),
    ],
)
def test_a_bad_field_is_named_and_nothing_is_entered(shop: Marketplace, given: dict[str, Any], field: str) -> None:
    answer = enter(shop, **given)

    assert (answer.status, list(answer.json)) == (400, [field])
    assert shop.get(PRODUCTS)["objects"] == []


def test_a_product_has_one_entry(shop: Marketplace) -> None:
    made = entry(shop)

    again = shop.post(PRODUCTS, {"seller_product": made["seller_product"]})

    assert (again.status, again.json) == (400, {"seller_product": ["is in the catalogue already"]})


def test_a_change_touches_what_it_names(shop: Marketplace) -> None:
    made = entry(shop, amount="3", recurrence="monthly", description="Brick")

    changed = shop.patch(made["resource_uri"], {"amount": "4.5", "active": False})

    assert (changed.status, changed["amount"], changed["active"]) == (200, "4.50", False)
    assert (changed["recurrence"], changed["description"], changed["counter"]) == ("monthly", "Brick", 1)


def test_an_amount_can_be_taken_away(shop: Marketplace) -> None:
    made = entry(shop, amount="3")

    assert shop.patch(made["resource_uri"], {"amount": None})["amount"] is None


def test_a_put_sets_flags_and_choices_back(shop: Marketplace) -> None:
    made = entry(shop, amount="3", recurrence="monthly", kind="donations", active=False)

    changed = shop.put(made["resource_uri"], {})

    said = ("amount", "recurrence", "kind", "active")
    assert [changed[name] for name in said] == ["3.00", None, "products", True]


def test_an_amount_must_fit_the_currency_that_it_gets(shop: Marketplace) -> None:
    made = entry(shop, amount="3.50")

    assert list(shop.patch(made["resource_uri"], {"currency": "JPY"}).json) == ["amount"]
    assert shop.patch(made["resource_uri"], {"currency": "JPY", "amount": "350"})["amount"] == "350"


def test_the_currency_of_what_is_subscribed_to_stays(shop: Marketplace, braintree: BraintreeSimulator) -> None:
    made = subscribed(shop, braintree, of=plan(shop, braintree))
    (kept,) = shop.get(f"{PRODUCTS}?seller_product={made['seller_product'].split('/')[-2]}")["objects"]

    refused = shop.patch(kept["resource_uri"], {"currency": "EUR"})

    assert (refused.status, list(refused.json)) == (400, ["currency"])
    assert shop.patch(kept["resource_uri"], {"currency": "USD", "amount": "11"})["amount"] == "11.00"


def test_a_change_that_has_seen_another_state_is_refused(shop: Marketplace) -> None:
    made = enter(shop)
    shop.patch(made["resource_uri"], {"active": False})

    stale = shop.patch(made["resource_uri"], {"active": True}, **{"If-Match": made.headers["ETag"]})

    assert stale.status == 412
    assert shop.get(made["resource_uri"])["active"] is False


def test_entries_are_found_by_product_name_seller_and_flag(shop: Marketplace) -> None:
    name, other = product(shop), product(shop, active=False)
    (sold,) = shop.get(f"/generic/product/?public_id={name}")["objects"]
    pk, seller = sold["resource_pk"], sold["seller"].split("/")[-2]
    finds_it = (
        f"seller_product={pk}",
        f"seller_product__public_id={name}",
        f"seller_product__seller={seller}",
        "active=true",
    )

    for query in finds_it:
        (found,) = shop.get(f"{PRODUCTS}?{query}")["objects"]
        assert found["seller_product"] == sold["resource_uri"], query
    assert [one["active"] for one in shop.get(f"{PRODUCTS}?seller_product__public_id={other}")["objects"]] == [False]
    assert shop.get(f"{PRODUCTS}?name=x").status == 400


def test_an_entry_is_not_deleted_and_none_is_found_that_is_not_there(shop: Marketplace) -> None:
    made = entry(shop)

    assert shop.delete(made["resource_uri"]).status == 405
    assert shop.get(f"{PRODUCTS}9999/").status == shop.patch(f"{PRODUCTS}9999/", {}).status == 404
