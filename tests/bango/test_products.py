"""A product at Bango has a number there, and is sold from a package."""

import pytest
from tests.bango.world import PRODUCTS, bango_product, left_out, new_product, package, product, seller
from tests.support.bango import BangoSimulator
from tests.support.marketplace import Marketplace
from tests.web.parallel import at_once

from solitude.providers.bango.models import ProductBango


def test_a_product_is_made_at_bango_and_its_number_is_kept(shop: Marketplace, bango: BangoSimulator) -> None:
    body = new_product(shop)
    made = shop.post(PRODUCTS, body)
    (there,) = bango.state()["numbers"]
    pk = made["resource_pk"]
    assert (made.status, made.headers["Location"]) == (201, f"/bango/product/{pk}/")
    assert made.json == {
        "resource_pk": pk,
        "resource_uri": f"/bango/product/{pk}/",
        "id": pk,
        "seller_product": body["seller_product"],
        "seller_bango": body["seller_bango"],
        "bango_id": there["bango"],
        "created": made["created"],
        "modified": made["created"],
        "counter": 0,
    }
    assert (there["name"], there["categoryId"]) == ("Star Map", 1)
    assert there["packageId"] == shop.get(body["seller_bango"])["package_id"]
    assert shop.get(made["resource_uri"]).json == made.json
    assert shop.get(PRODUCTS)["objects"] == [made.json]
    uuids = shop.get(body["seller_product"])["seller_uuids"]
    assert uuids["bango"] == shop.get(f"/generic/seller/{shop.get(body['seller_bango'])['seller']}/")["uuid"]


def test_what_is_wrong_is_named_before_bango_is_asked(shop: Marketplace, bango: BangoSimulator) -> None:
    body = new_product(shop)
    for name in body:
        answer = shop.post(PRODUCTS, left_out(body, name))
        assert (answer.status, answer.json) == (400, {name: ["FIELD_REQUIRED"]})
    for name, value in (
        ("name", "x" * 101),
        ("name", ""),
        ("categoryId", "games"),
        ("categoryId", -1),
        ("categoryId", True),
        ("categoryId", 2**31),
        ("seller_bango", "/bango/package/999/"),
        ("seller_bango", body["seller_product"]),
        ("seller_product", "/generic/product/999/"),
    ):
        answer = shop.post(PRODUCTS, {**body, name: value})
        assert (answer.status, list(answer.json)) == (400, [name]), (name, value)
    assert bango.calls("CreateBangoNumber") == []
    assert shop.post(PRODUCTS, {**body, "name": "x" * 100, "categoryId": "1"}).status == 201


def test_a_product_has_one_number(shop: Marketplace, bango: BangoSimulator) -> None:
    body = new_product(shop)
    assert shop.post(PRODUCTS, body).status == 201
    answer = shop.post(PRODUCTS, {**body, "seller_bango": package(shop)["resource_uri"]})
    assert (answer.status, answer.json) == (400, {"seller_product": ["is a product at Bango already"]})
    assert len(bango.calls("CreateBangoNumber")) == 1


def test_of_those_that_ask_at_once_one_gets_a_number(shop: Marketplace, bango: BangoSimulator) -> None:
    body = new_product(shop)
    bango.fault("CreateBangoNumber", "latency", count=0, delay_ms=300)
    answers = at_once(3, lambda _: Marketplace().post(PRODUCTS, body))
    assert sorted(answer.status for answer in answers) == [201, 409, 409]
    assert len(bango.state()["numbers"]) == 1


def test_what_bango_refuses_leaves_no_product(shop: Marketplace, bango: BangoSimulator) -> None:
    bango.fault("CreateBangoNumber", "issue:INVALID_PACKAGEID")
    answer = shop.post(PRODUCTS, new_product(shop))
    assert (answer.status, answer["__bango__"], "__all__" in answer.json) == (400, "INVALID_PACKAGEID", True)
    assert not ProductBango.objects.exists()


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_the_links_are_changed_here_and_bango_is_not_told(
    shop: Marketplace, bango: BangoSimulator, method: str
) -> None:
    made = bango_product(shop)
    other_package, other_product = package(shop)["resource_uri"], product(shop)
    asked = len(bango.state()["requests"])
    change = shop.put if method == "PUT" else shop.patch
    seen = shop.get(made["resource_uri"]).headers["ETag"]
    one = change(made["resource_uri"], {"seller_bango": other_package}, **{"If-Match": seen})
    assert (one.status, one["seller_bango"], one["seller_product"]) == (200, other_package, made["seller_product"])
    assert change(made["resource_uri"], {"seller_product": other_product}, **{"If-Match": seen}).status == 412
    two = change(made["resource_uri"], {"seller_product": other_product, "bango_id": "1", "counter": 9})
    assert (two["seller_product"], two["bango_id"], two["counter"]) == (other_product, made["bango_id"], 2)
    assert shop.get(made["seller_product"])["seller_uuids"]["bango"] is None
    assert len(bango.state()["requests"]) == asked


def test_a_link_to_what_is_taken_or_not_there_is_refused(shop: Marketplace, bango: BangoSimulator) -> None:
    made, other = bango_product(shop), bango_product(shop)
    taken = shop.patch(made["resource_uri"], {"seller_product": other["seller_product"]})
    assert (taken.status, taken.json) == (400, {"seller_product": ["is a product at Bango already"]})
    for name in ("seller_product", "seller_bango"):
        for value in (None, "", seller(shop)):
            assert list(shop.patch(made["resource_uri"], {name: value}).json) == [name]
    assert shop.get(made["resource_uri"]).json == made.json


def test_products_are_found_by_what_the_shop_knows(shop: Marketplace, bango: BangoSimulator) -> None:
    made = [bango_product(shop, seller_product=product(shop, external_id=f"map-{n}")) for n in range(2)]
    generic = [shop.get(one["seller_product"]) for one in made]

    def found(query: str) -> list[str]:
        return [one["resource_uri"] for one in shop.get(f"{PRODUCTS}?{query}")["objects"]]

    for query, number in (
        (f"seller_product={generic[0]['resource_pk']}", 0),
        (f"seller_product__seller={generic[1]['seller'].split('/')[3]}", 1),
        ("seller_product__external_id=map-0", 0),
        ("seller_product__external_id=map-1&page=1&limit=5", 1),
    ):
        assert found(query) == [made[number]["resource_uri"]], query
    assert found("seller_product=999") == []
    assert shop.get(f"{PRODUCTS}?seller_product=x").status == 400
    assert shop.get(f"{PRODUCTS}?bango_id=1").json == {"detail": "Unknown query parameters: bango_id"}


def test_a_product_is_not_deleted(shop: Marketplace, bango: BangoSimulator) -> None:
    made = bango_product(shop)
    assert shop.delete(made["resource_uri"]).status == 405
    assert shop.get(f"{PRODUCTS}999/").json == {"detail": "Not found."}
