"""The buyer's answer on Bango's page: pay, cancel, or fail at it; and where to go back to."""

from dataclasses import dataclass
from datetime import datetime

from solitude_sandbox.addresses import with_query
from solitude_sandbox.bango.billing import ON_ERROR, ON_SUCCESS, SIGNATURE
from solitude_sandbox.bango.books import Books
from solitude_sandbox.bango.codes import CANCEL, INTERNAL_ERROR, NOT_SUPPORTED, OK, knows_code, sentence
from solitude_sandbox.bango.configuration import Configuration, Price
from solitude_sandbox.bango.methods import Method, methods
from solitude_sandbox.bango.payment import Payment
from solitude_sandbox.control import NotNowError

PAY, REFUSE, FAIL = "pay", "cancel", "fail"
ACTIONS = (PAY, REFUSE, FAIL)
# What may become of an attempt, by the code in the buyer's return.
FAILURES = {
    "INSUFFICIENT_FUNDS": "Not enough credit",
    "OPERATOR_DECLINED": "The operator declines",
    NOT_SUPPORTED: "The operator does not support it",
    INTERNAL_ERROR: "Something breaks at Bango",
}


class NotOpenError(NotNowError):
    """The configuration cannot be paid any more, or never could; `status` is 404 or 410."""


@dataclass(frozen=True)
class Choice:
    """What the buyer entered. Empty: the first network (or the card), the first price, the first failure."""

    action: str
    network: str = ""
    currency: str = ""
    failure: str = ""


def open_configuration(books: Books, number: str, now: datetime) -> Configuration:
    """The configuration that a buyer may still pay; `NotOpenError` otherwise."""
    known = number.isascii() and number.isdigit() and len(number) < 20
    configuration = books.configurations.get(int(number)) if known else None
    if configuration is None:
        raise NotOpenError(404, "Bango does not know this payment.")
    if configuration.payment is not None:
        raise NotOpenError(410, "This payment is finished. Nothing is left to pay.")
    if configuration.has_ended(now):
        raise NotOpenError(410, "This payment has expired. Please start again at the shop.")
    return configuration


def answer(books: Books, number: str, choice: Choice) -> str:
    """Pay, cancel or fail; returns where the buyer goes back to. Who has not paid may come back and try again.

    ValueError with a sentence if the choice makes no sense.
    """
    with books.lock:
        now = books.clock.now()
        configuration = open_configuration(books, number, now)
        code, price, method = _outcome(configuration, choice)
        payment = Payment(
            books.ids.transaction(), books.ids.token(), configuration, code, sentence(code), price, method, now
        )
        books.payments.put(payment.id, payment)
        books.tokens.put(payment.token, payment)
        if code == OK:
            configuration.payment = payment.id
            books.tell(payment)
        return way_back(payment)


def way_back(payment: Payment) -> str:
    """The marketplace's address of success or of error, with what Bango says."""
    offer = payment.configuration.offer
    said = {
        "ResponseCode": payment.code,
        "ResponseMessage": payment.message,
        "BangoTransactionId": str(payment.id),
        "MerchantTransactionId": offer.external_id,
        "MozSignature": offer.options.get(SIGNATURE, ""),
        "Token": payment.token,
        "BillingConfigurationId": str(payment.configuration.id),
    }
    if payment.price is not None:
        said |= {"price": f"{payment.price.amount:.2f}", "currency": payment.price.currency}
    if payment.method is not None and payment.method.network:
        said["network"] = payment.method.network
    return with_query(offer.options[ON_SUCCESS if payment.code == OK else ON_ERROR], **said) or ""


def _outcome(configuration: Configuration, choice: Choice) -> tuple[str, Price | None, Method | None]:
    """The code, and what was chosen; who cancels has chosen nothing."""
    if choice.action not in ACTIONS:
        raise ValueError(f"action must be one of: {', '.join(ACTIONS)}.")
    if choice.action == REFUSE:
        return CANCEL, None, None
    prices, ways = configuration.offer.prices, methods(configuration.offer.types)
    price = prices.get(choice.currency or next(iter(prices)))
    method = ways.get(choice.network or next(iter(ways)))
    if price is None:
        raise ValueError(f"currency must be one of: {', '.join(prices)}.")
    if method is None:
        raise ValueError(f"network must be one of: {', '.join(ways)}.")
    if choice.action == PAY:
        return OK, price, method
    code = choice.failure or next(iter(FAILURES))
    if not knows_code(code) or code in (OK, CANCEL):
        raise ValueError("failure must be a response code of Bango's that is no success.")
    return code, price, method
