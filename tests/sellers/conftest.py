"""A seller and a product to begin with."""

from dataclasses import dataclass
from typing import Any

import pytest
from tests.sellers.world import made_product, made_seller
from tests.support.marketplace import Marketplace

from solitude.sellers.models import Product, Seller


@pytest.fixture
def seller(shop: Marketplace) -> str:
    """The path of a seller."""
    return str(made_seller(shop)["resource_uri"])


@dataclass(frozen=True)
class Thing:
    """What the tables of the contract say of both: a seller or a product, and a body that changes it."""

    path: str
    body: dict[str, Any]
    model: type[Seller] | type[Product]

    @property
    def collection(self) -> str:
        return "/".join(self.path.split("/")[:3]) + "/"

    @property
    def row(self) -> Seller | Product:
        return self.model.objects.get(pk=int(self.path.split("/")[-2]))


@pytest.fixture(params=["seller", "product"])
def thing(shop: Marketplace, request: pytest.FixtureRequest) -> Thing:
    if request.param == "seller":
        return Thing(made_seller(shop)["resource_uri"], {"active": False}, Seller)
    return Thing(made_product(shop)["resource_uri"], {"access": 2}, Product)
