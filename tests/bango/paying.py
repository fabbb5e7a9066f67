"""Payments at Bango as a marketplace makes them: its buyer is sent to Bango's page, and what comes back is handed on."""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.test import override_settings
from tests.support.bango import BangoSimulator, form
from tests.support.free_port import free_port
from tests.support.marketplace import Answer, Marketplace
from tests.support.simulator import CANCEL_URL, RETURN_URL

from solitude.providers.bango.models import ProductBango, SellerBango
from solitude.providers.bango.soap.wire import Reply, wire
from solitude.sellers.models import Product
from solitude.transactions.models import Transaction

PENDING, COMPLETED, CHECKED, RECEIVED, FAILED, CANCELLED, STARTED, ERRORED = range(8)
EUR, USD = {"price": "2.10", "currency": "EUR", "method": 2}, {"price": "2.99", "currency": "USD", "method": 2}
_PACKAGE = {
    "adminEmailAddress": "admin@studio.example",
    "supportEmailAddress": "support@studio.example",
    "financeEmailAddress": "finance@studio.example",
    "paypalEmailAddress": "paypal@studio.example",
    "vendorName": "Studio Twaalf",
    "companyName": "Studio Twaalf BV",
    "address1": "Oudegracht 12",
    "addressCity": "Utrecht",
    "addressState": "Utrecht",
    "addressZipCode": "3511 AM",
    "addressPhone": "+31301234567",
    "countryIso": "NLD",
    "currencyIso": "EUR",
}
# Bango comes to the marketplace as these, unless a test says otherwise.
EVENT_USER, EVENT_PASSWORD = "sandbox-event-user", "sandbox-event-password"
_numbers = itertools.count(1)


class BangoShop:
    """A marketplace that sells one product through Bango."""

    def __init__(self, shop: Marketplace, bango: BangoSimulator, product: ProductBango | None = None) -> None:
        self.shop, self.bango = shop, bango
        self.product = product or bango_product(shop)

    @classmethod
    def of(cls, shop: Marketplace, other: "BangoShop") -> "BangoShop":
        """The same product sold by another server of the marketplace."""
        return cls(shop, other.bango, other.product)

    def billing(self, headers: dict[str, str] | None = None, **more: Any) -> Answer:
        """Begins a payment; whatever `more` does not say is usual, and None leaves it out."""
        body = {
            "seller_product_bango": self.product.resource_uri,
            "pageTitle": "Star Map",
            "prices": [EUR],
            "redirect_url_onsuccess": RETURN_URL,
            "redirect_url_onerror": CANCEL_URL,
            "transaction_uuid": f"web:{next(_numbers)}",
            "user_uuid": "shop:8812",
        } | more
        given = {name: value for name, value in body.items() if value is not None}
        return self.shop.post("/bango/billing/", given, **(headers or {}))

    def begun(self, **more: Any) -> Answer:
        """A payment that waits for its buyer."""
        answer = self.billing(**more)
        assert answer.status == 200, answer
        return answer

    def paid(self, **more: Any) -> Answer:
        """A payment that its buyer has made and come back from: the answer of billing."""
        begun = self.begun(**more)
        brought = self.bring(self.bango.pay(begun["pay_url"]))
        assert brought.status == 204, brought
        return begun

    def bring(self, location: str, **more: Any) -> Answer:
        """The buyer comes back to this address, and the marketplace hands on what it says; what is None is left out."""
        said = form(location) | more
        return self.hand_on({name: value for name, value in said.items() if value is not None})

    def hand_on(self, said: dict[str, Any]) -> Answer:
        return self.shop.post("/bango/notification/", said)

    def event(self, told: dict[str, str], **more: Any) -> Answer:
        """Hands on an event that Bango has brought under the right password."""
        pair = {"username": EVENT_USER, "password": EVENT_PASSWORD}
        return self.shop.post("/bango/event/", {"notification": told["notification"], **pair, **more})

    def refund(self, headers: dict[str, str] | None = None, **more: Any) -> Answer:
        return self.shop.post("/bango/refund/", more, **(headers or {}))

    def refund_status(self, uuid: str) -> Answer:
        return self.shop.get(f"/bango/refund/?uuid={uuid}")


def bango_product(shop: Marketplace) -> ProductBango:
    """A product that Bango has given a number."""
    public_id = shop.product(seller=shop.seller(paypal_id=None))
    product = Product.objects.select_related("seller").get(public_id=public_id)
    made = _asked("CreatePackage", _PACKAGE)
    people = {f"{who}_person_id": made.values[f"{who}PersonId"] for who in ("admin", "support", "finance")}
    package = SellerBango.objects.create(seller=product.seller, package_id=made.values["packageId"], **people)
    fields = {"packageId": package.package_id, "name": "Star Map", "categoryId": 1}
    number = _asked("CreateBangoNumber", fields).values["bango"]
    return ProductBango.objects.create(seller_product=product, seller_bango=package, bango_id=number)


def _asked(operation: str, fields: dict[str, Any]) -> Reply:
    reply = wire().ask(operation, fields)
    assert isinstance(reply, Reply), reply
    assert reply.is_ok, reply.code
    return reply


def state(uuid: str) -> tuple[int, str, str | None]:
    row = Transaction.objects.get(uuid=uuid)
    return row.status, row.outcome, row.status_reason


@contextmanager
def bango_away() -> Iterator[None]:
    """Bango is at an address where nobody listens."""
    url = f"http://127.0.0.1:{free_port()}/bango"
    with override_settings(SOLITUDE_BANGO_URL=url, SOLITUDE_BANGO_TOKEN_URL=url):
        yield


@pytest.fixture
def till(shop: Marketplace, bango: BangoSimulator) -> BangoShop:
    return BangoShop(shop, bango)
