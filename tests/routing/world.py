"""Payments that name no provider, by providers of the tests' simulators."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.test import override_settings
from tests.reference.world import SHOP
from tests.support.marketplace import Answer, Marketplace
from tests.support.simulator import CANCEL_URL, RETURN_URL

from solitude.outbound import breaker
from solitude.routing.rules import rules
from solitude.transactions.models import Transaction

TELLS = f"{SHOP}/told"


def pay(shop: Marketplace, product: str, headers: dict[str, str] | None = None, **more: Any) -> Answer:
    """A payment that any of them may take; whatever `more` does not say is usual, and None leaves it out."""
    body = {
        "product": product,
        "amount": "2.49",
        "currency": "EUR",
        "region": "214",
        "carrier": "ESP_ORANGE",
        "return_url": RETURN_URL,
        "cancel_url": CANCEL_URL,
        "notify_url": TELLS,
        "description": "Star Map",
    } | more
    given = {name: value for name, value in body.items() if value is not None}
    return shop.post("/payments/", given, **(headers or {}))


def options(shop: Marketplace, product: str, currency: str = "EUR", **more: str) -> dict[str, dict[str, Any]]:
    """By provider."""
    query = "&".join(f"{name}={value}" for name, value in {"product": product, "currency": currency, **more}.items())
    found = shop.get(f"/payments/options/?{query}")
    assert found.status == 200, found
    return {option["provider"]: option for option in found["options"]}


@contextmanager
def ruled(*given: dict[str, Any]) -> Iterator[None]:
    """Under these rules, as an operator writes them."""
    with override_settings(SOLITUDE_ROUTING_RULES=rules(json.dumps(given))):
        yield


def break_(name: str) -> None:
    """So many failures in a row that its breaker opens."""
    one = breaker.of(name)
    for _ in range(settings.SOLITUDE_BREAKER_FAILURES):
        one.tell(one.admit(), breaker.Verdict.FAILED)


def intents(shop: Marketplace, payment: Answer) -> list[str]:
    """Why it was this provider, of each that was to be asked."""
    timeline = shop.get(f"{payment['transaction']}timeline/")
    return [entry["summary"] for entry in timeline["entries"] if entry["kind"] == "intent"]


def moves(shop: Marketplace, payment: Answer) -> list[str]:
    timeline = shop.get(f"{payment['transaction']}timeline/")
    return [entry["summary"] for entry in timeline["entries"] if entry["kind"] == "state"]


def row_of(payment: Answer) -> Transaction:
    return Transaction.objects.get(uuid=payment["uuid"])
