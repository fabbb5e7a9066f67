"""Payments, checks and refunds as the routes of PayPal answer them."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from solitude.money.money import Money
from solitude.payments import answers, apply
from solitude.payments.answers import Named
from solitude.payments.models import ProviderCall
from solitude.payments.refund import NotRefundableCode
from solitude.providers.paypal.forms import PayIn
from solitude.providers.paypal.forms.wiki_form import WikiPaymentIn
from solitude.transactions.amounts import amount_text
from solitude.transactions.models import CallOutcome, Status, Transaction, Type
from solitude.web.openapi import Amount, CodedError, Detail, NumericAmount

PayStatus = Literal["created", "completed", "pending", "cancelled"]
OwnPayStatus = Literal["CREATED", "COMPLETED", "PENDING", "CANCELLED"]
CheckStatus = Literal[
    "CREATED",
    "COMPLETED",
    "PENDING",
    "DECLINED",
    "CANCELLED",
    "EXPIRED",
    "REFUNDED",
    "PARTIALLY_REFUNDED",
    "FAILED",
    "ERRORED",
]
RefundStatus = Literal["COMPLETED", "PENDING", "FAILED", "CANCELLED", "ERRORED"]
ReceiverStatus = Literal[
    "REFUNDED",
    "REFUNDED_PENDING",
    "REFUND_ERROR",
    "ALREADY_REVERSED_OR_REFUNDED",
    "NO_API_ACCESS_TO_RECEIVER",
]
Path = Annotated[str, Field(examples=["/generic/transaction/7/"])]
CorrelationId = Annotated[str | None, Field(description="What PayPal's support asks for.")]


class PaypalRefusal(Named):
    """PayPal refused, or ended it without money. By field of the request, `__all__` where none is at fault; `code` is PayPal's word."""

    paypal: Annotated[
        dict[str, list[CodedError]], Field(examples=[{"__all__": [{"code": "INSTRUMENT_DECLINED", "message": ""}]}])
    ]


# For `response=` of a route that asks PayPal.
ERRORS: dict[int, Any] = {422: PaypalRefusal | Detail, **answers.ERRORS}
# What cannot be sent leaves a payment where it stood, and where it stands is what these are asked.
ERRORS_OF_CHECKS = {status: shown for status, shown in ERRORS.items() if status != 502}


class PaypalPayment(TypedDict):
    """A payment that PayPal has taken or has begun, in the wiki's form."""

    user_id: Annotated[int | str, Field(description="As it was sent.", examples=[8812])]
    app_id: Annotated[int | str, Field(description="As it was sent.", examples=["5530"])]
    amount: NumericAmount
    currency: str
    use_preapproval: Annotated[bool, Field(description="Whether a pre-approval was used.")]
    status: Annotated[
        PayStatus,
        Field(
            description="`created`: the buyer has to approve at `pay_url`. `completed`: the money is taken. `pending`: PayPal has it "
            "under review. `cancelled`: it came to nothing before this request was repeated."
        ),
    ]
    uuid: str
    transaction: Path
    paykey: NotRequired[Annotated[str, Field(description="PayPal's name of a payment that waits for the buyer.")]]
    pay_url: NotRequired[Annotated[str, Field(description="Where the buyer approves it.")]]


class OwnPayment(TypedDict):
    """A payment that PayPal has taken or has begun, in Solitude's own form."""

    pay_key: Annotated[str | None, Field(description="PayPal's name of the payment.")]
    status: Annotated[
        OwnPayStatus,
        Field(
            description="`CREATED`: the buyer has to approve at `pay_url`. `COMPLETED`: the money is taken. `PENDING`: PayPal has it "
            "under review. `CANCELLED`: it came to nothing before this request was repeated."
        ),
    ]
    use_preapproval: Annotated[bool, Field(description="Whether a pre-approval was used.")]
    uuid: str
    transaction: Path
    correlation_id: CorrelationId
    pay_url: NotRequired[Annotated[str, Field(description="Where the buyer approves it.")]]
    resource_pk: Annotated[str, Field(description="Of this request; it names nothing later.")]
    resource_uri: Annotated[str, Field(examples=["/paypal/pay/0b5e9a1c-6c1f-4f57-9c53-0d1f6a0b1c2d/"])]


class PaypalCheck(TypedDict):
    """Where a payment or a refund stands."""

    pay_key: Annotated[str | None, Field(description="PayPal's name of it.")]
    status: Annotated[
        CheckStatus,
        Field(
            description="`CREATED`: the buyer has not approved yet, or it is not taken yet. `PENDING`: taken, and under review. "
            "`DECLINED`: with a `pay_url` the buyer may try again there. `EXPIRED`: the buyer did not come in time. `FAILED`: of a refund."
        ),
    ]
    uuid: str
    transaction: Path
    correlation_id: CorrelationId
    pay_url: NotRequired[Annotated[str, Field(description="Where the buyer can still approve it.")]]


_Receiver = TypedDict(
    "_Receiver",
    {
        "receiver.email": NotRequired[str],
        "receiver.id": NotRequired[Annotated[str, Field(description="PayPal's id of the merchant.")]],
        "receiver.amount": Amount | None,
    },
)


class PaypalReceiver(_Receiver):
    """Who gives back, by `receiver.email` or by `receiver.id`, and what. Gross, net and fee are null where PayPal does not say."""

    refundStatus: ReceiverStatus  # noqa: N815 - the wire's names
    refundGrossAmount: Amount | None  # noqa: N815
    refundNetAmount: Amount | None  # noqa: N815
    refundFeeAmount: Amount | None  # noqa: N815


class PaypalRefund(TypedDict):
    """A refund: a transaction of its own."""

    response: list[PaypalReceiver]
    status: RefundStatus
    amount: Amount | None
    currency: str
    uuid: str
    transaction: Path
    related: Annotated[str, Field(description="The path of the payment.", examples=["/generic/transaction/7/"])]
    correlation_id: CorrelationId


class RefundRefused(TypedDict):
    """Nothing was sent. `refundable` is what can be refunded."""

    detail: str
    code: NotRefundableCode
    refundable: Amount


def shown_payment(body: PayIn, call: ProviderCall) -> PaypalPayment | OwnPayment:
    """In the form of the request."""
    return _wiki_payment(body.root, call) if isinstance(body.root, WikiPaymentIn) else _own_payment(call)


def _own_payment(call: ProviderCall) -> OwnPayment:
    row = call.transaction
    assert row is not None  # noqa: S101  # a payment's call has one
    status = _OWN_PAY_STATUS[_pay_status(row)]
    shown: OwnPayment = {
        "pay_key": row.uid_pay,
        "status": status,
        "use_preapproval": call.intended.credential is not None,
        "uuid": row.uuid,
        "transaction": row.resource_uri,
        "correlation_id": row.uid_support,
        "resource_pk": call.key,
        "resource_uri": f"/paypal/pay/{call.key}/",
    }
    if status == "CREATED" and row.pay_url:
        shown["pay_url"] = row.pay_url
    return shown


def _wiki_payment(form: WikiPaymentIn, call: ProviderCall) -> PaypalPayment:
    row = call.transaction
    assert row is not None and row.amount is not None  # noqa: PT018, S101  # a payment has both
    status = _pay_status(row)
    shown: PaypalPayment = {
        "user_id": form.user_id,
        "app_id": form.app_id,
        "amount": Money(row.amount, row.currency).amount,
        "currency": row.currency,
        "use_preapproval": call.intended.credential is not None,
        "status": status,
        "uuid": row.uuid,
        "transaction": row.resource_uri,
    }
    if status == "created" and row.uid_pay and row.pay_url:
        shown["paykey"], shown["pay_url"] = row.uid_pay, row.pay_url
    return shown


_OWN_PAY_STATUS: dict[PayStatus, OwnPayStatus] = {
    "created": "CREATED",
    "completed": "COMPLETED",
    "pending": "PENDING",
    "cancelled": "CANCELLED",
}


def _pay_status(row: Transaction) -> PayStatus:
    """Of a payment whose call went well; one that failed is refused."""
    match Status(row.status):
        case Status.COMPLETED | Status.CHECKED:
            return "completed"
        case Status.CANCELLED:
            return "cancelled"
    return "created" if apply.waits_for_buyer(row) else "pending"


def shown_check(row: Transaction) -> PaypalCheck:
    status = _check_status(row) if row.type == Type.PAYMENT else _refund_status(row)
    shown: PaypalCheck = {
        "pay_key": row.uid_pay,
        "status": status,
        "uuid": row.uuid,
        "transaction": row.resource_uri,
        "correlation_id": row.uid_support,
    }
    if row.pay_url and row.status == Status.PENDING and status in ("CREATED", "DECLINED"):
        shown["pay_url"] = row.pay_url
    return shown


def _check_status(row: Transaction) -> CheckStatus:
    match Status(row.status):
        case Status.COMPLETED | Status.CHECKED:
            return _paid_status(row)
        case Status.CANCELLED:
            return "EXPIRED" if row.status_reason in ("EXPIRED", "VOIDED") else "CANCELLED"
        case Status.FAILED:
            return "DECLINED"
        case Status.ERRORED:
            return "ERRORED"
    if row.outcome == CallOutcome.DECLINED:
        return "DECLINED"
    # Of one that waits for its buyer and has no reason nothing more is read. A reason may be its client's own.
    is_explained = row.taken_id or row.status_reason
    return "PENDING" if is_explained and (row.outcome != CallOutcome.PENDING or apply.is_held(row)) else "CREATED"


def _paid_status(row: Transaction) -> CheckStatus:
    refunded, captured = row.refunded_amount or 0, row.captured_amount or 0
    if not refunded:
        return "COMPLETED"
    return "REFUNDED" if refunded >= captured else "PARTIALLY_REFUNDED"


def _refund_status(row: Transaction) -> RefundStatus:
    match Status(row.status):
        case Status.COMPLETED | Status.CHECKED:
            return "COMPLETED"
        case Status.FAILED:
            return "FAILED"
        case Status.CANCELLED:
            return "CANCELLED"
        case Status.ERRORED:
            return "ERRORED"
    return "PENDING"


def shown_refund(call: ProviderCall) -> PaypalRefund:
    row = call.transaction
    assert row is not None  # noqa: S101  # a refund's call has its refund
    amount = amount_text(row.amount, row.currency)
    return {
        "response": _receivers(call, row, amount),
        "status": _refund_status(row),
        "amount": amount,
        "currency": row.currency,
        "uuid": row.uuid,
        "transaction": row.resource_uri,
        "related": f"/generic/transaction/{row.related_id}/",
        "correlation_id": row.uid_support,
    }


# What PayPal said of a receiver that a refund's own status does not say.
_TOLD: dict[str, ReceiverStatus] = {
    "ALREADY_REVERSED_OR_REFUNDED": "ALREADY_REVERSED_OR_REFUNDED",
    "NO_API_ACCESS_TO_RECEIVER": "NO_API_ACCESS_TO_RECEIVER",
}
_RECEIVER_STATUS: dict[Status, ReceiverStatus] = {
    Status.COMPLETED: "REFUNDED",
    Status.PENDING: "REFUNDED_PENDING",
    Status.FAILED: "REFUND_ERROR",
}


def _receivers(call: ProviderCall, row: Transaction, amount: str | None) -> list[PaypalReceiver]:
    """Each receiver of whom PayPal told, by its place in the intent: the classic interface tells of all, REST of the seller alone."""
    intent = call.intended
    payees = [intent.payee, *(share.payee for share in intent.shares)]
    told = [place for place in range(len(payees)) if f"{place}.status" in call.facts]
    return [_receiver(payees[place], row, call.facts, amount, f"{place}.") for place in told] or [
        _receiver(intent.payee, row, call.facts, amount)
    ]


def _receiver(
    payee: str, row: Transaction, facts: Mapping[str, str], amount: str | None, at: str = ""
) -> PaypalReceiver:
    amount = facts.get(f"{at}amount", amount)
    receiver: PaypalReceiver = {
        "receiver.amount": amount,
        "refundStatus": _TOLD.get(facts.get(f"{at}status", ""), _RECEIVER_STATUS[Status(row.status)]),
        "refundGrossAmount": facts.get(f"{at}gross", amount),
        "refundNetAmount": facts.get(f"{at}net"),
        "refundFeeAmount": facts.get(f"{at}fee"),
    }
    receiver["receiver.email" if "@" in payee else "receiver.id"] = payee
    return receiver
