"""AdaptivePayments/PaymentDetails."""

from solitude_sandbox.paypal.books import Books
from solitude_sandbox.paypal.classic.call import ClassicCall
from solitude_sandbox.paypal.classic.finding import find_payment
from solitude_sandbox.paypal.classic.nvp import Tree


def payment_details(books: Books, call: ClassicCall) -> Tree:
    """What has become of a payment."""
    return find_payment(books, call.fields).show(call.look.now)
