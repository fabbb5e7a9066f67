"""`/payments/check/`, `/cancel/`, `/refund/` and `/void/`: what follows a payment, whoever its provider is.

A provider says what it can do (`payments/contract.py`, `Capability`); what it cannot is refused before anything is written.
"""

from contextlib import suppress
from typing import Annotated, Any, Final

from django.http import HttpResponse
from ninja import Router
from pydantic import Field

from solitude.money.errors import MoneyError
from solitude.money.money import Money
from solitude.payments import answers, calls, cancel, check, refund, registry, void
from solitude.payments.check import Checked
from solitude.payments.contract import Capability, Result
from solitude.payments.models import ProviderCall
from solitude.payments.refund import NotRefundable
from solitude.routing import refunding, shown
from solitude.routing.shown import ERRORS, ERRORS_OF_CHECKS, AnyPayment, NotRefunded, NotVoided
from solitude.transactions.keeping import is_of_engine
from solitude.transactions.locks import lock
from solitude.transactions.models import PROVIDER_NUMBERS, Transaction, Type
from solitude.web.answers import answer, created, settle
from solitude.web.etags import check_match
from solitude.web.fields import Body, DecimalNumber, GivenText, Text
from solitude.web.openapi import Detail, errors
from solitude.web.refusals import BadFields, Refused, not_found, unprocessable
from solitude.web.requests import ApiRequest

router = Router()
NAMESPACE: Final = "payments"
NOT_POSSIBLE: Final = "not_possible"


class PaymentNamed(Body):
    """Which one."""

    uuid: Annotated[GivenText, Field(description="Of its transaction.")]


class AnyRefundIn(PaymentNamed):
    """The payment to give back, or a part of it."""

    amount: Annotated[DecimalNumber | None, Field(description="A part of it; all that is left by default.")] = None
    reason: Annotated[Text | None, Field(description="For the buyer, where the provider passes it on.")] = None


@router.post("/check/", response={201: AnyPayment, **errors(404), **ERRORS_OF_CHECKS})
def check_any_payment(request: ApiRequest, body: PaymentNamed) -> HttpResponse:
    """Says where a payment or a refund stands, and takes the money that the buyer has approved.

    Safe at any time, and as often as you like. Where its provider does not answer, it is answered with what is known. 504 while the
    outcome of a call stays unknown.
    """
    row, name = _named(body.uuid)
    with answers.room():
        checked = check.check(row.pk)
    return _stands(request, name, checked)


@router.post("/cancel/", response={201: AnyPayment, **errors(404), **ERRORS})
def cancel_any_payment(request: ApiRequest, body: PaymentNamed) -> HttpResponse:
    """Gives up a payment that its buyer has not approved; the answer says where it stands, whatever became of it.

    One that is paid, or just being taken, stays as it is. 504 while the outcome of an earlier call stays unknown.
    """
    row, name = _payment_named(body.uuid, Capability.CANCEL)
    with answers.room():
        cancelled = cancel.cancel(row.pk)
    return _stands(request, name, cancelled)


@router.post("/refund/", response={201: AnyPayment, **errors(404, 412), 409: NotRefunded | Detail, **ERRORS})
def refund_any_payment(request: ApiRequest, body: AnyRefundIn) -> HttpResponse:
    """Gives back a payment, or a part of it. `If-Match` is the tag of the payment.

    Of a provider that takes no part, or no second one: 422 `not_possible`. The refund may be `pending` for days; `/payments/check/`
    with its uuid says what became of it.
    """
    row, name = _payment_named(body.uuid, Capability.REFUND)

    def keep(call: ProviderCall) -> None:
        _keep(request, call, lambda: shown.shown(_row(call)))

    known = calls.begun_under(request.claim)
    with answers.room():
        begun = known or _intended_refund(request, body, row, name)
        call = calls.find_out(begun, keep) if known else calls.carry_out(begun, keep)
    if refused := _refusal(call):
        raise refused
    return answer(shown.shown(_row(call)), 201)


@router.post("/void/", response={201: AnyPayment, **errors(404), 409: NotVoided | Detail, **ERRORS})
def void_any_payment(request: ApiRequest, body: PaymentNamed) -> HttpResponse:
    """Gives up a payment that was taken and is not settled yet, as a whole: it ends cancelled, and nothing was taken."""
    row, name = _payment_named(body.uuid, Capability.VOID)

    def keep(call: ProviderCall) -> None:
        _keep(request, call, lambda: shown.shown(_row(call)))

    known = calls.begun_under(request.claim)
    with answers.room():
        begun = known or _intended_void(request, row, name)
        call = calls.carry_out(begun, keep) if begun.is_begun_here else calls.find_out(begun, keep)
    if refused := _refusal(call):
        raise refused
    return answer(shown.shown(_row(call)), 201)


def _named(uuid: str) -> tuple[Transaction, str]:
    """A payment or refund of the engine, and its provider's name."""
    row = Transaction.objects.filter(uuid=uuid).first()
    if row is None:
        raise not_found()
    name = PROVIDER_NUMBERS.get(row.provider) if row.provider is not None else None
    if name is None or not registry.is_known(name) or not is_of_engine(row):
        raise _not_possible("uuid", "No provider of this server was asked about it.")
    return row, name


def _payment_named(uuid: str, needed: Capability) -> tuple[Transaction, str]:
    row, name = _named(uuid)
    if row.type != Type.PAYMENT:
        raise BadFields(uuid="must be that of a payment")
    if not registry.can(name, needed):
        raise _not_possible("uuid", f"{name} has no {needed}.")
    return row, name


def _intended_refund(request: ApiRequest, body: AnyRefundIn, row: Transaction, name: str) -> ProviderCall:
    for _ in range(refund.LOOKS_MAX):
        tell = refunding.telling(name, row, body.reason or "")
        with suppress(refund.Moved):
            return calls.intended(lambda tell=tell: _begin_refund(request, body, row.pk, name, tell))  # type: ignore[misc]
    raise _not_refunded(NotRefundable(refund.UNDER_WAY, refund.refundable(Transaction.objects.get(pk=row.pk))))


def _begin_refund(request: ApiRequest, body: AnyRefundIn, pk: int, name: str, tell: registry.Telling) -> ProviderCall:
    """In one transaction, under the payment's lock: what is left, what the provider is told, and the claim are of one moment."""
    payment = lock(pk)
    left = refund.refundable(payment)
    amount = _amount(body, left)
    check_match(request, payment)
    try:
        if payment.captured_amount is None:
            raise NotRefundable(refund.NOT_CAPTURED, left)
        if amount > left or left.amount == 0:
            raise refund.over_what_is_left(payment, amount)
        _check_parts(name, payment, amount)
        intent, ids = tell(payment, amount)
        return refund.begin(payment, amount, name, intent, ids, request.claim)
    except NotRefundable as error:
        raise _not_refunded(error) from None


def _amount(body: AnyRefundIn, left: Money) -> Money:
    """All that is left unless the request names a part. Raises BadFields."""
    if body.amount is None:
        return left
    try:
        amount = Money.parse(body.amount, left.currency)
    except MoneyError as error:
        raise BadFields(amount=str(error)) from None
    if amount.amount <= 0:
        raise BadFields(amount="must be greater than zero")
    return amount


def _check_parts(name: str, payment: Transaction, amount: Money) -> None:
    """Raises Refused where the provider takes no part of a payment, or no second one."""
    if amount.amount != payment.captured_amount and not registry.can(name, Capability.PARTIAL_REFUND):
        raise _not_possible("amount", f"{name} gives a payment back as a whole.")
    if payment.refund_claimed_amount and not registry.can(name, Capability.SEVERAL_REFUNDS):
        raise _not_possible("uuid", f"{name} gives a payment back once.")


def _intended_void(request: ApiRequest, row: Transaction, name: str) -> ProviderCall:
    ids = refunding.ids_of(row)
    try:
        return calls.intended(lambda: void.begin(row, name, ids, request.claim))
    except void.NotVoidable:
        refused: NotVoided = {"detail": "There is nothing of it to give up, or no more.", "code": "not_voidable"}
        raise Refused(409, refused) from None


def _stands(request: ApiRequest, name: str, checked: Checked) -> HttpResponse:
    if checked.unknown and (refused := _of_result(name, checked.unknown, checked.row)):
        raise refused
    return created(request, shown.shown(checked.row))


def _refusal(call: ProviderCall) -> Refused | None:
    return _of_result(call.way or call.provider, calls.result_of(call), call.transaction)


def _of_result(name: str, result: Result, row: Transaction | None) -> Refused | None:
    return answers.refusal(name, result, row)


def _keep(request: ApiRequest, call: ProviderCall, body: Any) -> None:
    """Keeps the answer under the idempotency key in the commit of the outcome; what is no final answer is not kept."""
    refused = _refusal(call)
    if refused is None:
        settle(request, 201, body())
    elif refused.status == 422:
        settle(request, 422, refused.body)


def _row(call: ProviderCall) -> Transaction:
    assert call.transaction is not None  # noqa: S101  # a call about a payment has its transaction
    return call.transaction


def _not_possible(field: str, message: str) -> Refused:
    return unprocessable(NAMESPACE, {field: (NOT_POSSIBLE, message)})


def _not_refunded(error: NotRefundable) -> Refused:
    return Refused(409, shown.not_refunded(error.code, error.refundable))
