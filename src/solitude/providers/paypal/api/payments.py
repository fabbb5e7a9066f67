"""`/paypal/pay`, `/paypal/pay-check/` and `/paypal/refund/`"""

from contextlib import suppress
from dataclasses import replace
from decimal import Decimal
from typing import Annotated, Any

from django.db import IntegrityError
from django.http import HttpResponse
from ninja import Router
from pydantic import Field, model_validator

from solitude.money.errors import MoneyError
from solitude.money.money import Money
from solitude.payments import answers, calls, cancel, check, pay, refund
from solitude.payments.models import ProviderCall
from solitude.payments.refund import NotRefundable, NotRefundableCode
from solitude.payments.registry import Telling
from solitude.prepared import Found
from solitude.providers.paypal import currencies, forms, giving_back, uses
from solitude.providers.paypal.api.shown import (
    ERRORS,
    ERRORS_OF_CHECKS,
    OwnPayment,
    PaypalCheck,
    PaypalPayment,
    PaypalRefund,
    RefundRefused,
    shown_check,
    shown_payment,
    shown_refund,
)
from solitude.providers.paypal.forms import PayIn, own_form, wiki_form
from solitude.providers.paypal.forms.form import Order
from solitude.providers.paypal.forms.own_form import OwnPaymentIn
from solitude.providers.paypal.names import NAME, NUMBER
from solitude.transactions.amounts import amount_text
from solitude.transactions.locks import lock
from solitude.transactions.models import Transaction, Type
from solitude.web.answers import answer, created, settle
from solitude.web.etags import check_match
from solitude.web.fields import Body, DecimalNumber, Text
from solitude.web.openapi import Detail, errors
from solitude.web.refusals import BadFields, Refused, not_found
from solitude.web.requests import ApiRequest, client_key

router = Router()
# How Solitude's own form calls what the wiki's calls otherwise.
_OWN_NAMES = {"app_id": "seller_product"}


@router.post("/pay/", response={201: PaypalPayment | OwnPayment, **ERRORS})
def make_payment(request: ApiRequest, body: PayIn) -> HttpResponse:
    """Takes a payment by the buyer's pre-approval, or begins one that the buyer has to approve at PayPal.

    It is answered in the form in which it was asked for.

    A buyer who has a PIN needs a `pin_token` where the client's buyers do: without one 403 `pin_required`, with one that is wrong, used
    or old 403 `pin_token_invalid`. After 502 nothing was charged, and the same key makes a new attempt.
    """

    def keep(call: ProviderCall) -> None:
        _keep(request, _pay_refusal(call, body), lambda: shown_payment(body, call))

    known = calls.begun_under(request.claim)
    with answers.room():
        if known:
            call = calls.find_out(known, keep)
        else:
            order = forms.order(body)
            call = calls.carry_out(_intended(order, request, body.root.pin_token), keep)
    if refused := _pay_refusal(call, body):
        raise refused
    return answer(shown_payment(body, call), 201)


def _intended(order: Order, request: ApiRequest, pin_token: str | None) -> ProviderCall:
    try:
        return calls.intended(lambda: _begin(order, request, pin_token))
    except IntegrityError as error:
        if order.uuid and "uuid" in str(error):
            # Another request has taken it since the form was read.
            raise BadFields(uuid=own_form.NOT_UNIQUE) from None
        raise


def _begin(order: Order, request: ApiRequest, pin_token: str | None) -> ProviderCall:
    wiki_form.save_buyer(order)
    order = uses.within_limits(order)
    try:
        row = pay.row_of(order.uuid, pay.may_begin_again)
    except pay.UuidTaken:
        raise BadFields(uuid=own_form.NOT_UNIQUE) from None
    row.provider, row.source = NUMBER, order.source
    row.amount, row.currency = order.amount.amount, order.amount.currency
    row.buyer, row.seller, row.seller_product = order.buyer, order.sold.seller, order.sold.product
    call = pay.begin(row, NAME, order.intent, request.claim, client=client_key(request), pin_token=pin_token)
    uses.record(order, row)
    return call


def _pay_refusal(call: ProviderCall, body: PayIn | None = None) -> Refused | None:
    """What a payment is refused with, or None; a field at fault is named as the request's form names it."""
    result = answers.of_payment(call)
    if result.reason and body and isinstance(body.root, OwnPaymentIn):
        field = _OWN_NAMES.get(result.reason.field, result.reason.field)
        result = replace(result, reason=replace(result.reason, field=field))
    return answers.refusal(NAME, result, call.transaction)


class Selector(Body):
    pay_key: Annotated[Text | None, Field(description="PayPal's name of the payment.")] = None
    uuid: Annotated[Text | None, Field(description="The uuid of its transaction.")] = None

    @model_validator(mode="after")
    def is_one(self) -> "Selector":
        if not self.pay_key and not self.uuid:
            raise ValueError("A pay_key or a uuid is required.")
        if self.pay_key and self.uuid:
            raise ValueError("Cannot specify pay_key and uuid.")
        return self


class CheckIn(Selector):
    """The payment or refund to look at: exactly one of `pay_key` and `uuid`."""


def _selected(selector: Selector) -> Transaction:
    row = _by_uuid.first(selector.uuid) if selector.uuid else _by_pay_key.first(selector.pay_key or "")
    if row is None:
        raise not_found()
    return row


_OURS = Transaction.objects.filter(provider=NUMBER)
_by_uuid = Found(lambda uuid: _OURS.filter(uuid=uuid), str)
# A refund may have the number of a payment: the first is meant.
_by_pay_key = Found(lambda pay_key: _OURS.filter(uid_pay=pay_key).order_by("pk")[:1], str)


@router.post("/pay-check/", response={201: PaypalCheck, **errors(404), **ERRORS_OF_CHECKS})
def check_payment(request: ApiRequest, body: CheckIn) -> HttpResponse:
    """Says where a payment stands, and takes the money that the buyer has approved.

    Safe at any time, and as often as you like. Where PayPal does not answer, it is answered with what is known. 504 while the outcome of
    a call stays unknown.
    """
    row = _selected(body)
    with answers.room():
        checked = check.check(row.pk)
    if checked.unknown and (refused := answers.refusal(NAME, checked.unknown, checked.row)):
        raise refused
    return created(request, shown_check(checked.row))


class CancelIn(Selector):
    """The payment to give up: exactly one of `pay_key` and `uuid`."""


@router.post("/pay-cancel/", response={201: PaypalCheck, **errors(404), **ERRORS})
def cancel_payment(request: ApiRequest, body: CancelIn) -> HttpResponse:
    """Gives up a payment that the buyer did not approve: nothing is taken for it after this, whatever the buyer does at PayPal.

    Whatever became of it, the answer says where it stands: one that is paid, or just being taken, stays as it is. 504 while the
    outcome of an earlier call stays unknown.
    """
    row = _selected(body)
    if row.type != Type.PAYMENT:
        raise BadFields(__all__="Only a payment can be cancelled.")
    with answers.room():
        cancelled = cancel.cancel(row.pk)
    if cancelled.unknown and (refused := answers.refusal(NAME, cancelled.unknown, cancelled.row)):
        raise refused
    return created(request, shown_check(cancelled.row))


class RefundIn(Selector):
    """The payment to give back: exactly one of `pay_key` and `uuid`."""

    amount: Annotated[DecimalNumber | None, Field(description="A part of it; all that is left by default.")] = None
    reason: Annotated[Text | None, Field(description="For the buyer; PayPal gets the first 255 characters.")] = None


@router.post(
    "/refund/",
    response={201: PaypalRefund, **errors(404, 412), 409: RefundRefused | Detail, **ERRORS},
)
def make_refund(request: ApiRequest, body: RefundIn) -> HttpResponse:
    """Gives back a payment, or a part of it. `If-Match` is the tag of the payment."""

    def keep(call: ProviderCall) -> None:
        _keep(request, _pay_refusal_of_refund(call), lambda: shown_refund(call))

    known = calls.begun_under(request.claim)
    with answers.room():
        begun = known or _intended_refund(request, body)
        call = calls.find_out(begun, keep) if known else calls.carry_out(begun, keep)
    if refused := _pay_refusal_of_refund(call):
        raise refused
    return answer(shown_refund(call), 201)


def _pay_refusal_of_refund(call: ProviderCall) -> Refused | None:
    """A refund that PayPal took and that failed there is an answer; one that it refused is 422."""
    if call.reason_code == "REFUND_FAILED":
        return None
    return _pay_refusal(call)


def _intended_refund(request: ApiRequest, body: RefundIn) -> ProviderCall:
    for _ in range(refund.LOOKS_MAX):
        tell = giving_back.telling(_selected(body), body.reason or "")
        with suppress(refund.Moved):
            return calls.intended(lambda tell=tell: _begin_refund(request, body, tell))  # type: ignore[misc]
    raise _not_refundable(refund.UNDER_WAY, refund.refundable(_selected(body)).text)


def _begin_refund(request: ApiRequest, body: RefundIn, tell: Telling) -> ProviderCall:
    """In one transaction, under the payment's lock: what is left, the share of the fee and the claim are of one moment."""
    payment = lock(_selected(body).pk)
    if payment.type != Type.PAYMENT:
        raise BadFields(__all__="Only a payment can be refunded.")
    part = _refund_part(body, payment)
    check_match(request, payment)
    if payment.captured_amount is None:
        # One that its client keeps may have no currency.
        raise _not_refundable(refund.NOT_CAPTURED, amount_text(Decimal(0), payment.currency) or "0")
    left = refund.refundable(payment)
    amount = left if part is None else part
    if amount > left or left.amount == 0:
        raise _not_refundable(refund.over_what_is_left(payment, amount).code, left.text)
    try:
        intent, ids = tell(payment, amount)
        return refund.begin(payment, amount, NAME, intent, ids, request.claim)
    except NotRefundable as error:
        raise _not_refundable(error.code, error.refundable.text) from None


def _refund_part(body: RefundIn, payment: Transaction) -> Money | None:
    """What the request names; None is all that is left. Of what was not captured nothing is. Raises BadFields."""
    if body.amount is None or payment.captured_amount is None:
        return None
    try:
        amount = Money.parse(body.amount, payment.currency, digits=currencies.digits(payment.currency))
    except MoneyError as error:
        raise BadFields(amount=str(error)) from None
    if amount.amount <= 0:
        raise BadFields(amount="must be greater than zero")
    return amount


def _not_refundable(code: NotRefundableCode, refundable: str) -> Refused:
    details = {
        refund.NOT_CAPTURED: "This payment was not captured.",
        refund.EXCEEDS: "This is more than is left of what was captured.",
        refund.UNDER_WAY: "It is not known yet what became of another refund of this payment; come back then.",
    }
    body: RefundRefused = {"detail": details[code], "code": code, "refundable": refundable}
    return Refused(409, body)


def _keep(request: ApiRequest, refused: Refused | None, body: Any) -> None:
    """Keeps the answer under the idempotency key in the commit of the outcome; what is no final answer is not kept."""
    if refused is None:
        settle(request, 201, body())
    elif refused.status == 422:
        settle(request, 422, refused.body)
