"""Packages and numbers come along when a marketplace moves, and work where it comes to."""

from pathlib import Path

import pytest
from tests.bango.world import PACKAGES, PRODUCTS, STATUSES, bango_product
from tests.moving.mover import brought, empty_database, took
from tests.support.bango import BangoSimulator
from tests.support.marketplace import Marketplace

from solitude.moving.reading import FORMATS

KINDS = ("sellers", "products", "bango-sellers", "bango-products")
SHOWN = ("/generic/seller/", "/generic/product/", PACKAGES, PRODUCTS)


@pytest.mark.parametrize("form", FORMATS)
def test_what_is_kept_for_bango_is_the_same_after_the_move(
    shop: Marketplace, bango: BangoSimulator, tmp_path: Path, form: str
) -> None:
    empty_database()
    made = [bango_product(shop) for _ in range(2)]
    shop.post("/bango/sbi/", {"seller_bango": made[0]["seller_bango"]})
    shop.patch(made[1]["resource_uri"], {"seller_bango": made[0]["seller_bango"]})
    before = [shop.get(path)["objects"] for path in SHOWN]
    files = {kind: took(kind, tmp_path / f"{kind}.{form}", "--with-secrets") for kind in KINDS}

    empty_database()
    for kind, file in files.items():
        brought(kind, file)

    assert [shop.get(path)["objects"] for path in SHOWN] == before
    assert shop.post(STATUSES, {"seller_product_bango": made[1]["resource_uri"]})["status"] == 1
