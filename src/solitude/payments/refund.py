"""A refund: its own transaction, which holds its part of the captured amount from before the provider is asked."""

from typing import Final, Literal

from django.db.models import F

from solitude.money.money import Money
from solitude.payments import calls, money_back
from solitude.payments.contract import Intent, Operation
from solitude.payments.models import ProviderCall
from solitude.telemetry import cef, context
from solitude.transactions import states
from solitude.transactions.amounts import amount_value
from solitude.transactions.models import PAID, Transaction, Type
from solitude.web.idempotency import Claim

NotRefundableCode = Literal["not_captured", "refund_exceeds_captured", "refund_under_way"]
NOT_CAPTURED: Final = "not_captured"
EXCEEDS: Final = "refund_exceeds_captured"
# Of a provider that can be asked for one refund of a payment at a time.
UNDER_WAY: Final = "refund_under_way"
# A payment that changes between our look and our commit makes us look again.
LOOKS_MAX: Final = 3


class Moved(Exception):
    """The payment has changed since it was looked at."""


class NotRefundable(Exception):
    """This much cannot be refunded; `refundable` is what can."""

    def __init__(self, code: NotRefundableCode, refundable: Money) -> None:
        super().__init__(code)
        self.code, self.refundable = code, refundable


def refundable(payment: Transaction) -> Money:
    """What is left of the captured amount."""
    captured = payment.captured_amount
    if captured is None or payment.status not in PAID:
        return Money(money_back.ZERO, payment.currency)
    return Money(captured - (payment.refund_claimed_amount or money_back.ZERO), payment.currency)


def over_what_is_left(payment: Transaction, asked: Money) -> NotRefundable:
    """The refusal of a refund that asks for too much, of which the security log is told."""
    left = refundable(payment)
    context.about(payment.uuid)
    extra = {"cs6Label": "asked", "cs6": asked, "cs7Label": "refundable", "cs7": left}
    cef.event("Refund over what is left", 5, extra=extra)
    return NotRefundable(EXCEEDS, left)


def begin(
    payment: Transaction,
    amount: Money,
    provider: str,
    intent: Intent,
    ids: dict[str, str],
    claim: Claim | None,
    kind: Type = Type.REFUND,
) -> ProviderCall:
    """Claims the amount and writes the refund and its call, in the caller's transaction. Raises NotRefundable.

    A `kind` of REFUND_MANUAL is one that the marketplace makes by hand: its provider is only told what to answer.

    The limit is the database's: one UPDATE takes the amount or finds that it is no longer there, and a constraint stands
    behind it.
    """
    claimed = F("refund_claimed_amount") + amount_value(amount.amount)
    enough = Transaction.objects.filter(pk=payment.pk, captured_amount__gte=claimed, status__in=PAID)
    taken = enough.update(refund_claimed_amount=claimed, counter=F("counter") + 1)
    if not taken:
        now = Transaction.objects.get(pk=payment.pk)
        if now.captured_amount is None:
            raise NotRefundable(NOT_CAPTURED, refundable(now))
        raise over_what_is_left(now, amount)
    refund = money_back.new_refund(payment, amount, kind)
    states.begin(refund, "refund_begun")
    return calls.begin(provider, Operation.REFUND, intent, row=refund, ids=ids, claim=claim)
