"""`/paypal/personal-basic/` and `/paypal/personal-advanced/`: fetch and keep who a seller is."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, NotRequired

from django.db import transaction
from django.http import HttpResponse
from ninja import Router
from pydantic import Field
from typing_extensions import TypedDict

from solitude.audit.accesses import Does, touches
from solitude.providers.paypal.api import asking
from solitude.providers.paypal.api.permissions import SellerUuid, data_of
from solitude.providers.paypal.sellers import personal
from solitude.providers.paypal.sellers.payees import interface_of
from solitude.web.answers import created
from solitude.web.fields import Body
from solitude.web.openapi import ServerError
from solitude.web.refusals import BadFields, Refused
from solitude.web.requests import ApiRequest

router = Router()
# What the classic server called it.
MISMATCH: Literal["100001"] = "100001"


class PersonalIn(Body):
    """Whose data."""

    seller: SellerUuid


class PersonalBasic(TypedDict):
    """Who the seller is; only what PayPal tells. All but `email` and `payerID` is kept, `company` as `business_name`."""

    first_name: NotRequired[str]
    last_name: NotRequired[str]
    full_name: NotRequired[str]
    email: NotRequired[str]
    company: NotRequired[str]
    country: NotRequired[str]
    payerID: NotRequired[Annotated[str, Field(description="PayPal's id of the account.")]]


class PersonalAdvanced(TypedDict):
    """Where the seller lives; only what PayPal tells."""

    post_code: NotRequired[str]
    address_one: NotRequired[str]
    address_two: NotRequired[str]
    city: NotRequired[str]
    state: NotRequired[str]
    phone: NotRequired[str]


class OtherEmail(TypedDict):
    """Whom PayPal tells of."""

    email: NotRequired[str]


class DataMismatch(TypedDict):
    """PayPal tells of somebody else than the seller's `paypal_id` names; nothing was kept. `error_data` names the other one."""

    error_message: str
    error_code: Literal["100001"]
    error_data: OtherEmail


ERRORS: dict[int, Any] = {500: DataMismatch | ServerError, **asking.ERRORS}


@router.post("/personal-basic/", response={201: PersonalBasic, **ERRORS})
@touches(Does.CHANGED, "paypal_person")
def fetch_basic_data(request: ApiRequest, body: PersonalIn) -> HttpResponse:
    """Asks PayPal who a seller is, with the seller's permission, and keeps it encrypted."""
    return _fetched(request, body.seller, personal.BASIC)


@router.post("/personal-advanced/", response={201: PersonalAdvanced, **ERRORS})
@touches(Does.CHANGED, "paypal_person")
def fetch_advanced_data(request: ApiRequest, body: PersonalIn) -> HttpResponse:
    """Asks PayPal where a seller lives, with the seller's permission, and keeps it encrypted."""
    return _fetched(request, body.seller, personal.ADVANCED)


def _fetched(request: ApiRequest, uuid: str, wanted: tuple[str, ...]) -> HttpResponse:
    row = data_of(uuid)
    try:
        told = asking.asked(lambda: personal.fetch(row, interface_of(row.seller), wanted))
    except personal.NoPermission:
        raise BadFields(__all__="Empty permissions token.") from None
    except personal.AnotherPerson as error:
        raise _mismatch(error.told) from None
    with transaction.atomic():
        personal.keep(row, told)
        return created(request, told)


def _mismatch(told: Mapping[str, str]) -> Refused:
    other: OtherEmail = {"email": told["email"]} if "email" in told else {}
    body: DataMismatch = {
        "error_message": "The user data did not match",
        "error_code": MISMATCH,
        "error_data": other,
    }
    return Refused(500, body)
