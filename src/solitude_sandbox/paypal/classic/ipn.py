"""The notifications of the classic interface: of payments, their way back, and pre-approvals."""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from solitude_sandbox.paypal.call import Call
from solitude_sandbox.paypal.classic.payment import PARTIALLY_REFUNDED, PENDING, REVERSED, Part, Payment, word
from solitude_sandbox.paypal.classic.preapproval import Preapproval
from solitude_sandbox.paypal.classic.refund import PartRefund
from solitude_sandbox.paypal.money import Money, plain

if TYPE_CHECKING:
    from solitude_sandbox.paypal.books import Books

PAY, ADJUSTMENT, PREAPPROVAL = "Adaptive Payment PAY", "Adjustment", "Adaptive Payment Preapproval"
CANCELED_REVERSAL = "Canceled_Reversal"
# Of a part; whatever is not here is written with one capital.
STATUSES = {PARTIALLY_REFUNDED: "Refunded", REVERSED: "Reversal"}

Details = Mapping[Part, Mapping[str, str]]


def tell_payment(books: "Books", payment: Payment, call: Call) -> None:
    """The payment was made, or has come to nothing."""
    _tell(books, payment, {"transaction_type": PAY}, {}, call)


def tell_refund(books: "Books", payment: Payment, call: Call) -> None:
    """Money has gone back: one message, whatever the number of receivers."""
    _tell(books, payment, {"transaction_type": ADJUSTMENT, "reason_code": "Refund"}, {}, call)


def tell_reversal(books: "Books", payment: Payment, reason: str, returned: list[Part], call: Call) -> None:
    """PayPal has taken the money back, or of the parts `returned` has given it to the receiver again."""
    details = {part: {"status": CANCELED_REVERSAL} for part in returned}
    _tell(books, payment, {"transaction_type": ADJUSTMENT, "reason_code": reason}, details, call)


def tell_preapproval(books: "Books", preapproval: Preapproval, call: Call) -> None:
    """The sender has agreed, or it has ended."""
    terms, shown = preapproval.terms, preapproval.show(call.now)
    renamed = {
        "approved": "approved",
        "current_number_of_payments": "curPayments",
        "current_total_amount_of_all_payments": "curPaymentsAmount",
        "current_period_attempts": "curPeriodAttempts",
        "currency_code": "currencyCode",
        "date_of_month": "dateOfMonth",
        "day_of_week": "dayOfWeek",
        "starting_date": "startingDate",
        "ending_date": "endingDate",
        "max_total_amount_of_all_payments": "maxTotalAmountOfAllPayments",
        "max_amount_per_payment": "maxAmountPerPayment",
        "max_number_of_payments": "maxNumberOfPayments",
        "payment_period": "paymentPeriod",
        "pin_type": "pinType",
        "return_url": "returnUrl",
        "cancel_url": "cancelUrl",
        "sender_email": "senderEmail",
        "status": "status",
        "memo": "memo",
    }
    fields = {name: str(shown[key]) for name, key in renamed.items() if key in shown}
    books.tell_by_ipn(
        call,
        {
            "transaction_type": PREAPPROVAL,
            "preapproval_key": preapproval.key,
            "notify_version": "UNVERSIONED",
            **fields,
        },
        preapproval.key,
        terms.ipn_url,
    )


def _tell(books: "Books", payment: Payment, kind: dict[str, str], details: Details, call: Call) -> None:
    texts = {
        "tracking_id": payment.tracking_id,
        "preapproval_key": payment.preapproval_key,
        "memo": payment.memo,
        "ipn_notification_url": payment.ipn_url,
        "sender_email": payment.approval.buyer.email if payment.approval is not None else None,
    }
    fields = {
        **kind,
        "status": payment.status(call.now),
        "pay_key": payment.pay_key,
        "action_type": payment.action,
        "fees_payer": payment.fees_payer,
        "payment_request_date": payment.created.strftime("%a %b %d %H:%M:%S UTC %Y"),
        "return_url": payment.return_url,
        "cancel_url": payment.cancel_url,
        "reverse_all_parallel_payments_on_error": "false",
        "log_default_shipping_address_in_transaction": "false",
        "notify_version": "UNVERSIONED",
        **{name: value for name, value in texts.items() if value is not None},
    }
    for index, part in enumerate(payment.parts):
        known = {**_part(part, call.now), **details.get(part, {})}
        known["status_for_sender_txn"] = known["status"]
        fields |= {f"transaction[{index}].{name}": value for name, value in known.items()}
    books.tell_by_ipn(call, fields, payment.pay_key, payment.ipn_url)


def _part(part: Part, now: datetime) -> dict[str, str]:
    shown = {
        "amount": _money(part.amount),
        "receiver": part.receiver.email,
        "is_primary_receiver": word(part.primary),
        "paymentType": part.payment_type,
        "status": STATUSES.get(part.status(now), part.status(now).capitalize()) or "Created",
        "pending_reason": "RISK" if part.outcome == PENDING else "NONE",
    }
    if part.invoice_id is not None:
        shown["invoiceId"] = part.invoice_id
    if part.outcome is not None:
        shown |= {"id": part.transaction_id, "id_for_sender_txn": part.sender_transaction_id}
    cleared = part.cleared(now)
    return shown | (_refund(part, cleared[-1]) if cleared else {})


def _refund(part: Part, refund: PartRefund) -> dict[str, str]:
    return {
        "refund_id": refund.id,
        "refund_amount": _money(part.amount.with_value(refund.amount)),
        "refund_account_charged": part.receiver.email,
    }


def _money(amount: Money) -> str:
    return f"{amount.currency} {plain(amount)}"
