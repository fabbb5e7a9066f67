"""`/paypal/preapproval/`"""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from django.db import transaction
from django.http import HttpResponse
from django.utils import timezone
from ninja import Router
from pydantic import BeforeValidator

from solitude.buyers.models import Buyer
from solitude.payments import answers, calls
from solitude.payments.contract import Outcome
from solitude.payments.models import ProviderCall
from solitude.providers.paypal import allowed_urls, currencies, preapprovals
from solitude.providers.paypal.form import Url
from solitude.providers.paypal.models import Preapproval
from solitude.providers.paypal.provider import NOT_APPROVED, PayPal
from solitude.web import paging
from solitude.web.answers import answer, settle, time_text
from solitude.web.fields import Body, GivenText, Text
from solitude.web.refusals import BadFields, Refused, not_found
from solitude.web.requests import ApiRequest

router = Router()


def _day(value: Any) -> Any:
    if value is None:
        return None
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        raise ValueError("must be a date such as 2026-11-23") from None


def _not_kept_yet(value: Any) -> None:
    if value is not None:
        raise ValueError("limits are not offered yet")


Day = Annotated[date | None, BeforeValidator(_day)]
# Refused and never ignored: a marketplace must not believe that we hold a limit.
Limit = Annotated[None, BeforeValidator(_not_kept_yet)]


class PreapprovalIn(Body):
    uuid: GivenText
    return_url: Url
    cancel_url: Url
    start: Day = None
    end: Day = None
    currency: Text | None = None
    max_total: Limit = None
    max_per_payment: Limit = None
    max_per_day: Limit = None


@router.post("/preapproval/")
def ask(request: ApiRequest, body: PreapprovalIn) -> HttpResponse:
    def keep(call: ProviderCall) -> None:
        if call.outcome == Outcome.PENDING:
            settle(request, 201, _asked_answer(_of(call)))

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
    if refused := answers.refusal(PayPal.name, calls.result_of(call), None):
        raise refused
    preapproval = _of(call)
    response = answer(_asked_answer(preapproval), 201)
    response["Location"] = preapproval.resource_uri
    return response


@router.get("/preapproval/{uuid:pk}/")
def get(request: ApiRequest, pk: UUID) -> HttpResponse:
    paging.only(request)
    preapproval = _living(pk)
    return answer({"pk": str(preapproval.pk), "resource_uri": preapproval.resource_uri})


@router.put("/preapproval/{uuid:pk}/")
def finish(request: ApiRequest, pk: UUID) -> HttpResponse:
    """The buyer came back: the temporary key becomes the permanent one. A further PUT changes nothing."""
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
    uuid = preapproval.buyer.uuid
    return answer({"pk": str(pk), "resource_uri": preapproval.resource_uri, "uuid": uuid, "active": True}, 202)


@router.delete("/preapproval/{uuid:pk}/")
def drop(request: ApiRequest, pk: UUID) -> HttpResponse:
    """Drops the temporary record; a permanent key that it led to stays with the buyer."""
    Preapproval.objects.filter(pk=pk).delete()
    return HttpResponse(status=204)


def _checked(body: PreapprovalIn) -> Preapproval:
    problems: dict[str, str | list[str]] = {}
    buyer = Buyer.objects.filter(uuid=body.uuid, active=True).first()
    if buyer is None:
        problems["uuid"] = "must be the uuid of an active buyer"
    for name in ("return_url", "cancel_url"):
        if problem := allowed_urls.problem(getattr(body, name)):
            problems[name] = problem
    if body.currency and body.currency not in currencies.ACCEPTED:
        problems["currency"] = f"must be one of {', '.join(sorted(currencies.ACCEPTED))}"
    if body.start and body.end and body.end < body.start:
        problems["end"] = "must not be before start"
    if problems or buyer is None:
        raise BadFields(**problems)
    return Preapproval(buyer=buyer, currency=body.currency or None, start=body.start, end=body.end)


def _living(pk: UUID, *, lock: bool = False) -> Preapproval:
    rows = Preapproval.objects.select_related("buyer")
    found = (rows.select_for_update(of=("self",)) if lock else rows).filter(pk=pk).first()
    if found is None or (not found.active and (found.expires <= timezone.now() or found.key is None)):
        raise not_found()
    return found


def _of(call: ProviderCall) -> Preapproval:
    return Preapproval.objects.select_related("buyer").get(pk=call.subject.removeprefix("preapproval:"))


def _asked_answer(preapproval: Preapproval) -> dict[str, Any]:
    """The only answer that ever shows the temporary key."""
    return {
        "pk": str(preapproval.pk),
        "resource_uri": preapproval.resource_uri,
        "uuid": preapproval.buyer.uuid,
        "key": preapproval.key,
        "paypal_url": preapproval.pay_url,
        "expires": time_text(preapproval.expires),
    }


def _store_refusal(call: ProviderCall) -> Refused | None:
    if call.outcome == Outcome.DECLINED and call.reason_code == NOT_APPROVED:
        return Refused(409, {"detail": "The buyer has not approved yet.", "code": NOT_APPROVED})
    return answers.refusal(PayPal.name, calls.result_of(call), None)
