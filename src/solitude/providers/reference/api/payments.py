"""`/provider/<name>/pay/`: a payment through the engine, by a provider that speaks the reference interface."""

from typing import Annotated, Any, Literal

from django.db import IntegrityError
from django.http import HttpResponse
from ninja import Router
from pydantic import Field
from typing_extensions import TypedDict

from solitude.payments import answers, calls, pay
from solitude.payments.answers import Named
from solitude.payments.models import ProviderCall
from solitude.providers.reference import asking, form
from solitude.providers.reference.form import Order, ReferencePaymentIn
from solitude.providers.reference.names import NAME, NUMBER
from solitude.transactions.amounts import amount_text
from solitude.transactions.models import PAID, Status
from solitude.web.answers import answer, settle
from solitude.web.openapi import Amount, CodedError, Detail, errors
from solitude.web.refusals import BadFields, Refused
from solitude.web.requests import ApiRequest, client_key

router = Router()
PAY = "pay"


class ReferenceRefusal(Named):
    """The provider refused, or ended it without money. By field of the request, `__all__` where none is at fault; `code` is the
    provider's word, or `ANSWER_DIFFERS`: it would have taken another payment than was asked for."""

    reference: Annotated[
        dict[str, list[CodedError]],
        Field(examples=[{"carrier": [{"code": "InvalidArgumentError", "message": "carrier is required."}]}]),
    ]


class ReferencePayment(TypedDict):
    """A payment that waits for its buyer at the provider."""

    uuid: str
    transaction: Annotated[str, Field(examples=["/generic/transaction/7/"])]
    status: Annotated[
        Literal["created", "completed", "cancelled"],
        Field(
            description="`created`: the buyer pays at `pay_url`. `completed` and `cancelled`: what it came to before this request was "
            "repeated."
        ),
    ]
    amount: Amount
    currency: str
    pay_url: Annotated[str | None, Field(description="Where the buyer pays. Whoever has it can pay.")]
    provider: Annotated[str, Field(description="The name in the path.")]


ERRORS: dict[int, Any] = {422: ReferenceRefusal | Detail, **answers.ERRORS, **errors(404)}


@router.post("/{name}/pay/", response={201: ReferencePayment, **ERRORS})
def make_reference_payment(request: ApiRequest, name: str, body: ReferencePaymentIn) -> HttpResponse:
    """Begins a payment that the buyer makes at a provider; a notice of the provider's ends it.

    A buyer who has a PIN needs a `pin_token` where the client's buyers do: without one 403 `pin_required`, with one that is wrong, used
    or old 403 `pin_token_invalid`. After 502 nothing was charged, and the same key makes a new attempt.
    """
    provider = asking.named(request, name, PAY)

    def keep(call: ProviderCall) -> None:
        refused = _refusal(call)
        if refused is None:
            settle(request, 201, _shown(call))
        elif refused.status == 422:
            settle(request, 422, refused.body)

    known = calls.begun_under(request.claim)
    with answers.room():
        if known:
            call = calls.find_out(known, keep)
        else:
            order = form.order(provider, body)
            call = calls.carry_out(_intended(order, request), keep)
    if refused := _refusal(call):
        raise refused
    return answer(_shown(call), 201)


def _intended(order: Order, request: ApiRequest) -> ProviderCall:
    try:
        return calls.intended(lambda: _begin(order, request))
    except IntegrityError as error:
        if order.uuid and "uuid" in str(error):
            # Another request has taken it since the form was read.
            raise BadFields(uuid=form.NOT_UNIQUE) from None
        raise


def _begin(order: Order, request: ApiRequest) -> ProviderCall:
    try:
        row, body = pay.row_of(order.uuid, pay.may_begin_again), order.body
    except pay.UuidTaken:
        raise BadFields(uuid=form.NOT_UNIQUE) from None
    row.provider, row.source = NUMBER, body.source
    row.amount, row.currency = order.amount.amount, order.amount.currency
    row.buyer, row.seller, row.seller_product = order.buyer, order.product.seller, order.product
    row.carrier, row.region = body.carrier, body.region
    client = client_key(request)
    return pay.begin(row, NAME, order.intent, request.claim, client=client, pin_token=body.pin_token)


def _refusal(call: ProviderCall) -> Refused | None:
    """What a payment is refused with, or None."""
    return answers.refusal(NAME, answers.of_payment(call), call.transaction)


def _shown(call: ProviderCall) -> ReferencePayment:
    row = call.transaction
    assert row is not None  # noqa: S101  # a payment has its transaction
    status: Literal["created", "completed", "cancelled"] = "created"
    if row.status in PAID:
        status = "completed"
    elif row.status == Status.CANCELLED:
        status = "cancelled"
    return {
        "uuid": row.uuid,
        "transaction": row.resource_uri,
        "status": status,
        "amount": amount_text(row.amount, row.currency) or "",
        "currency": row.currency,
        "pay_url": row.pay_url if status == "created" else None,
        "provider": call.intended.interface,
    }
