"""What the tests of the reference provider share: sellers and products at it, payments, and a second provider by another name."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.test import override_settings
from tests.support.free_port import free_port
from tests.support.marketplace import Answer, Marketplace
from tests.support.zippy import KEY, SECRET, ZippySimulator

import solitude_sandbox
from solitude.payments.models import Notification, ProviderCall
from solitude.providers.reference.configured import ReferenceProvider
from solitude.transactions.models import Transaction

SHOP = "https://shop.example"
URLS = {
    "success_url": f"{SHOP}/paid",
    "error_url": f"{SHOP}/failed",
    "callback_success_url": f"{SHOP}/told/paid",
    "callback_error_url": f"{SHOP}/told/failed",
}


def seller(shop: Marketplace, uuid: str = "s-801", **more: Any) -> dict[str, Any]:
    """A seller here and at the provider."""
    body = {
        "seller": shop.seller(paypal_id=None)["resource_uri"],
        "uuid": uuid,
        "name": "Ada",
        "email": "ada@shop.example",
        "status": "ACTIVE",
    }
    made = shop.post("/provider/reference/sellers/", body | more)
    assert made.status == 201, made
    return dict(made.json)


def generic_product(shop: Marketplace, of: str | None = None, **more: Any) -> str:
    """The path of a new product."""
    owner = shop.get(of).json if of else None
    public_id = shop.product(seller=owner or shop.seller(paypal_id=None), **more)
    return str(shop.get(f"/generic/product/?public_id={public_id}")["objects"][0]["resource_uri"])


def product(shop: Marketplace, uuid: str = "p-12") -> str:
    """The path of a product that the provider knows as well."""
    sold_by = seller(shop, f"s-of-{uuid}")
    path = generic_product(shop, sold_by["seller"])
    body = {"seller_product": path, "seller_reference": sold_by["resource_uri"], "uuid": uuid, "name": "Map"}
    made = shop.post("/provider/reference/products/", body)
    assert made.status == 201, made
    return path


def pay(
    shop: Marketplace, path: str, name: str = "reference", headers: dict[str, str] | None = None, **more: Any
) -> Answer:
    """A payment; whatever `more` does not say is usual, and None leaves it out."""
    body = {
        "seller_product": path,
        "amount": "1.25",
        "currency": "EUR",
        "pay_method": "CARD",
        "carrier": "ESP_ORANGE",
        "region": "214",
        **URLS,
    } | more
    given = {field: value for field, value in body.items() if value is not None}
    return shop.post(f"/provider/{name}/pay/", given, **(headers or {}))


def tell(shop: Marketplace, qs: str, name: str = "reference") -> Answer:
    return shop.post(f"/provider/{name}/notices/", {"qs": qs})


def query_of(location: str) -> str:
    """What the buyer's browser brings along."""
    return urlsplit(location).query


def of(shop: Marketplace, payment: Answer) -> dict[str, Any]:
    return shop.transaction(payment["transaction"])


def call_of(payment: Answer) -> ProviderCall:
    return ProviderCall.objects.get(transaction__uuid=payment["uuid"])


def written() -> dict[str, int]:
    return {model.__name__: model._default_manager.count() for model in (Transaction, ProviderCall, Notification)}


@contextmanager
def nothing_happens(zippy: ZippySimulator) -> Iterator[None]:
    """Nothing is written and nothing is sent."""
    before = (written(), len(zippy.state()["requests"]))
    yield
    assert (written(), len(zippy.state()["requests"])) == before


@contextmanager
def configured(**providers: ReferenceProvider) -> Iterator[None]:
    """These providers too, or instead of those of the same name."""
    with override_settings(SOLITUDE_REFERENCE_PROVIDERS={**settings.SOLITUDE_REFERENCE_PROVIDERS, **providers}):
        yield


def provider(url: str, name: str = "reference", secret: str = SECRET) -> ReferenceProvider:
    return ReferenceProvider(name, url, KEY, secret, "Zippy")


def away() -> Any:
    """The provider at an address where nobody listens."""
    return configured(reference=provider(f"http://127.0.0.1:{free_port()}/reference"))


@cache
def second_simulator() -> ZippySimulator:
    """Another provider, on a port and with keys and books of its own; it ends with the process."""
    server = solitude_sandbox.make_server("127.0.0.1", 0)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return ZippySimulator(f"http://127.0.0.1:{server.server_port}", "reference")
