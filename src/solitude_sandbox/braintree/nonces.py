"""Nonces: what stands for a payment method, once, for three hours. Those of Braintree's reference can be used again and again.

https://developer.paypal.com/braintree/docs/reference/general/testing#payment-method-nonces names them; of the wallets only PayPal is
here.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from solitude_sandbox.braintree import cards
from solitude_sandbox.braintree.books import Books
from solitude_sandbox.braintree.call import Answer, Call
from solitude_sandbox.braintree.cards import Card, Instrument, PayPalAccount
from solitude_sandbox.braintree.errors import missing

LIFE = timedelta(hours=3)
CONSUMED, LUHN_INVALID = "fake-consumed-nonce", "fake-luhn-invalid-nonce"
# What is wrong with a nonce that cannot be used.
USED_UP, UNKNOWN, NUMBER_INVALID = "used up", "unknown", "number invalid"
_ACCOUNT = "buyer@paypal.example"
_DECLINED_NUMBERS = {
    "visa": "4000111111111115",
    "mastercard": "5105105105105100",
    "amex": "378734493671000",
    "discover": "6011000990139424",
}


class NonceError(Exception):
    """A nonce that cannot be used; `reason` is one of three."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass
class Nonce:
    """One that was made here."""

    value: str
    instrument: Instrument
    made: datetime
    consumed: bool = False


def _test_nonces() -> dict[str, Instrument]:
    good = {f"fake-valid-{kind}-nonce": cards.card(number) for kind, number in cards.NUMBER_OF.items()}
    declined = {f"fake-processor-declined-{kind}-nonce": cards.card(each) for kind, each in _DECLINED_NUMBERS.items()}
    visa, jcb = cards.NUMBER_OF["visa"], "3566002020360505"
    return {
        "fake-valid-nonce": cards.card(visa),
        **good,
        **declined,
        "fake-processor-failure-jcb-nonce": cards.card(jcb),
        "fake-gateway-rejected-fraud-nonce": cards.card(visa, cards.REJECTED),
        "fake-paypal-billing-agreement-nonce": PayPalAccount(_ACCOUNT),
        "fake-paypal-future-nonce": PayPalAccount(_ACCOUNT),
        "fake-paypal-one-time-nonce": PayPalAccount(_ACCOUNT, once=True),
    }


TEST_NONCES = _test_nonces()


def make(books: Books, instrument: Instrument) -> str:
    """A new nonce. The books' lock is held."""
    nonce = Nonce(books.ids.nonce(), instrument, books.clock.now())
    books.nonces.put(nonce.value, nonce)
    return nonce.value


def look(books: Books, value: str) -> Instrument:
    """What a nonce stands for, which it goes on doing; NonceError if it cannot be used."""
    if value in TEST_NONCES:
        return TEST_NONCES[value]
    if value in (CONSUMED, LUHN_INVALID):
        raise NonceError(USED_UP if value == CONSUMED else NUMBER_INVALID)
    nonce = books.nonces.get(value)
    if nonce is not None and nonce.consumed:
        raise NonceError(USED_UP)
    if nonce is None or books.clock.now() - nonce.made > LIFE:
        raise NonceError(UNKNOWN)
    return nonce.instrument


def consume(books: Books, value: str) -> None:
    """Use a nonce up, whatever came of it; those of the reference stay as they are."""
    nonce = books.nonces.get(value)
    if nonce is not None:
        nonce.consumed = True


def find_nonce(books: Books, call: Call) -> Answer:
    """GET /payment_method_nonces/NONCE: what it stands for, which does not use it up."""
    try:
        instrument = look(books, call.name)
    except NonceError:
        raise missing() from None
    by_card = isinstance(instrument, Card)
    shown = {
        "nonce": call.name,
        "type": "CreditCard" if by_card else "PayPalAccount",
        "default": False,
        "is_locked": False,
        "consumed": False,
        "details": instrument.show(),
    }
    return Answer("payment_method_nonce", shown)


def described(instrument: Instrument) -> str:
    """A payment method in few words."""
    return f"{instrument.type} {instrument.last_4}" if isinstance(instrument, Card) else f"PayPal {instrument.email}"
