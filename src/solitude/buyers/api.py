"""`/generic/buyer/`"""

from typing import Annotated, Any

from django.db import transaction
from django.http import HttpResponse
from ninja import Router
from pydantic import BeforeValidator

from solitude.buyers.models import Buyer, parts
from solitude.web import etags, filters, paging
from solitude.web.answers import answer, created
from solitude.web.fields import Body, Flag, GivenText, StrictText, Text
from solitude.web.once import insert_once
from solitude.web.refusals import BadFields
from solitude.web.requests import ApiRequest

router = Router()
FILTERS = {"uuid": filters.text("uuid", "The buyer's uuid.")}
# Nobody has a PIN as long as none is taken; old clients read these fields.
NO_PIN: dict[str, bool | int] = {
    "pin": False,
    "new_pin": False,
    "pin_confirmed": False,
    "pin_failures": 0,
    "pin_is_locked_out": False,
    "pin_was_locked_out": False,
    "needs_pin_reset": False,
}


def _no_pin_yet(value: Any) -> None:
    if value not in (None, ""):
        raise ValueError("PINs are not offered yet")


NoPin = Annotated[None, BeforeValidator(_no_pin_yet)]


class BuyerIn(Body):
    uuid: GivenText
    active: Flag = True
    authenticated: Flag = True
    email: StrictText | None = None
    locale: Text | None = None
    # Refused and never ignored: a marketplace must not believe that a PIN protects its buyer.
    pin: NoPin = None
    new_pin: NoPin = None


@router.post("/buyer/")
def create_buyer(request: ApiRequest, body: BuyerIn) -> HttpResponse:
    buyer = Buyer(**body.model_dump(exclude={"pin", "new_pin"}))
    with transaction.atomic():
        if not insert_once(buyer):
            raise BadFields(uuid="BUYER_UUID_ALREADY_EXISTS")
        return created(request, shown(buyer), tag=tag(buyer))


@router.get("/buyer/")
def list_buyers(request: ApiRequest) -> HttpResponse:
    return paging.listed(request, Buyer.objects.select_related(*parts.joins), shown, FILTERS, tag)


@router.get("/buyer/{int:pk}/")
def get_buyer(request: ApiRequest, pk: int) -> HttpResponse:
    buyer = paging.one(request, Buyer.objects.select_related(*parts.joins), pk, FILTERS)
    return etags.not_modified(request, tag(buyer)) or answer(shown(buyer), ETag=tag(buyer))


def tag(buyer: Buyer) -> str:
    return etags.etag_of(buyer, *parts.rows(buyer))


def shown(buyer: Buyer) -> dict[str, Any]:
    return {
        "resource_pk": buyer.pk,
        "resource_uri": buyer.resource_uri,
        "uuid": buyer.uuid,
        "active": buyer.active,
        "authenticated": buyer.authenticated,
        "email": buyer.email,
        "locale": buyer.locale,
        **NO_PIN,
        **parts.of(buyer),
    }
