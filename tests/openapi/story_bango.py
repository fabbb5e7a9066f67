"""The part of the story about sellers and products at Bango."""

from typing import Any

from tests.bango.world import BANK, CHANGE, PACKAGE
from tests.support import bango
from tests.support.marketplace import Marketplace, encoded


def tell(shop: Marketplace) -> str:
    """The path of a product at Bango."""
    simulator = bango.running()
    simulator.reset()
    seller = shop.post("/generic/seller/", {"uuid": "dev:13"})["resource_uri"]
    package = _package(shop, seller)
    product = _product(shop, seller, package)
    shop.post("/bango/bank/", {**BANK, "seller_bango": package})
    for scheme, rating in (("GLOBAL", "UNIVERSAL"), ("USA", "GENERAL")):
        shop.post("/bango/rating/", {"seller_product_bango": product, "ratingScheme": scheme, "rating": rating})
    premium = {"seller_product_bango": product, "price": "0.99", "currencyIso": "EUR"}
    shop.post("/bango/premium/", premium)
    shop.post("/bango/premium/", premium)
    shop.post("/bango/rating/", {"seller_product_bango": product, "ratingScheme": "GLOBAL", "rating": "18+"})
    _agreement(shop, package)
    _checks(shop, product, simulator)
    return product


def _get(shop: Marketplace, path: str, body: dict[str, Any]) -> None:
    shop.send("GET", path, encoded(body))


def _package(shop: Marketplace, seller: str) -> str:
    made = shop.post("/bango/package/", {**PACKAGE, "seller": seller})
    path = str(made["resource_uri"])
    shop.post("/bango/package/", {**PACKAGE, "seller": seller, "countryIso": "NL"})
    shop.get("/bango/package/")
    _get(shop, path, {"full": True})
    shop.patch(path, {**CHANGE, "vatNumber": "NL001234567B01"})
    shop.patch(path, {**CHANGE, "homePageURL": "studio"})
    shop.get(seller)
    shop.post("/bango/login/", {"packageId": made["package_id"]})
    return path


def _product(shop: Marketplace, seller: str, package: str) -> str:
    sold, ready = (
        shop.post("/generic/product/", {"seller": seller, "external_id": name, "public_id": name})["resource_uri"]
        for name in ("star-map", "moon-map")
    )
    body = {"seller_product": sold, "seller_bango": package, "name": "Star Map", "categoryId": 1}
    path = str(shop.post("/bango/product/", body)["resource_uri"])
    shop.post("/bango/product/", body)
    shop.get("/bango/product/?seller_product__external_id=star-map")
    shop.get(path)
    shop.put(path, {"seller_product": sold, "seller_bango": package})
    shop.patch(path, {"seller_bango": package})
    shop.post("/provider/bango/product/", {**body, "seller_product": ready, "name": "Moon Map"})
    return path


def _agreement(shop: Marketplace, package: str) -> None:
    for path in ("/bango/sbi/", "/bango/sbi/agreement/"):
        _get(shop, path, {"seller_bango": package})
        shop.post(path, {"seller_bango": package})


def _checks(shop: Marketplace, product: str, simulator: bango.BangoSimulator) -> None:
    body = {"seller_product_bango": product}
    shop.get(shop.post("/bango/status/", body)["resource_uri"])
    simulator.fault("CreateBillingConfiguration", "issue:NO_BANGO_EXISTS")
    shop.post("/bango/status/", body)
    shop.get("/bango/status/")
    simulator.fault("CreateBillingConfiguration", "issue:SERVICE_UNAVAILABLE")
    shop.post("/bango/status/", body)
    _get(shop, "/bango/debug/", body)
