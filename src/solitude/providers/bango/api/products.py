"""`/bango/product/`, and `/provider/bango/product/`, which makes one that can be sold at once."""

from decimal import Decimal
from typing import Annotated, Any

from django.db import DatabaseError, transaction
from django.http import HttpResponse
from ninja import Router
from pydantic import Field

from solitude.providers.bango import asking, turns
from solitude.providers.bango.api import kept
from solitude.providers.bango.api.fields import (
    PackagePath,
    ProductPath,
    Whole,
    given_text,
    package_at,
    product_at,
)
from solitude.providers.bango.models import ProductBango
from solitude.providers.bango.records import BangoProductShown, shown_product
from solitude.telemetry.logs import get_logger
from solitude.web import changes, etags, filters, paging
from solitude.web.answers import answer
from solitude.web.fields import Body
from solitude.web.fields import kept as left_as_it_is
from solitude.web.openapi import Page, query
from solitude.web.refusals import BadFields, Refused
from solitude.web.requests import ApiRequest

router, provider_router = Router(), Router()
log = get_logger("solitude.bango")
NAME_MAX_CHARS = 100
FILTERS = {
    "seller_product": filters.number("seller_product", "The primary key of the product."),
    "seller_product__seller": filters.number("seller_product__seller", "The primary key of the product's seller."),
    "seller_product__external_id": filters.text("seller_product__external_id", "The seller's own name of the product."),
}
# What a product needs at Bango before it can be sold, as far as it is the same for all.
READY: tuple[tuple[str, dict[str, Any]], ...] = (
    ("MakePremiumPerAccess", {"price": Decimal("0.99"), "currencyIso": "USD"}),
    ("UpdateRating", {"ratingScheme": "GLOBAL", "rating": "UNIVERSAL"}),
    ("UpdateRating", {"ratingScheme": "USA", "rating": "GENERAL"}),
)


class BangoProductIn(Body):
    """A product to be sold through Bango."""

    seller_bango: PackagePath
    seller_product: ProductPath
    name: Annotated[str, given_text(NAME_MAX_CHARS), Field(description="How Bango calls it.")]
    categoryId: Annotated[Whole, Field(description="Bango's category; 1: games.")]


class BangoProductChange(Body):
    """What is to change of what is kept of a product. Bango is not told. What is left out stays as it is, also in a PUT."""

    seller_bango: PackagePath = left_as_it_is()
    seller_product: ProductPath = left_as_it_is()


@router.post("/product/", response={201: BangoProductShown, **asking.BANGO_ERRORS})
def create_bango_product(request: ApiRequest, body: BangoProductIn) -> HttpResponse:
    """Makes a product at Bango, which gives it a number."""
    return _create(request, body, is_ready=False, status=201)


@provider_router.post("/product/", response={200: BangoProductShown, **asking.BANGO_ERRORS})
def create_ready_bango_product(request: ApiRequest, body: BangoProductIn) -> HttpResponse:
    """Makes a product at Bango that can be sold at once: premium (0.99 USD), and rated for everybody.

    Nothing is kept where Bango refuses a step; the number stays taken at Bango.
    """
    return _create(request, body, is_ready=True, status=200)


@router.get("/product/", response=Page[BangoProductShown], openapi_extra=query(FILTERS))
def list_bango_products(request: ApiRequest) -> HttpResponse:
    """Products at Bango, the newest first."""
    return paging.listed(request, ProductBango.objects.all(), shown_product, FILTERS)


@router.get("/product/{int:pk}/", response=BangoProductShown)
def get_bango_product(request: ApiRequest, pk: int) -> HttpResponse:
    """What is kept of a product for Bango."""
    row = paging.one(request, ProductBango.objects.all(), pk, FILTERS)
    tag = etags.etag_of(row)
    return etags.not_modified(request, tag) or answer(shown_product(row), ETag=tag)


@router.put("/product/{int:pk}/", response=BangoProductShown)
def put_bango_product(request: ApiRequest, pk: int, body: BangoProductChange) -> HttpResponse:
    """Changes which product and whose package it is about. Bango is not told."""
    return _change(request, pk, body)


@router.patch("/product/{int:pk}/", response=BangoProductShown)
def patch_bango_product(request: ApiRequest, pk: int, body: BangoProductChange) -> HttpResponse:
    """Changes which product and whose package it is about. Bango is not told."""
    return _change(request, pk, body)


def _create(request: ApiRequest, body: BangoProductIn, *, is_ready: bool, status: int) -> HttpResponse:
    package, product = package_at(body.seller_bango), product_at(body.seller_product)
    with turns.of(f"number of product {product.pk}"):
        if ProductBango.objects.filter(seller_product=product).exists():
            raise _clash()
        named = {"packageId": package.package_id, "name": body.name, "categoryId": body.categoryId}
        bango_id = str(asking.ask("CreateBangoNumber", named).values.get("bango") or "")
        try:
            for operation, fields in READY if is_ready else ():
                asking.ask(operation, {"bango": bango_id, **fields})
            row = ProductBango(seller_product=product, seller_bango=package, bango_id=bango_id)
            with transaction.atomic():
                row.save(force_insert=True)
                return kept.done(
                    request, shown_product(row), status, Location=row.resource_uri, ETag=etags.etag_of(row)
                )
        except (DatabaseError, Refused):
            log.error("bango_number_not_kept", bango_id=bango_id, product=product.pk)
            raise


def _change(request: ApiRequest, pk: int, body: BangoProductChange) -> HttpResponse:
    columns: dict[str, Any] = {}
    if "seller_bango" in body.model_fields_set:
        columns["seller_bango"] = package_at(body.seller_bango)
    if "seller_product" in body.model_fields_set:
        columns["seller_product"] = product_at(body.seller_product)
    with transaction.atomic():
        row = paging.one(request, ProductBango.objects.all(), pk, FILTERS, lock=True)
        changes.change(request, row, lambda _: _clash(), **columns)
    return answer(shown_product(row), ETag=etags.etag_of(row))


def _clash() -> BadFields:
    return BadFields(seller_product="is a product at Bango already")
