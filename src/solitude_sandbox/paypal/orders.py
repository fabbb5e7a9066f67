"""Orders v2: create, show, capture. Changes are in `order_patch`."""

from solitude_sandbox.paypal import events, funding
from solitude_sandbox.paypal.accounts import Account
from solitude_sandbox.paypal.books import Books
from solitude_sandbox.paypal.call import Answer, Call
from solitude_sandbox.paypal.errors import ApiError, Problem, refuse
from solitude_sandbox.paypal.funding import Approval
from solitude_sandbox.paypal.order import COMPLETED, CREATED, PAYER_ACTION_REQUIRED, Order, Unit
from solitude_sandbox.paypal.order_request import PayeeRequest, UnitRequest, read_order

# PayPal publishes the issue, not the number.
PAYMENT_ATTEMPTS_LIMIT = 5

TOLD_OF_OUTCOME = {
    "COMPLETED": events.CAPTURE_COMPLETED,
    "PENDING": events.CAPTURE_PENDING,
    "DECLINED": events.CAPTURE_DECLINED,
}


def create_order(books: Books, call: Call) -> Answer:
    """POST /v2/checkout/orders; with payment_source.paypal.vault_id it charges at once."""
    body = call.object()
    if body.get("payment_source") and call.request_id is None:
        raise refuse("PAYPAL_REQUEST_ID_REQUIRED")
    asked = read_order(body)
    units = [new_unit(books, unit, f"/purchase_units/{index}") for index, unit in enumerate(asked.units)]
    order = Order(
        id=books.ids.resource_id(),
        units=units,
        asked=asked,
        status=PAYER_ACTION_REQUIRED if asked.by_wallet else CREATED,
        created=call.now,
        since=call.now,
        updated=call.now,
    )
    if asked.vault_id is not None:
        # Refused charges leave no order behind: it is put on the shelf after this.
        _charge(books, order, _vaulted_approval(books, asked.vault_id), call)
    books.orders.put(order.id, order)
    # PayPal answers 200, not 201, to an order that waits for its payment source's buyer.
    return Answer(200 if order.status == PAYER_ACTION_REQUIRED else 201, order.show_as_preferred)


def get_order(books: Books, call: Call) -> Answer:
    """GET /v2/checkout/orders/{id}."""
    return Answer(200, books.order(call.path_id, call.now).show)


def capture_order(books: Books, call: Call) -> Answer:
    """POST /v2/checkout/orders/{id}/capture."""
    call.object()
    order = books.order(call.path_id, call.now)
    for unit in order.units:
        call.require_consent_of(unit.seller, needed=False)
    if order.status == COMPLETED:
        raise refuse("ORDER_ALREADY_CAPTURED")
    if order.declines >= PAYMENT_ATTEMPTS_LIMIT:
        raise refuse("MAX_NUMBER_OF_PAYMENT_ATTEMPTS_EXCEEDED")
    if order.approval is None:
        raise refuse("ORDER_NOT_APPROVED")
    if order.approval.funding == funding.DECLINED:
        order.decline(call.now)
        raise ApiError(Problem("INSTRUMENT_DECLINED"), links=[order.approval_link(call, "redirect")])
    _charge(books, order, order.approval, call)
    return Answer(201, order.show_as_preferred)


def _charge(books: Books, order: Order, approval: Approval, call: Call) -> None:
    """Make the captures and complete the order; `ApiError` if anything forbids it, and then nothing is done."""
    if approval.funding == funding.DECLINED:
        raise refuse("INSTRUMENT_DECLINED")
    if any(unit.seller is approval.buyer for unit in order.units):
        raise refuse("PAYER_CANNOT_PAY")
    invoices = _new_invoices(books, order)
    outcome = funding.OUTCOMES[approval.funding]
    for unit in order.units:
        unit.capture = unit.new_capture(books.ids.resource_id(), order.id, approval.buyer, call.now)
        books.captures.put(unit.capture.id, unit.capture)
        if outcome != "PENDING":
            unit.capture.settle(books.accounts, outcome, call.now)
    if outcome != "DECLINED":
        for invoice in invoices:
            books.sale_invoices.put(invoice, order.id)
    order.approval = approval
    order.enter(COMPLETED, call.now)
    books.tell(call, events.ORDER_COMPLETED, order.show(call))
    for unit in order.units:
        if unit.capture is not None:
            books.tell(call, TOLD_OF_OUTCOME[outcome], unit.capture.show(call))


def _new_invoices(books: Books, order: Order) -> set[tuple[str, str]]:
    """The invoice ids that this order uses up; 422 if one was used before, or twice in the order."""
    invoices: set[tuple[str, str]] = set()
    for index, unit in enumerate(order.units):
        if unit.asked.invoice_id is None:
            continue
        invoice = (unit.seller.merchant_id, unit.asked.invoice_id)
        if invoice in invoices or books.sale_invoices.get(invoice):
            raise refuse("DUPLICATE_INVOICE_ID", f"/purchase_units/{index}/invoice_id", unit.asked.invoice_id)
        invoices.add(invoice)
    return invoices


def _vaulted_approval(books: Books, vault_id: str) -> Approval:
    at = "/payment_source/paypal/vault_id"
    token = books.payment_tokens.get(vault_id)
    if token is None:
        raise refuse("BILLING_AGREEMENT_NOT_FOUND", at)
    if token.deleted:
        raise refuse("AGREEMENT_ALREADY_CANCELLED", at)
    return token.approval


def new_unit(books: Books, asked: UnitRequest, at: str) -> Unit:
    """What is asked for, with the accounts that it names; `ApiError` if one of them cannot have the money."""
    seller = books.accounts.partner if asked.payee is None else _account(books, asked.payee, f"{at}/payee")
    if seller.payment_issue is not None:
        raise refuse(seller.payment_issue, f"{at}/payee")
    return Unit(asked, seller, _fee_payee(books, asked, seller, at))


def _fee_payee(books: Books, asked: UnitRequest, seller: Account, at: str) -> Account | None:
    """Who gets the platform fee: the partner unless the request names another account; None without a fee."""
    if asked.platform_fee is None:
        return None
    at = f"{at}/payment_instruction/platform_fees"
    if seller is books.accounts.partner:
        raise refuse("PLATFORM_FEES_NOT_SUPPORTED", at)
    if seller.fee_issue is not None:
        raise refuse(seller.fee_issue, at)
    if asked.platform_fee_payee is None:
        return books.accounts.partner
    payee = _account(books, asked.platform_fee_payee, f"{at}/0/payee")
    if payee.payment_issue is not None:
        raise refuse("INVALID_PLATFORM_FEES_ACCOUNT", f"{at}/0/payee")
    return payee


def _account(books: Books, payee: PayeeRequest, at: str) -> Account:
    if payee.email is None and payee.merchant_id is None:
        raise refuse("PAYEE_ACCOUNT_INVALID", at)
    if payee.email is None:
        return books.accounts.by_id(payee.merchant_id or "")
    account = books.accounts.by_email(payee.email)
    if payee.merchant_id not in (None, account.merchant_id):
        raise refuse("PAYEE_ACCOUNT_INVALID", f"{at}/merchant_id", payee.merchant_id or "")
    return account
