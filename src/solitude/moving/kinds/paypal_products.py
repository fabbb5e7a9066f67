"""Who gets the money for single products at PayPal."""

from collections.abc import Mapping
from datetime import datetime
from operator import attrgetter

from solitude.moving.fields import OfEveryRow
from solitude.moving.kind import OF_EVERY_ROW, Column, Key, Kind, Reference, same
from solitude.providers.paypal.api.products import PaypalProductIn
from solitude.providers.paypal.models import ProductPaypal
from solitude.sellers.models import Product


class PaypalProductLine(PaypalProductIn, OfEveryRow):
    pass


def make(line: PaypalProductLine, found: Mapping[str, int], now: datetime) -> ProductPaypal:
    return ProductPaypal(
        seller_product_id=found["seller_product"], paypal_id=line.paypal_id or None, **line.stamps(now)
    )


PAYPAL_PRODUCTS = Kind(
    name="paypal-products",
    model=ProductPaypal,
    line=PaypalProductLine,
    columns=(
        Column(
            "seller_product",
            "The public_id of a product that is there and has no PayPal data. Required.",
            attrgetter("seller_product.public_id"),
        ),
        same("paypal_id", "Who gets the money for it, an e-mail address or merchant id. Kept encrypted."),
        *OF_EVERY_ROW,
    ),
    keys=(Key(("seller_product",), ("seller_product__public_id",)),),
    make=make,
    references=(Reference("seller_product", Product, "public_id"),),
    joins=("seller_product",),
)
