"""`/generic/seller/` and `/generic/product/`"""

from typing import Annotated, Any

from django.db import transaction
from django.http import HttpResponse
from ninja import Router
from pydantic import BeforeValidator

from solitude.sellers.models import Access, Product, Seller, parts
from solitude.web import paging
from solitude.web.answers import answer, created, time_text
from solitude.web.fields import Body, Flag, GivenText, Text, reference
from solitude.web.once import insert_once
from solitude.web.refusals import BadFields, not_found
from solitude.web.requests import ApiRequest

router = Router()
SELLERS = "/generic/seller/"


def _access(value: Any) -> Any:
    if not isinstance(value, int | str) or str(value) not in ("1", "2"):
        raise ValueError("must be 1 (purchase) or 2 (simulate)")
    return int(value)


class SellerIn(Body):
    uuid: GivenText
    active: Flag = True


class ProductIn(Body):
    seller: GivenText
    external_id: GivenText
    public_id: GivenText
    secret: Text | None = None
    access: Annotated[int, BeforeValidator(_access)] = Access.PURCHASE


@router.post("/seller/")
def create_seller(request: ApiRequest, body: SellerIn) -> HttpResponse:
    seller = Seller(**body.model_dump())
    with transaction.atomic():
        if not insert_once(seller):
            raise BadFields(uuid="SELLER_UUID_ALREADY_EXISTS")
        return created(request, shown_seller(seller))


@router.get("/seller/")
def list_sellers(request: ApiRequest) -> HttpResponse:
    return answer(paging.listed(request, Seller.objects.select_related(*parts.joins), shown_seller, filters=("uuid",)))


@router.get("/seller/{int:pk}/")
def get_seller(request: ApiRequest, pk: int) -> HttpResponse:
    paging.only(request)
    seller = Seller.objects.select_related(*parts.joins).filter(pk=pk).first()
    if seller is None:
        raise not_found()
    return answer(shown_seller(seller))


@router.post("/product/")
def create_product(request: ApiRequest, body: ProductIn) -> HttpResponse:
    pk = reference(body.seller, SELLERS)
    seller = Seller.objects.filter(pk=pk).first() if pk else None
    if seller is None:
        raise BadFields(seller="must be the path of a seller")
    product = Product(**body.model_dump(exclude={"seller"}), seller=seller)
    with transaction.atomic():
        if not insert_once(product):
            raise _clash(product)
        return created(request, shown_product(product))


@router.get("/product/")
def list_products(request: ApiRequest) -> HttpResponse:
    return answer(paging.listed(request, Product.objects.all(), shown_product))


@router.get("/product/{int:pk}/")
def get_product(request: ApiRequest, pk: int) -> HttpResponse:
    paging.only(request)
    product = Product.objects.filter(pk=pk).first()
    if product is None:
        raise not_found()
    return answer(shown_product(product))


def _clash(product: Product) -> BadFields:
    if Product.objects.filter(public_id=product.public_id).exists():
        return BadFields(public_id="PUBLIC_PRODUCT_ID_IS_NOT_UNIQUE")
    return BadFields(external_id="EXTERNAL_PRODUCT_ID_IS_NOT_UNIQUE")


def shown_seller(seller: Seller) -> dict[str, Any]:
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
        **parts.of(seller),
    }


def shown_product(product: Product) -> dict[str, Any]:
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
