"""The operations about refunds: only the whole of a payment can go back, and only once."""

from solitude_sandbox.bango import checks
from solitude_sandbox.bango.books import Books
from solitude_sandbox.bango.call import Call, Values
from solitude_sandbox.bango.codes import ALREADY_REFUNDED, NO_BANGO_EXISTS, OK, PENDING, RefusedError, invalid
from solitude_sandbox.bango.payment import Refund

TYPES = ("OPERATOR", "MANUAL")


def do_refund(books: Books, call: Call) -> Values:
    """DoRefund: done, pending or refused, as the operator decides. While one is pending, another request is answered with that one."""
    number = books.number(call)
    payment = books.payments.get(call.number("transactionId"))
    if payment is None or payment.code != OK or payment.configuration.offer.number is not number:
        raise invalid("transactionId")
    if call.text("refundType") not in TYPES:
        raise invalid("refundType")
    external_id = checks.filled(call, "externalTransactionId")
    if payment.is_refunded:
        raise RefusedError(ALREADY_REFUNDED)
    if payment.is_refund_pending and payment.refund is not None:
        return {"responseCode": PENDING, "refundTransactionId": payment.refund.id}
    code = books.operators.decide()
    if code not in (OK, PENDING):
        raise RefusedError(code)
    payment.refund = refund = Refund(books.ids.refund(), payment, external_id, code, call.now)
    books.refunds.put(refund.id, refund)
    return {"responseCode": code, "refundTransactionId": refund.id}


def get_refund_status(books: Books, call: Call) -> Values:
    """GetRefundStatus: the code is the status. The number need not be named."""
    refund = books.refunds.get(call.number("refundTransactionId"))
    if refund is None:
        raise invalid("refundTransactionId")
    bango = call.text("bango")
    if bango and bango != refund.payment.configuration.offer.number.bango:
        raise RefusedError(NO_BANGO_EXISTS)
    return {"responseCode": refund.code}
