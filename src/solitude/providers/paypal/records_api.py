"""`/paypal/seller/` and `/paypal/buyer/`: store and get PayPal data. Secrets never come out."""

from collections.abc import Mapping
from typing import Annotated, Any

from django.db import transaction
from django.http import HttpResponse
from ninja import Router
from pydantic import BeforeValidator, create_model

from solitude.buyers.models import Buyer
from solitude.providers.paypal import preapprovals, records
from solitude.providers.paypal.models import PERSON_LIMITS, BuyerPaypal, SellerPaypal
from solitude.providers.paypal.preapproval_api import Day
from solitude.sellers.models import Seller
from solitude.web import etags, paging
from solitude.web.answers import answer, created
from solitude.web.fields import Body, GivenText, Text, reference
from solitude.web.once import insert_once
from solitude.web.refusals import BadFields, not_found
from solitude.web.requests import ApiRequest
from solitude.web.rows import Row

router = Router()
MARKETPLACE = "marketplace"  # who ended a pre-approval


def _at_most(characters: int) -> BeforeValidator:
    def check(value: Any) -> Any:
        if not isinstance(value, str) or len(value) > characters or "\x00" in value:
            raise ValueError(f"must be a text of at most {characters} characters")
        return value

    return BeforeValidator(check)


class _Payee(Body):
    paypal_id: Text | None = None


# One optional text per column of person data, with the column's own limit.
_person: Any = {name: (Annotated[str, _at_most(limit)], "") for name, limit in PERSON_LIMITS.items()}
SellerChange: Any = create_model("SellerChange", __base__=_Payee, **_person)
SellerData: Any = create_model("SellerData", __base__=SellerChange, seller=(GivenText, ...))


@router.post("/seller/")
def create_seller_data(request: ApiRequest, body: SellerData) -> HttpResponse:
    row = SellerPaypal(seller=_seller(body.seller), **body.model_dump(exclude={"seller"}))
    row.paypal_id_hash = records.paypal_id_hash(body.paypal_id)
    with transaction.atomic():
        if not insert_once(row):
            raise BadFields(seller="has PayPal data already")
        return created(request, records.shown_seller(row))


@router.get("/seller/{int:pk}/")
def get_seller_data(request: ApiRequest, pk: int) -> HttpResponse:
    paging.only(request)
    row = _row(SellerPaypal, pk)
    return etags.not_modified(request, etags.etag_of(row)) or _answer(records.shown_seller(row), row)


@router.put("/seller/{int:pk}/")
def put_seller_data(request: ApiRequest, pk: int, body: SellerChange) -> HttpResponse:
    row = _change_seller(request, pk, body)
    return _answer(records.shown_seller(row), row, 202)


@router.patch("/seller/{int:pk}/")
def patch_seller_data(request: ApiRequest, pk: int, body: SellerChange) -> HttpResponse:
    return _changed(_change_seller(request, pk, body))


class BuyerChange(Body):
    currency: Text | None = None
    expiry: Day = None
    key: Any = None


class BuyerData(BuyerChange):
    buyer: GivenText


@router.post("/buyer/")
def create_buyer_data(request: ApiRequest, body: BuyerData) -> HttpResponse:
    pk = reference(body.buyer, "/generic/buyer/")
    buyer = Buyer.objects.filter(pk=pk).first() if pk else None
    if buyer is None:
        raise BadFields(buyer="must be the path of a buyer")
    row = BuyerPaypal(buyer=buyer, currency=_currency(body.currency), expiry=body.expiry)
    with transaction.atomic():
        if not insert_once(row):
            raise BadFields(buyer="has PayPal data already")
        return created(request, records.shown_buyer(row))


@router.get("/buyer/{int:pk}/")
def get_buyer_data(request: ApiRequest, pk: int) -> HttpResponse:
    paging.only(request)
    row = _row(BuyerPaypal, pk)
    return etags.not_modified(request, etags.etag_of(row)) or _answer(records.shown_buyer(row), row)


@router.patch("/buyer/{int:pk}/")
def patch_buyer_data(request: ApiRequest, pk: int, body: BuyerChange) -> HttpResponse:
    """A client can never set the key; an empty one erases it, here and at PayPal."""
    given = body.model_fields_set
    columns: dict[str, Any] = {}
    if "currency" in given:
        columns["currency"] = _currency(body.currency)
    if "expiry" in given:
        columns |= {"expiry": body.expiry, "expiry_told": False}
    with transaction.atomic():
        row = _row(BuyerPaypal, pk, lock=True)
        etags.check_match(request, row)
        if "key" in given and not body.key:
            columns |= preapprovals.revoke(row, MARKETPLACE)
        row.change(**columns)
    preapprovals.carry_out_deletions(row.buyer_id)
    return _changed(row)


@router.delete("/buyer/{int:pk}/")
def delete_buyer_data(request: ApiRequest, pk: int) -> HttpResponse:
    with transaction.atomic():
        row = _row(BuyerPaypal, pk, lock=True)
        etags.check_match(request, row)
        preapprovals.revoke(row, MARKETPLACE)
        row.delete()
    preapprovals.carry_out_deletions(row.buyer_id)
    return HttpResponse(status=204)


def _change_seller(request: ApiRequest, pk: int, body: Any) -> SellerPaypal:
    columns = body.model_dump(include=body.model_fields_set)
    if "paypal_id" in columns:
        columns["paypal_id_hash"] = records.paypal_id_hash(body.paypal_id)
    with transaction.atomic():
        row: SellerPaypal = _row(SellerPaypal, pk, lock=True)
        etags.check_match(request, row)
        row.change(**columns)
    return row


def _answer(body: Mapping[str, Any], row: Row, status: int = 200) -> HttpResponse:
    return answer(body, status, ETag=etags.etag_of(row))


def _changed(row: Row) -> HttpResponse:
    """202 without a body, as the old server answers a PATCH; with the tag of what the row is now."""
    return HttpResponse(status=202, headers={"ETag": etags.etag_of(row)})


def _seller(path: str) -> Seller:
    pk = reference(path, "/generic/seller/")
    seller = Seller.objects.filter(pk=pk).first() if pk else None
    if seller is None:
        raise BadFields(seller="must be the path of a seller")
    return seller


def _currency(text: str | None) -> str | None:
    if text and len(text) != 3:
        raise BadFields(currency="must have three letters")
    return text or None


def _row(model: Any, pk: int, *, lock: bool = False) -> Any:
    rows = model.objects.select_for_update() if lock else model.objects.all()
    row = rows.filter(pk=pk).first()
    if row is None:
        raise not_found()
    return row
