"""Refunds: credits that name the sale they give back, whole or in parts, never more than it was."""

from decimal import Decimal

from solitude_sandbox.braintree import amounts, settlement
from solitude_sandbox.braintree.books import Books
from solitude_sandbox.braintree.call import Answer, Call
from solitude_sandbox.braintree.errors import InvalidError, invalid
from solitude_sandbox.braintree.processor import AUTHORIZED
from solitude_sandbox.braintree.transactions import (
    CREDIT,
    SETTLED,
    SETTLING,
    Transaction,
    found,
)


def refund(books: Books, call: Call) -> Answer:
    """POST /transactions/ID/refund: `amount`, or all that is left."""
    sale = found(books, call.name)
    amount = _amount(call, sale)
    credit = Transaction(
        id=books.ids.transaction(),
        type=CREDIT,
        amount=amount,
        account=sale.account,
        payer=sale.payer,
        created=call.now,
        updated=call.now,
        order_id=call.text("order_id"),
        refunded_id=sale.id,
    )
    credit.move(AUTHORIZED, call.now)
    settlement.submit_now(books, credit, call.now)
    sale.refunds.append(credit)
    sale.updated = call.now
    books.transactions.put(credit.id, credit)
    return Answer("transaction", credit.show(books), 201)


def _amount(call: Call, sale: Transaction) -> Decimal:
    """What is to be given back; InvalidError if it cannot be."""
    if sale.type == CREDIT:
        raise invalid("transaction", "base", "91505")
    if sale.status not in (SETTLED, SETTLING):
        raise invalid("transaction", "base", "91506")
    if not sale.left:
        raise invalid("transaction", "base", "91512")
    if call.text("amount") is None:
        return sale.left
    amount, wrong = amounts.read(call.text("amount"))
    if wrong:
        raise InvalidError(*wrong)
    if amount > sale.left:
        raise invalid("transaction", "amount", "91521")
    return amount
