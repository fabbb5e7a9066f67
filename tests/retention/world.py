"""A buyer with payments at every provider, whose every value can be told from all others wherever it turns up."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from tests.bango.paying import BangoShop
from tests.braintree import world as cards
from tests.payments.passing import make_due
from tests.reference import world as reference
from tests.support.braintree import BraintreeSimulator
from tests.support.marketplace import Marketplace
from tests.support.simulator import Simulator
from tests.support.zippy import ZippySimulator

from solitude.payments import recovery
from solitude.transactions.models import Transaction

UUID, EMAIL, LOCALE = "shop:canary-4711", "canary.ada@buyer.example", "nl-canary"
NOTES, MEMO, REASON = "canary notes: rang twice", "canary memo: star map", "canary reason: broken"


@dataclass(frozen=True)
class World:
    """`uuids` are of the transactions."""

    buyer: dict[str, Any]
    preapproval_key: str
    uuids: tuple[str, ...]


def made(
    shop: Marketplace, paypal: Simulator, braintree: BraintreeSimulator, till: BangoShop, zippy: ZippySimulator
) -> World:
    """Payments, refunds, a dispute, a pre-approval, a card with a sale, notifications: whatever providers have."""
    buyer = shop.buyer(UUID, email=EMAIL, locale=LOCALE, pin="4711", pin_confirmed=True)
    begun = shop.preapproval(UUID)
    paypal.approve(begun["paypal_url"])
    assert shop.put(begun["resource_uri"], {}).status == 202
    waiting = shop.preapproval(UUID)
    assert waiting.status == 201
    key = _preapproval_key()

    token = shop.post("/generic/verify_pin/", {"uuid": UUID, "pin": "4711"})["pin_token"]
    bought = shop.pay_for(shop.product(), buyer=UUID, memo=MEMO, currency="EUR", pin_token=token)
    assert bought.status == 201, bought
    paypal.approve(bought["pay_url"], buyer=EMAIL)
    assert shop.check(uuid=bought["uuid"])["status"] == "COMPLETED"
    assert shop.patch(bought["transaction"], {"notes": NOTES}).status == 200
    refunded = shop.refund(uuid=bought["uuid"], amount="1.00", reason=REASON)
    assert refunded.status == 201, refunded
    (capture,) = paypal.captured()
    paypal.resolve(paypal.dispute(capture["id"]), "RESOLVED_BUYER_FAVOUR")
    for event in paypal.told():
        assert shop.forward(event).status == 200

    cards.customer_of(shop, UUID)
    card = cards.card(shop, braintree, UUID)
    cards.settled(shop, braintree, paymethod=card["resource_uri"])
    zipped = reference.pay(shop, reference.product(shop), buyer=UUID)
    assert zipped.status == 201, zipped
    assert reference.tell(shop, reference.query_of(zippy.pay(zipped["pay_url"]))).status == 200
    till.paid(user_uuid=UUID)
    failed = shop.pay_for(shop.product(), buyer=UUID, memo=MEMO, currency="EUR")
    shop.cancel(uuid=failed["uuid"])
    make_due()
    recovery.run_once(20)
    return World(buyer, key, tuple(Transaction.objects.values_list("uuid", flat=True)))


def _preapproval_key() -> str:
    from solitude.providers.paypal.models import BuyerPaypal

    return str(BuyerPaypal.objects.get().key)


def sums() -> dict[tuple[Any, ...], str]:
    """The books: what was paid and given back, by provider, currency, type and state."""
    found: dict[tuple[Any, ...], Any] = {}
    for row in Transaction.objects.all():
        place = (row.provider, row.currency, row.type, row.status)
        money = (row.amount or 0, row.captured_amount or 0, row.refunded_amount or 0)
        found[place] = tuple(a + b for a, b in zip(found.get(place, (0, 0, 0)), money, strict=True))
    return {place: str(money) for place, money in found.items()}


def everything() -> Iterator[tuple[str, str]]:
    """Each value of each column of each table of the database, opened where it is sealed: where it stands, and what it is."""
    for model in apps.get_models():
        for row in model._default_manager.all():
            for field in model._meta.concrete_fields:
                value = getattr(row, field.attname)
                text = bytes(value).decode("latin-1") if isinstance(value, bytes | memoryview) else str(value)
                if isinstance(value, dict | list):
                    text = json.dumps(value)
                yield f"{model._meta.label_lower}.{field.name}", text


def where(*values: str) -> set[str]:
    """The columns in which one of these values stands."""
    return {place for place, text in everything() if any(value.casefold() in text.casefold() for value in values)}
