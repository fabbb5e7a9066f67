"""Sellers and products as the API shows them."""

from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict

from solitude.sellers.models import Access, Product, Seller, parts, product_parts, seller_uuids
from solitude.web import etags
from solitude.web.answers import time_text
from solitude.web.openapi import Time

SELLERS, PRODUCTS = "/generic/seller/", "/generic/product/"


class SellerShown(TypedDict):
    """A seller, with a part for each provider. `id` is its primary key once more."""

    resource_pk: int
    resource_uri: Annotated[str, Field(examples=["/generic/seller/4/"])]
    id: int
    uuid: Annotated[str, Field(examples=["dev:12"])]
    active: bool
    created: Time
    modified: Time
    counter: Annotated[int, Field(ge=0, description="Grows with every change.")]


class SellerUuids(TypedDict):
    """By provider the uuid of the seller that the product is set up with there. Null: it is not set up there."""


class ProductShown(TypedDict):
    """A product, with a part for each provider. `secret` is shown as it was given."""

    resource_pk: int
    resource_uri: Annotated[str, Field(examples=["/generic/product/9/"])]
    seller: Annotated[str, Field(examples=["/generic/seller/4/"], description="The path of the seller.")]
    external_id: str
    public_id: str
    secret: str | None
    access: Annotated[int, Field(json_schema_extra={"enum": [*Access.values]}, description="1: purchase. 2: simulate.")]
    seller_uuids: SellerUuids


def shown_seller(seller: Seller) -> SellerShown:
    return {
        "resource_pk": seller.pk,
        "resource_uri": seller.resource_uri,
        "id": seller.pk,
        "uuid": seller.uuid,
        "active": seller.active,
        "created": time_text(seller.created),
        "modified": time_text(seller.modified),
        "counter": seller.counter,
        **parts.of(seller),  # type: ignore[typeddict-item]  # the providers' parts are known when the process runs
    }


def seller_tag(seller: Seller) -> str:
    return etags.etag_of(seller, *parts.rows(seller))


def shown_product(product: Product) -> ProductShown:
    return {
        "resource_pk": product.pk,
        "resource_uri": product.resource_uri,
        "seller": f"{SELLERS}{product.seller_id}/",
        "external_id": product.external_id,
        "public_id": product.public_id,
        "secret": product.secret,
        "access": product.access,
        "seller_uuids": seller_uuids.of(product),
        **product_parts.of(product),  # type: ignore[typeddict-item]  # the providers' parts are known when the process runs
    }


def product_tag(product: Product) -> str:
    return etags.etag_of(product, *product_parts.rows(product), *seller_uuids.rows(product))
