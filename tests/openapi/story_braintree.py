"""The part of the story about cards at Braintree: told to Braintree alone, stored, charged, subscribed with, and given back to."""

from typing import Any

from django.test import override_settings
from tests.support import braintree as simulator
from tests.support.braintree import BraintreeSimulator
from tests.support.free_port import free_port
from tests.support.marketplace import Marketplace

GOOD, REFUSED = "fake-valid-visa-nonce", "fake-processor-declined-visa-nonce"


def tell(shop: Marketplace) -> None:
    braintree = simulator.running()
    braintree.reset()
    once, monthly = _catalogue(shop)
    buyer = str(shop.post("/generic/buyer/", {"uuid": "shop:92"})["uuid"])
    card, other = _cards(shop, buyer)
    payment = _sales(shop, braintree, once, card)
    _given_back(shop, braintree, once, payment)
    _subscriptions(shop, braintree, monthly, card, other)
    _kept(shop, card)
    shop.post("/braintree/paymethod/delete/", {"paymethod": other})
    shop.post("/braintree/paymethod/delete/", {"paymethod": other})


def _catalogue(shop: Marketplace) -> tuple[str, str]:
    """The names of two products: one that is sold once, and one that is subscribed to."""
    seller = shop.post("/generic/seller/", {"uuid": "mozilla-foundation"})["resource_uri"]
    entries: dict[str, dict[str, Any]] = {
        "mozilla-foundation-donation": {"kind": "donations", "description": "A donation"},
        "mozilla-concrete-brick": {"amount": "10.00", "recurrence": "monthly", "description": "Brick"},
    }
    for name, entry in entries.items():
        product = {"seller": seller, "external_id": name, "public_id": name}
        entry["seller_product"] = shop.post("/generic/product/", product)["resource_uri"]
        made = shop.post("/braintree/product/", entry)["resource_uri"]
        shop.post("/braintree/product/", entry)
        shop.get(made)
        shop.put(made, {name: value for name, value in entry.items() if name != "seller_product"})
        shop.patch(made, {"active": True})
    shop.get("/braintree/product/?active=true")
    once, monthly = entries
    return once, monthly


def _cards(shop: Marketplace, buyer: str) -> tuple[str, str]:
    """Two cards of a buyer."""
    shop.post("/braintree/token/generate/", {})
    shop.post("/braintree/customer/", {"uuid": buyer})
    shop.post("/braintree/customer/", {"uuid": buyer})
    shop.post("/braintree/paymethod/", {"buyer_uuid": buyer, "nonce": REFUSED})
    stored = [shop.post("/braintree/paymethod/", {"buyer_uuid": buyer, "nonce": GOOD}) for _ in range(2)]
    card, other = (str(each["mozilla"]["resource_uri"]) for each in stored)
    return card, other


def _sales(shop: Marketplace, braintree: BraintreeSimulator, product: str, card: str) -> str:
    """The uuid of a payment that was taken."""
    sale = {"product_id": product, "amount": "12.00"}
    shop.post("/braintree/sale/", {**sale, "nonce": REFUSED})
    braintree.fault("sale", "disconnect_after")
    shop.post("/braintree/sale/", {**sale, "nonce": GOOD})
    braintree.fault("sale", "rate_limit_429", retry_after_s=17)
    shop.post("/braintree/sale/", {**sale, "nonce": GOOD})
    with override_settings(SOLITUDE_BRAINTREE_URL=f"http://127.0.0.1:{free_port()}/braintree"):
        shop.post("/braintree/sale/", {**sale, "nonce": GOOD})
    return str(shop.post("/braintree/sale/", {**sale, "paymethod": card})["mozilla"]["generic"]["uuid"])


def _given_back(shop: Marketplace, braintree: BraintreeSimulator, product: str, payment: str) -> None:
    """A payment that is settled, in parts; and one that is not, whole."""
    shop.post("/braintree/refund/", {"uuid": payment, "amount": "2.00"})
    (row,) = shop.get(f"/generic/transaction/?uuid={payment}")["objects"]
    braintree.settle(row["uid_support"])
    shop.post("/braintree/refund/", {"uuid": payment, "amount": "2.00", "reason": "A chapter is missing."})
    shop.post("/braintree/refund/", {"uuid": payment, "amount": "11.00"})
    shop.post("/braintree/void/", {"uuid": payment})
    given_up = shop.post("/braintree/sale/", {"product_id": product, "amount": "3.00", "nonce": GOOD})
    shop.post("/braintree/void/", {"uuid": given_up["mozilla"]["generic"]["uuid"]})
    shop.post("/braintree/void/", {"uuid": "bt-nothing"})


def _subscriptions(shop: Marketplace, braintree: BraintreeSimulator, plan: str, card: str, other: str) -> None:
    begun = shop.post("/braintree/subscription/", {"paymethod": card, "plan": plan})
    shop.post("/braintree/subscription/", {"paymethod": card, "plan": plan})
    subscription = begun["mozilla"]["resource_uri"]
    for message in braintree.told():
        shop.post("/braintree/webhook/", message)
    shop.post("/braintree/webhook/", {"bt_signature": "sandbox-public-key|0", "bt_payload": "PHg+"})
    shop.get("/braintree/webhook/?bt_challenge=20f9f8ed05f77439fe955c977e4c8a53")
    shop.get("/braintree/webhook/?bt_challenge=no")
    change = {"subscription": subscription, "paymethod": other}
    shop.post("/braintree/subscription/paymethod/change/", change)
    shop.post("/braintree/subscription/paymethod/change/", {**change, "paymethod": "/braintree/mozilla/paymethod/999/"})
    shop.post("/braintree/subscription/cancel/", {"subscription": subscription})
    shop.post("/braintree/subscription/cancel/", {"subscription": subscription})


def _kept(shop: Marketplace, card: str) -> None:
    for kind in ("buyer", "paymethod", "subscription", "transaction"):
        listed = shop.get(f"/braintree/mozilla/{kind}/")["objects"]
        shop.get(listed[0]["resource_uri"])
        if kind != "transaction":
            shop.put(listed[0]["resource_uri"], {"active": True})
            shop.patch(listed[0]["resource_uri"], {"active": True})
    shop.patch(card, {"active": "perhaps"})
