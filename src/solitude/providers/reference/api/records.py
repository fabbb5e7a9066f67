"""`/provider/reference/sellers/`, `products/` and `terms/`: one call writes here and at the provider.

The provider is asked with no transaction open: what it has made is kept when it has answered. What is wrong by our own rules is told
before it is asked.
"""

import re
from collections.abc import Callable, Mapping
from typing import Annotated, Any, TypeVar

from django.db import IntegrityError, transaction
from django.http import HttpResponse
from ninja import Router
from pydantic import Field

from solitude.audit.accesses import Does, touches
from solitude.outbound.json_api import Ask, Reply
from solitude.payments import answers
from solitude.payments.contract import Outcome, Reason, Result
from solitude.prepared import insert_once
from solitude.providers.reference import asking, records
from solitude.providers.reference.configured import ReferenceProvider
from solitude.providers.reference.models import REFERENCE_MAX_CHARS, ProductReference, SellerReference
from solitude.providers.reference.names import NAME, PRODUCTS, SELLERS, TERMS
from solitude.providers.reference.records import (
    REFERENCE_SELLERS,
    ReferenceProduct,
    ReferenceProductKept,
    ReferenceSeller,
    ReferenceSellerKept,
    ReferenceTerms,
)
from solitude.providers.reference.segments import path_to
from solitude.providers.reference.shown import digest
from solitude.sellers.models import Product, Seller
from solitude.sellers.shown import PRODUCTS as GENERIC_PRODUCTS
from solitude.sellers.shown import SELLERS as GENERIC_SELLERS
from solitude.web import etags, filters, paging
from solitude.web.answers import answer, created
from solitude.web.fields import SENSITIVE, Body, GivenText, Taken, path_under, reference, text_of
from solitude.web.openapi import Detail, Page, query, unconditional
from solitude.web.refusals import BadFields, Refused, not_found
from solitude.web.requests import ApiRequest
from solitude.web.rows import Row

router = Router()
R = TypeVar("R", SellerReference, ProductReference)
NAME_MAX_CHARS, AGREEMENT_MAX_CHARS, EMAIL_MAX_CHARS, TERMS_MAX_CHARS = 100, 255, 254, 100_000
STATUSES = ("ACTIVE", "INACTIVE", "DISABLED")
# As far as it can be told without asking; the provider judges.
_EMAIL = r"^([^@\s]+@[^@\s]+)?$"
SELLER_TAKEN = "A seller reference with this seller already exists."
PRODUCT_TAKEN = "A product reference with this product already exists."
SELLER_FILTERS = {"seller__uuid": filters.text("seller__uuid", "The seller's uuid.")}
PRODUCT_FILTERS = {
    "seller_product__seller": filters.number("seller_product__seller", "The primary key of the product's seller."),
    "seller_product__external_id": filters.text("seller_product__external_id", "The seller's own name of the product."),
}
ERRORS = asking.ERRORS


def _naming(value: Any) -> Any:
    # By what could be in no path nothing could ever be asked about it again.
    if isinstance(value, str) and len(value) <= NAME_MAX_CHARS and path_to(SELLERS, value) is None:
        raise ValueError("must be a name that can stand in a path")
    return value


def _email(value: Any) -> Any:
    if not isinstance(value, str) or not re.fullmatch(_EMAIL, value):
        raise ValueError("must be an e-mail address")
    return value


def _status(value: Any) -> Any:
    # An empty one is none: the provider says what it wants.
    if value not in ("", *STATUSES):
        raise ValueError(f"must be one of {', '.join(STATUSES)}")
    return value


Named = Annotated[str, text_of(NAME_MAX_CHARS)]
Naming = Annotated[str, text_of(NAME_MAX_CHARS), Taken(_naming, {"type": "string", "maxLength": NAME_MAX_CHARS})]
Email = Annotated[
    str,
    text_of(EMAIL_MAX_CHARS),
    Taken(_email, {"type": "string", "pattern": _EMAIL, "maxLength": EMAIL_MAX_CHARS}),
]
Status = Annotated[str, Taken(_status, {"enum": ["", *STATUSES]})]
Agreement = Annotated[str, text_of(AGREEMENT_MAX_CHARS)]
Uuid = Annotated[Naming | None, Field(description="The name that it has, or shall have, at the provider.")]


class ReferenceSellerIn(Body):
    """A seller for the provider, which judges what is in it beside `seller`. It gets what is given."""

    seller: Annotated[GivenText, path_under(GENERIC_SELLERS), Field(description="The path of the seller.")]
    uuid: Uuid = None
    name: Named | None = None
    email: Annotated[Email | None, SENSITIVE] = None
    status: Status | None = None
    agreement: Annotated[Agreement | None, Field(description="The day of the agreement.")] = None


class ReferenceProductIn(Body):
    """A product for the provider, which learns beside this who sells it and our `external_id`."""

    seller_product: Annotated[GivenText, path_under(GENERIC_PRODUCTS), Field(description="The path of the product.")]
    seller_reference: Annotated[
        GivenText, path_under(REFERENCE_SELLERS), Field(description="The path of who sells it there.")
    ]
    uuid: Uuid = None
    name: Named | None = None


class ReferenceTermsIn(Body):
    """What a seller has agreed to."""

    text: Annotated[str, text_of(TERMS_MAX_CHARS)] | None = None
    agreement: Agreement | None = None


# --- sellers ---


@router.post("/sellers/", response={201: ReferenceSeller, **ERRORS})
@touches(Does.CREATED, "reference_seller")
def create_reference_seller(request: ApiRequest, body: ReferenceSellerIn) -> HttpResponse:
    """Makes a seller at the provider, and keeps what it is called there."""
    provider = asking.named(request, NAME, SELLERS)
    seller = _seller(body.seller)
    if SellerReference.objects.filter(seller=seller).exists():
        raise BadFields(seller=SELLER_TAKEN)
    said, uuid = _made(provider, SELLERS, _sent(body, "seller"), SellerReference)
    row = SellerReference(seller=seller, reference_id=uuid)
    return _kept(request, row, said, records.shown_seller, BadFields(seller=SELLER_TAKEN))


@router.get("/sellers/", response=Page[ReferenceSellerKept], openapi_extra=query(SELLER_FILTERS))
@touches(Does.READ, "reference_seller")
def list_reference_sellers(request: ApiRequest) -> HttpResponse:
    """What is kept here of sellers at the provider, the newest first. The provider is not asked."""
    asking.named(request, NAME, SELLERS)
    return paging.listed(request, SellerReference.objects.all(), records.kept_seller, SELLER_FILTERS)


@router.get("/sellers/{int:pk}/", response={200: ReferenceSeller, **ERRORS})
@touches(Does.READ, "reference_seller")
def get_reference_seller(request: ApiRequest, pk: int) -> HttpResponse:
    """A seller, as the provider has it."""
    provider = asking.named(request, NAME, SELLERS)
    row = paging.one(request, SellerReference.objects.all(), pk, SELLER_FILTERS)
    return _shown(request, row, _got(provider, SELLERS, row), records.shown_seller)


@router.put("/sellers/{int:pk}/", response={200: ReferenceSeller, **ERRORS})
@touches(Does.CHANGED, "reference_seller")
def put_reference_seller(request: ApiRequest, pk: int, body: ReferenceSellerIn) -> HttpResponse:
    """Changes a seller at the provider, which blanks what is left out."""
    provider = asking.named(request, NAME, SELLERS)
    seller = _seller(body.seller)
    if SellerReference.objects.filter(seller=seller).exclude(pk=pk).exists():
        raise BadFields(seller=SELLER_TAKEN)
    row = _begun(request, SellerReference, pk, body.uuid, SELLER_FILTERS)
    said = _put(provider, SELLERS, row, _sent(body, "seller"))
    _change(SellerReference, row, BadFields(seller=SELLER_TAKEN), seller=seller)
    return answer(records.shown_seller(row, said), ETag=_tag(row, said))


@router.patch("/sellers/{int:pk}/", response={200: ReferenceSeller, **ERRORS})
@touches(Does.CHANGED, "reference_seller")
def patch_reference_seller(request: ApiRequest, pk: int, body: ReferenceSellerIn) -> HttpResponse:
    """Does what PUT does: the provider knows no other change."""
    return put_reference_seller(request, pk, body)


@router.delete("/sellers/{int:pk}/", response={403: Detail}, openapi_extra=unconditional())
@touches(Does.REMOVED, "reference_seller")
def delete_reference_seller(request: ApiRequest, pk: int) -> HttpResponse:
    """Is always refused: a seller stays. Its status can be changed."""
    return _never_deleted(request, SELLERS)


# --- products ---


@router.post("/products/", response={201: ReferenceProduct, **ERRORS})
def create_reference_product(request: ApiRequest, body: ReferenceProductIn) -> HttpResponse:
    """Makes a product at the provider, and keeps what it is called there."""
    provider = asking.named(request, NAME, PRODUCTS)
    product, seller = _references(body)
    if ProductReference.objects.filter(seller_product=product).exists():
        raise BadFields(seller_product=PRODUCT_TAKEN)
    said, uuid = _made(provider, PRODUCTS, _product_sent(body, product, seller), ProductReference)
    row = ProductReference(seller_product=product, seller_reference=seller, reference_id=uuid)
    return _kept(request, row, said, records.shown_product, BadFields(seller_product=PRODUCT_TAKEN))


@router.get("/products/", response=Page[ReferenceProductKept], openapi_extra=query(PRODUCT_FILTERS))
def list_reference_products(request: ApiRequest) -> HttpResponse:
    """What is kept here of products at the provider, the newest first. The provider is not asked."""
    asking.named(request, NAME, PRODUCTS)
    return paging.listed(request, ProductReference.objects.all(), records.kept_product, PRODUCT_FILTERS)


@router.get("/products/{int:pk}/", response={200: ReferenceProduct, **ERRORS})
def get_reference_product(request: ApiRequest, pk: int) -> HttpResponse:
    """A product, as the provider has it."""
    provider = asking.named(request, NAME, PRODUCTS)
    row = paging.one(request, ProductReference.objects.all(), pk, PRODUCT_FILTERS)
    return _shown(request, row, _got(provider, PRODUCTS, row), records.shown_product)


@router.put("/products/{int:pk}/", response={200: ReferenceProduct, **ERRORS})
def put_reference_product(request: ApiRequest, pk: int, body: ReferenceProductIn) -> HttpResponse:
    """Changes a product at a provider that has this; where it has not, the answer is its 404 and nothing changes."""
    provider = asking.named(request, NAME, PRODUCTS)
    product, seller = _references(body)
    if ProductReference.objects.filter(seller_product=product).exclude(pk=pk).exists():
        raise BadFields(seller_product=PRODUCT_TAKEN)
    row = _begun(request, ProductReference, pk, body.uuid, PRODUCT_FILTERS)
    said = _put(provider, PRODUCTS, row, _product_sent(body, product, seller))
    clash = BadFields(seller_product=PRODUCT_TAKEN)
    _change(ProductReference, row, clash, seller_product=product, seller_reference=seller)
    return answer(records.shown_product(row, said), ETag=_tag(row, said))


@router.patch("/products/{int:pk}/", response={200: ReferenceProduct, **ERRORS})
def patch_reference_product(request: ApiRequest, pk: int, body: ReferenceProductIn) -> HttpResponse:
    """Does what PUT does: the provider knows no other change."""
    return put_reference_product(request, pk, body)


@router.delete("/products/{int:pk}/", response={403: Detail}, openapi_extra=unconditional())
def delete_reference_product(request: ApiRequest, pk: int) -> HttpResponse:
    """Is always refused: a product stays."""
    return _never_deleted(request, PRODUCTS)


# --- terms ---


@router.get("/terms/{int:pk}/", response={200: ReferenceTerms, **ERRORS})
def get_reference_terms(request: ApiRequest, pk: int) -> HttpResponse:
    """What a seller agrees to with the provider. `pk` is that of `/provider/reference/sellers/`."""
    provider = asking.named(request, NAME, TERMS)
    row = paging.one(request, SellerReference.objects.all(), pk, {})
    return _shown(request, row, _got(provider, TERMS, row), records.shown_terms)


@router.put("/terms/{int:pk}/", response={200: ReferenceTerms, **ERRORS})
def put_reference_terms(request: ApiRequest, pk: int, body: ReferenceTermsIn) -> HttpResponse:
    """Changes the terms at a provider that has this; elsewhere the agreement is a field of the seller."""
    provider = asking.named(request, NAME, TERMS)
    row = _begun(request, SellerReference, pk, None, {})
    said = _put(provider, TERMS, row, _sent(body))
    return answer(records.shown_terms(row, said), ETag=_tag(row, said))


@router.patch("/terms/{int:pk}/", response={200: ReferenceTerms, **ERRORS})
def patch_reference_terms(request: ApiRequest, pk: int, body: ReferenceTermsIn) -> HttpResponse:
    """Does what PUT does: the provider knows no other change."""
    return put_reference_terms(request, pk, body)


@router.delete("/terms/{int:pk}/", response={403: Detail}, openapi_extra=unconditional())
def delete_reference_terms(request: ApiRequest, pk: int) -> HttpResponse:
    """Is always refused: what was agreed stays."""
    return _never_deleted(request, TERMS)


# --- what they have in common ---


def _seller(path: str) -> Seller:
    pk = reference(path, GENERIC_SELLERS)
    seller = Seller.objects.filter(pk=pk).first() if pk else None
    if seller is None:
        raise BadFields(seller="must be the path of a seller")
    return seller


def _references(body: ReferenceProductIn) -> tuple[Product, SellerReference]:
    pks = reference(body.seller_product, GENERIC_PRODUCTS), reference(body.seller_reference, REFERENCE_SELLERS)
    product = Product.objects.filter(pk=pks[0]).first() if pks[0] else None
    seller = SellerReference.objects.filter(pk=pks[1]).first() if pks[1] else None
    wrong = {}
    if product is None:
        wrong["seller_product"] = "must be the path of a product"
    if seller is None:
        wrong["seller_reference"] = "must be the path of a seller at the provider"
    if product is None or seller is None:
        raise BadFields(**wrong)
    return product, seller


def _sent(body: Body, *ours: str) -> dict[str, Any]:
    """What goes on to the provider: the fields that were given, but for those that are ours."""
    return body.model_dump(include=body.model_fields_set - set(ours), exclude_none=True)


def _product_sent(body: ReferenceProductIn, product: Product, seller: SellerReference) -> dict[str, Any]:
    named = {"seller_id": seller.reference_id, "external_id": product.external_id}
    return _sent(body, "seller_product", "seller_reference") | named


def _made(
    provider: ReferenceProvider, resource: str, fields: dict[str, Any], model: type[Row]
) -> tuple[dict[str, Any], str]:
    """What the provider has made, and what it calls it there.

    A try before this one may have made it, and its answer got lost: if the provider has just what is asked for, and it is nobody's
    here, it is that.
    """
    ask = Ask("POST", path_to(resource) or "", f"create_{resource}", fields)
    reply = asking.attempted(provider, ask)
    if reply.status == 409:
        reply = _made_before(provider, resource, fields, model) or reply
    if not reply.is_success:
        raise asking.refused(reply)
    return _object(reply), _uuid(reply)


def _made_before(provider: ReferenceProvider, resource: str, fields: dict[str, Any], model: Any) -> Reply | None:
    path = path_to(resource, fields["uuid"]) if fields.get("uuid") else None
    if path is None or model.objects.filter(reference_id=fields["uuid"]).exists():
        return None
    found = asking.attempted(provider, Ask("GET", path, f"get_{resource}"))
    same = isinstance(found.body, dict) and all(found.body.get(name) == value for name, value in fields.items())
    return found if found.is_success and same else None


def _got(provider: ReferenceProvider, resource: str, row: SellerReference | ProductReference) -> dict[str, Any]:
    return _object(asking.ask(provider, Ask("GET", _path(resource, row), f"get_{resource}")))


def _put(
    provider: ReferenceProvider,
    resource: str,
    row: SellerReference | ProductReference,
    fields: dict[str, Any],
) -> dict[str, Any]:
    return _object(asking.ask(provider, Ask("PUT", _path(resource, row), f"change_{resource}", fields)))


def _path(resource: str, row: SellerReference | ProductReference) -> str:
    path = path_to(resource, row.reference_id)
    if path is None:
        # Such a name of the provider's is in no path of its own.
        raise not_found()
    return path


def _object(reply: Reply) -> dict[str, Any]:
    if not isinstance(reply.body, dict):
        raise _not_understood()
    return reply.body


def _uuid(reply: Reply) -> str:
    uuid = _object(reply).get("uuid")
    if not isinstance(uuid, str) or not 0 < len(uuid) <= REFERENCE_MAX_CHARS or not uuid.isprintable():
        raise _not_understood()
    return uuid


def _not_understood() -> Refused:
    """The provider has done something, and its answer does not say what."""
    refusal = answers.refusal(NAME, Result(Outcome.UNKNOWN, reason=Reason("NOT_UNDERSTOOD")), None)
    assert refusal is not None  # noqa: S101  # what is not known is refused
    return refusal


def _kept(
    request: ApiRequest, row: R, said: dict[str, Any], show: Callable[[R, Any], Mapping[str, Any]], clash: BadFields
) -> HttpResponse:
    with transaction.atomic():
        if not insert_once(row):
            raise clash
        return created(request, show(row, said), tag=_tag(row, said))


def _begun(request: ApiRequest, model: type[R], pk: int, uuid: str | None, allowed: filters.Filters) -> R:
    """The row of a change that the provider is about to be asked for. Its state is another one from now on: of two that have seen the
    same one, only one gets so far."""
    with transaction.atomic():
        rows: Any = model._default_manager.all()
        row: R = paging.one(request, rows, pk, allowed, lock=True)
        if uuid is not None and uuid != row.reference_id:
            # The provider goes by the body: it would change another one, or make one.
            raise BadFields(uuid="must be the one that it has at the provider")
        etags.check_match(request, row)
        row.change()
    return row


def _change(model: type[R], row: R, clash: BadFields, **columns: Any) -> None:
    """What the provider has done is kept here as well."""
    try:
        with transaction.atomic():
            locked: R = model._default_manager.select_for_update().get(pk=row.pk)
            if all(getattr(locked, f"{name}_id") == value.pk for name, value in columns.items()):
                return
            locked.change(**columns)
    except IntegrityError:
        raise clash from None
    row.refresh_from_db()


def _tag(row: Row, said: Any) -> str:
    return etags.etag_of(row, besides=digest(said))


def _shown(
    request: ApiRequest, row: R, said: dict[str, Any], show: Callable[[R, Any], Mapping[str, Any]]
) -> HttpResponse:
    tag = _tag(row, said)
    return etags.not_modified(request, tag) or answer(show(row, said), ETag=tag)


def _never_deleted(request: ApiRequest, resource: str) -> HttpResponse:
    asking.named(request, NAME, resource)
    raise Refused(403, {"detail": "This is never deleted."})
