"""A billing configuration: what a buyer is offered, and by whom; it ends when nobody has paid in time."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from solitude_sandbox.bango.call import Json
from solitude_sandbox.bango.package import Number
from solitude_sandbox.clock import stamp

OPERATOR, PSMS, INTERNET, CARD = "OPERATOR", "PSMS", "INTERNET", "CARD"
TYPES = (OPERATOR, PSMS, INTERNET, CARD)


@dataclass(frozen=True)
class Price:
    """An amount in a currency."""

    amount: Decimal
    currency: str

    def __str__(self) -> str:
        return f"{self.amount:.2f} {self.currency}"


@dataclass(frozen=True)
class Offer:
    """What was asked for. `prices` are by currency, `types` say how may be paid, `options` are by name."""

    number: Number
    external_id: str
    title: str
    prices: dict[str, Price]
    types: frozenset[str]
    options: dict[str, str] = field(default_factory=dict)


@dataclass(eq=False)
class Configuration:
    """`payment` is the transaction with which it was paid. `user` is who the buyer is at Bango."""

    id: int
    offer: Offer
    user: int
    created: datetime
    life: timedelta
    payment: int | None = None

    def has_ended(self, now: datetime) -> bool:
        """Whether it is too late to pay."""
        return now >= self.created + self.life

    def as_json(self, now: datetime) -> Json:
        """For the state page."""
        offer = self.offer
        status = "PAID" if self.payment is not None else "EXPIRED" if self.has_ended(now) else "OPEN"
        return {
            "billingConfigurationId": self.id,
            "status": status,
            "bango": offer.number.bango,
            "externalTransactionId": offer.external_id,
            "pageTitle": offer.title,
            "priceList": [str(price) for price in offer.prices.values()],
            "typeFilter": sorted(offer.types),
            "configurationOptions": dict(offer.options),
            "created": stamp(self.created),
            "expires": stamp(self.created + self.life),
        }
