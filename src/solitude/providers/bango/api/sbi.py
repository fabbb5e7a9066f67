"""`/bango/sbi/`: the self-billing agreement, by which invoices are written in a seller's name."""

from html import escape
from typing import Annotated

from django.db import transaction
from django.http import HttpResponse
from ninja import Router
from pydantic import Field
from typing_extensions import TypedDict

from solitude.providers.bango import asking, terms
from solitude.providers.bango.api import kept
from solitude.providers.bango.api.fields import PackagePath, package_at
from solitude.providers.bango.models import SellerBango
from solitude.web import paging
from solitude.web.answers import answer, time_text
from solitude.web.fields import Body
from solitude.web.openapi import Time
from solitude.web.requests import ApiRequest

router = Router()
HEADING = "<hr>\n<h2>Self-billing agreement</h2>\n"


class SbiIn(Body):
    """Whose agreement."""

    seller_bango: PackagePath


class SbiShown(TypedDict):
    """The agreement to be read, or its acceptance."""

    text: Annotated[str, Field(description="HTML: our terms, and the agreement. Empty after its acceptance.")]
    valid: Annotated[Time | None, Field(description="From when the agreement holds.")]
    accepted: Annotated[Time | None, Field(description="When it was accepted.")]
    expires: Annotated[Time | None, Field(description="Until when that holds.")]


@router.get("/sbi/", response={200: SbiShown, **asking.BANGO_ERRORS})
def get_bango_sbi(request: ApiRequest, body: SbiIn) -> HttpResponse:
    """The agreement to be read by a seller, which is named in the body."""
    return _read(request, body)


@router.get("/sbi/agreement/", response={200: SbiShown, **asking.BANGO_ERRORS}, deprecated=True)
def get_bango_sbi_by_its_old_path(request: ApiRequest, body: SbiIn) -> HttpResponse:
    """The same as `/bango/sbi/`."""
    return _read(request, body)


@router.post("/sbi/", response={200: SbiShown, **asking.BANGO_ERRORS})
def accept_bango_sbi(request: ApiRequest, body: SbiIn) -> HttpResponse:
    """Accepts the agreement for a seller who has read it."""
    return _accept(request, body)


@router.post("/sbi/agreement/", response={200: SbiShown, **asking.BANGO_ERRORS}, deprecated=True)
def accept_bango_sbi_by_its_old_path(request: ApiRequest, body: SbiIn) -> HttpResponse:
    """The same as `/bango/sbi/`."""
    return _accept(request, body)


def _read(request: ApiRequest, body: SbiIn) -> HttpResponse:
    paging.only(request)
    package = package_at(body.seller_bango)
    found = asking.ask("GetSBIAgreement", {"packageId": package.package_id}).values
    # Bango's text is no HTML: what looks like a tag in it is to be read, and not to be obeyed.
    agreement = escape(found.get("sbiAgreement") or "").replace("\r\n", "\n").replace("\n", "<br>\n")
    shown: SbiShown = {
        "text": terms.text(request.headers.get("Accept-Language", "")) + HEADING + agreement,
        "valid": time_text(found.get("sbiAgreementValidFrom")),
        "accepted": None,
        "expires": None,
    }
    return answer(shown)


def _accept(request: ApiRequest, body: SbiIn) -> HttpResponse:
    package = package_at(body.seller_bango)
    named = {"packageId": package.package_id}
    asking.ask("AcceptSBIAgreement", named, tolerated=("SBI_ALREADY_ACCEPTED",))
    found = asking.ask("GetAcceptedSBIAgreement", named).values
    # Without it the times mean nothing, whatever they are.
    is_accepted = bool(found.get("sbiAgreementAccepted"))
    accepted, expires = (
        found.get(name) if is_accepted else None for name in ("acceptedSBIAgreement", "sbiAgreementExpires")
    )
    shown: SbiShown = {"text": "", "valid": None, "accepted": time_text(accepted), "expires": time_text(expires)}
    with transaction.atomic():
        row = SellerBango.objects.select_for_update(no_key=True).get(pk=package.pk)
        if row.sbi_expires != expires:
            row.change(sbi_expires=expires)
        return kept.done(request, shown)
