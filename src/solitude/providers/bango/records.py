"""How what is kept for Bango is shown, also as a part of sellers and products."""

from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict

from solitude.providers.bango.models import ProductBango, SellerBango, StatusBango
from solitude.sellers.models import Product, Seller
from solitude.sellers.shown import PRODUCTS
from solitude.web.answers import time_text
from solitude.web.openapi import Nothing, Time
from solitude.web.rows import Row

PACKAGES, BANGO_PRODUCTS, STATUSES = "/bango/package/", "/bango/product/", "/bango/status/"


class Kept(TypedDict):
    """What all that is kept for Bango has in common. `id` is the primary key once more."""

    resource_pk: int
    resource_uri: str
    id: int
    created: Time
    modified: Time
    counter: Annotated[int, Field(ge=0, description="Grows with every change.")]


class PackageShown(Kept):
    """A seller's package, which is an account at Bango, and the persons whom Bango knows there."""

    seller: Annotated[int, Field(description="The primary key of the seller.")]
    package_id: Annotated[int, Field(description="Bango's number of the package.")]
    admin_person_id: int
    support_person_id: int
    finance_person_id: int
    sbi_expires: Annotated[
        Time | None, Field(description="Until when the self-billing agreement is accepted; null: it is not.")
    ]


class BangoProductShown(Kept):
    """A product at Bango, and whose package sells it there."""

    seller_product: Annotated[str, Field(examples=["/generic/product/9/"])]
    seller_bango: Annotated[str, Field(examples=["/bango/package/4/"])]
    bango_id: Annotated[str, Field(description="Bango's number of the product.")]


class StatusShown(Kept):
    """A check of a product. `errors` is Bango's text, where it found something wrong."""

    seller_product_bango: Annotated[str, Field(examples=["/bango/product/9/"])]
    status: Annotated[
        int, Field(json_schema_extra={"enum": [*StatusBango.Status.values]}, description="0: unknown. 1: good. 2: bad.")
    ]
    errors: str


# The part of a seller; an empty object where there is no package.
PackagePart = PackageShown | Nothing


def kept(row: Row) -> Kept:
    return {
        "resource_pk": row.pk,
        "resource_uri": row.resource_uri,  # type: ignore[attr-defined]  # every kind that is kept here has one
        "id": row.pk,
        "created": time_text(row.created),
        "modified": time_text(row.modified),
        "counter": row.counter,
    }


def shown_package(row: SellerBango) -> PackageShown:
    return {
        **kept(row),
        "seller": row.seller_id,
        "package_id": row.package_id,
        "admin_person_id": row.admin_person_id,
        "support_person_id": row.support_person_id,
        "finance_person_id": row.finance_person_id,
        "sbi_expires": time_text(row.sbi_expires),
    }


def shown_product(row: ProductBango) -> BangoProductShown:
    return {
        **kept(row),
        "seller_product": f"{PRODUCTS}{row.seller_product_id}/",
        "seller_bango": f"{PACKAGES}{row.seller_bango_id}/",
        "bango_id": row.bango_id,
    }


def shown_status(row: StatusBango) -> StatusShown:
    return {
        **kept(row),
        "seller_product_bango": f"{BANGO_PRODUCTS}{row.seller_product_bango_id}/",
        "status": row.status,
        "errors": row.errors,
    }


def seller_part(seller: Seller) -> PackagePart:
    row = getattr(seller, "bango", None)
    return shown_package(row) if row else {}


def seller_uuid(product: Product) -> str | None:
    """Whose package sells the product; it may be another seller than the product's own."""
    row = getattr(product, "bango", None)
    return row.seller_bango.seller.uuid if row else None
