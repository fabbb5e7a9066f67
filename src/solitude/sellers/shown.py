"""Sellers and products as the API shows them."""

from typing import Any

from typing_extensions import TypedDict

from solitude.sellers.models import Product, Seller, parts
from solitude.web import etags
from solitude.web.answers import time_text

SELLERS = "/generic/seller/"


class SellerShown(TypedDict):
    resource_pk: int
    resource_uri: str
    id: int
    uuid: str
    active: bool
    created: str
    modified: str
    counter: int
    bango: dict[str, Any]


class SellerUuids(TypedDict):
    """The uuid of the seller that is set up with each provider."""

    bango: str | None
    reference: str | None


class ProductShown(TypedDict):
    resource_pk: int
    resource_uri: str
    seller: str
    external_id: str
    public_id: str
    secret: str | None
    access: int
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
        # The seller's account at a provider that this server does not have yet.
        "bango": {},
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
        # The sellers at providers that this server does not have yet.
        "seller_uuids": {"bango": None, "reference": None},
    }
