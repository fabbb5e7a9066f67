"""What every way to pay can do."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from solitude.client import Product, Seller, Solitude, Transaction

from ..books import CANCELLED, DECLINED, OPEN, PAID, PARTLY_REFUNDED, REFUNDED, REFUNDING, WAITING, Customer, Purchase
from ..catalogue import App

# What is true of a purchase, and where the customer can pay, if so.
State = tuple[str, str]


class NothingBackError(Exception):
    """The provider does not give this payment back."""


@dataclass(frozen=True)
class Begun:
    """A payment that was begun: Solitude's names of it, and what is true of it."""

    uuid: str
    transaction: str
    state: str
    pay_url: str


@dataclass(frozen=True)
class Message:
    """What a provider has sent to the shop, as it came."""

    headers: Mapping[str, str]
    body: bytes


class Way(Protocol):
    """One provider, as the till sees it. Every method may raise a `SolitudeError`."""

    # What the books call it, what customers do, and what they are told of it.
    key: str
    name: str
    note: str
    gives_back: bool

    def publish(self, app: App, seller: Seller, product: Product) -> None:
        """Make it possible to pay for an app in this way. What is there from an earlier start stays as it is."""

    def pay(self, customer: Customer, purchase: Purchase, place: str) -> Begun:
        """Begin a payment; asked again for the same purchase it is the same payment. The customer comes back to below `place`."""

    def came_back(self, purchase: Purchase, query: str) -> None:
        """The customer is back with this query, which proves nothing by itself."""

    def look(self, purchase: Purchase) -> State:
        """What is true now."""

    def give_back(self, purchase: Purchase) -> None:
        """Give back all that is left; asked again it is the same refund. Raises `NothingBackError`."""

    @property
    def receives(self) -> Mapping[str, Callable[[Message], bool]]:
        """By path: what to do with a message of the provider's. Whether it has arrived; ValueError: it is not the provider's."""


def state_of(client: Solitude, purchase: Purchase) -> State:
    """What Solitude's books say of a payment that its customer makes on a page of the provider's."""
    row = client.get_transaction(purchase.transaction)
    if row.status_name in ("pending", "started"):
        return (OPEN, row.pay_url) if row.pay_url else (WAITING, "")
    if row.status_name not in ("completed", "checked"):
        return (CANCELLED if row.status_name == "cancelled" else DECLINED), ""
    if waiting_refund(row) is not None:
        return REFUNDING, ""
    if not row.refunded_amount:
        return PAID, ""
    return (REFUNDED if row.refunded_amount == row.captured_amount else PARTLY_REFUNDED), ""


def waiting_refund(row: Transaction) -> str | None:
    """The uuid of a refund of this payment that the provider has not decided about."""
    waiting = (each.uuid for each in row.relations if each.type_name == "refund" and each.status_name == "pending")
    return next(waiting, None)
