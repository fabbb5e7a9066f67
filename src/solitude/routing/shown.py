"""A payment and a refund as the neutral routes show them, whoever the provider is."""

from typing import Annotated, Any, Literal

from pydantic import Field
from typing_extensions import TypedDict

from solitude.money.money import Money
from solitude.payments import answers, apply, calls
from solitude.payments.models import ProviderCall
from solitude.payments.refund import NotRefundableCode
from solitude.transactions.amounts import amount_text
from solitude.transactions.models import PROVIDER_NUMBERS, Status, Transaction
from solitude.web.openapi import Amount, CodedError, Detail

Standing = Literal["created", "pending", "completed", "cancelled", "failed", "errored"]
_ENDED: dict[Status, Standing] = {
    Status.COMPLETED: "completed",
    Status.CHECKED: "completed",
    Status.CANCELLED: "cancelled",
    Status.FAILED: "failed",
    Status.ERRORED: "errored",
}


class AnyPayment(TypedDict):
    """Where a payment stands, or a refund, which is a transaction of its own."""

    uuid: str
    transaction: Annotated[str, Field(examples=["/generic/transaction/7/"])]
    status: Annotated[
        Standing,
        Field(
            description="`created`: the buyer pays at `pay_url`. `pending`: under way at the provider. `completed`: done. "
            "`cancelled`: given up, or waited for too long. `failed`: refused. `errored`: never sent."
        ),
    ]
    provider: Annotated[str, Field(description="Who takes the money, or gives it back.")]
    amount: Annotated[Amount | None, Field(description="Null while the buyer chooses among several prices.")]
    currency: str
    captured_amount: Annotated[Amount | None, Field(description="What was taken; null before that, and of a refund.")]
    refunded_amount: Annotated[
        Amount | None, Field(description="What has gone back of it; null where nothing was taken.")
    ]
    pay_url: Annotated[
        str | None,
        Field(description="Where the buyer pays; null where there is nothing to do. Whoever has it can pay."),
    ]
    related: Annotated[
        str | None, Field(description="Of a refund: the path of the payment.", examples=["/generic/transaction/7/"])
    ]


class NotRefunded(TypedDict):
    """Nothing was sent. `refundable` is what can be refunded."""

    detail: str
    code: NotRefundableCode
    refundable: Amount


class NotVoided(TypedDict):
    """Nothing was sent: what is settled, or was never taken, is not given up."""

    detail: str
    code: Literal["not_voidable"]


# Under the provider's name, or under `payments` where this server refuses: by field, or `__all__`. What the provider refuses has the
# transaction's path and uuid beside it.
Refusal = dict[str, dict[str, list[CodedError]] | str]
ERRORS: dict[int, Any] = {422: Refusal | Detail, **answers.ERRORS}
# What cannot be sent leaves a payment where it stood, and where it stands is what these are asked.
ERRORS_OF_CHECKS = {status: said for status, said in ERRORS.items() if status != 502}


def shown(row: Transaction) -> AnyPayment:
    status = standing(row)
    return {
        "uuid": row.uuid,
        "transaction": row.resource_uri,
        "status": status,
        "provider": provider_of(row),
        "amount": amount_text(row.amount, row.currency),
        "currency": row.currency,
        "captured_amount": amount_text(row.captured_amount, row.currency),
        "refunded_amount": amount_text(row.refunded_amount, row.currency),
        "pay_url": row.pay_url if status == "created" else None,
        "related": f"/generic/transaction/{row.related_id}/" if row.related_id else None,
    }


def not_refunded(code: NotRefundableCode, refundable: Money) -> NotRefunded:
    details: dict[NotRefundableCode, str] = {
        "not_captured": "This payment was not captured.",
        "refund_exceeds_captured": "This is more than is left of what was captured.",
        "refund_under_way": "It is not known yet what became of another refund of this payment; come back then.",
    }
    return {"detail": details[code], "code": code, "refundable": refundable.text}


def standing(row: Transaction) -> Standing:
    """One that waits for its buyer is `created`; one that the provider holds is pending as well, and says why."""
    ended = _ENDED.get(Status(row.status))
    if ended:
        return ended
    return "created" if apply.waits_for_buyer(row) else "pending"


def provider_of(row: Transaction) -> str:
    """By the name of the way that the payment went, or else the provider's own."""
    begun: ProviderCall | None = calls.paying(row)
    return (begun.way if begun else "") or PROVIDER_NUMBERS.get(-1 if row.provider is None else row.provider, "")
