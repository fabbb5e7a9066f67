"""What must be known before a refund in the classic interface is written down.

There a refund bears no reference of ours. Whether one without an answer was made is told by how much of the payment went back since: so
that sum is asked for right before, is kept with the refund, and only one refund of a payment is under way at a time.
"""

from dataclasses import dataclass, field

from solitude.payments import answers, calls
from solitude.payments.contract import UNREACHABLE, Call, Operation, Outcome, Reason, Result
from solitude.payments.models import OPEN, ProviderCall
from solitude.payments.refund import Moved
from solitude.providers.paypal.classic.provider import PAID, REFUNDED, REFUNDED_BEFORE
from solitude.providers.paypal.names import CLASSIC, NAME
from solitude.transactions.models import Transaction


@dataclass(frozen=True, slots=True)
class Look:
    """What PayPal said of a payment, and how often it had changed here by then. Without ids it was not asked."""

    counter: int
    ids: dict[str, str] = field(default_factory=dict)

    def check(self, payment: Transaction) -> None:
        """That it still holds of the payment, which is locked. Raises Moved."""
        if self.ids and payment.counter != self.counter:
            raise Moved


def look(payment: Transaction) -> Look:
    """Asks PayPal, if that is needed. Raises Refused where it does not say; nothing is written then."""
    paying = calls.paying(payment)
    if paying is None or payment.captured_amount is None or paying.intended.interface != CLASSIC:
        return Look(payment.counter)
    call = Call(Operation.LOOK_UP, paying.key, paying.intended, {"payment": payment.uid_pay or ""})
    found = calls.ask(NAME, call)
    if REFUNDED not in found.facts:
        # A look-up does nothing at PayPal, whatever became of it.
        code = found.reason.code if found.outcome == Outcome.NOT_SENT and found.reason else UNREACHABLE
        refused = answers.refusal(NAME, Result(Outcome.NOT_SENT, reason=Reason(code), facts=found.facts), None)
        assert refused is not None  # noqa: S101  # what was not sent is one
        raise refused
    paid = paying.intended.amount
    assert paid is not None  # noqa: S101  # a payment has one
    return Look(payment.counter, {REFUNDED_BEFORE: found.facts[REFUNDED], PAID: paid.text})


def under_way(payment: Transaction) -> bool:
    """Whether it is not known yet what became of an earlier refund."""
    refunds = ProviderCall.objects.filter(operation=Operation.REFUND, transaction__related=payment)
    return refunds.filter(outcome__in=OPEN).exists()
