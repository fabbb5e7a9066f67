"""`/braintree/product/`: the catalogue, product by product."""

from decimal import Decimal
from typing import Annotated, Any

from django.db import transaction
from django.http import HttpResponse
from ninja import Router
from pydantic import Field

from solitude.prepared import insert_once
from solitude.providers.braintree import catalogue
from solitude.providers.braintree.catalogue import KINDS, RECURRENCES, BraintreeProduct, shown_product
from solitude.providers.braintree.models import DESCRIPTION_MAX_CHARS, ProductBraintree, Subscription
from solitude.sellers.models import Product
from solitude.sellers.shown import PRODUCTS
from solitude.web import changes, etags, filters, paging
from solitude.web.answers import answer, created
from solitude.web.fields import Body, DecimalNumber, Flag, GivenText, Taken, kept, path_under, reference, text_of
from solitude.web.openapi import Page, query
from solitude.web.refusals import BadFields
from solitude.web.requests import ApiRequest

router = Router()
FILTERS = {
    "seller_product": filters.number("seller_product", "The primary key of the product."),
    "seller_product__public_id": filters.text("seller_product__public_id", "The name of the plan."),
    "seller_product__seller": filters.number("seller_product__seller", "The primary key of the product's seller."),
    "active": filters.flag("active", "Whether it is sold."),
}


def _one_of(choices: tuple[str, ...]) -> Taken:
    def read(value: Any) -> Any:
        if value not in choices:
            raise ValueError(f"must be {' or '.join(choices)}")
        return value

    return Taken(read, {"enum": [*choices]})


AnAmount = Annotated[
    DecimalNumber | None,
    Field(description="With no more digits than the currency has. Null: the buyer chooses it."),
]
Currency = Annotated[
    str, Taken(catalogue.currency, {"type": "string", "pattern": "^[A-Z]{3}$"}), Field(description="An ISO 4217 code.")
]
Recurrence = Annotated[
    Annotated[str, _one_of(RECURRENCES)] | None,
    Field(description="`monthly`: it is subscribed to. Null: it is sold once."),
]
Kind = Annotated[str, _one_of(KINDS)]
Description = Annotated[
    str, text_of(DESCRIPTION_MAX_CHARS), Field(description="What a buyer's statement says of it, as far as it fits.")
]
Active = Annotated[Flag, Field(description="Only an active one is sold.")]


class BraintreeProductIn(Body):
    """How a product is to be sold through Braintree."""

    seller_product: Annotated[GivenText, path_under(PRODUCTS), Field(description="The path of the product.")]
    amount: AnAmount = None
    currency: Currency = "USD"
    recurrence: Recurrence = None
    kind: Kind = ProductBraintree.Kind.PRODUCTS.value
    description: Description = ""
    active: Active = True


class BraintreeProductChange(Body):
    """What is to change of how a product is sold. What is left out stays as it is, but for `recurrence`, `kind` and `active`, which a
    PUT sets back. A subscription goes on as it was agreed."""

    amount: AnAmount = kept()
    currency: Currency = kept()
    recurrence: Recurrence = None
    kind: Kind = ProductBraintree.Kind.PRODUCTS.value
    description: Description = kept()
    active: Active = True


@router.post("/product/", response={201: BraintreeProduct})
def create_braintree_product(request: ApiRequest, body: BraintreeProductIn) -> HttpResponse:
    """Enters a product into the catalogue. Braintree is not asked; `solitude braintree check` compares with its plans."""
    row = ProductBraintree(**_columns(body.model_dump(exclude={"seller_product"}), body.currency))
    row.seller_product = _product(body.seller_product)
    with transaction.atomic():
        if not insert_once(row):
            raise BadFields(seller_product="is in the catalogue already")
        return created(request, shown_product(row), tag=etags.etag_of(row))


@router.get("/product/", response=Page[BraintreeProduct], openapi_extra=query(FILTERS))
def list_braintree_products(request: ApiRequest) -> HttpResponse:
    """The catalogue, the newest first."""
    return paging.listed(request, ProductBraintree.objects.all(), shown_product, FILTERS)


@router.get("/product/{int:pk}/", response=BraintreeProduct)
def get_braintree_product(request: ApiRequest, pk: int) -> HttpResponse:
    """An entry of the catalogue."""
    row = paging.one(request, ProductBraintree.objects.all(), pk, FILTERS)
    tag = etags.etag_of(row)
    return etags.not_modified(request, tag) or answer(shown_product(row), ETag=tag)


@router.put("/product/{int:pk}/", response=BraintreeProduct)
def put_braintree_product(request: ApiRequest, pk: int, body: BraintreeProductChange) -> HttpResponse:
    """Changes an entry, and sets back what the body leaves out of its flags and choices."""
    return _change(request, pk, changes.given(body, reset=["recurrence", "kind", "active"]))


@router.patch("/product/{int:pk}/", response=BraintreeProduct)
def patch_braintree_product(request: ApiRequest, pk: int, body: BraintreeProductChange) -> HttpResponse:
    """Changes what is given of an entry."""
    return _change(request, pk, changes.given(body))


def _change(request: ApiRequest, pk: int, given: dict[str, Any]) -> HttpResponse:
    with transaction.atomic():
        row = paging.one(request, ProductBraintree.objects.all(), pk, FILTERS, lock=True)
        code = given.get("currency", row.currency)
        if code != row.currency and Subscription.objects.filter(seller_product=row.seller_product_id).exists():
            raise BadFields(currency="stays, because there are subscriptions in it")
        changed = _columns({"amount": row.amount} | given, code)
        changes.change(request, row, _clash, **changed)
    return answer(shown_product(row), ETag=etags.etag_of(row))


def _columns(given: dict[str, Any], code: str) -> dict[str, Any]:
    """The columns that hold what is given. Raises BadFields for an amount that the currency does not have."""
    columns, amount = dict(given), given["amount"]
    if amount is not None:
        columns["amount"] = _amount(amount, code)
    if "recurrence" in given:
        columns["recurrence"] = given["recurrence"] or ""
    return columns


def _amount(value: Decimal, code: str) -> Decimal:
    try:
        return catalogue.amount(value, code)
    except ValueError as error:
        raise BadFields(amount=str(error)) from None


def _product(path: str) -> Product:
    pk = reference(path, PRODUCTS)
    product = Product.objects.filter(pk=pk).first() if pk else None
    if product is None:
        raise BadFields(seller_product="must be the path of a product")
    return product


def _clash(_row: ProductBraintree) -> BadFields:
    return BadFields(seller_product="is in the catalogue already")
