"""The numbers of products at Bango."""

from collections.abc import Mapping
from datetime import datetime
from operator import attrgetter
from typing import Annotated

from solitude.moving.fields import Count, OfEveryRow
from solitude.moving.kind import OF_EVERY_ROW, Column, Key, Kind, Reference, same
from solitude.providers.bango.models import BANGO_MAX_CHARS, ProductBango, SellerBango
from solitude.sellers.models import Product
from solitude.web.fields import GivenText, text_of


class BangoProductLine(OfEveryRow):
    seller_product: GivenText
    package_id: Count
    bango_id: Annotated[str, text_of(BANGO_MAX_CHARS)] = ""


def make(line: BangoProductLine, found: Mapping[str, int], now: datetime) -> ProductBango:
    return ProductBango(
        seller_product_id=found["seller_product"],
        seller_bango_id=found["package_id"],
        bango_id=line.bango_id,
        **line.stamps(now),
    )


BANGO_PRODUCTS = Kind(
    name="bango-products",
    model=ProductBango,
    line=BangoProductLine,
    columns=(
        Column(
            "seller_product",
            "The public_id of a product that is there and has no number at Bango. Required.",
            attrgetter("seller_product.public_id"),
        ),
        Column(
            "package_id",
            "Bango's number of the package that it is sold from, which is there. Required.",
            attrgetter("seller_bango.package_id"),
        ),
        same("bango_id", "Bango's number of the product. Without one it cannot be sold through Bango."),
        *OF_EVERY_ROW,
    ),
    keys=(Key(("seller_product",), ("seller_product__public_id",)),),
    make=make,
    references=(Reference("seller_product", Product, "public_id"), Reference("package_id", SellerBango, "package_id")),
    joins=("seller_product", "seller_bango"),
)
