"""POST /v2/checkout/orders/{id}/confirm-payment-source: a shop names the payment source after it has made the order."""

from dataclasses import asdict, replace

from solitude_sandbox.paypal.books import Books
from solitude_sandbox.paypal.call import Answer, Call
from solitude_sandbox.paypal.errors import refuse
from solitude_sandbox.paypal.order import APPROVED, COMPLETED, PAYER_ACTION_REQUIRED
from solitude_sandbox.paypal.order_request import read_source
from solitude_sandbox.paypal.reading import Reader


def confirm_order(books: Books, call: Call) -> Answer:
    """The buyer is to approve with this wallet; a vault id belongs into the order itself."""
    order = books.order(call.path_id, call.now)
    body = call.object()
    reader = Reader()
    reader.object(body, "payment_source", "", required=True)
    source = read_source(reader, body)
    reader.check()
    if not source.by_wallet:
        raise refuse("NO_PAYMENT_SOURCE_PROVIDED", "/payment_source")
    if source.vault_id is not None:
        raise refuse("PAYMENT_SOURCE_CANNOT_BE_USED", "/payment_source/paypal/vault_id")
    if order.status == APPROVED:
        raise refuse("PAYMENT_ALREADY_APPROVED")
    if order.status == COMPLETED:
        raise refuse("ORDER_CANNOT_BE_CONFIRMED")
    order.asked = replace(order.asked, **asdict(source))
    order.enter(PAYER_ACTION_REQUIRED, call.now)
    return Answer(200, order.show_as_preferred)
