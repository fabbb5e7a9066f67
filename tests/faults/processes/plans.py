"""What each payment of a run shall be, and what its client was told of it."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

from tests.faults.processes.chance import chance

Told = Literal["nothing", "paid", "refused"]

JPY_EVERY = 7
# Limits of one payment are 0.1 to 5000 of its currency.
EUR_FROM, JPY_FROM = Decimal("1.00"), Decimal(100)
CENT = Decimal("0.01")
PAYMENTS_MAX = 30_000

FUNDINGS = {"ok": 40, "declined": 1, "capture_declined": 2, "review": 2}
REFUNDS = {"none": 60, "full": 22, "partial": 18}
# Where its client dies, and does not live to hear the answer.
DEATHS = {"": 85, "pay": 5, "approve": 2, "check": 5, "refund": 3}
PREAPPROVED_SHARE = 0.4
BUYERS = 40


@dataclass(frozen=True, slots=True)
class Plan:
    """Its amount is nobody else's, so that the provider's books tell which payment a capture is of, whatever our own say."""

    number: int
    amount: Decimal
    currency: str
    is_preapproved: bool
    buyer: str
    funding: str
    refund: str
    dies_at: str


@dataclass(slots=True)
class Promise:
    """What a client asked for and was told.

    `refunds_asked`: how many, without those that it was told are refused; `refunded`: what it was told has gone back; `asked`,
    `key` and `uuid`: how it asked for the payment, under which idempotency key, and the name that it was told.
    """

    plan: Plan
    told: Told = "nothing"
    refunds_asked: int = 0
    refunded: list[Decimal] = field(default_factory=list)
    asked: dict[str, Any] = field(default_factory=dict)
    key: str = ""
    uuid: str = ""


def plan_of(seed: int, number: int) -> Plan:
    """Follows from seed and number, whichever client gets to it."""
    dice = chance(seed, "plan", number)
    amount, currency = amount_of(number)
    return Plan(
        number=number,
        amount=amount,
        currency=currency,
        is_preapproved=dice.random() < PREAPPROVED_SHARE,
        buyer=f"buyer-{dice.randrange(BUYERS)}",
        funding=_one_of(FUNDINGS, dice.random()),
        refund=_one_of(REFUNDS, dice.random()),
        dies_at=_one_of(DEATHS, dice.random()),
    )


def amount_of(number: int) -> tuple[Decimal, str]:
    if not 0 <= number < PAYMENTS_MAX:
        raise ValueError(f"a run has at most {PAYMENTS_MAX} payments, each with an amount of its own")
    if number % JPY_EVERY == 0:
        return JPY_FROM + number // JPY_EVERY, "JPY"
    return EUR_FROM + number * CENT, "EUR"


def part_of(plan: Plan) -> Decimal:
    """The first part of a refund in parts, in the currency's digits."""
    return (plan.amount / 3).quantize(Decimal(1) if plan.currency == "JPY" else CENT)


def _one_of(weights: dict[str, int], point: float) -> str:
    left = point * sum(weights.values())
    for name, weight in weights.items():
        left -= weight
        if left < 0:
            return name
    return next(iter(weights))
