"""What is kept of sellers and products at the provider called `reference`, as the API shows it."""

from typing import Annotated, Any

from pydantic import Field
from typing_extensions import TypedDict

from solitude.providers.reference.models import ProductReference, SellerReference
from solitude.providers.reference.names import NAME
from solitude.providers.reference.shown import converted
from solitude.sellers.shown import PRODUCTS, SELLERS

REFERENCE_SELLERS = "/provider/reference/sellers/"
REFERENCE_PRODUCTS = "/provider/reference/products/"
REFERENCE_TERMS = "/provider/reference/terms/"
Said = Annotated[
    dict[str, Any],
    Field(description="What the provider has: its `resource_pk` is called `id`."),
]


class ReferenceSellerKept(TypedDict):
    """A seller at the provider, as far as it is kept here."""

    id: int
    seller: Annotated[str, Field(examples=["/generic/seller/4/"], description="The path of the seller.")]
    resource_uri: Annotated[str, Field(examples=["/provider/reference/sellers/4/"])]


class ReferenceSeller(ReferenceSellerKept):
    """A seller, with what the provider has of it."""

    reference: Said


class ReferenceProductKept(TypedDict):
    """A product at the provider, as far as it is kept here."""

    id: int
    seller_product: Annotated[str, Field(examples=["/generic/product/9/"], description="The path of the product.")]
    seller_reference: Annotated[
        str, Field(examples=["/provider/reference/sellers/4/"], description="The path of who sells it there.")
    ]
    resource_uri: Annotated[str, Field(examples=["/provider/reference/products/2/"])]


class ReferenceProduct(ReferenceProductKept):
    """A product, with what the provider has of it."""

    reference: Said


class ReferenceTerms(TypedDict):
    """What a seller has agreed to with the provider: the text, and the day of the agreement, in `reference`."""

    id: int
    resource_uri: Annotated[str, Field(examples=["/provider/reference/terms/4/"])]
    reference: Said


def kept_seller(row: SellerReference) -> ReferenceSellerKept:
    return {"id": row.pk, "seller": f"{SELLERS}{row.seller_id}/", "resource_uri": row.resource_uri}


def shown_seller(row: SellerReference, said: Any) -> ReferenceSeller:
    return {**kept_seller(row), "reference": converted(NAME, said)}


def kept_product(row: ProductReference) -> ReferenceProductKept:
    return {
        "id": row.pk,
        "seller_product": f"{PRODUCTS}{row.seller_product_id}/",
        "seller_reference": f"{REFERENCE_SELLERS}{row.seller_reference_id}/",
        "resource_uri": row.resource_uri,
    }


def shown_product(row: ProductReference, said: Any) -> ReferenceProduct:
    return {**kept_product(row), "reference": converted(NAME, said)}


def shown_terms(row: SellerReference, said: Any) -> ReferenceTerms:
    return {"id": row.pk, "resource_uri": f"{REFERENCE_TERMS}{row.pk}/", "reference": converted(NAME, said)}
