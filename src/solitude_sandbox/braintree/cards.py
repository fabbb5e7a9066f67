"""What a buyer pays with: a card, or a PayPal account; and how each behaves.

The card numbers are those of Braintree's reference (https://developer.paypal.com/braintree/docs/reference/general/testing). No other is
taken: nobody is to enter his own. Of a number the gateway shows the first six and the last four digits, and that is all that is kept.
"""

import hashlib
from dataclasses import dataclass

from solitude_sandbox.control import Json

VISA, MASTERCARD, AMEX, DISCOVER = "Visa", "MasterCard", "American Express", "Discover"
JCB, MAESTRO, DINERS = "JCB", "Maestro", "Diners Club"

GOOD, DECLINED, DECLINED_LATER = "good", "declined", "declined_later"
REJECTED, CVV, FAILED, SLOW = "gateway_rejected", "cvv", "failed", "slow"
# behaviour -> what a person reads.
BEHAVIOURS = {
    GOOD: "It works",
    DECLINED_LATER: "It works when it is stored, and is declined whenever it is charged",
    DECLINED: "Its bank refuses it",
    REJECTED: "The gateway holds it for fraud",
    CVV: "The security code is wrong",
    FAILED: "The processor cannot be reached",
    SLOW: "It works when it is stored, and its bank takes its time whenever it is charged",
}

# number -> type and behaviour.
NUMBERS = {
    "4111111111111111": (VISA, GOOD),
    "4012888888881881": (VISA, GOOD),
    "4005519200000004": (VISA, GOOD),
    "5555555555554444": (MASTERCARD, GOOD),
    "378282246310005": (AMEX, GOOD),
    "371449635398431": (AMEX, GOOD),
    "6011111111111117": (DISCOVER, GOOD),
    "6011000991300009": (DISCOVER, GOOD),
    "3530111333300000": (JCB, GOOD),
    "6304000000000000": (MAESTRO, GOOD),
    "36259600000004": (DINERS, GOOD),
    "4000111111111115": (VISA, DECLINED),
    "5105105105105100": (MASTERCARD, DECLINED),
    "378734493671000": (AMEX, DECLINED),
    "6011000990139424": (DISCOVER, DECLINED),
    "3566002020360505": (JCB, FAILED),
}
# The first number of each type, for who only names the type.
NUMBER_OF = {
    "visa": "4111111111111111",
    "mastercard": "5555555555554444",
    "amex": "378282246310005",
    "discover": "6011111111111117",
    "jcb": "3530111333300000",
    "maestro": "6304000000000000",
    "dinersclub": "36259600000004",
}
PAYPAL = "paypal"
EXPIRES = ("12", "2039")


@dataclass(frozen=True)
class Card:
    """A card as the gateway knows it."""

    type: str
    bin: str
    last_4: str
    fingerprint: str
    behaviour: str = GOOD
    expiration_month: str = EXPIRES[0]
    expiration_year: str = EXPIRES[1]

    instrument_type = "credit_card"

    def show(self) -> Json:
        """The part that a payment method and a transaction have in common."""
        return {
            "bin": self.bin,
            "card_type": self.type,
            "cardholder_name": None,
            "commercial": "Unknown",
            "country_of_issuance": "Unknown",
            "customer_location": "US",
            "debit": "Unknown",
            "durbin_regulated": "Unknown",
            "expiration_month": self.expiration_month,
            "expiration_year": self.expiration_year,
            "healthcare": "Unknown",
            "issuing_bank": "Unknown",
            "last_4": self.last_4,
            "payroll": "Unknown",
            "prepaid": "Unknown",
            "product_id": "Unknown",
            "unique_number_identifier": self.fingerprint,
        }


@dataclass(frozen=True)
class PayPalAccount:
    """A PayPal account behind a nonce; one for `once` cannot be stored."""

    email: str
    once: bool = False
    behaviour: str = GOOD

    instrument_type = "paypal_account"

    def show(self) -> Json:
        """The part that a payment method and a transaction have in common."""
        return {"email": self.email, "payer_email": self.email, "payer_id": None}


Instrument = Card | PayPalAccount


def card(number: str, behaviour: str = "") -> Card:
    """The card of a documented number, with the behaviour that goes with it, or another. ValueError for any other number."""
    digits = "".join(number.split()).replace("-", "")
    if digits not in NUMBERS:
        raise ValueError("Only the test numbers of Braintree's reference are taken. Never enter a real card.")
    kind, usual = NUMBERS[digits]
    if behaviour and behaviour not in BEHAVIOURS:
        raise ValueError(f"behaviour must be one of: {', '.join(BEHAVIOURS)}.")
    fingerprint = hashlib.sha256(f"sandbox {digits}".encode()).hexdigest()[:32]
    return Card(kind, digits[:6], digits[-4:], fingerprint, behaviour or usual)
