"""A marketplace that sells through the reference provider and Bango, by our client."""

from concurrent.futures import Future, ThreadPoolExecutor
from functools import cached_property
from typing import Any

from solitude.client import Solitude
from tests.bango.world import PACKAGE

SHOP = "https://shop.example"
URLS = {
    "success_url": f"{SHOP}/paid",
    "error_url": f"{SHOP}/failed",
    "callback_success_url": f"{SHOP}/told/paid",
    "callback_error_url": f"{SHOP}/told/failed",
}


class Shop:
    def __init__(self, client: Solitude) -> None:
        self.client = client
        self._threads = ThreadPoolExecutor(2)

    @cached_property
    def _seller(self) -> Any:
        return self.client.create_seller("dev:proxied")

    @cached_property
    def _product(self) -> Any:
        product = self.client.create_product(
            seller=self._seller, external_id="map", public_id="77", secret="a-secret-1"
        )
        at_provider = self.client.create_reference_seller(
            self._seller.resource_uri, uuid="s-77", name="Ada", email="ada@shop.example"
        )
        self.client.create_reference_product(
            product.resource_uri, reference_seller=at_provider.pk, uuid="p-77", name="Map"
        )
        return product

    def ready(self) -> None:
        assert self._product

    def pays(self) -> Any:
        return self.client.pay_by_reference(
            self._product.resource_uri,
            amount="1.25",
            currency="EUR",
            pay_method="CARD",
            carrier="ESP_ORANGE",
            region="214",
            **URLS,
        )

    def begins_to_pay(self) -> Future[Any]:
        return self._threads.submit(self.pays)

    def told(self, location: str) -> None:
        """Hands on the notice with which the buyer came back."""
        assert self.client.forward_reference_notice(location.partition("?")[2]).is_genuine

    def status(self, payment: Any) -> str:
        return self.client.get_transaction(payment.transaction).status_name

    def package(self) -> Any:
        return self.client.create_bango_package(self._seller.resource_uri, PACKAGE)
