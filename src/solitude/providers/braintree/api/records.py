"""`/braintree/mozilla/`: what is kept here of customers, cards, subscriptions and transactions. Braintree is not asked, and is told of no
change."""

from decimal import Decimal
from typing import Annotated, Any

from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpResponse
from ninja import Router
from pydantic import Field

from solitude.audit.accesses import Does, touches
from solitude.buyers.models import Buyer
from solitude.providers.braintree import catalogue, shown
from solitude.providers.braintree.models import BuyerBraintree, PaymentMethod, Subscription, TransactionBraintree
from solitude.providers.braintree.names import BUYERS, NUMBER
from solitude.providers.braintree.shown import (
    BraintreeBuyer,
    BraintreePaymethod,
    BraintreeSubscription,
    BraintreeTransaction,
)
from solitude.web import changes, etags, filters, paging
from solitude.web.answers import answer
from solitude.web.fields import Body, DecimalNumber, Flag, GivenText, kept, path_under, reference
from solitude.web.openapi import Page, query
from solitude.web.refusals import BadFields
from solitude.web.requests import ApiRequest

router = Router()
GENERIC_BUYERS = "/generic/buyer/"
TAKEN = "has a customer at Braintree already"

ACTIVE = filters.flag("active", "Whether it is used.", digits=True)
BUYER_FILTERS = {
    "buyer": filters.number("buyer", "The primary key of the buyer."),
    "active": ACTIVE,
}
PAYMETHOD_FILTERS = {
    "braintree_buyer": filters.number("braintree_buyer", "The primary key of the customer."),
    "braintree_buyer__buyer__uuid": filters.text("braintree_buyer__buyer__uuid", "The buyer's uuid."),
    "active": ACTIVE,
}
SUBSCRIPTION_FILTERS = {
    "active": ACTIVE,
    "paymethod": filters.number("paymethod", "The primary key of the card."),
    "paymethod__braintree_buyer": filters.number("paymethod__braintree_buyer", "The primary key of the customer."),
    "paymethod__braintree_buyer__buyer": filters.number(
        "paymethod__braintree_buyer__buyer", "The primary key of the buyer."
    ),
    "seller_product": filters.number("seller_product", "The primary key of the product."),
    "provider_id": filters.text("provider_id", "Braintree's name of it."),
}
TRANSACTION_FILTERS = {
    "transaction__buyer__uuid": filters.text("transaction__buyer__uuid", "The buyer's uuid."),
}
Active = Annotated[Flag, Field(description="Whether it is used here; Braintree is not told.")]


class BraintreeBuyerChange(Body):
    """What is to change of a customer. What is left out stays as it is, but for `active`, which a PUT sets back."""

    active: Active = True
    buyer: Annotated[GivenText, path_under(GENERIC_BUYERS), Field(description="The path of the buyer.")] = kept()


class BraintreePaymethodChange(Body):
    """What is to change of a card. What is left out stays as it is, but for `active`, which a PUT sets back."""

    active: Active = True
    braintree_buyer: Annotated[GivenText, path_under(BUYERS), Field(description="The path of the customer.")] = kept()


class BraintreeSubscriptionChange(Body):
    """What is to change of a subscription. What is left out stays as it is, but for `active`, which a PUT sets back."""

    active: Active = True
    amount: Annotated[
        DecimalNumber | None, Field(description="With no more digits than the currency of the product has.")
    ] = kept()


@router.get("/mozilla/buyer/", response=Page[BraintreeBuyer], openapi_extra=query(BUYER_FILTERS))
@touches(Does.READ, "braintree_buyer")
def list_braintree_buyers(request: ApiRequest) -> HttpResponse:
    """Customers, the newest first."""
    return paging.listed(request, BuyerBraintree.objects.all(), shown.shown_buyer, BUYER_FILTERS)


@router.get("/mozilla/buyer/{int:pk}/", response=BraintreeBuyer)
@touches(Does.READ, "braintree_buyer")
def get_braintree_buyer(request: ApiRequest, pk: int) -> HttpResponse:
    """A customer."""
    row = paging.one(request, BuyerBraintree.objects.all(), pk, BUYER_FILTERS)
    tag = etags.etag_of(row)
    return etags.not_modified(request, tag) or answer(shown.shown_buyer(row), ETag=tag)


@router.put("/mozilla/buyer/{int:pk}/", response=BraintreeBuyer)
@touches(Does.CHANGED, "braintree_buyer")
def put_braintree_buyer(request: ApiRequest, pk: int, body: BraintreeBuyerChange) -> HttpResponse:
    """Changes what is kept of a customer, and activates it unless the body says otherwise."""
    return _change_buyer(request, pk, changes.given(body, reset=["active"]))


@router.patch("/mozilla/buyer/{int:pk}/", response=BraintreeBuyer)
@touches(Does.CHANGED, "braintree_buyer")
def patch_braintree_buyer(request: ApiRequest, pk: int, body: BraintreeBuyerChange) -> HttpResponse:
    """Changes what is given of a customer."""
    return _change_buyer(request, pk, changes.given(body))


@router.get("/mozilla/paymethod/", response=Page[BraintreePaymethod], openapi_extra=query(PAYMETHOD_FILTERS))
@touches(Does.READ, "braintree_paymethod")
def list_braintree_paymethods(request: ApiRequest) -> HttpResponse:
    """Cards, the newest first."""
    return paging.listed(request, PaymentMethod.objects.all(), shown.shown_paymethod, PAYMETHOD_FILTERS)


@router.get("/mozilla/paymethod/{int:pk}/", response=BraintreePaymethod)
@touches(Does.READ, "braintree_paymethod")
def get_braintree_paymethod(request: ApiRequest, pk: int) -> HttpResponse:
    """A card of a buyer."""
    row = paging.one(request, PaymentMethod.objects.all(), pk, PAYMETHOD_FILTERS)
    tag = etags.etag_of(row)
    return etags.not_modified(request, tag) or answer(shown.shown_paymethod(row), ETag=tag)


@router.put("/mozilla/paymethod/{int:pk}/", response=BraintreePaymethod)
@touches(Does.CHANGED, "braintree_paymethod")
def put_braintree_paymethod(request: ApiRequest, pk: int, body: BraintreePaymethodChange) -> HttpResponse:
    """Changes what is kept of a card, and activates it here unless the body says otherwise."""
    return _change_paymethod(request, pk, changes.given(body, reset=["active"]))


@router.patch("/mozilla/paymethod/{int:pk}/", response=BraintreePaymethod)
@touches(Does.CHANGED, "braintree_paymethod")
def patch_braintree_paymethod(request: ApiRequest, pk: int, body: BraintreePaymethodChange) -> HttpResponse:
    """Changes what is given of a card. To have it deleted at Braintree there is `/braintree/paymethod/delete/`."""
    return _change_paymethod(request, pk, changes.given(body))


@router.get("/mozilla/subscription/", response=Page[BraintreeSubscription], openapi_extra=query(SUBSCRIPTION_FILTERS))
def list_braintree_subscriptions(request: ApiRequest) -> HttpResponse:
    """Subscriptions, the newest first."""
    rows = Subscription.objects.select_related("seller_product__braintree")
    return paging.listed(request, rows, shown.shown_subscription, SUBSCRIPTION_FILTERS)


@router.get("/mozilla/subscription/{int:pk}/", response=BraintreeSubscription)
def get_braintree_subscription(request: ApiRequest, pk: int) -> HttpResponse:
    """A subscription."""
    rows = Subscription.objects.select_related("seller_product__braintree")
    row = paging.one(request, rows, pk, SUBSCRIPTION_FILTERS)
    tag = etags.etag_of(row)
    return etags.not_modified(request, tag) or answer(shown.shown_subscription(row), ETag=tag)


@router.put("/mozilla/subscription/{int:pk}/", response=BraintreeSubscription)
def put_braintree_subscription(request: ApiRequest, pk: int, body: BraintreeSubscriptionChange) -> HttpResponse:
    """Changes what is kept of a subscription, and activates it here unless the body says otherwise."""
    return _change_subscription(request, pk, changes.given(body, reset=["active"]))


@router.patch("/mozilla/subscription/{int:pk}/", response=BraintreeSubscription)
def patch_braintree_subscription(request: ApiRequest, pk: int, body: BraintreeSubscriptionChange) -> HttpResponse:
    """Changes what is given of a subscription. To have it cancelled there is `/braintree/subscription/cancel/`."""
    return _change_subscription(request, pk, changes.given(body))


@router.get("/mozilla/transaction/", response=Page[BraintreeTransaction], openapi_extra=query(TRANSACTION_FILTERS))
def list_braintree_transactions(request: ApiRequest) -> HttpResponse:
    """What Braintree tells of transactions besides, the newest first."""
    rows = _transactions()
    return paging.listed(request, rows, shown.shown_transaction_braintree, TRANSACTION_FILTERS)


@router.get("/mozilla/transaction/{int:pk}/", response=BraintreeTransaction)
def get_braintree_transaction(request: ApiRequest, pk: int) -> HttpResponse:
    """What Braintree tells of a transaction besides. It never changes by itself."""
    rows = _transactions()
    row = paging.one(request, rows, pk, TRANSACTION_FILTERS)
    tag = etags.etag_of(row)
    return etags.not_modified(request, tag) or answer(shown.shown_transaction_braintree(row), ETag=tag)


def _transactions() -> QuerySet[TransactionBraintree]:
    """A payment that Braintree certainly did not get may have gone on with another provider: that one is not Braintree's."""
    return TransactionBraintree.objects.select_related("transaction").filter(transaction__provider=NUMBER)


def _change_buyer(request: ApiRequest, pk: int, columns: dict[str, Any]) -> HttpResponse:
    with transaction.atomic():
        row = paging.one(request, BuyerBraintree.objects.all(), pk, BUYER_FILTERS, lock=True)
        if "buyer" in columns:
            found = reference(columns["buyer"], GENERIC_BUYERS)
            buyer = Buyer.objects.filter(pk=found).first() if found else None
            if buyer is None:
                raise BadFields(buyer="must be the path of a buyer")
            columns = columns | {"buyer": buyer}
        changes.change(request, row, lambda _: BadFields(buyer=TAKEN), **columns)
    return answer(shown.shown_buyer(row), ETag=etags.etag_of(row))


def _change_paymethod(request: ApiRequest, pk: int, columns: dict[str, Any]) -> HttpResponse:
    with transaction.atomic():
        row = paging.one(request, PaymentMethod.objects.all(), pk, PAYMETHOD_FILTERS, lock=True)
        if "braintree_buyer" in columns:
            found = reference(columns["braintree_buyer"], BUYERS)
            customer = BuyerBraintree.objects.filter(pk=found).first() if found else None
            if customer is None:
                raise BadFields(braintree_buyer="must be the path of a customer")
            columns = columns | {"braintree_buyer": customer}
        etags.check_match(request, row)
        row.change(**columns)
    return answer(shown.shown_paymethod(row), ETag=etags.etag_of(row))


def _change_subscription(request: ApiRequest, pk: int, columns: dict[str, Any]) -> HttpResponse:
    with transaction.atomic():
        rows = Subscription.objects.select_related("seller_product__braintree")
        row = paging.one(request, rows, pk, SUBSCRIPTION_FILTERS, lock=True)
        if columns.get("amount") is not None:
            columns = columns | {"amount": _amount(columns["amount"], row.seller_product.braintree.currency)}
        etags.check_match(request, row)
        row.change(**columns)
    return answer(shown.shown_subscription(row), ETag=etags.etag_of(row))


def _amount(value: Decimal, currency: str) -> Decimal:
    try:
        return catalogue.amount(value, currency)
    except ValueError as error:
        raise BadFields(amount=str(error)) from None
