"""`/paypal/product/`: who gets the money for one product, where that is not who gets it for the seller's others."""

from typing import Annotated, Any

from django.db import transaction
from django.http import HttpResponse
from ninja import Router
from pydantic import Field

from solitude.audit.accesses import Does, touches
from solitude.prepared import insert_once
from solitude.providers.paypal import records
from solitude.providers.paypal.api import kept
from solitude.providers.paypal.api.records import PaypalId
from solitude.providers.paypal.models import ProductPaypal
from solitude.providers.paypal.records import ProductPaypalShown
from solitude.sellers.models import Product
from solitude.sellers.shown import PRODUCTS
from solitude.web import etags
from solitude.web.answers import created
from solitude.web.fields import Body, GivenText, path_under, reference
from solitude.web.fields import kept as left_as_it_is
from solitude.web.refusals import BadFields
from solitude.web.requests import ApiRequest

router = Router()


class PaypalProductIn(Body):
    """What is to be kept of a product for PayPal."""

    seller_product: Annotated[GivenText, path_under(PRODUCTS), Field(description="The path of the product.")]
    paypal_id: PaypalId = None


class PaypalProductChange(Body):
    """What is to change of a product's PayPal data. Without a `paypal_id` of its own the product's seller is paid."""

    paypal_id: PaypalId = left_as_it_is()


@router.post("/product/", response={201: ProductPaypalShown})
@touches(Does.CREATED, "paypal_product")
def create_product_data(request: ApiRequest, body: PaypalProductIn) -> HttpResponse:
    """Keeps a product's PayPal data: who gets the money for it."""
    row = ProductPaypal(seller_product=_product(body.seller_product), paypal_id=body.paypal_id or None)
    with transaction.atomic():
        if not insert_once(row):
            raise BadFields(seller_product="has PayPal data already")
        return created(request, records.shown_product(row))


@router.get("/product/{int:pk}/", response=ProductPaypalShown)
@touches(Does.READ, "paypal_product")
def get_product_data(request: ApiRequest, pk: int) -> HttpResponse:
    """A product's PayPal data."""
    return kept.remembered(request, ProductPaypal, pk, records.shown_product)


@router.put("/product/{int:pk}/", response={202: ProductPaypalShown})
@touches(Does.CHANGED, "paypal_product")
def put_product_data(request: ApiRequest, pk: int, body: PaypalProductChange) -> HttpResponse:
    """Changes what is given of a product's PayPal data, and shows it."""
    row = _change(request, pk, body)
    return kept.shown(records.shown_product(row), row, 202)


@router.patch("/product/{int:pk}/", response={202: None})
@touches(Does.CHANGED, "paypal_product")
def patch_product_data(request: ApiRequest, pk: int, body: PaypalProductChange) -> HttpResponse:
    """Changes what is given of a product's PayPal data; the answer is empty."""
    return kept.changed(_change(request, pk, body))


def _change(request: ApiRequest, pk: int, body: PaypalProductChange) -> ProductPaypal:
    columns: dict[str, Any] = body.model_dump(include=body.model_fields_set)
    if "paypal_id" in columns:
        columns["paypal_id"] = columns["paypal_id"] or None
    with transaction.atomic():
        row: ProductPaypal = kept.found(ProductPaypal, pk, lock=True)
        etags.check_match(request, row)
        row.change(**columns)
    return row


def _product(path: str) -> Product:
    pk = reference(path, PRODUCTS)
    product = Product.objects.filter(pk=pk).first() if pk else None
    if product is None:
        raise BadFields(seller_product="must be the path of a product")
    return product
