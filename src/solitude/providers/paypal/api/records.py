"""`/paypal/seller/` and `/paypal/buyer/`: store and get PayPal data. Secrets never come out."""

from collections.abc import Callable
from typing import Annotated, Any

from django.db import transaction
from django.http import HttpResponse
from ninja import Router
from pydantic import Field, WithJsonSchema, create_model

from solitude.audit import accesses
from solitude.audit.accesses import Does, touches
from solitude.buyers.models import Buyer
from solitude.prepared import insert_once
from solitude.providers.paypal import preapprovals, records
from solitude.providers.paypal.api.kept import changed, found, remembered, shown
from solitude.providers.paypal.models import PERSON_LIMITS, BuyerPaypal, SellerPaypal
from solitude.providers.paypal.names import CLASSIC, REST, Interface
from solitude.providers.paypal.records import BuyerPaypalShown, SellerPaypalShown
from solitude.sellers.models import Seller
from solitude.sellers.shown import SELLERS
from solitude.web import etags, paging
from solitude.web.answers import created
from solitude.web.fields import Body, Day, GivenText, Taken, Text, kept, path_under, reference, text_of
from solitude.web.refusals import BadFields
from solitude.web.requests import ApiRequest

router = Router()
BUYERS = "/generic/buyer/"
MARKETPLACE = "marketplace"  # who ended a pre-approval


def _person(default: Callable[[], Any]) -> dict[str, Any]:
    """One text per column of person data, with the column's own limit."""
    return {name: (Annotated[str, text_of(limit)], default()) for name, limit in PERSON_LIMITS.items()}


PaypalId = Annotated[
    Text | None,
    Field(description="An e-mail address or merchant id: who gets the money.", examples=["dev@example.net"]),
]


def _interface(value: Any) -> Any:
    if value not in (REST, CLASSIC):
        raise ValueError(f"must be {REST} or {CLASSIC}")
    return value


OneInterface = Annotated[Interface, Taken(_interface, {"enum": [REST, CLASSIC]})]
PaidBy = Annotated[
    OneInterface | None,
    Field(description="By which of PayPal's interfaces the seller is paid; null: by `SOLITUDE_PAYPAL_API`."),
]


class _SellerIn(Body):
    seller: Annotated[GivenText, path_under(SELLERS), Field(description="The path of the seller.")]
    paypal_id: PaypalId = None
    interface: PaidBy = None


class _SellerChange(Body):
    paypal_id: PaypalId = kept()
    interface: PaidBy = kept()


PaypalSellerIn: Any = create_model(
    "PaypalSellerIn",
    __base__=_SellerIn,
    __doc__="What is to be kept of a seller for PayPal. Personal data is kept encrypted.",
    **_person(str),
)
PaypalSellerChange: Any = create_model(
    "PaypalSellerChange",
    __base__=_SellerChange,
    __doc__="What is to change of a seller's PayPal data. What is left out stays as it is, also in a PUT.",
    **_person(kept),
)
PaypalCurrency = Annotated[
    Annotated[Text, WithJsonSchema({"type": "string", "pattern": "^(.{3})?$"})] | None,
    Field(description="The pre-approval counts only for payments in this currency; empty: in any."),
]
Expiry = Annotated[Day | None, Field(description="The last day of the pre-approval; null: none.")]


class PaypalBuyerIn(Body):
    """What is to be kept of a buyer for PayPal. A key comes only from a pre-approval."""

    buyer: Annotated[GivenText, path_under(BUYERS), Field(description="The path of the buyer.")]
    currency: PaypalCurrency = None
    expiry: Expiry = None


class PaypalBuyerChange(Body):
    """What is to change of a buyer's PayPal data. What is left out stays as it is."""

    currency: PaypalCurrency = kept()
    expiry: Expiry = kept()
    key: Annotated[
        Any, Field(description="Null or empty erases the stored key, here and at PayPal. No key can be set.")
    ] = kept()


@router.post("/seller/", response={201: SellerPaypalShown})
@touches(Does.CREATED, "paypal_seller")
def create_seller_data(request: ApiRequest, body: PaypalSellerIn) -> HttpResponse:
    """Keeps a seller's PayPal data: above all, who gets the money."""
    row = SellerPaypal(seller=_seller(body.seller), **_seller_columns(body.model_dump(exclude={"seller"})))
    with transaction.atomic():
        if not insert_once(row):
            raise BadFields(seller="has PayPal data already")
        return created(request, records.shown_seller(row))


@router.get("/seller/{int:pk}/", response=SellerPaypalShown)
@touches(Does.READ, "paypal_seller")
def get_seller_data(request: ApiRequest, pk: int) -> HttpResponse:
    """A seller's PayPal data."""
    return remembered(request, SellerPaypal, pk, records.shown_seller)


@router.put("/seller/{int:pk}/", response={202: SellerPaypalShown})
@touches(Does.CHANGED, "paypal_seller")
def put_seller_data(request: ApiRequest, pk: int, body: PaypalSellerChange) -> HttpResponse:
    """Changes what is given of a seller's PayPal data, and shows it."""
    row = _change_seller(request, pk, body)
    return shown(records.shown_seller(row), row, 202)


@router.patch("/seller/{int:pk}/", response={202: None})
@touches(Does.CHANGED, "paypal_seller")
def patch_seller_data(request: ApiRequest, pk: int, body: PaypalSellerChange) -> HttpResponse:
    """Changes what is given of a seller's PayPal data; the answer is empty."""
    return changed(_change_seller(request, pk, body))


@router.post("/buyer/", response={201: BuyerPaypalShown})
@touches(Does.CREATED, "paypal_buyer")
def create_buyer_data(request: ApiRequest, body: PaypalBuyerIn) -> HttpResponse:
    """Keeps a buyer's PayPal data, before there is a pre-approval."""
    pk = reference(body.buyer, BUYERS)
    buyer = Buyer.objects.filter(pk=pk).first() if pk else None
    if buyer is None:
        raise BadFields(buyer="must be the path of a buyer")
    row = BuyerPaypal(buyer=buyer, currency=_currency(body.currency), expiry=body.expiry)
    with transaction.atomic():
        if not insert_once(row):
            raise BadFields(buyer="has PayPal data already")
        return created(request, records.shown_buyer(row))


@router.get("/buyer/{int:pk}/", response=BuyerPaypalShown)
@touches(Does.READ, "paypal_buyer")
def get_buyer_data(request: ApiRequest, pk: int) -> HttpResponse:
    """A buyer's PayPal data."""
    paging.only(request)
    row = found(BuyerPaypal, pk)
    return etags.not_modified(request, etags.etag_of(row)) or shown(records.shown_buyer(row), row)


@router.patch("/buyer/{int:pk}/", response={202: None})
@touches(Does.CHANGED, "paypal_buyer")
def patch_buyer_data(request: ApiRequest, pk: int, body: PaypalBuyerChange) -> HttpResponse:
    """Changes what is given of a buyer's PayPal data; an empty `key` erases the stored one, here and at PayPal."""
    given = body.model_fields_set
    columns: dict[str, Any] = {}
    if "currency" in given:
        columns["currency"] = _currency(body.currency)
    if "expiry" in given:
        columns |= {"expiry": body.expiry, "expiry_told": False}
    with transaction.atomic():
        row = found(BuyerPaypal, pk, lock=True)
        etags.check_match(request, row)
        if row.is_limited and columns.get("currency", row.currency) != row.currency:
            raise BadFields(currency="stays, because the limits are amounts in it")
        if "key" in given and not body.key:
            columns |= preapprovals.revoke(row, MARKETPLACE)
        row.change(**columns)
    accesses.touched(f"/generic/buyer/{row.buyer_id}/")
    preapprovals.carry_out_deletions(row.buyer_id)
    return changed(row)


@router.delete("/buyer/{int:pk}/", response={204: None})
@touches(Does.REMOVED, "paypal_buyer")
def delete_buyer_data(request: ApiRequest, pk: int) -> HttpResponse:
    """Forgets a buyer's PayPal data; a stored key is deleted at PayPal as well."""
    with transaction.atomic():
        row = found(BuyerPaypal, pk, lock=True)
        etags.check_match(request, row)
        preapprovals.revoke(row, MARKETPLACE)
        row.delete()
    accesses.touched(f"/generic/buyer/{row.buyer_id}/")
    preapprovals.carry_out_deletions(row.buyer_id)
    return HttpResponse(status=204)


def _change_seller(request: ApiRequest, pk: int, body: Any) -> SellerPaypal:
    columns = _seller_columns(body.model_dump(include=body.model_fields_set))
    with transaction.atomic():
        row: SellerPaypal = found(SellerPaypal, pk, lock=True)
        accesses.touched(f"/generic/seller/{row.seller_id}/")
        etags.check_match(request, row)
        row.change(**columns)
    return row


def _seller_columns(given: dict[str, Any]) -> dict[str, Any]:
    """The columns that hold what is given."""
    columns = dict(given)
    if "paypal_id" in given:
        columns["paypal_id_hash"] = records.paypal_id_hash(given["paypal_id"])
    if "interface" in given:
        columns["interface"] = given["interface"] or ""
    return columns


def _seller(path: str) -> Seller:
    pk = reference(path, SELLERS)
    seller = Seller.objects.filter(pk=pk).first() if pk else None
    if seller is None:
        raise BadFields(seller="must be the path of a seller")
    return seller


def _currency(text: str | None) -> str | None:
    if text and len(text) != 3:
        raise BadFields(currency="must have three letters")
    return text or None
