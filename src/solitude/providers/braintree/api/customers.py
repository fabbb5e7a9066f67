"""`/braintree/token/generate/` and `/braintree/customer/`: what comes before a buyer's first card."""

from typing import Annotated

from django.db import transaction
from django.http import HttpResponse
from ninja import Router
from pydantic import Field
from typing_extensions import TypedDict

from solitude.audit import accesses
from solitude.audit.accesses import Does, touches
from solitude.buyers.models import Buyer
from solitude.payments.contract import NotUnderstood
from solitude.prepared import insert_once
from solitude.providers.braintree import asking, reading
from solitude.providers.braintree.api.fields import DOES_NOT_EXIST, INACTIVE, Form, FormText, bad_form
from solitude.providers.braintree.api.refusing import ERRORS
from solitude.providers.braintree.models import BuyerBraintree
from solitude.providers.braintree.shown import BraintreeBuyer, shown_buyer
from solitude.telemetry.logs import get_logger
from solitude.web import etags
from solitude.web.answers import answer, created, settle
from solitude.web.openapi import Time
from solitude.web.refusals import Refused
from solitude.web.requests import ApiRequest

router = Router()
log = get_logger("solitude.braintree")
ALREADY_EXISTS = "already_exists"


class NoFields(Form):
    """Nothing is asked."""


class CustomerIn(Form):
    """Who is to be a customer of Braintree's."""

    uuid: Annotated[FormText, Field(description="The uuid of a buyer, who must be there.")]


class ClientToken(TypedDict):
    """What a page of the marketplace hands to Braintree's own script, which makes a nonce of the card that is typed there."""

    token: str


class CustomerAtBraintree(TypedDict):
    """The customer as Braintree has it, who has no name and no address there."""

    id: str
    created_at: Time
    updated_at: Time


class CustomerMade(TypedDict):
    """A customer, at Braintree and here."""

    braintree: CustomerAtBraintree
    mozilla: BraintreeBuyer


@router.post("/token/generate/", response={200: ClientToken, **ERRORS})
def generate_braintree_token(request: ApiRequest, body: NoFields) -> HttpResponse:
    """Gets a client token: with it a page gets nonces from Braintree, so that no card number comes to the marketplace."""
    shown: ClientToken = {"token": str(asking.ask("client_token", lambda gateway: gateway.client_token.generate()))}
    settle(request, 200, shown)
    response = answer(shown)
    response["Cache-Control"] = "no-store"
    return response


@router.post("/customer/", response={201: CustomerMade, **ERRORS})
@touches(Does.CREATED, "braintree_buyer")
def create_braintree_customer(request: ApiRequest, body: CustomerIn) -> HttpResponse:
    """Makes a buyer a customer of Braintree's, without any data.

    After 502 it is asked for again. One whose answer was lost stays at Braintree as a customer without a card, whom nobody uses.
    """
    buyer = Buyer.objects.filter(uuid=body.uuid).first()
    if buyer is None:
        raise bad_form(uuid=(DOES_NOT_EXIST, "There is no such buyer."))
    accesses.touched(buyer.resource_uri)
    if not buyer.active:
        raise bad_form(uuid=(INACTIVE, "This buyer's account is closed."))
    if BuyerBraintree.objects.filter(buyer=buyer).exists():
        raise _taken()
    customer = asking.done("create_customer", lambda gateway: gateway.customer.create()).customer
    row = BuyerBraintree(buyer=buyer, braintree_id=_identity(customer))
    with transaction.atomic():
        if not insert_once(row):
            # Another request has been quicker: its customer is the buyer's.
            raise _taken()
        shown: CustomerMade = {
            "braintree": {"id": row.braintree_id, **reading.times(customer)},  # type: ignore[typeddict-item]
            "mozilla": shown_buyer(row),
        }
        return created(request, shown, tag=etags.etag_of(row), path=row.resource_uri)


def _identity(customer: object) -> str:
    try:
        return reading.identity(customer)
    except NotUnderstood as error:
        log.error("braintree_answer_not_understood", problem=str(error))
        raise Refused(
            502, {"detail": "Braintree's answer was not understood.", "code": "provider_unreachable"}
        ) from None


def _taken() -> Refused:
    return bad_form(uuid=(ALREADY_EXISTS, "This buyer is a customer already."))
