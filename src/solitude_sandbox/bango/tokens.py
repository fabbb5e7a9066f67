"""CheckToken: what the buyer's return says, from Bango itself. Anybody may ask; a token cannot be guessed."""

from solitude_sandbox.bango.billing import SIGNATURE
from solitude_sandbox.bango.books import Books
from solitude_sandbox.bango.call import Call, Values
from solitude_sandbox.bango.methods import Method


def check_token(books: Books, call: Call) -> Values:
    """All of it as in the return, with the price. For an unknown token everything that can be is absent."""
    payment = books.tokens.get(call.text("token"))
    if payment is None:
        return {}
    configuration = payment.configuration
    return {
        "ResponseMessage": payment.message,
        "ResponseCode": payment.code,
        "Signature": configuration.offer.options.get(SIGNATURE),
        "MerchantTransactionId": configuration.offer.external_id,
        "BangoUserId": configuration.user,
        "BangoTransactionId": payment.id,
        "Price": payment.price.amount if payment.price else None,
        "Currency": payment.price.currency if payment.price else None,
        "TransactionMethod": _method(payment.method) if payment.method else None,
    }


def _method(method: Method) -> Values:
    network = {"networkId": method.network, "networkDescription": method.words} if method.network else {}
    return network | {"paymentMethodId": method.type, "paymentMethodDescription": method.words}
