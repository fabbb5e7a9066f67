"""`/paypal/preapproval/`"""

from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.http import HttpResponse
from django.utils import timezone
from ninja import Router
from pydantic import Field, WithJsonSchema
from typing_extensions import TypedDict

from solitude.audit import accesses
from solitude.audit.accesses import Does, touches
from solitude.buyers.models import Buyer
from solitude.payments import answers, calls
from solitude.payments.contract import Outcome
from solitude.payments.models import ProviderCall
from solitude.providers.paypal import currencies, preapprovals
from solitude.providers.paypal.api.shown import ERRORS
from solitude.providers.paypal.classic import terms
from solitude.providers.paypal.forms import allowed_urls, limits
from solitude.providers.paypal.forms.form import CURRENCIES, Url
from solitude.providers.paypal.models import LIMITS, Preapproval
from solitude.providers.paypal.names import CLASSIC, NAME, NOT_APPROVED
from solitude.web import paging
from solitude.web.answers import answer, settle, time_text
from solitude.web.fields import Body, Day, DecimalNumber, GivenText, Text
from solitude.web.openapi import Time, errors, unconditional
from solitude.web.refusals import REQUIRED, BadFields, Refused, not_found
from solitude.web.requests import ApiRequest

router = Router()
Pk = Annotated[str, Field(json_schema_extra={"format": "uuid"})]


class PreapprovalIn(Body):
    """A pre-approval to be."""

    uuid: Annotated[GivenText, Field(description="The uuid of an active buyer.")]
    return_url: Annotated[Url, Field(description="Where the buyer comes back to; then PUT.")]
    cancel_url: Annotated[Url, Field(description="Where a buyer who does not agree goes.")]
    start: Annotated[Day | None, Field(description="The first day; at once by default.")] = None
    end: Annotated[Day | None, Field(description="The last day, by UTC: today at the earliest. None by default.")] = (
        None
    )
    currency: Annotated[
        Annotated[Text, WithJsonSchema({"enum": ["", *CURRENCIES]})] | None,
        Field(description="Only for payments in this currency; for any by default. With limits it is required."),
    ] = None
    max_total: Annotated[DecimalNumber | None, Field(description="The most of all payments together.")] = None
    max_per_payment: Annotated[DecimalNumber | None, Field(description="The most of one payment.")] = None
    max_per_day: Annotated[DecimalNumber | None, Field(description="The most of all payments of one day, by UTC.")] = (
        None
    )


class PreapprovalShown(TypedDict):
    """A pre-approval between its beginning and the buyer's return, or after it. No key is shown."""

    pk: Pk
    resource_uri: Annotated[str, Field(examples=["/paypal/preapproval/0b5e9a1c-6c1f-4f57-9c53-0d1f6a0b1c2d/"])]


class PreapprovalBegun(PreapprovalShown):
    """A pre-approval that the buyer has yet to give. The only answer that ever shows the temporary key."""

    uuid: Annotated[str, Field(description="The buyer's.")]
    key: Annotated[str | None, Field(description="The temporary key; it becomes useless.")]
    paypal_url: Annotated[str | None, Field(description="Where the buyer agrees.")]
    expires: Annotated[Time, Field(description="Until then.")]


class PreapprovalGiven(PreapprovalShown):
    """A pre-approval that can be used."""

    uuid: Annotated[str, Field(description="The buyer's.")]
    active: Literal[True]


class NotApproved(TypedDict):
    """The buyer has not agreed yet; nothing was changed."""

    detail: str
    code: Literal["not_approved"]


@router.post("/preapproval/", response={201: PreapprovalBegun, **errors(404), **ERRORS})
@touches(Does.CREATED, "preapproval")
def begin_preapproval(request: ApiRequest, body: PreapprovalIn) -> HttpResponse:
    """Begins a pre-approval: the buyer has to agree at `paypal_url`, once, and later payments need no visit there."""

    def keep(call: ProviderCall) -> None:
        preapproval = _of(call)
        if preapproval and call.outcome == Outcome.PENDING:
            settle(request, 201, _begun(preapproval), Location=preapproval.resource_uri)

    known = calls.begun_under(request.claim)
    with answers.room():
        if known:
            call = calls.find_out(known, keep)
        else:
            preapproval = _checked(body)
            begun = calls.intended(
                lambda: preapprovals.begin(preapproval, body.return_url, body.cancel_url, request.claim)
            )
            call = calls.carry_out(begun, keep)
    if refused := answers.refusal(NAME, calls.result_of(call), None):
        raise refused
    kept = _of(call)
    if kept is None:
        raise not_found()
    accesses.touched(f"/generic/buyer/{kept.buyer_id}/")
    return answer(_begun(kept), 201, Location=kept.resource_uri)


@router.get("/preapproval/{uuid:pk}/", response=PreapprovalShown, openapi_extra=unconditional())
@touches(Does.READ, "preapproval")
def get_preapproval(request: ApiRequest, pk: UUID) -> HttpResponse:
    """A pre-approval that was begun, or given."""
    paging.only(request)
    return answer(_shown(_living(pk)))


@router.put(
    "/preapproval/{uuid:pk}/",
    response={202: PreapprovalGiven, 409: NotApproved, **ERRORS},
    openapi_extra=unconditional(),
)
@touches(Does.CHANGED, "preapproval")
def finish_preapproval(request: ApiRequest, pk: UUID) -> HttpResponse:
    """Finishes a pre-approval: the buyer came back, and the temporary key becomes the permanent one.

    It takes no body. A further PUT changes nothing; after 504 it asks PayPal again about the same request.
    """
    with answers.room():
        with transaction.atomic():
            preapproval = _living(pk, lock=True)
            known = preapprovals.storing(preapproval)
            begun = None if preapproval.active or known else preapprovals.begin_storing(preapproval)
        call = calls.carry_out(begun) if begun else calls.find_out(known) if known else None
        if call is not None:
            preapprovals.carry_out_deletions(preapproval.buyer_id)
    if call is not None and (refused := _store_refusal(call)):
        raise refused
    if call is not None and not Preapproval.objects.filter(pk=pk).exists():
        raise not_found()  # dropped while PayPal was asked: the new key is on its way out as well
    given: PreapprovalGiven = {**_shown(preapproval), "uuid": preapproval.buyer.uuid, "active": True}
    return answer(given, 202)


@router.delete("/preapproval/{uuid:pk}/", response={204: None}, openapi_extra=unconditional())
@touches(Does.REMOVED, "preapproval")
def drop_preapproval(request: ApiRequest, pk: UUID) -> HttpResponse:
    """Drops a pre-approval that was begun; a permanent key that it led to stays with the buyer."""
    dropped = Preapproval.objects.filter(pk=pk)
    accesses.touched(*(f"/generic/buyer/{buyer}/" for buyer in dropped.values_list("buyer", flat=True)))
    dropped.delete()
    return HttpResponse(status=204)


def _checked(body: PreapprovalIn) -> Preapproval:
    problems: dict[str, str | list[str]] = {}
    today = timezone.now().date()
    buyer = Buyer.objects.filter(uuid=body.uuid, active=True).first()
    if buyer is None:
        problems["uuid"] = "must be the uuid of an active buyer"
    for name in ("return_url", "cancel_url"):
        if problem := allowed_urls.problem(getattr(body, name)):
            problems[name] = problem
    if body.currency and body.currency not in currencies.ACCEPTED:
        problems["currency"] = f"must be one of {', '.join(CURRENCIES)}"
    if body.start and body.end and body.end < body.start:
        problems["end"] = "must not be before start"
    elif body.end and body.end < today:
        problems["end"] = "must not be before today"
    agreed = {"currency": body.currency or None, "start": body.start, "end": body.end, **_limits(body, problems)}
    interface = settings.SOLITUDE_PAYPAL_API
    if interface == CLASSIC:
        agreed = terms.completed(agreed, today)
        if "max_total" not in agreed:
            problems["max_total"] = REQUIRED
    if problems or buyer is None:
        raise BadFields(**problems)
    return Preapproval(buyer=buyer, interface=interface, **agreed)


def _limits(body: PreapprovalIn, problems: dict[str, str | list[str]]) -> dict[str, Decimal]:
    """The limits that are given; what is wrong with them is added to the problems."""
    given = {name: value for name in LIMITS if (value := getattr(body, name)) is not None}
    if given and not body.currency:
        problems["currency"] = REQUIRED
    kept: dict[str, Decimal] = {}
    for name, value in given.items():
        try:
            kept[name] = limits.ceiling(value, body.currency).amount if body.currency in currencies.ACCEPTED else value
        except ValueError as error:
            problems[name] = str(error)
    return kept


def _living(pk: UUID, *, lock: bool = False) -> Preapproval:
    rows = Preapproval.objects.select_related("buyer")
    found = (rows.select_for_update(of=("self",)) if lock else rows).filter(pk=pk).first()
    if found is None or (not found.active and (found.expires <= timezone.now() or found.key is None)):
        raise not_found()
    accesses.touched(f"/generic/buyer/{found.buyer_id}/")
    return found


def _of(call: ProviderCall) -> Preapproval | None:
    """None when the buyer's account was closed while PayPal was asked."""
    return Preapproval.objects.select_related("buyer").filter(pk=call.subject.removeprefix("preapproval:")).first()


def _shown(preapproval: Preapproval) -> PreapprovalShown:
    return {"pk": str(preapproval.pk), "resource_uri": preapproval.resource_uri}


def _begun(preapproval: Preapproval) -> PreapprovalBegun:
    return {
        **_shown(preapproval),
        "uuid": preapproval.buyer.uuid,
        "key": preapproval.key,
        "paypal_url": preapproval.pay_url,
        "expires": time_text(preapproval.expires),
    }


def _store_refusal(call: ProviderCall) -> Refused | None:
    if call.outcome == Outcome.DECLINED and call.reason_code == NOT_APPROVED:
        body: NotApproved = {"detail": "The buyer has not approved yet.", "code": "not_approved"}
        return Refused(409, body)
    return answers.refusal(NAME, calls.result_of(call), None)
