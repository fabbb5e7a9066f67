"""What the tests of the money engine share: what is written and sent, time that passes, and another way to PayPal."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import urllib3
from django.db.models import Model
from django.test import override_settings
from django.utils import timezone
from tests.support.free_port import free_port
from tests.support.simulator import Simulator

from solitude.buyers.models import Buyer
from solitude.events.models import Event
from solitude.payments import notifications, registry
from solitude.payments.contract import Inbound, Verdict
from solitude.payments.models import Notification, ProviderCall
from solitude.providers.paypal.models import BuyerPaypal, Preapproval
from solitude.providers.paypal.provider import PayPal
from solitude.providers.paypal.rest.identity import assertion
from solitude.transactions.models import Transaction
from solitude.web.models import IdempotencyKey

WRITTEN: tuple[type[Model], ...] = (Buyer, BuyerPaypal, Preapproval, Transaction, ProviderCall, Event)
# Longer than the time-out of the tests (`environment.of_the_house`), so that the answer comes too late.
TOO_LATE_MS = 1500
# How an answer gets lost after PayPal did the work, and how it looks as if PayPal had not.
LOST_ANSWERS = ("disconnect_after", "truncated_after", "garbage_after")
NO_ANSWERS = ("error_500", "error_503", "disconnect_before", "issue:PREVIOUS_REQUEST_IN_PROGRESS")


def written() -> dict[str, int]:
    """How many rows of each kind there are."""
    return {model.__name__: model._default_manager.count() for model in WRITTEN}


def sent(paypal: Simulator) -> int:
    """How many requests arrived at PayPal."""
    return len(paypal.state()["requests"])


@contextmanager
def nothing_happens(paypal: Simulator) -> Iterator[None]:
    """Nothing is written and nothing is sent."""
    before = (written(), sent(paypal))
    yield
    assert (written(), sent(paypal)) == before


def call_of(transaction: str, operation: str = "pay") -> ProviderCall:
    """The latest call of an operation about the transaction of this path."""
    pk = int(transaction.rstrip("/").rpartition("/")[2])
    found = ProviderCall.objects.filter(transaction_id=pk, operation=operation).order_by("-pk").first()
    assert found is not None
    return found


def end_leases() -> None:
    """As if so much time had passed that whoever was at a call or at an idempotency key is given up."""
    past = timezone.now() - timedelta(hours=1)
    ProviderCall.objects.exclude(leased_until=None).update(leased_until=past)
    IdempotencyKey.objects.update(claimed_at=past)


@contextmanager
def another_paypal(**settings: Any) -> Iterator[PayPal]:
    """PayPal as it is under other settings, without a token yet."""
    with override_settings(**settings):
        registered = registry._registered["paypal"]
        provider = PayPal()
        registry._registered["paypal"] = replace(registered, provider=provider)
        try:
            yield provider
        finally:
            registry._registered["paypal"] = registered


def paypal_away() -> Any:
    """PayPal at an address where nobody listens."""
    return another_paypal(SOLITUDE_PAYPAL_URL=f"http://127.0.0.1:{free_port()}/paypal")


class Elsewhere:
    """Somebody else with the marketplace's account at PayPal: its website, or a colleague with a script."""

    def __init__(self, paypal: Simulator) -> None:
        self.paypal = paypal
        self._http = urllib3.PoolManager(retries=False)
        answer = self._http.request(
            "POST",
            f"{paypal.url}/v1/oauth2/token",
            body=b"grant_type=client_credentials",
            headers={
                "Content-Type": "application/x-www-form-urlencoded",
                **urllib3.make_headers(basic_auth="sandbox-client:sandbox-secret"),
            },
        )
        self._token = answer.json()["access_token"]

    def post(self, path: str, body: dict[str, Any], **headers: str) -> Any:
        answer = self._http.request(
            "POST",
            f"{self.paypal.url}{path}",
            body=json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {self._token}", "Content-Type": "application/json", **headers},
        )
        assert answer.status < 300, answer.data
        return answer.json()

    def capture(self, order: str) -> Any:
        return self.post(f"/v2/checkout/orders/{order}/capture", {})

    def refund(self, value: str | None = None) -> Any:
        """Of the only capture there is."""
        (capture,) = self.paypal.captured()
        body = {"amount": {"currency_code": "EUR", "value": value}} if value else {}
        named = assertion("sandbox-client", capture["payee"]["merchant_id"])
        path = f"/v2/payments/captures/{capture['id']}/refund"
        return self.post(path, body, **{"PayPal-Auth-Assertion": named, "Prefer": "return=representation"})


def decide_review(paypal: Simulator, decision: str) -> None:
    """PayPal ends its review of the only capture: `accept` or `deny`."""
    (capture,) = paypal.captured()
    paypal.review(decision, capture=capture["id"])


def another_takes_it_over() -> None:
    """Whoever is at a notification has lost it, and somebody else goes on with it."""
    Notification.objects.exclude(leased_until=None).update(leased_until=timezone.now() - timedelta(hours=1))
    assert notifications.handle_due() == 1


def dawdles(
    monkeypatch: pytest.MonkeyPatch,
    inbound: Inbound,
    heard: tuple[Verdict, str],
    meanwhile: Callable[[], None] = another_takes_it_over,
) -> None:
    """Who asks first whether a notification is genuine stands still, and then hears this."""
    verify, asked = inbound.verify, list[str]()

    def stand_still(headers: Mapping[str, str], body: bytes) -> tuple[Verdict, str]:
        if asked:
            return verify(headers, body)
        asked.append("")
        meanwhile()
        return heard

    monkeypatch.setattr(inbound, "verify", stand_still)
