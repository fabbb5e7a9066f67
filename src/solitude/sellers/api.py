"""`/generic/seller/` and `/generic/product/`"""

from typing import Annotated, Any

from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpResponse
from ninja import Router
from pydantic import Field

from solitude.audit.accesses import Does, touches
from solitude.prepared import insert_once
from solitude.sellers import closing
from solitude.sellers.models import Access, Product, Seller, parts, product_parts, seller_uuids
from solitude.sellers.shown import (
    SELLERS,
    ProductShown,
    SellerShown,
    product_tag,
    seller_tag,
    shown_product,
    shown_seller,
)
from solitude.web import changes, etags, filters, paging
from solitude.web.answers import answer, created
from solitude.web.fields import SENSITIVE, Body, Flag, GivenText, Text, kept, number_of, path_under, reference
from solitude.web.openapi import Page, query
from solitude.web.refusals import BadFields
from solitude.web.requests import ApiRequest

router = Router()
SELLER_FILTERS = {
    "uuid": filters.text("uuid", "The seller's uuid."),
    "active": filters.flag("active", "Whether the seller is active."),
}
PRODUCT_FILTERS = {
    "external_id": filters.text("external_id", "The seller's own name of the product."),
    "public_id": filters.text("public_id", "The name that no other product has."),
    "seller": filters.number("seller", "The primary key of the seller."),
    "seller__uuid": filters.text("seller__uuid", "The seller's uuid."),
    "seller__active": filters.flag("seller__active", "Whether the seller is active."),
}


Uuid = Annotated[GivenText, Field(description="The marketplace's name of the seller, which no other one has.")]
SellerPath = Annotated[GivenText, path_under(SELLERS), Field(description="The path of the seller.")]
ExternalId = Annotated[GivenText, Field(description="The seller's name of it, among the seller's products.")]
PublicId = Annotated[GivenText, Field(description="The name that no other product has.")]
ProductSecret = Annotated[Text | None, SENSITIVE, Field(description="For in-app payments; kept encrypted.")]
ProductAccess = Annotated[
    int,
    number_of(Access, "1 (purchase) or 2 (simulate)"),
    Field(description="1: it is sold. 2: payments are only simulated."),
]


class SellerIn(Body):
    """A seller to be."""

    uuid: Uuid
    active: Flag = True


class SellerChange(SellerIn):
    """What is to change of a seller. What is left out stays as it is, but for `active`, which a PUT sets back."""

    uuid: Uuid = kept()


class ProductIn(Body):
    """A product to be."""

    seller: SellerPath
    external_id: ExternalId
    public_id: PublicId
    secret: ProductSecret = None
    access: ProductAccess = Access.PURCHASE


class ProductChange(ProductIn):
    """What is to change of a product. What is left out stays as it is, but for `access`, which a PUT sets back."""

    seller: SellerPath = kept()
    external_id: ExternalId = kept()
    public_id: PublicId = kept()
    secret: ProductSecret = kept()


@router.post("/seller/", response={201: SellerShown})
@touches(Does.CREATED, "seller")
def create_seller(request: ApiRequest, body: SellerIn) -> HttpResponse:
    """Makes a seller."""
    seller = Seller(**body.model_dump())
    with transaction.atomic():
        if not insert_once(seller):
            raise _seller_clash(seller)
        return created(request, shown_seller(seller), tag=seller_tag(seller))


@router.get("/seller/", response=Page[SellerShown], openapi_extra=query(SELLER_FILTERS))
@touches(Does.READ, "seller")
def list_sellers(request: ApiRequest) -> HttpResponse:
    """Sellers, the newest first."""
    return paging.listed(request, _sellers(), shown_seller, SELLER_FILTERS, seller_tag)


@router.get("/seller/{int:pk}/", response=SellerShown)
@touches(Does.READ, "seller")
def get_seller(request: ApiRequest, pk: int) -> HttpResponse:
    """A seller, with what is kept of it for each provider."""
    seller = paging.one(request, _sellers(), pk, SELLER_FILTERS)
    tag = seller_tag(seller)
    return etags.not_modified(request, tag) or answer(shown_seller(seller), ETag=tag)


@router.put("/seller/{int:pk}/", response=SellerShown)
@touches(Does.CHANGED, "seller")
def put_seller(request: ApiRequest, pk: int, body: SellerChange) -> HttpResponse:
    """Changes a seller, and activates it unless the body says otherwise."""
    return _change_seller(request, pk, changes.given(body, reset=["active"]))


@router.patch("/seller/{int:pk}/", response=SellerShown)
@touches(Does.CHANGED, "seller")
def patch_seller(request: ApiRequest, pk: int, body: SellerChange) -> HttpResponse:
    """Changes what is given of a seller."""
    return _change_seller(request, pk, changes.given(body))


@router.post("/product/", response={201: ProductShown})
@touches(Does.CREATED, "product")
def create_product(request: ApiRequest, body: ProductIn) -> HttpResponse:
    """Makes a product of a seller."""
    product = Product(**_product_columns(body.model_dump()))
    with transaction.atomic():
        if not insert_once(product):
            raise _product_clash(product)
        return created(request, shown_product(product), tag=product_tag(product))


@router.get("/product/", response=Page[ProductShown], openapi_extra=query(PRODUCT_FILTERS))
@touches(Does.READ, "product")
def list_products(request: ApiRequest) -> HttpResponse:
    """Products, the newest first."""
    return paging.listed(request, _products(), shown_product, PRODUCT_FILTERS, product_tag)


@router.get("/product/{int:pk}/", response=ProductShown)
@touches(Does.READ, "product")
def get_product(request: ApiRequest, pk: int) -> HttpResponse:
    """A product, with its secret."""
    product = paging.one(request, _products(), pk, PRODUCT_FILTERS)
    tag = product_tag(product)
    return etags.not_modified(request, tag) or answer(shown_product(product), ETag=tag)


@router.put("/product/{int:pk}/", response=ProductShown)
@touches(Does.CHANGED, "product")
def put_product(request: ApiRequest, pk: int, body: ProductChange) -> HttpResponse:
    """Changes a product, and sets `access` back unless the body says otherwise."""
    return _change_product(request, pk, changes.given(body, reset=["access"]))


@router.patch("/product/{int:pk}/", response=ProductShown)
@touches(Does.CHANGED, "product")
def patch_product(request: ApiRequest, pk: int, body: ProductChange) -> HttpResponse:
    """Changes what is given of a product."""
    return _change_product(request, pk, changes.given(body))


def _sellers() -> QuerySet[Seller]:
    return Seller.objects.select_related(*parts.joins)


def _products() -> QuerySet[Product]:
    return Product.objects.select_related(*product_parts.joins, *seller_uuids.joins)


def _change_seller(request: ApiRequest, pk: int, columns: dict[str, Any]) -> HttpResponse:
    with transaction.atomic():
        seller = paging.one(request, _sellers(), pk, SELLER_FILTERS, lock=True)
        was_active = seller.active
        changes.change(request, seller, _seller_clash, **columns)
        if was_active and not seller.active:
            closing.end(seller)
            seller = _sellers().get(pk=pk)  # with what the providers have changed of their parts
    return answer(shown_seller(seller), ETag=seller_tag(seller))


def _change_product(request: ApiRequest, pk: int, columns: dict[str, Any]) -> HttpResponse:
    with transaction.atomic():
        product = paging.one(request, _products(), pk, PRODUCT_FILTERS, lock=True)
        changes.change(request, product, _product_clash, **_product_columns(columns))
    return answer(shown_product(product), ETag=product_tag(product))


def _product_columns(given: dict[str, Any]) -> dict[str, Any]:
    """The columns, with the seller in place of its path. Raises BadFields."""
    if "seller" not in given:
        return given
    pk = reference(given["seller"], SELLERS)
    seller = Seller.objects.filter(pk=pk).first() if pk else None
    if seller is None:
        raise BadFields(seller="must be the path of a seller")
    return given | {"seller": seller}


def _seller_clash(_seller: Seller) -> BadFields:
    return BadFields(uuid="SELLER_UUID_ALREADY_EXISTS")


def _product_clash(product: Product) -> BadFields:
    """Which of the two names is taken, by another product."""
    others = Product.objects.exclude(pk=product.pk)
    taken: dict[str, str | list[str]] = {}
    if others.filter(public_id=product.public_id).exists():
        taken["public_id"] = "PUBLIC_PRODUCT_ID_IS_NOT_UNIQUE"
    # Without either, the other product has another name by now.
    if not taken or others.filter(seller=product.seller, external_id=product.external_id).exists():
        taken["external_id"] = "EXTERNAL_PRODUCT_ID_IS_NOT_UNIQUE"
    return BadFields(**taken)
