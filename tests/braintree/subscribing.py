"""Plans and subscriptions at Braintree, made through the API; and what it tells, passed on as a marketplace does it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from tests.braintree.world import PRODUCTS, card, generic_product
from tests.support.braintree import BraintreeSimulator
from tests.support.marketplace import Answer, Marketplace

from solitude import failpoints
from solitude.transactions.models import Status

SUBSCRIPTION, CHANGE, CANCEL = (
    "/braintree/subscription/",
    "/braintree/subscription/paymethod/change/",
    "/braintree/subscription/cancel/",
)
SUBSCRIPTIONS, TRANSACTIONS = "/braintree/mozilla/subscription/", "/braintree/mozilla/transaction/"
WEBHOOK = "/braintree/webhook/"
PRICE = "10.00"
CHARGED, NOT_CHARGED = "subscription_charged_successfully", "subscription_charged_unsuccessfully"
CANCELED, PAST_DUE = "subscription_canceled", "subscription_went_past_due"
# From any day to one behind the next billing and before the one after it: who begins on a month's last days is billed on its last.
MONTH_S = 33 * 86_400


def plan(shop: Marketplace, braintree: BraintreeSimulator, price: str = PRICE, **more: Any) -> str:
    """A new product that is sold month by month, with its plan: the name of both."""
    sold = generic_product(shop)
    entry = {"seller_product": sold["resource_uri"], "description": "Brick", "recurrence": "monthly", "amount": price}
    made = shop.post(PRODUCTS, {**entry, **more})
    assert made.status == 201, made
    braintree.plan(sold["public_id"], price=price, currency_iso_code=made["currency"])
    return str(sold["public_id"])


def subscribe(shop: Marketplace, paymethod: str, of: str, *, key: str = "", **more: Any) -> Answer:
    body = {"paymethod": paymethod, "plan": of, **more}
    return shop.post(SUBSCRIPTION, body, **({"Idempotency-Key": key} if key else {}))


def subscribed(shop: Marketplace, braintree: BraintreeSimulator, **more: Any) -> dict[str, Any]:
    """A new subscription of a new buyer, as the API shows it."""
    owned = more.pop("card", None) or card(shop, braintree)
    made = subscribe(shop, owned["resource_uri"], more.pop("of", "") or plan(shop, braintree), **more)
    assert made.status == 201, made
    return dict(made["mozilla"])


def pass_on(shop: Marketplace, told: dict[str, str]) -> Answer:
    """Hands on one webhook."""
    return shop.post(WEBHOOK, told)


def pass_all_on(shop: Marketplace, braintree: BraintreeSimulator, *kinds: str, after: int = 0) -> list[Answer]:
    """Hands on all that was told, the oldest first."""
    return [pass_on(shop, told) for told in braintree.told(*kinds, after=after)]


def charges(shop: Marketplace) -> list[dict[str, Any]]:
    """The generic transactions that there are, the oldest first."""
    return list(reversed(shop.get("/generic/transaction/?limit=100")["objects"]))


def statuses(shop: Marketplace) -> list[Status]:
    return [Status(one["status"]) for one in charges(shop)]


def one(shop: Marketplace) -> dict[str, Any]:
    """The only subscription that there is here."""
    listed = shop.get(SUBSCRIPTIONS)["objects"]
    assert len(listed) == 1, listed
    return dict(listed[0])


def change(shop: Marketplace, subscription: str, paymethod: str) -> Answer:
    return shop.post(CHANGE, {"subscription": subscription, "paymethod": paymethod})


class Died(BaseException):
    """The process ends here."""


@contextmanager
def dying_at(moment: str) -> Iterator[None]:
    """The process dies when this failpoint is reached, which it must be."""

    def die(name: str) -> None:
        if name == moment:
            raise Died

    with failpoints.hooked(die), pytest.raises(Died):
        yield
