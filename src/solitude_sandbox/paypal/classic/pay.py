"""AdaptivePayments/Pay and /ExecutePayment."""

from solitude_sandbox.paypal.accounts import Account
from solitude_sandbox.paypal.books import Books
from solitude_sandbox.paypal.classic import errors
from solitude_sandbox.paypal.classic.call import ClassicCall
from solitude_sandbox.paypal.classic.charging import charge, check_invoices, pay_the_rest
from solitude_sandbox.paypal.classic.errors import ClassicError
from solitude_sandbox.paypal.classic.fields import Fields
from solitude_sandbox.paypal.classic.finding import find_by_pay_key, find_preapproval
from solitude_sandbox.paypal.classic.nvp import Tree
from solitude_sandbox.paypal.classic.payment import (
    CREATE,
    CREATED,
    EACH,
    INCOMPLETE,
    PAY,
    PAY_PRIMARY,
    PRIMARY_ONLY,
    SECONDARY_ONLY,
    SENDER,
    Part,
    Payment,
)
from solitude_sandbox.paypal.classic.preapproval import Preapproval

RECEIVERS_LIMIT = 6
TRACKING_ID_LENGTH = 127
MEMO_LENGTH = 1_000
INVOICE_ID_LENGTH = 127
ACTIONS = (PAY, CREATE, PAY_PRIMARY)
FEES_PAYERS = (EACH, SENDER, PRIMARY_ONLY, SECONDARY_ONLY)
DIGITAL_GOODS = "DIGITALGOODS"
PAYMENT_TYPES = ("SERVICE", "GOODS", "PERSONAL", "CASHADVANCE", DIGITAL_GOODS)


def pay(books: Books, call: ClassicCall) -> Tree:
    """AdaptivePayments/Pay: a payment that waits for its sender, or with a pre-approval is made at once."""
    payment = _read(books, call)
    preapproval = _preapproval(books, call, payment)
    if preapproval is not None and preapproval.approval is not None and payment.action != CREATE:
        # A refused charge leaves no payment behind, and its tracking id free.
        charge(books, payment, preapproval.approval, call.look)
        preapproval.count(payment.gross, call.look.now)
    books.payments.put(payment.pay_key, payment)
    if payment.tracking_id is not None:
        books.tracking_ids.put(payment.tracking_id, payment)
    return _answer(payment, call)


def execute_payment(books: Books, call: ClassicCall) -> Tree:
    """AdaptivePayments/ExecutePayment: a payment made with CREATE and a pre-approval, or the rest of a delayed chain."""
    payment = find_by_pay_key(books, call.fields.required("payKey"))
    status = payment.status(call.look.now)
    if status == INCOMPLETE:
        pay_the_rest(books, payment, call.look)
    elif status == CREATED and payment.action == CREATE and payment.preapproval_key is not None:
        preapproval = find_preapproval(books, payment.preapproval_key)
        charge(books, payment, preapproval.check(payment.gross, call.look.now), call.look)
        preapproval.count(payment.gross, call.look.now)
    else:
        raise ClassicError(errors.PAYMENT_FAILED)
    return {"paymentExecStatus": payment.status(call.look.now)}


def _answer(payment: Payment, call: ClassicCall) -> Tree:
    shown: dict[str, str | Tree] = {
        "payKey": payment.pay_key,
        "paymentExecStatus": payment.status(call.look.now),
    }
    if payment.approval is not None:
        shown["paymentInfoList"] = payment.show_parts(call.look.now)
        shown["sender"] = {"accountId": payment.approval.buyer.merchant_id}
    return shown


def _read(books: Books, call: ClassicCall) -> Payment:
    """The payment that is asked for, on no shelf yet; `ClassicError` if it cannot be."""
    fields = call.fields
    action = fields.choice("actionType", ACTIONS, "")
    currency = fields.currency()
    parts = _parts(books, fields, currency)
    payment = Payment(
        pay_key=books.ids.pay_key(),
        tracking_id=fields.text("trackingId", most=TRACKING_ID_LENGTH),
        action=action,
        currency=currency,
        fees_payer=fields.choice("feesPayer", FEES_PAYERS, EACH),
        parts=parts,
        return_url=fields.required_url("returnUrl"),
        cancel_url=fields.required_url("cancelUrl"),
        ipn_url=fields.url("ipnNotificationUrl"),
        memo=fields.text("memo", most=MEMO_LENGTH),
        preapproval_key=fields.text("preapprovalKey"),
        created=call.look.now,
    )
    _check(fields, payment)
    check_invoices(books, parts)
    if payment.tracking_id is not None and books.tracking_ids.get(payment.tracking_id) is not None:
        raise ClassicError(errors.TRACKING_ID_IN_USE, payment.tracking_id)
    return payment


def _check(fields: Fields, payment: Payment) -> None:
    """What holds between the fields."""
    chained = payment.primary is not None
    if (payment.action == PAY_PRIMARY and not chained) or sum(part.primary for part in payment.parts) > 1:
        raise fields.wrong("receiverList.receiver(0).primary")
    if payment.fees_payer in ((SENDER,) if chained else (PRIMARY_ONLY, SECONDARY_ONLY)):
        raise fields.wrong("feesPayer")
    others = sum(part.amount.value for part in payment.parts if not part.primary)
    if payment.primary is not None and others > payment.primary.amount.value:
        raise ClassicError(errors.PRIMARY_TOO_SMALL)
    if payment.preapproval_key is not None and any(part.payment_type == DIGITAL_GOODS for part in payment.parts):
        raise ClassicError(errors.UNSUPPORTED_VALUE, DIGITAL_GOODS)


def _parts(books: Books, fields: Fields, currency: str) -> list[Part]:
    items = fields.items("receiverList.receiver")
    if not items:
        raise fields.missing("receiverList.receiver(0).email")
    if len(items) > RECEIVERS_LIMIT:
        raise ClassicError(errors.TOO_MANY_RECEIVERS, str(RECEIVERS_LIMIT))
    parts = [_part(books, item, currency) for item in items]
    if len({part.receiver.merchant_id for part in parts}) < len(parts):
        raise ClassicError(errors.SAME_RECEIVER)
    return parts


def _part(books: Books, item: Fields, currency: str) -> Part:
    amount = item.amount("amount", currency)
    if amount is None:
        raise item.missing("amount")
    return Part(
        receiver=_receiver(books, item),
        amount=amount,
        primary=item.flag("primary"),
        # The documents write invoiceId; invoiceID is what callers have sent for years.
        invoice_id=item.text("invoiceId", most=INVOICE_ID_LENGTH) or item.text("invoiceID", most=INVOICE_ID_LENGTH),
        payment_type=item.choice("paymentType", PAYMENT_TYPES, "SERVICE"),
    )


def _receiver(books: Books, item: Fields) -> Account:
    email, account_id = item.email("email"), item.text("accountId", most=20)
    if email is None and account_id is None:
        raise item.missing("email")
    account = books.accounts.by_id(account_id or "") if email is None else books.accounts.by_email(email)
    if account.trait.classic_payment_error is not None:
        raise ClassicError(account.trait.classic_payment_error, account.email)
    return account


def _preapproval(books: Books, call: ClassicCall, payment: Payment) -> Preapproval | None:
    """The pre-approval that the payment names, after all its rules were checked."""
    if payment.preapproval_key is None:
        return None
    preapproval = find_preapproval(books, payment.preapproval_key)
    approval = preapproval.check(payment.gross, call.look.now)
    sender = call.fields.email("senderEmail")
    if sender is not None and sender != approval.buyer.email:
        raise ClassicError(errors.OTHER_SENDER)
    return preapproval
