"""How a provider takes a payment that was not asked of it by its name: what it needs for that, why it would not do, and its intent."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

from solitude.buyers.models import Buyer
from solitude.money.money import Money
from solitude.payments.contract import Intent
from solitude.sellers.models import Product
from solitude.telemetry.redaction import Secret
from solitude.transactions.models import Transaction
from solitude.web.refusals import BadFields


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants to pay, whoever takes the money. `amount` is None while only the options are asked for, and `uuid`, that of the
    transaction, is empty.

    `nonce` stands for a card that the buyer has just told the provider. `notify_url` is where the provider sends its notification, where
    that is told with each payment.
    """

    product: Product
    currency: str
    amount: Money | None = None
    buyer: Buyer | None = None
    region: str = ""
    carrier: str = ""
    return_url: str = ""
    cancel_url: str = ""
    notify_url: str = ""
    description: str = ""
    nonce: Secret | None = None
    uuid: str = ""


@dataclass(frozen=True, slots=True)
class Order:
    """A payment that may be begun. `attach` writes what the provider keeps of it besides, in the transaction of the intent; it may be
    there already, of an earlier try of the same payment. `provider` is the name by which the engine knows the provider, where the way
    has another one."""

    intent: Intent
    attach: Callable[[Transaction], None] | None = None
    provider: str = ""


class Way(Protocol):
    """One provider's. `outlets` are the names of its ways out of the house: while one of them is broken it is passed over."""

    name: str
    outlets: tuple[str, ...]

    def needs(self, wish: Wish) -> tuple[str, ...]:
        """The fields of a wish without which this payment cannot begin there, whether they are given or not."""

    def why_not(self, wish: Wish) -> str:
        """In one word why it would not do for this product, currency, amount, buyer and region; empty if it would.

        The product may be sold now: that is known before."""

    def order(self, wish: Wish) -> Order:
        """Of a wish that lacks nothing and for which it would do. Called in the transaction of the intent, so that what it locks or counts
        is undone with it. Raises BadFields for what is wrong in a field."""


@contextmanager
def fields(**names: str) -> Iterator[None]:
    """Tells what is wrong in a provider's own form by the names of a wish: `fields(success_url="return_url")`."""
    try:
        yield
    except BadFields as error:
        raise BadFields(**{names.get(name, name): said for name, said in error.body.items()}) from None


_ways: dict[str, Way] = {}


def offer(way: Way) -> None:
    """Makes a provider's way known, at start. Raises ValueError where another one has its name."""
    if _ways.setdefault(way.name, way) is not way:
        raise ValueError(f"two ways of a payment are called {way.name}")


def known() -> Mapping[str, Way]:
    """All that there are, in the order in which they were offered."""
    return _ways
