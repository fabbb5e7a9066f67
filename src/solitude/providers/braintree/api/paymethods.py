"""`/braintree/paymethod/`: a buyer's cards, kept at Braintree and deleted there."""

from typing import Annotated

from django.http import HttpResponse
from ninja import Router
from pydantic import Field
from typing_extensions import TypedDict

from solitude.audit import accesses
from solitude.audit.accesses import Does, touches
from solitude.payments import answers, calls
from solitude.payments.models import ProviderCall
from solitude.providers.braintree import cards, names, reading
from solitude.providers.braintree.api import refusing
from solitude.providers.braintree.api.fields import (
    DOES_NOT_EXIST,
    INVALID,
    REQUIRED,
    Form,
    FormText,
    MaybePaymethodPath,
    bad_form,
    paymethod_at,
)
from solitude.providers.braintree.models import BuyerBraintree
from solitude.providers.braintree.shown import BraintreePaymethod, shown_paymethod
from solitude.web import etags
from solitude.web.answers import answer
from solitude.web.fields import SENSITIVE
from solitude.web.openapi import Time
from solitude.web.requests import ApiRequest

router = Router()
MAX_SIZE = "max_size"


class PaymethodIn(Form):
    """A card to keep. Its number never comes here."""

    buyer_uuid: Annotated[FormText, Field(description="The uuid of a buyer who is a customer of Braintree's.")]
    nonce: Annotated[
        FormText, SENSITIVE, Field(description="What Braintree gave a page for the card; it is good for once.")
    ]


class PaymethodDelete(Form):
    """The card to delete."""

    paymethod: MaybePaymethodPath = None


class CardAtBraintree(TypedDict):
    """The card as Braintree has it."""

    token: str
    created_at: Time
    updated_at: Time


class PaymethodMade(TypedDict):
    """A card, at Braintree and here."""

    braintree: CardAtBraintree
    mozilla: BraintreePaymethod


@router.post("/paymethod/", response={201: PaymethodMade, **refusing.ERRORS})
@touches(Does.CREATED, "braintree_paymethod")
def create_braintree_paymethod(request: ApiRequest, body: PaymethodIn) -> HttpResponse:
    """Keeps a card. Its bank is asked about it at once, and what the bank refuses is not kept; nor is what is no card.

    After 504 it is not known whether Braintree has kept it: it is looked for, and is there in the end or is not.
    """

    def keep(call: ProviderCall) -> None:
        refusing.keep(request, call, lambda: _made(call))

    known = calls.begun_under(request.claim)
    with answers.room():
        call = calls.find_out(known, keep) if known else calls.carry_out(_intended(request, body), keep)
    if refused := refusing.refusal(call):
        raise refused
    return _made(call)


def _intended(request: ApiRequest, body: PaymethodIn) -> ProviderCall:
    customer = BuyerBraintree.objects.filter(buyer__uuid=body.buyer_uuid, buyer__active=True).first()
    if customer is None:
        raise bad_form(buyer_uuid=(DOES_NOT_EXIST, "There is no such buyer who is a customer of Braintree's."))
    try:
        return calls.intended(lambda: cards.begin_keeping(customer, body.nonce, request.claim))
    except cards.TooMany:
        raise bad_form(buyer_uuid=(MAX_SIZE, "This buyer has as many active cards as may be.")) from None


@router.post("/paymethod/delete/", response={204: None, **refusing.ERRORS})
@touches(Does.REMOVED, "braintree_paymethod")
def delete_braintree_paymethod(request: ApiRequest, body: PaymethodDelete) -> HttpResponse:
    """Deletes a card at Braintree, which ends there what it pays for by itself. Here it stays, and is not active any more."""

    def keep(call: ProviderCall) -> None:
        refusing.keep(request, call, lambda: HttpResponse(status=204))

    known = calls.begun_under(request.claim)
    with answers.room():
        begun = known or calls.intended(lambda: _deletion(request, body))
        # One that somebody else has begun is not asked for again.
        call = calls.carry_out(begun, keep) if begun.is_begun_here else calls.find_out(begun, keep)
    if refused := refusing.refusal(call):
        raise refused
    return HttpResponse(status=204)


def _deletion(request: ApiRequest, body: PaymethodDelete) -> ProviderCall:
    """In one transaction, under the card's lock."""
    if body.paymethod is None:
        missing = (REQUIRED, "This field is required.")
        raise bad_form(paymethod=missing, __all__=missing)
    try:
        row = cards.locked(paymethod_at(body.paymethod).pk)
    except cards.NotActive:
        raise bad_form(__all__=(INVALID, "This card is not active.")) from None
    accesses.touched(row.resource_uri, f"{names.BUYERS}{row.braintree_buyer_id}/")
    return cards.begin_deleting(row, request.claim)


def _made(call: ProviderCall) -> HttpResponse:
    row = cards.kept_by(call)
    times = {name: call.facts.get(name, "") for name in (reading.CREATED, reading.UPDATED)}
    shown: PaymethodMade = {
        "braintree": {"token": row.provider_id, **times},  # type: ignore[typeddict-item]  # its names are the type's
        "mozilla": shown_paymethod(row),
    }
    return answer(shown, 201, Location=row.resource_uri, ETag=etags.etag_of(row))
