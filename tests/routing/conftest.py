from collections.abc import Iterator

import pytest
from tests.bango.paying import BangoShop
from tests.bango.paying import till as till
from tests.reference.conftest import second as second
from tests.reference.conftest import sold as sold
from tests.support.marketplace import Marketplace

from solitude.outbound import breaker
from solitude.providers.bango.models import ProductBango
from solitude.sellers.models import Product


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    """No provider has failed yet."""
    breaker._breakers.clear()
    yield
    breaker._breakers.clear()


@pytest.fixture
def everywhere(shop: Marketplace, sold: str, till: BangoShop) -> str:
    """The `public_id` of a product that PayPal, Bango and the reference provider can take money for."""
    found = shop.get(sold)
    shop.post("/paypal/seller/", {"seller": found["seller"], "paypal_id": "ada@dev.example"})
    product = Product.objects.get(public_id=found["public_id"])
    known = till.product
    ProductBango.objects.create(seller_product=product, seller_bango=known.seller_bango, bango_id=known.bango_id)
    return product.public_id
