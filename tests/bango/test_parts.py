"""What sellers and products show of Bango and of the reference provider, wherever they are read."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.support.marketplace import Marketplace

from solitude.providers.bango.models import ProductBango, SellerBango
from solitude.providers.reference.models import ProductReference, SellerReference

PRODUCTS = "/generic/product/"


@pytest.fixture
def product(shop: Marketplace) -> str:
    shop.product(seller=shop.seller(paypal_id=None))
    return str(shop.get(PRODUCTS)["objects"][0]["resource_uri"])


def another_seller(shop: Marketplace) -> tuple[int, str]:
    made = shop.seller(paypal_id=None)
    return made["resource_pk"], made["resource_uri"]


def package(seller: int) -> SellerBango:
    return SellerBango.objects.create(
        seller_id=seller, package_id=50021, admin_person_id=81, support_person_id=82, finance_person_id=83
    )


def test_a_seller_shows_its_package_and_nothing_where_there_is_none(shop: Marketplace) -> None:
    pk, path = another_seller(shop)
    assert shop.get(path)["bango"] == {}
    row = package(pk)
    shown = shop.get(path)["bango"]
    assert (shown["resource_uri"], shown["seller"], shown["package_id"]) == (f"/bango/package/{row.pk}/", pk, 50021)
    assert shop.get("/generic/seller/")["objects"][0]["bango"] == shown


def test_lists_read_the_parts_in_one_statement_however_many_there_are(shop: Marketplace) -> None:
    for number in range(3):
        pk, path = another_seller(shop)
        shop.product(seller={"resource_uri": path})
        SellerBango.objects.create(
            seller_id=pk, package_id=number, admin_person_id=1, support_person_id=2, finance_person_id=3
        )
    for product_pk in [one["resource_pk"] for one in shop.get(PRODUCTS)["objects"]]:
        ProductBango.objects.create(seller_product_id=product_pk, seller_bango=SellerBango.objects.all()[0])
    for path, table in ((PRODUCTS, "bango_productbango"), ("/generic/seller/", "bango_sellerbango")):
        with CaptureQueriesContext(connection) as asked:
            assert len(shop.get(path)["objects"]) == 3
        assert len([one for one in asked if table in one["sql"]]) == 1


def test_the_tag_of_a_seller_is_another_one_when_its_package_changes(shop: Marketplace) -> None:
    pk, path = another_seller(shop)
    row = package(pk)
    seen = shop.get(path).headers["ETag"]
    row.change(finance_person_id=99)
    changed = shop.get(path, **{"If-None-Match": seen})
    assert (changed.status, changed["bango"]["finance_person_id"]) == (200, 99)
    assert shop.patch(path, {"active": True}, **{"If-Match": seen}).status == 200, "the seller itself is as it was"


@pytest.mark.parametrize("provider", ["bango", "reference"])
def test_a_product_shows_whose_it_is_at_a_provider(shop: Marketplace, product: str, provider: str) -> None:
    pk, path = another_seller(shop)
    product_pk = shop.get(product)["resource_pk"]
    before = shop.get(product)
    if provider == "bango":
        ProductBango.objects.create(seller_product_id=product_pk, seller_bango=package(pk))
    else:
        seller = SellerReference.objects.create(seller_id=pk, reference_id="s-1")
        ProductReference.objects.create(seller_product_id=product_pk, seller_reference=seller, reference_id="p-1")
    after = shop.get(product)
    assert before["seller_uuids"] == {"bango": None, "reference": None}
    assert after["seller_uuids"] == {"bango": None, "reference": None, provider: shop.get(path)["uuid"]}
    assert after.json == shop.get(PRODUCTS)["objects"][0]
    assert before.headers["ETag"] != after.headers["ETag"]
    shop.patch(path, {"uuid": "dev:renamed"})
    renamed = shop.get(product, **{"If-None-Match": after.headers["ETag"]})
    assert (renamed.status, renamed["seller_uuids"][provider]) == (200, "dev:renamed")
