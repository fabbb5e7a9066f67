"""The part of the story about payments whose provider the server chooses, and what follows one at any provider."""

from tests.payments.world import paypal_away
from tests.support import braintree as simulator
from tests.support.marketplace import Marketplace
from tests.support.simulator import CANCEL_URL, RETURN_URL, Simulator

KEY = {"Idempotency-Key": "order-81"}


def tell(shop: Marketplace, paypal: Simulator) -> None:
    product = _product(shop)
    shop.get(f"/payments/options/?product={product}&currency=EUR&amount=2.49")
    shop.get("/payments/options/?product=nothing&currency=EUR")
    _payments(shop, paypal, product)
    _afterwards(shop, paypal, product)


def _product(shop: Marketplace) -> str:
    """One that PayPal and Braintree can take money for."""
    seller = shop.post("/generic/seller/", {"uuid": "dev:81"})["resource_uri"]
    shop.post("/paypal/seller/", {"seller": seller, "paypal_id": "atlas@dev.example"})
    sold = {"seller": seller, "external_id": "atlas", "public_id": "atlas"}
    product = shop.post("/generic/product/", sold)["resource_uri"]
    shop.post("/braintree/product/", {"seller_product": product, "description": "Atlas"})
    return "atlas"


def _body(product: str, **more: str) -> dict[str, str]:
    asked = {"product": product, "amount": "2.49", "currency": "EUR", "description": "Atlas"}
    return {**asked, "return_url": RETURN_URL, "cancel_url": CANCEL_URL, **more}


def _payments(shop: Marketplace, paypal: Simulator, product: str) -> None:
    shop.post("/payments/", _body(product))
    shop.post("/payments/", _body(product, currency="KWD"))
    shop.post("/payments/", _body(product, amount="0"))
    shop.post("/payments/", _body(product, pin_token="x"))
    paypal.fault("create_order", "rate_limit_429", retry_after_s=17)
    shop.post("/payments/", _body(product))
    paypal.fault("create_order", "disconnect_after")
    shop.post("/payments/", _body(product))
    with paypal_away():
        shop.post("/payments/", _body(product))


def _afterwards(shop: Marketplace, paypal: Simulator, product: str) -> None:
    begun = shop.post("/payments/", _body(product))
    paypal.approve(begun["pay_url"])
    payment = {"uuid": begun["uuid"]}
    for what in ("check", "refund"):
        shop.post(f"/payments/{what}/", payment)
    shop.post("/payments/refund/", payment)
    shop.post("/payments/cancel/", {"uuid": shop.post("/payments/", _body(product))["uuid"]})
    nonce = simulator.running().nonce()
    card = shop.post("/payments/", _body(product, currency="USD", provider="braintree", nonce=nonce))
    shop.post("/payments/void/", {"uuid": card["uuid"]})
    refunded = shop.get(f"{begun['transaction']}")
    shop.post("/payments/void/", {"uuid": refunded["uuid"]})
