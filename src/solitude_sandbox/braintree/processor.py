"""What a bank says: by the card's behaviour, by the amount, or because a fault asks for it.

Amounts and what they bring: https://developer.paypal.com/braintree/docs/reference/general/testing#transaction-amounts. Codes and texts:
https://developer.paypal.com/braintree/docs/reference/general/processor-responses/authorization-responses.
"""

from dataclasses import dataclass
from decimal import Decimal

from solitude_sandbox.braintree import cards
from solitude_sandbox.braintree.cards import Instrument, PayPalAccount

AUTHORIZING, AUTHORIZED, AUTHORIZATION_EXPIRED = "authorizing", "authorized", "authorization_expired"
PROCESSOR_DECLINED = "processor_declined"
GATEWAY_REJECTED, FAILED = "gateway_rejected", "failed"
TEXTS = {
    "1000": "Approved",
    "2000": "Do Not Honor",
    "2001": "Insufficient Funds",
    "2002": "Limit Exceeded",
    "2003": "Cardholder's Activity Limit Exceeded",
    "2004": "Expired Card",
    "2005": "Invalid Credit Card Number",
    "2006": "Invalid Expiration Date",
    "2007": "No Account",
    "2008": "Card Account Length Error",
    "2009": "No Such Issuer",
    "2010": "Card Issuer Declined CVV",
    "2011": "Voice Authorization Required",
    "2012": "Processor Declined - Possible Lost Card",
    "2013": "Processor Declined - Possible Stolen Card",
    "2014": "Processor Declined - Fraud Suspected",
    "2015": "Transaction Not Allowed",
    "2016": "Duplicate Transaction",
    "2017": "Cardholder Stopped Billing",
    "2018": "Cardholder Stopped All Billing",
    "2038": "Processor Declined",
    "2046": "Declined",
    "3000": "Processor Network Unavailable - Try Again",
    "4001": "Settlement Declined",
}
# With which it makes no sense to try again.
_HARD = frozenset({*(str(code) for code in (*range(2004, 2010), *range(2012, 2016), 2017, 2018))})
UNREACHABLE, DECLINED = "3000", "2000"
FUNDS = "2001"


@dataclass(frozen=True)
class Verdict:
    """What came of asking: `status` is AUTHORIZED or why not, or AUTHORIZING while there is no answer."""

    status: str
    code: str = ""
    reason: str | None = None
    cvv: str = "M"

    @property
    def text(self) -> str:
        """What the processor says."""
        return text_of(self.code)

    @property
    def type(self) -> str | None:
        """Whether it makes sense to try again."""
        if not self.code:
            return None
        return "approved" if self.code == "1000" else "hard_declined" if self.code in _HARD else "soft_declined"

    @property
    def message(self) -> str:
        """What the answer says of the whole."""
        return f"Gateway Rejected: {self.reason}" if self.status == GATEWAY_REJECTED else self.text


_APPROVED = Verdict(AUTHORIZED, "1000")
_OF_BEHAVIOUR = {
    cards.GOOD: _APPROVED,
    cards.DECLINED_LATER: Verdict(PROCESSOR_DECLINED, FUNDS),
    cards.DECLINED: Verdict(PROCESSOR_DECLINED, DECLINED),
    cards.REJECTED: Verdict(GATEWAY_REJECTED, reason="fraud"),
    cards.CVV: Verdict(GATEWAY_REJECTED, reason="cvv", cvv="N"),
    cards.FAILED: Verdict(FAILED, UNREACHABLE),
    cards.SLOW: Verdict(AUTHORIZING),
}
# What a bank that took its time may say in the end.
LATE = {
    AUTHORIZED: _APPROVED,
    PROCESSOR_DECLINED: Verdict(PROCESSOR_DECLINED, DECLINED),
    GATEWAY_REJECTED: Verdict(GATEWAY_REJECTED, reason="fraud"),
    FAILED: Verdict(FAILED, UNREACHABLE),
    AUTHORIZATION_EXPIRED: Verdict(AUTHORIZATION_EXPIRED, "1000"),
}
_STORED = (cards.DECLINED_LATER, cards.SLOW)


def verify(instrument: Instrument, ordered: str | None = None) -> Verdict:
    """Whether a bank would take it, with no amount; `ordered` is the code that a fault asks for."""
    if ordered is not None:
        return _of_code(ordered)
    return _APPROVED if instrument.behaviour in _STORED else _OF_BEHAVIOUR[instrument.behaviour]


def authorize(instrument: Instrument, amount: Decimal, ordered: str | None = None) -> Verdict:
    """Whether a bank gives this amount."""
    if ordered is not None:
        return _of_code(ordered)
    if instrument.behaviour != cards.GOOD:
        return _OF_BEHAVIOUR[instrument.behaviour]
    if 2000 <= amount < 3001:
        return _of_code(str(int(amount)))
    if amount == Decimal("5001.00"):
        return Verdict(GATEWAY_REJECTED, reason="application_incomplete")
    if amount == Decimal("5001.01") and isinstance(instrument, PayPalAccount):
        return _of_code("2038")
    return _APPROVED


def settles(amount: Decimal) -> str:
    """The code with which the settlement of this amount is declined, or ""."""
    return str(int(amount)) if 4001 <= amount < 4002 else ""


def knows_code(code: str) -> bool:
    """Whether a processor says this, so that a fault can ask for it."""
    return code.isascii() and code.isdigit() and len(code) == 4 and ("2000" <= code < "3000" or code == UNREACHABLE)


def text_of(code: str) -> str:
    """What a code says."""
    return TEXTS.get(code, "Processor Declined" if code else "")


def _of_code(code: str) -> Verdict:
    return Verdict(FAILED if code == UNREACHABLE else PROCESSOR_DECLINED, code)
