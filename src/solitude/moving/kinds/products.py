"""Products."""

from collections.abc import Mapping
from datetime import datetime
from operator import attrgetter

from solitude.moving.fields import OfEveryRow
from solitude.moving.kind import OF_EVERY_ROW, Column, Key, Kind, Reference, same
from solitude.sellers.api import ProductIn
from solitude.sellers.models import Product, Seller


class ProductLine(ProductIn, OfEveryRow):
    pass


def make(line: ProductLine, found: Mapping[str, int], now: datetime) -> Product:
    return Product(
        seller_id=found["seller"],
        external_id=line.external_id,
        public_id=line.public_id,
        secret=line.secret,
        access=line.access,
        **line.stamps(now),
    )


PRODUCTS = Kind(
    name="products",
    model=Product,
    line=ProductLine,
    columns=(
        Column("seller", "The uuid of a seller who is there. Required.", attrgetter("seller.uuid")),
        same("external_id", "The seller's own name of the product. Required, and no other product's of this seller."),
        same("public_id", "The product's name among all. Required, and no other product's."),
        same("secret", "The secret that the marketplace shares with the seller. Kept encrypted.", secret=True),
        same("access", "1 (purchase, the default) or 2 (simulate)."),
        *OF_EVERY_ROW,
    ),
    keys=(Key(("public_id",), ("public_id",)), Key(("seller", "external_id"), ("seller__uuid", "external_id"))),
    make=make,
    references=(Reference("seller", Seller, "uuid"),),
    joins=("seller",),
)
