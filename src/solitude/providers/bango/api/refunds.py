"""`/bango/refund/`: giving back a payment, and where that stands."""

from typing import Annotated, Final
from urllib.parse import urlencode
from uuid import uuid4

from django.conf import settings
from django.http import HttpResponse
from ninja import Router
from pydantic import Field
from typing_extensions import TypedDict

from solitude.payments import answers, calls, check, refund
from solitude.payments.models import ProviderCall
from solitude.payments.refund import NotRefundable
from solitude.providers.bango import giving_back, provider
from solitude.providers.bango.api import refusing
from solitude.providers.bango.api.fields import Given, Plain
from solitude.providers.bango.names import NAME, NUMBER
from solitude.providers.bango.soap.wire import OK
from solitude.transactions.locks import lock
from solitude.transactions.models import Status, Transaction, Type
from solitude.web import paging
from solitude.web.answers import answer
from solitude.web.fields import Body, Flag
from solitude.web.openapi import errors, parameters
from solitude.web.refusals import REQUIRED, BadFields, not_found
from solitude.web.requests import ApiRequest

router = Router()
GOES_BACK: Final = (*giving_back.REFUNDS, Type.REVERSAL, Type.REVERSAL_MANUAL)
NOT_BANGO, NOT_COMPLETED, NOT_A_PAYMENT = "Not a Bango transaction", "Not completed", "Not a payment"
ALREADY_REFUNDED, NOT_A_REFUND = "Already refunded", "Not a refund"
UNCONFIRMED: Final = "Bango has not told yet what it calls the payment"
UUID_PARAMETER = parameters({"uuid": ("Of the refund; it may also stand in the body.", {"type": "string"})})


class FakeResponse(Body):
    """What Bango would answer to a refund that it is not asked for."""

    responseCode: Annotated[Plain, Field(description="`OK` by default.")] = ""
    responseMessage: Plain = ""
    refundTransactionId: Annotated[Plain, Field(description="Empty by default.")] = ""


class BangoRefundIn(Body):
    """The payment to give back, as a whole."""

    uuid: Annotated[Given, Field(description="Of the payment.")]
    manual: Annotated[
        Flag, Field(description="True: it is made by hand. Bango is not asked, and it is done at once.")
    ] = False
    fake_response: Annotated[
        FakeResponse | None,
        Field(description="What is answered in Bango's place: to a manual one, or with `SOLITUDE_BANGO_FAKE_REFUNDS`."),
    ] = None


class RefundQuestion(Body):
    """The refund that is asked about; the query may say it as well."""

    uuid: Annotated[Plain, Field(description="Of the refund.")] = ""


class BangoRefund(TypedDict):
    """A refund: a transaction of its own."""

    status: Annotated[
        str, Field(description="Bango's code: `OK`, `PENDING`, or why it failed.", examples=["OK", "PENDING"])
    ]
    uuid: str
    resource_pk: Annotated[int, Field(description="The primary key of the transaction.")]
    resource_uri: Annotated[str, Field(examples=["/bango/refund/?uuid=solitude%3A5d0f"])]
    transaction: Annotated[str, Field(examples=["/generic/transaction/18/"])]


@router.post("/refund/", response={200: BangoRefund, **errors(404), **refusing.ERRORS})
def make_bango_refund(request: ApiRequest, body: BangoRefundIn) -> HttpResponse:
    """Gives back a payment, as a whole. Bango may take days for it: `PENDING`.

    What Bango refuses is the refund's end, and not the payment's. While one is pending, the payment is `Already refunded`.
    """

    def keep(call: ProviderCall) -> None:
        refusing.keep(request, refusing.refusal(call), lambda: _shown(_row(call)))

    known = calls.begun_under(request.claim)
    with answers.room():
        begun = known or calls.intended(lambda: _begin(request, body))
        call = calls.find_out(begun, keep) if known else calls.carry_out(begun, keep)
    if refused := refusing.refusal(call):
        raise refused
    return answer(_shown(_row(call)))


def _begin(request: ApiRequest, body: BangoRefundIn) -> ProviderCall:
    """In one transaction, under the payment's lock."""
    found = Transaction.objects.filter(uuid=body.uuid).first()
    if found is None:
        raise not_found()
    payment = lock(found.pk)
    if problem := _problem(payment):
        raise BadFields(uuid=problem)
    amount = refund.refundable(payment)
    try:
        intent, ids = giving_back.told(payment, amount, _faked(body))
    except giving_back.Unconfirmed:
        raise BadFields(uuid=UNCONFIRMED) from None
    if amount.amount <= 0:
        raise BadFields(uuid=ALREADY_REFUNDED)
    kind = Type.REFUND_MANUAL if body.manual else Type.REFUND
    try:
        return refund.begin(payment, amount, NAME, intent, ids, request.claim, kind)
    except NotRefundable:
        raise BadFields(uuid=ALREADY_REFUNDED) from None


def _problem(payment: Transaction) -> str | None:
    """Why it cannot go back, in the order of the old server."""
    if payment.provider != NUMBER:
        return NOT_BANGO
    if payment.status != Status.COMPLETED:
        return NOT_COMPLETED
    if payment.type != Type.PAYMENT:
        return NOT_A_PAYMENT
    # One that is under way may still be done.
    goes_back = Transaction.objects.filter(related=payment, type__in=GOES_BACK)
    if goes_back.filter(status__in=(Status.PENDING, Status.COMPLETED)).exists():
        return ALREADY_REFUNDED
    if payment.captured_amount is None:
        return UNCONFIRMED
    return None


def _faked(body: BangoRefundIn) -> dict[str, str]:
    """What is answered in Bango's place; empty where Bango is asked. Raises BadFields."""
    if not body.manual and not settings.SOLITUDE_BANGO_FAKE_REFUNDS:
        return {}
    fake = body.fake_response
    number = str(uuid4()) if fake is None else fake.refundTransactionId
    if number and Transaction.objects.filter(provider=NUMBER, uid_pay=number).exists():
        raise BadFields(fake_response="refundTransactionId is that of another transaction")
    return giving_back.faked(number, fake.responseCode if fake else "", fake.responseMessage if fake else "")


@router.get("/refund/", response={200: BangoRefund, **errors(404), **refusing.ERRORS}, openapi_extra=UUID_PARAMETER)
def get_bango_refund(request: ApiRequest, body: RefundQuestion) -> HttpResponse:
    """Says where a refund stands; Bango is asked about one that is pending. 504 while it is not known whether Bango has taken it."""
    return _status(request, body)


@router.get(
    "/refund/status/", response={200: BangoRefund, **errors(404), **refusing.ERRORS}, openapi_extra=UUID_PARAMETER
)
def get_bango_refund_by_its_documented_path(request: ApiRequest, body: RefundQuestion) -> HttpResponse:
    """The same, where the old server's documents have it."""
    return _status(request, body)


def _status(request: ApiRequest, body: RefundQuestion) -> HttpResponse:
    paging.only(request, ("uuid",))
    uuid = request.GET.get("uuid") or body.uuid
    if not uuid:
        raise BadFields(uuid=REQUIRED)
    row = Transaction.objects.filter(uuid=uuid).first()
    if row is None:
        raise not_found()
    if row.type not in giving_back.REFUNDS or row.provider != NUMBER:
        raise BadFields(uuid=NOT_A_REFUND)
    with answers.room():
        checked = check.check(row.pk)
    unanswered = checked.unknown or checked.failed
    if unanswered and (refused := refusing.of_result(unanswered, checked.row)):
        raise refused
    return answer(_shown(checked.row))


def _row(call: ProviderCall) -> Transaction:
    assert call.transaction is not None  # noqa: S101  # a refund's call has its refund
    return call.transaction


def _shown(row: Transaction) -> BangoRefund:
    return {
        "status": _code(row),
        "uuid": row.uuid,
        "resource_pk": row.pk,
        "resource_uri": f"/bango/refund/?{urlencode({'uuid': row.uuid})}",
        "transaction": row.resource_uri,
    }


def _code(row: Transaction) -> str:
    match Status(row.status):
        case Status.COMPLETED | Status.CHECKED:
            return OK
        case Status.PENDING:
            return provider.PENDING
    return row.status_reason or "CANT_REFUND"
