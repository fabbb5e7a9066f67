"""`/paypal/account-check/` and `/paypal/id-check/`: whether a seller can be sold for."""

from typing import Annotated, Any

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from ninja import Router
from pydantic import Field
from typing_extensions import TypedDict

from solitude.audit.accesses import Does, touches
from solitude.payments import answers
from solitude.providers.paypal import currencies, records
from solitude.providers.paypal.api import asking
from solitude.providers.paypal.api.permissions import SellerUuid, data_of
from solitude.providers.paypal.forms.form import CURRENCIES
from solitude.providers.paypal.models import SellerPaypal
from solitude.providers.paypal.names import CLASSIC, Interface
from solitude.providers.paypal.sellers import account_checks
from solitude.providers.paypal.sellers.account_checks import Check, Name, Verdict
from solitude.providers.paypal.sellers.payees import interface_of
from solitude.vault import hashes
from solitude.web import paging
from solitude.web.answers import answer, created
from solitude.web.fields import Body, Taken
from solitude.web.openapi import parameters
from solitude.web.refusals import BadFields, Refused
from solitude.web.requests import ApiRequest

router = Router()
PAYPAL_ID_MAX_CHARS = 255
NOT_BY_EMAIL = "PayPal tells nothing of an e-mail address. It can be checked once its owner has let us act at PayPal."
NOT_CONNECTED = "PayPal tells of a merchant id only once its owner has let us act at PayPal."


def _currencies(value: Any) -> Any:
    known = isinstance(value, list) and all(isinstance(code, str) and code in currencies.ACCEPTED for code in value)
    if not known or not value:
        raise ValueError(f"must be a list of {', '.join(CURRENCIES)}")
    return list(dict.fromkeys(value))


Currencies = Annotated[list[str], Taken(_currencies, {"type": "array", "minItems": 1, "items": {"enum": CURRENCIES}})]


class AccountCheckIn(Body):
    """Whose account."""

    seller: SellerUuid
    currencies: Annotated[
        Currencies | None,
        Field(description="In which the seller must be payable; `SOLITUDE_PAYPAL_CHECK_CURRENCIES` by default."),
    ] = None


class CheckShown(TypedDict):
    """One test. `unknown`: it could not be told, and is no fault of the seller."""

    result: Verdict
    reason: Annotated[str | None, Field(description="Why, in words for the seller; null for a pass.")]


class ChecksShown(TypedDict):
    """The tests: the account itself, refunds, and payments."""

    id: CheckShown
    refund: CheckShown
    currencies: CheckShown


class AccountCheck(TypedDict):
    """Whether a seller can be sold for."""

    passed: Annotated[bool, Field(description="Every test was passed.")]
    errors: Annotated[list[str], Field(description="What failed, in the words of the server before this one.")]
    checks: ChecksShown


@router.post("/account-check/", response={201: AccountCheck, **asking.ERRORS})
@touches(Does.READ, "paypal_seller")
def check_account(request: ApiRequest, body: AccountCheckIn) -> HttpResponse:
    """Tests a seller's account: that it stands, that we may refund, and that it can be paid. Nothing is charged."""
    row = data_of(body.seller)
    interface = interface_of(row.seller)
    if not (row.token if interface == CLASSIC else row.merchant_id):
        raise BadFields(__all__="Empty permissions token.")
    if not row.paypal_id:
        raise BadFields(__all__="Empty paypal_id.")
    wanted = body.currencies or settings.SOLITUDE_PAYPAL_CHECK_CURRENCIES
    with answers.room():
        checks = account_checks.account(row, interface, wanted, _urls())
    with transaction.atomic():
        _tell(row, checks["id"])
        return created(request, _shown(checks))


@router.get(
    "/id-check/",
    response=CheckShown,
    openapi_extra=parameters(
        {"paypal_id": ("An e-mail address or merchant id.", {"type": "string", "maxLength": PAYPAL_ID_MAX_CHARS})}
    ),
)
@touches(Does.READ, "paypal_seller")
def check_paypal_id(request: HttpRequest) -> HttpResponse:
    """Whether somebody can be paid by this PayPal id, as far as PayPal tells."""
    paging.only(request, ("paypal_id",))
    paypal_id = request.GET.get("paypal_id", "")
    if not paypal_id or len(paypal_id) > PAYPAL_ID_MAX_CHARS or "\x00" in paypal_id:
        raise Refused(400, {"detail": f"paypal_id must have 1 to {PAYPAL_ID_MAX_CHARS} characters."})
    known = SellerPaypal.objects.select_related("seller").filter(
        paypal_id_hash__in=hashes.candidates(records.LABEL, paypal_id.casefold())
    )
    with answers.room():
        check = _of_id(paypal_id, known.exclude(merchant_id_hash="").first() or known.first())
    response = answer(_check(check))
    response["Cache-Control"] = "no-store"
    return response


def _of_id(paypal_id: str, known: SellerPaypal | None) -> Check:
    interface: Interface | str = interface_of(known.seller) if known else settings.SOLITUDE_PAYPAL_API
    if interface == CLASSIC:
        return account_checks.email(paypal_id) if "@" in paypal_id else Check("unknown", NOT_CONNECTED)
    if known is not None and known.merchant_id:
        return account_checks.merchant(known.merchant_id)
    if "@" in paypal_id:
        return Check("unknown", NOT_BY_EMAIL)
    found = account_checks.merchant(paypal_id)
    return Check("unknown", NOT_CONNECTED) if account_checks.NO_ACCOUNT in found.errors else found


def _urls() -> tuple[str, str]:
    """Where a buyer would come back to: nobody is sent there."""
    allowed = settings.SOLITUDE_PAYPAL_URLS_ALLOWED
    anywhere = allowed[0] if allowed else "https://example.com/"
    return settings.SOLITUDE_PAYPAL_RETURN_URL or anywhere, settings.SOLITUDE_PAYPAL_CANCEL_URL or anywhere


def _tell(row: SellerPaypal, check: Check) -> None:
    """The feed is told when a seller's account has come into order, or out of it."""
    if check.result != "unknown":
        kept = SellerPaypal.objects.select_for_update(of=("self",)).select_related("seller").get(pk=row.pk)
        records.tell_standing(kept, "ready" if check.result == "pass" else "limited")


def _shown(checks: dict[Name, Check]) -> AccountCheck:
    return {
        "passed": all(check.result == "pass" for check in checks.values()),
        "errors": [error for check in checks.values() for error in check.errors],
        "checks": {name: _check(check) for name, check in checks.items()},  # type: ignore[typeddict-item]
    }


def _check(check: Check) -> CheckShown:
    return {"result": check.result, "reason": check.reason or None}
