"""`/paypal/product/`: who gets the money for one product; and for how long a marketplace may remember it."""

import re
from typing import Any

import pytest
from django.db import connection
from django.test import override_settings
from tests.support.marketplace import Answer, Marketplace
from tests.support.simulator import Simulator

from solitude.providers.paypal.models import ProductPaypal

LEVELS = "levels@dev.example"


@pytest.fixture
def product(shop: Marketplace) -> dict[str, Any]:
    """A product whose seller can be paid."""
    public_id = shop.product("studio@dev.example")
    found: dict[str, Any] = shop.get(f"/generic/product/?public_id={public_id}")["objects"][0]
    return found


@pytest.fixture
def data(shop: Marketplace, product: dict[str, Any]) -> Answer:
    answer = shop.post("/paypal/product/", {"seller_product": product["resource_uri"], "paypal_id": LEVELS})
    assert answer.status == 201, answer
    return answer


def _payee(paypal: Simulator) -> str:
    return str(paypal.state()["orders"][-1]["purchase_units"][0]["payee"]["email_address"])


def test_the_data_of_a_product_come_back_as_they_were_given(
    shop: Marketplace, product: dict[str, Any], data: Answer
) -> None:
    assert data.headers["Location"] == data["resource_uri"] == f"/paypal/product/{data['resource_pk']}/"
    assert (data["seller_product"], data["paypal_id"], data["counter"]) == (product["resource_uri"], LEVELS, 0)
    assert shop.get(data["resource_uri"]).json == data.json
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM paypal_productpaypal")
        assert LEVELS not in repr(cursor.fetchall())


def test_a_product_shows_its_own_data(shop: Marketplace, product: dict[str, Any], data: Answer) -> None:
    assert product["paypal"] is None
    shown = shop.get(product["resource_uri"])
    assert shown["paypal"] == data.json
    # The tag of the product is over its part as well.
    shop.patch(data["resource_uri"], {"paypal_id": "other@dev.example"})
    again = shop.get(product["resource_uri"], **{"If-None-Match": shown.headers["ETag"]})
    assert (again.status, again["paypal"]["paypal_id"]) == (200, "other@dev.example")


def test_what_is_paid_for_the_product_goes_to_its_own_account(
    shop: Marketplace, paypal: Simulator, product: dict[str, Any], data: Answer
) -> None:
    assert shop.pay(product["public_id"]).status == 201
    assert _payee(paypal) == LEVELS
    shop.patch(data["resource_uri"], {"paypal_id": None})
    assert shop.pay(product["public_id"]).status == 201
    assert _payee(paypal) == "studio@dev.example"


def test_a_product_can_be_sold_whose_seller_has_no_account(shop: Marketplace, paypal: Simulator) -> None:
    public_id = shop.product(seller=shop.seller(paypal_id=None))
    assert shop.pay(public_id)["app_id"] == ["no_paypal_id"]
    path = shop.get(f"/generic/product/?public_id={public_id}")["objects"][0]["resource_uri"]
    shop.post("/paypal/product/", {"seller_product": path, "paypal_id": LEVELS})
    assert shop.pay(public_id).status == 201
    assert _payee(paypal) == LEVELS


@pytest.mark.parametrize("given", [None, "/generic/product/999999/", "/generic/seller/1/", 7])
def test_a_product_that_is_none(shop: Marketplace, given: Any) -> None:
    answer = shop.post("/paypal/product/", {"seller_product": given, "paypal_id": LEVELS})
    assert (answer.status, list(answer.json)) == (400, ["seller_product"])
    assert ProductPaypal.objects.count() == 0


def test_a_product_has_paypal_data_once(shop: Marketplace, data: Answer) -> None:
    again = shop.post("/paypal/product/", {"seller_product": data["seller_product"]})
    assert (again.status, again.json) == (400, {"seller_product": ["has PayPal data already"]})


def test_put_shows_patch_does_not_and_a_stale_tag_changes_nothing(shop: Marketplace, data: Answer) -> None:
    put = shop.put(data["resource_uri"], {"paypal_id": "new@dev.example"})
    assert (put.status, put["paypal_id"], put["counter"]) == (202, "new@dev.example", 1)
    patched = shop.patch(data["resource_uri"], {"paypal_id": "newer@dev.example"})
    assert (patched.status, patched.json) == (202, None)
    stale = shop.patch(data["resource_uri"], {"paypal_id": LEVELS}, **{"If-Match": put.headers["ETag"]})
    assert stale.status == 412
    assert shop.get(data["resource_uri"])["paypal_id"] == "newer@dev.example"
    assert shop.delete(data["resource_uri"]).status == 405


@pytest.mark.parametrize("kind", ["product", "seller"])
def test_who_is_paid_may_be_remembered_for_a_moment_and_never_written_down(
    shop: Marketplace, product: dict[str, Any], data: Answer, kind: str
) -> None:
    path = data["resource_uri"] if kind == "product" else shop.get(product["seller"])["paypal"]["resource_uri"]
    first = shop.get(path)
    same = shop.get(path, **{"If-None-Match": first.headers["ETag"]})
    assert (first.status, same.status) == (200, 304)
    for answer in (first, same):
        assert set(re.split(", *", answer.headers["Cache-Control"])) == {"private", "no-store", "max-age=60"}
    with override_settings(SOLITUDE_PAYPAL_DATA_MEMORY_S=5):
        assert "max-age=5" in shop.get(path).headers["Cache-Control"]
