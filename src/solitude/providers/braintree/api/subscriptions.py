"""`/braintree/subscription/`: a product that a card pays for month by month, begun, paid by another card, and cancelled."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from django.http import HttpResponse
from ninja import Router
from pydantic import Field
from typing_extensions import TypedDict

from solitude.buyers import pin_tokens
from solitude.money.errors import MoneyError
from solitude.money.money import Money
from solitude.payments import answers, calls
from solitude.payments.models import ProviderCall
from solitude.providers.braintree import reading, selling, subscriptions
from solitude.providers.braintree.api import refusing
from solitude.providers.braintree.api.fields import (
    DOES_NOT_EXIST,
    INACTIVE,
    INVALID,
    Form,
    FormText,
    MaybePayable,
    MaybeText,
    PaymethodPath,
    bad_form,
    paymethod_at,
)
from solitude.providers.braintree.api.sales import SAYS
from solitude.providers.braintree.models import PaymentMethod, ProductBraintree, Subscription
from solitude.providers.braintree.names import SUBSCRIPTIONS
from solitude.providers.braintree.shown import BraintreeSubscription, shown_subscription
from solitude.sellers.models import Product
from solitude.web import etags
from solitude.web.answers import answer
from solitude.web.fields import SENSITIVE, path_under, reference
from solitude.web.openapi import Detail, Time
from solitude.web.refusals import Refused
from solitude.web.requests import ApiRequest, client_key

router = Router()
ALREADY_EXISTS = "already_exists"
AMOUNT_FIXED, AMOUNT_MISSING = "amount_cannot_be_changed", "subscription_amount_missing"
RETRY_AFTER_S = 1
SubscriptionPath = Annotated[FormText, path_under(SUBSCRIPTIONS), Field(description="The path of a subscription.")]
Problems = dict[str, tuple[str, str]]


class SubscriptionIn(Form):
    """A subscription to be."""

    paymethod: PaymethodPath
    plan: Annotated[FormText, Field(description="The public_id of a product of the catalogue that is subscribed to.")]
    amount: Annotated[
        MaybePayable, Field(description="In the product's currency. Required where the catalogue has none.")
    ] = None
    pin_token: Annotated[MaybeText, SENSITIVE, Field(description="Of `verify_pin`, a moment ago.")] = None


class SubscriptionChangeIn(Form):
    """By which card a subscription is to be paid."""

    paymethod: PaymethodPath
    subscription: SubscriptionPath


class SubscriptionCancelIn(Form):
    """Which subscription is to end."""

    subscription: SubscriptionPath


class SubscriptionAtBraintree(TypedDict):
    """A subscription as Braintree has it. The times are null where it did not tell them."""

    id: str
    created_at: Time | None
    updated_at: Time | None


class SubscriptionMade(TypedDict):
    """A subscription, at Braintree and here."""

    braintree: SubscriptionAtBraintree
    mozilla: BraintreeSubscription


@dataclass(frozen=True, slots=True)
class Order:
    """A form whose every field is good."""

    card: PaymentMethod
    entry: ProductBraintree
    amount: Money | None


@router.post("/subscription/", response={201: SubscriptionMade, 409: Detail, **refusing.ERRORS})
def create_braintree_subscription(request: ApiRequest, body: SubscriptionIn) -> HttpResponse:
    """Begins a subscription: its first month is charged at once, the others by Braintree itself, which tells of each by webhook.

    One card subscribes once to one product, even if that was cancelled. A buyer who has a PIN needs a `pin_token` where the client's
    buyers do. After 504 the subscription is looked for, and is there in the end or is not.
    """

    def begin() -> ProviderCall:
        order = _order(body)
        if not calls.has_begun_under(request.claim):
            buyer = order.card.braintree_buyer.buyer
            pin_tokens.use(buyer, client_key(request), body.pin_token)
        return subscriptions.begin(order.card, order.entry, order.amount, request.claim)

    return _carried_out(request, 201, begin)


@router.post("/subscription/paymethod/change/", response={200: SubscriptionMade, 409: Detail, **refusing.ERRORS})
def change_braintree_subscription(request: ApiRequest, body: SubscriptionChangeIn) -> HttpResponse:
    """Has a subscription paid by another card of the same buyer from now on."""

    def begin() -> ProviderCall:
        row, card = _subscription(body.subscription), paymethod_at(body.paymethod)
        if row.paymethod.braintree_buyer_id != card.braintree_buyer_id:
            raise bad_form(paymethod=(INVALID, "This card is another buyer's."))
        return subscriptions.begin_changing(row, card, request.claim)

    return _carried_out(request, 200, begin)


@router.post("/subscription/cancel/", response={200: SubscriptionMade, **refusing.ERRORS})
def cancel_braintree_subscription(request: ApiRequest, body: SubscriptionCancelIn) -> HttpResponse:
    """Ends a subscription for good, here and at Braintree. What was charged stays."""
    return _carried_out(
        request, 200, lambda: subscriptions.begin_cancelling(_subscription(body.subscription), request.claim)
    )


def _carried_out(request: ApiRequest, status: int, begin: Callable[[], ProviderCall]) -> HttpResponse:
    """What became of the call that `begin` writes, or that an earlier request with the same key has begun. Raises Refused where it did
    not go well."""

    def keep(call: ProviderCall) -> None:
        if not _has_no_place(call):
            refusing.keep(request, call, lambda: _made(call, status))

    known = calls.begun_under(request.claim)
    with answers.room():
        begun = known or _intended(begin)
        call = calls.carry_out(begun, keep) if begun.is_begun_here else calls.find_out(begun, keep)
    if refused := refusing.refusal(call):
        raise refused
    if _has_no_place(call):
        raise _taken()
    return _made(call, status)


def _intended(begin: Callable[[], ProviderCall]) -> ProviderCall:
    try:
        return calls.intended(begin)
    except subscriptions.NotActive:
        raise bad_form(__all__=(INVALID, "The card or the subscription is not active.")) from None
    except subscriptions.Taken:
        raise _taken() from None
    except subscriptions.UnderWay:
        body: Detail = {"detail": "This subscription is just being made or changed otherwise.", "code": "in_progress"}
        raise Refused(409, body, {"Retry-After": str(RETRY_AFTER_S)}) from None


def _has_no_place(call: ProviderCall) -> bool:
    """Whether it was done there and could not be kept here: it is ended there."""
    return refusing.refusal(call) is None and subscriptions.of_call(call) is None


def _taken() -> Refused:
    return bad_form(__all__=(ALREADY_EXISTS, "This card has subscribed to this product before."))


def _order(body: SubscriptionIn) -> Order:
    """Raises Refused (422), with all that is wrong."""
    problems: Problems = {}
    card = paymethod_at(body.paymethod)
    if not card.active or not card.braintree_buyer.buyer.active:
        problems["paymethod"] = (INACTIVE, "This card is not active.")
    entry = _entry(body.plan, problems)
    amount = _amount(body, entry, problems) if entry else None
    if problems or entry is None:
        raise bad_form(**problems)
    return Order(card, entry, amount)


def _entry(plan: str, problems: Problems) -> ProductBraintree | None:
    product = Product.objects.filter(public_id=plan).first()
    if product is None:
        problems["plan"] = (DOES_NOT_EXIST, "There is no such product.")
        return None
    entry = selling.entry_of(product)
    found = subscriptions.problem(entry)
    if not found:
        return entry
    is_single = found == subscriptions.NOT_RECURRING
    problems["plan"] = (INVALID, "This product is sold once.") if is_single else (found, SAYS[found])
    return None


def _amount(body: SubscriptionIn, entry: ProductBraintree, problems: Problems) -> Money | None:
    if body.amount is None:
        if entry.amount is None:
            problems["amount"] = (AMOUNT_MISSING, "This product has no amount: the buyer chooses one.")
        return None
    try:
        amount = Money.parse(body.amount, entry.currency)
    except MoneyError as error:
        problems["amount"] = (INVALID, str(error))
        return None
    if entry.amount is not None and entry.amount != amount.amount:
        problems["amount"] = (AMOUNT_FIXED, "This is not what the product costs.")
    return amount


def _subscription(path: str) -> Subscription:
    """Raises Refused (422)."""
    pk = reference(path, SUBSCRIPTIONS)
    found = Subscription.objects.select_related("paymethod").filter(pk=pk).first() if pk else None
    if found is None:
        raise bad_form(subscription=(DOES_NOT_EXIST, "There is no such subscription."))
    return found


def _made(call: ProviderCall, status: int) -> HttpResponse:
    row = subscriptions.of_call(call)
    assert row is not None  # noqa: S101  # whoever asks has seen to that
    there: SubscriptionAtBraintree = {
        "id": row.provider_id,
        "created_at": call.facts.get(reading.CREATED),
        "updated_at": call.facts.get(reading.UPDATED),
    }
    shown: SubscriptionMade = {"braintree": there, "mozilla": shown_subscription(row)}
    place = {"Location": row.resource_uri} if status == 201 else {}
    return answer(shown, status, **place, ETag=etags.etag_of(row))
