"""`/bango/status/`: whether a product can be sold, as Bango sees it; and `/bango/debug/`."""

from typing import Annotated

from django.conf import settings
from django.db import transaction
from django.http import HttpResponse
from ninja import Router
from pydantic import Field
from typing_extensions import TypedDict

from solitude.providers.bango import asking, statuses
from solitude.providers.bango.api import kept
from solitude.providers.bango.api.fields import BangoProductPath, bango_product_at
from solitude.providers.bango.models import StatusBango
from solitude.providers.bango.names import NUMBER
from solitude.providers.bango.records import StatusShown, shown_status
from solitude.transactions.models import Transaction
from solitude.web import etags, paging
from solitude.web.answers import answer
from solitude.web.fields import Body
from solitude.web.filters import Filters
from solitude.web.openapi import Nothing, Page, query
from solitude.web.requests import ApiRequest

router = Router()
FILTERS: Filters = {}


class StatusIn(Body):
    """Which product."""

    seller_product_bango: BangoProductPath


class LastShown(TypedDict):
    """The newest of its kind, and where it is."""

    status: int
    url: Annotated[str, Field(examples=["/bango/status/6/"])]


class ProductFacts(TypedDict):
    """What is known of a product here. An empty object: there is none yet."""

    environment: Annotated[str, Field(description="Bango's world: `test` or `prod`.")]
    bango_id: str
    package_id: int
    last_status: LastShown | Nothing
    last_transaction: LastShown | Nothing


class DebugShown(TypedDict):
    """For who looks into what is wrong with a product."""

    bango: ProductFacts
    solitude: Nothing


@router.post("/status/", response={201: StatusShown, **asking.BANGO_ERRORS})
def check_bango_product(request: ApiRequest, body: StatusIn) -> HttpResponse:
    """Has Bango make a payment page for a product, which nobody will see. 201 also where Bango refuses: then the status is bad."""
    product = bango_product_at(body.seller_product_bango)
    found = statuses.check(product)
    row = StatusBango(seller_product_bango=product, status=found.status, errors=found.errors)
    with transaction.atomic():
        row.save(force_insert=True)
        return kept.done(request, shown_status(row), 201, Location=row.resource_uri, ETag=etags.etag_of(row))


@router.get("/status/", response=Page[StatusShown], openapi_extra=query(FILTERS))
def list_bango_statuses(request: ApiRequest) -> HttpResponse:
    """Checks of products, the newest first. They are kept for `SOLITUDE_BANGO_STATUSES_LIFETIME_DAYS`."""
    return paging.listed(request, StatusBango.objects.all(), shown_status, FILTERS)


@router.get("/status/{int:pk}/", response=StatusShown)
def get_bango_status(request: ApiRequest, pk: int) -> HttpResponse:
    """A check of a product."""
    row = paging.one(request, StatusBango.objects.all(), pk, FILTERS)
    tag = etags.etag_of(row)
    return etags.not_modified(request, tag) or answer(shown_status(row), ETag=tag)


@router.get("/debug/", response=DebugShown)
def debug_bango_product(request: ApiRequest, body: StatusIn) -> HttpResponse:
    """What is known here of a product, which is named in the body. Bango is not asked."""
    paging.only(request)
    product = bango_product_at(body.seller_product_bango)
    checked = product.statuses.order_by("-pk").first()
    paid = Transaction.objects.filter(provider=NUMBER, seller_product=product.seller_product).order_by("-pk").first()
    facts: ProductFacts = {
        "environment": settings.SOLITUDE_BANGO_ENV,
        "bango_id": product.bango_id,
        "package_id": product.seller_bango.package_id,
        "last_status": {"status": checked.status, "url": checked.resource_uri} if checked else {},
        "last_transaction": {"status": paid.status, "url": paid.resource_uri} if paid else {},
    }
    shown: DebugShown = {"bango": facts, "solitude": {}}
    return answer(shown)
