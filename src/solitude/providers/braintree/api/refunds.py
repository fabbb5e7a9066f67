"""`/braintree/refund/` and `/braintree/void/`: giving back what is settled, and giving up what is not settled yet."""

from decimal import Decimal
from typing import Annotated, Literal

from django.http import HttpResponse
from ninja import Router
from pydantic import Field
from typing_extensions import TypedDict

from solitude.money.errors import MoneyError
from solitude.money.money import Money
from solitude.payments import answers, calls, refund, void
from solitude.payments.contract import Intent
from solitude.payments.models import ProviderCall
from solitude.payments.refund import NotRefundable, NotRefundableCode
from solitude.payments.void import NotVoidable
from solitude.providers.braintree.api import refusing
from solitude.providers.braintree.api.fields import (
    DOES_NOT_EXIST,
    INVALID,
    AnAmount,
    Form,
    FormText,
    MaybeText,
    bad_form,
)
from solitude.providers.braintree.names import NAME, NUMBER
from solitude.providers.braintree.reading import TAKEN
from solitude.transactions.amounts import amount_text
from solitude.transactions.locks import lock
from solitude.transactions.models import Transaction, Type
from solitude.transactions.shown import TransactionShown, below_of, shown_transaction
from solitude.web.answers import answer
from solitude.web.etags import check_match
from solitude.web.openapi import Amount, Detail, Nothing, errors
from solitude.web.refusals import Refused
from solitude.web.requests import ApiRequest

router = Router()
Uuid = Annotated[FormText, Field(description="Of the payment.")]
_SAYS: dict[NotRefundableCode, str] = {
    refund.NOT_CAPTURED: "This payment was not taken.",
    refund.EXCEEDS: "This is more than is left of what was taken.",
    refund.UNDER_WAY: "It is not known yet what became of another refund of this payment; come back then.",
}


class BraintreeRefundIn(Form):
    """The payment to give back, or a part of it."""

    uuid: Uuid
    amount: Annotated[AnAmount, Field(description="A part of it; all that is left by default.")] = None
    reason: Annotated[MaybeText, Field(description="Kept as the refund's `notes`; Braintree is not told.")] = None


class BraintreeVoidIn(Form):
    """The payment to give up."""

    uuid: Uuid


class GenericTransaction(TypedDict):
    """A transaction as `/generic/transaction/` shows it."""

    generic: TransactionShown


class BraintreeBack(TypedDict):
    """The refund, which is a transaction of its own; of what was given up the payment itself."""

    braintree: Nothing
    mozilla: GenericTransaction


class BraintreeNotRefundable(TypedDict):
    """Nothing was sent. `refundable` is what can be refunded."""

    detail: str
    code: NotRefundableCode
    refundable: Amount


class NotVoidableAnswer(TypedDict):
    """Nothing was sent: it is not taken, or it is settled, or something of it has gone back. What is settled can be refunded."""

    detail: str
    code: Literal["not_voidable"]


@router.post(
    "/refund/",
    response={201: BraintreeBack, **errors(412), 409: BraintreeNotRefundable | Detail, **refusing.ERRORS},
)
def make_braintree_refund(request: ApiRequest, body: BraintreeRefundIn) -> HttpResponse:
    """Gives back a payment that is settled, or a part of it. Before that Braintree refuses (91506): it can be voided then.

    `If-Match` is the tag of the payment.
    """

    def keep(call: ProviderCall) -> None:
        refusing.keep(request, call, lambda: answer(_shown(call), 201))

    known = calls.begun_under(request.claim)
    with answers.room():
        begun = known or calls.intended(lambda: _begin(request, body))
        call = calls.find_out(begun, keep) if known else calls.carry_out(begun, keep)
    if refused := refusing.refusal(call):
        raise refused
    return answer(_shown(call), 201)


@router.post("/void/", response={201: BraintreeBack, **errors(412), 409: NotVoidableAnswer | Detail, **refusing.ERRORS})
def void_braintree_payment(request: ApiRequest, body: BraintreeVoidIn) -> HttpResponse:
    """Gives up a payment that is not settled yet, whole: its buyer is not charged. To do so again changes nothing.

    `If-Match` is the tag of the payment.
    """

    def keep(call: ProviderCall) -> None:
        refusing.keep(request, call, lambda: answer(_shown(call), 201))

    known = calls.begun_under(request.claim)
    with answers.room():
        begun = known or calls.intended(lambda: _begin_void(request, body))
        # One that somebody else has begun is not asked for again.
        call = calls.carry_out(begun, keep) if begun.is_begun_here else calls.find_out(begun, keep)
    if refused := refusing.refusal(call):
        raise refused
    return answer(_shown(call), 201)


def _begin(request: ApiRequest, body: BraintreeRefundIn) -> ProviderCall:
    """In one transaction, under the payment's lock: what is left and the claim are of one moment."""
    payment = _locked(body.uuid)
    part = _part(body, payment)
    check_match(request, payment)
    if payment.captured_amount is None or payment.taken_id is None:
        raise _not_refundable(refund.NOT_CAPTURED, amount_text(Decimal(0), payment.currency) or "0")
    left = refund.refundable(payment)
    amount = left if part is None else part
    if amount > left or left.amount == 0:
        raise _not_refundable(refund.over_what_is_left(payment, amount).code, left.text)
    try:
        call = refund.begin(payment, amount, NAME, Intent(amount=amount), {TAKEN: payment.taken_id}, request.claim)
    except NotRefundable as error:
        raise _not_refundable(error.code, error.refundable.text) from None
    if body.reason and call.transaction:
        call.transaction.change(notes=body.reason)
    return call


def _begin_void(request: ApiRequest, body: BraintreeVoidIn) -> ProviderCall:
    payment = _locked(body.uuid)
    check_match(request, payment)
    try:
        return void.begin(payment, NAME, {TAKEN: payment.taken_id or ""}, request.claim)
    except NotVoidable:
        refused: NotVoidableAnswer = {"detail": "There is nothing to give up.", "code": "not_voidable"}
        raise Refused(409, refused) from None


def _locked(uuid: str) -> Transaction:
    """Raises Refused (422)."""
    found = Transaction.objects.filter(uuid=uuid, provider=NUMBER, type=Type.PAYMENT).first()
    if found is None:
        raise bad_form(uuid=(DOES_NOT_EXIST, "There is no such payment at Braintree."))
    return lock(found.pk)


def _part(body: BraintreeRefundIn, payment: Transaction) -> Money | None:
    """What the request names; None is all that is left. Of what was not captured nothing is. Raises Refused (422)."""
    if body.amount is None or payment.captured_amount is None:
        return None
    try:
        amount = Money.parse(body.amount, payment.currency)
    except MoneyError as error:
        raise bad_form(amount=(INVALID, str(error))) from None
    if amount.amount <= 0:
        raise bad_form(amount=(INVALID, "must be greater than zero"))
    return amount


def _not_refundable(code: NotRefundableCode, refundable: str) -> Refused:
    body: BraintreeNotRefundable = {"detail": _SAYS[code], "code": code, "refundable": refundable}
    return Refused(409, body)


def _shown(call: ProviderCall) -> BraintreeBack:
    row = call.transaction
    assert row is not None  # noqa: S101  # refund and void are of a transaction
    return {"braintree": {}, "mozilla": {"generic": shown_transaction(row, below_of([row]))}}
