"""`/bango/package/`: a seller's account at Bango. The addresses are Bango's alone."""

import json
from collections.abc import Mapping
from typing import Annotated, Any

from django.conf import settings
from django.db import DatabaseError, transaction
from django.http import HttpResponse
from ninja import Router
from pydantic import Field
from typing_extensions import TypedDict

from solitude.audit.accesses import Does, touches
from solitude.providers.bango import asking, event_password, turns
from solitude.providers.bango.api import kept
from solitude.providers.bango.api.fields import Given, Plain, SellerPath, seller_at
from solitude.providers.bango.models import SellerBango
from solitude.providers.bango.records import PackageShown, shown_package
from solitude.providers.bango.soap.wire import Reply
from solitude.sellers.models import Seller
from solitude.telemetry.logs import get_logger
from solitude.web import etags, paging
from solitude.web.answers import answer, time_text
from solitude.web.fields import Body, Flag
from solitude.web.filters import Filters
from solitude.web.openapi import Nothing, Page, Time, errors, query
from solitude.web.refusals import BadFields
from solitude.web.requests import ApiRequest

router = Router()
log = get_logger("solitude.bango")
FILTERS: Filters = {}
AT_FAULT = {"INVALID_COUNTRYISO": "countryIso", "INVALID_CURRENCYISO": "currencyIso", "INVALID_URL": "homePageURL"}
UNCHANGED = "INVALID_PERSON"
ADDRESS = (
    "vendorName", "address1", "address2", "addressCity", "addressState", "addressZipCode", "addressPhone", "addressFax", "countryIso",
    "homePageURL",
)  # fmt: skip
STAGED = ("vendorName", "companyName")
HAS_ONE = "has a package already"

CountryIso = Annotated[Given, Field(description="By its ISO 3166 alpha-3 code.", examples=["NLD"])]
HomePage = Annotated[Plain, Field(examples=["https://dev.example/"])]
VatNumber = Annotated[Plain, Field(description="Empty: none.")]


class PackageIn(Body):
    """A seller's account at Bango. Bango judges what is right; here nothing of it is kept."""

    seller: SellerPath
    adminEmailAddress: Given
    supportEmailAddress: Given
    financeEmailAddress: Given
    paypalEmailAddress: Given
    vendorName: Given
    companyName: Given
    address1: Given
    address2: Plain = ""
    addressCity: Given
    addressState: Given
    addressZipCode: Given
    addressPhone: Given
    addressFax: Plain = ""
    vatNumber: VatNumber = ""
    countryIso: CountryIso
    currencyIso: Annotated[Given, Field(examples=["EUR"])]
    homePageURL: HomePage = ""


class PackageChange(Body):
    """All that can change of a package at Bango, and is sent as a whole."""

    financeEmailAddress: Given
    supportEmailAddress: Given
    vendorName: Given
    address1: Given
    address2: Plain = ""
    addressCity: Given
    addressState: Given
    addressZipCode: Given
    addressPhone: Given
    addressFax: Plain = ""
    countryIso: CountryIso
    homePageURL: HomePage = ""
    vatNumber: Annotated[Plain, Field(description="Empty or left out: Bango forgets the one that it has.")] = ""


class PackageQuestion(Body):
    """How much is asked."""

    full: Annotated[Flag, Field(description="Whether Bango is asked for all that it knows.")] = False


class FullPackage(TypedDict):
    """All that Bango says of a package; null is what it leaves out."""

    responseCode: str
    responseMessage: str | None
    adminEmailAddress: str | None
    supportEmailAddress: str | None
    financeEmailAddress: str | None
    paypalEmailAddress: str | None
    vendorName: str | None
    companyName: str | None
    address1: str | None
    address2: str | None
    addressCity: str | None
    addressState: str | None
    addressZipCode: str | None
    addressPhone: str | None
    addressFax: str | None
    vatNumber: str | None
    countryIso: str | None
    currencyIso: str | None
    homePageURL: str | None
    eventNotificationEnabled: bool | None
    eventNotificationURL: str | None
    status: str | None
    sbiAgreementAccepted: bool | None
    acceptedSBIAgreement: Time | None
    sbiAgreementExpires: Time | None


class WholePackage(PackageShown):
    """A package, and all that Bango knows of it where that was asked for."""

    full: FullPackage | Nothing


class ChangedPackage(PackageShown):
    """A package after a change, and the VAT number that Bango has now."""

    vatNumber: str


@router.post("/package/", response={201: PackageShown, **asking.BANGO_ERRORS})
@touches(Does.CREATED, "bango_package")
def create_bango_package(request: ApiRequest, body: PackageIn) -> HttpResponse:
    """Makes a seller's account at Bango. A seller has one."""
    seller = seller_at(body.seller)
    with turns.of(f"package of seller {seller.pk}"):
        if SellerBango.objects.filter(seller=seller).exists():
            raise BadFields(seller=HAS_ONE)
        reply = asking.ask("CreatePackage", _new_package(body), at_fault=AT_FAULT)
        return _keep(request, seller, reply)


@router.get("/package/", response=Page[PackageShown], openapi_extra=query(FILTERS))
@touches(Does.READ, "bango_package")
def list_bango_packages(request: ApiRequest) -> HttpResponse:
    """Packages, the newest first."""
    return paging.listed(request, SellerBango.objects.all(), shown_package, FILTERS)


@router.get("/package/{int:pk}/", response={200: WholePackage, **asking.BANGO_ERRORS})
@touches(Does.READ, "bango_package")
def get_bango_package(request: ApiRequest, pk: int, body: PackageQuestion) -> HttpResponse:
    """A package; with `full`, in the body, all that Bango knows of it, which is asked then."""
    row = paging.one(request, SellerBango.objects.all(), pk, FILTERS)
    if not body.full:
        tag = etags.etag_of(row)
        return etags.not_modified(request, tag) or answer({**shown_package(row), "full": {}}, ETag=tag)
    full = _full(asking.ask("GetPackage", {"packageId": row.package_id}))
    tag = etags.etag_of(row, besides=json.dumps(full))
    shown: WholePackage = {**shown_package(row), "full": full}
    response = etags.not_modified(request, tag) or answer(shown, ETag=tag)
    response["Cache-Control"] = "no-store"
    return response


@router.patch("/package/{int:pk}/", response={201: ChangedPackage, **errors(409), **asking.BANGO_ERRORS})
@touches(Does.CHANGED, "bango_package")
def patch_bango_package(request: ApiRequest, pk: int, body: PackageChange) -> HttpResponse:
    """Changes a package at Bango, in four steps: finance and support addresses, postal address, VAT number.

    What Bango refuses ends it, and the steps before that are done.
    """
    with turns.of(f"change of package {pk}"):
        row = paging.one(request, SellerBango.objects.all(), pk, FILTERS)
        etags.check_match(request, row)
        _change_person(row, "finance", body.financeEmailAddress)
        _change_person(row, "support", body.supportEmailAddress)
        address = {name: getattr(body, name) for name in ADDRESS}
        asking.ask("UpdateAddressDetails", _of(row, **_staged(address)), at_fault=AT_FAULT)
        _change_vat_number(row, body.vatNumber)
    changed: ChangedPackage = {**shown_package(row), "vatNumber": body.vatNumber}
    return answer(changed, 201, ETag=etags.etag_of(row))


def _new_package(body: PackageIn) -> dict[str, Any]:
    fields = _staged(body.model_dump(exclude={"seller"}))
    if settings.SOLITUDE_BANGO_NOTIFICATION_URL:
        fields |= {
            "eventNotificationURL": settings.SOLITUDE_BANGO_NOTIFICATION_URL,
            "eventNotificationUsername": settings.SOLITUDE_BANGO_BASIC_AUTH_USER,
            "eventNotificationPassword": event_password.for_new_packages(),
        }
    return _said(fields)


def _staged(fields: Mapping[str, str]) -> dict[str, str]:
    """What is given, with the stage before names, by which Bango's staff tells test data from real."""
    stage = settings.SOLITUDE_BANGO_INSERT_STAGE
    return _said({name: stage + value if name in STAGED else value for name, value in fields.items()})


def _said(fields: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in fields.items() if value != ""}


def _of(row: SellerBango, **fields: Any) -> dict[str, Any]:
    return {"packageId": row.package_id, **fields}


def _keep(request: ApiRequest, seller: Seller, reply: Reply) -> HttpResponse:
    """Writes down what Bango has made; where that fails, the log has the numbers for who repairs it."""
    named = {"package_id": reply.values.get("packageId")}
    named |= {f"{who}_person_id": reply.values.get(f"{who}PersonId") for who in ("admin", "support", "finance")}
    row = SellerBango(seller=seller, **named)
    try:
        with transaction.atomic():
            row.save(force_insert=True)
            return kept.done(request, shown_package(row), 201, Location=row.resource_uri, ETag=etags.etag_of(row))
    except DatabaseError:
        log.error("bango_package_not_kept", seller=seller.pk, **named)
        raise


def _full(reply: Reply) -> FullPackage:
    shown = {name: reply.values.get(name) for name in FullPackage.__annotations__}
    shown |= {name: time_text(reply.values.get(name)) for name in ("acceptedSBIAgreement", "sbiAgreementExpires")}
    shown |= {"responseCode": reply.code, "responseMessage": reply.message}
    return shown  # type: ignore[return-value]  # its names are the type's


def _change_person(row: SellerBango, who: str, address: str) -> None:
    """Bango makes another person for another address, and knows nobody anew where it is the same."""
    operation = f"Update{who.title()}EmailAddress"
    reply = asking.ask(operation, _of(row, emailAddress=address), tolerated=(UNCHANGED,))
    if reply.is_ok:
        _write(row, **{f"{who}_person_id": reply.values["personId"]})


def _change_vat_number(row: SellerBango, number: str) -> None:
    if number:
        asking.ask("SetVATNumber", _of(row, vatNumber=number))
    else:
        asking.ask("DeleteVATNumber", _of(row), tolerated=("VAT_NUMBER_DOES_NOT_EXIST",))


def _write(row: SellerBango, **columns: Any) -> None:
    """Writes at once, because what comes next may fail."""
    with transaction.atomic():
        SellerBango.objects.select_for_update(no_key=True).get(pk=row.pk).change(**columns)
    row.refresh_from_db()
