"""Sellers and products at Bango, made through the API."""

from typing import Any

from tests.support.marketplace import Answer, Marketplace

PACKAGES, PRODUCTS, STATUSES = "/bango/package/", "/bango/product/", "/bango/status/"
ADDRESS = {
    "vendorName": "Studio Twaalf",
    "address1": "Oudegracht 12",
    "addressCity": "Utrecht",
    "addressState": "Utrecht",
    "addressZipCode": "3511 AM",
    "addressPhone": "+31301234567",
    "countryIso": "NLD",
}
# All that a package must have.
PACKAGE = {
    **ADDRESS,
    "adminEmailAddress": "admin@studio.example",
    "supportEmailAddress": "support@studio.example",
    "financeEmailAddress": "finance@studio.example",
    "paypalEmailAddress": "paypal@studio.example",
    "companyName": "Studio Twaalf BV",
    "currencyIso": "EUR",
}
CHANGE = {**ADDRESS, "supportEmailAddress": "support@studio.example", "financeEmailAddress": "finance@studio.example"}
BANK = {
    "bankAccountPayeeName": "Studio Twaalf BV",
    "bankAccountNumber": "417164300",
    "bankAccountCode": "INGBNL2A",
    "bankName": "ING",
    "bankAddress1": "Bijlmerplein 888",
    "bankAddressZipCode": "1102 MG",
    "bankAddressIso": "NLD",
}


def seller(shop: Marketplace) -> str:
    return str(shop.seller(paypal_id=None)["resource_uri"])


def product(shop: Marketplace, **more: Any) -> str:
    """The path of a new product of a new seller."""
    public_id = shop.product(seller=shop.seller(paypal_id=None), **more)
    return str(shop.get(f"/generic/product/?public_id={public_id}")["objects"][0]["resource_uri"])


def package(shop: Marketplace, **more: Any) -> Answer:
    made = shop.post(PACKAGES, {**PACKAGE, "seller": seller(shop), **more})
    assert made.status == 201, made
    return made


def new_product(shop: Marketplace, **more: Any) -> dict[str, Any]:
    """The body that makes a product at Bango."""
    body = {"name": "Star Map", "categoryId": 1, **more}
    body.setdefault("seller_bango", "")
    body["seller_bango"] = body["seller_bango"] or package(shop)["resource_uri"]
    body.setdefault("seller_product", "")
    body["seller_product"] = body["seller_product"] or product(shop)
    return body


def bango_product(shop: Marketplace, **more: Any) -> Answer:
    made = shop.post(PRODUCTS, new_product(shop, **more))
    assert made.status == 201, made
    return made


def left_out(fields: dict[str, Any], name: str) -> dict[str, Any]:
    return {one: value for one, value in fields.items() if one != name}
