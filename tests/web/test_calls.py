"""How much Python the requests that come most run: calls of functions, which do not depend on the machine as seconds do.

The limits are a little above what CPython 3.11 does. Whoever comes to one looks whether the work is worth it, and says so here.
"""

import cProfile
import io
import json
from typing import Any

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.test import RequestFactory
from tests.support.marketplace import KEY, SECRET, Marketplace
from tests.support.simulator import CANCEL_URL, RETURN_URL

from solitude.client.signing import authorization
from solitude.web import purge

TRANSACTION, READ, PAYMENT = 2_250, 1_080, 7_300
# Far below a limit it would be one of before somebody made this better, and holds nothing.
NEAR = 0.8


@pytest.fixture(autouse=True)
def nothing_is_purged(monkeypatch: pytest.MonkeyPatch, shop: Marketplace) -> None:
    """Tokens are forgotten once a minute, by one request of the process."""
    monkeypatch.setattr(purge._Turn, "next_at", float("inf"))


def calls_of(method: str, target: str, body: Any = None) -> int:
    """Of the second such request: the first one warms what is made once."""
    handler, raw = WSGIHandler(), b"" if body is None else json.dumps(body).encode()
    for is_measured in (False, True):
        signed = authorization(key=KEY, secret=SECRET, method=method, target=target, body=raw)
        kind = "application/json" if raw else ""
        environ = RequestFactory().generic(method, target, raw, kind, headers={"Authorization": signed}).environ
        environ["wsgi.input"] = io.BytesIO(raw)
        statuses: list[str] = []
        profile = cProfile.Profile()
        if is_measured:
            profile.enable()
        response = handler(environ, lambda status, _headers, statuses=statuses: statuses.append(status))
        profile.disable()
        response.close()
        assert statuses[0].startswith("2"), response.content
    return sum(entry.callcount for entry in profile.getstats())


def test_a_kept_transaction(shop: Marketplace) -> None:
    seller = shop.seller()["resource_uri"]
    sold = {"seller": seller, "external_id": "a", "public_id": "called"}
    product = shop.post("/generic/product/", sold)["resource_uri"]
    body = {"seller_product": product, "amount": "2.49", "currency": "EUR", "source": "shop", "region": "1"}

    assert TRANSACTION * NEAR < calls_of("POST", "/generic/transaction/", body) < TRANSACTION


def test_a_transaction_that_is_read(shop: Marketplace) -> None:
    target = shop.post("/generic/transaction/", {})["resource_uri"]

    assert READ * NEAR < calls_of("GET", target) < READ


def test_a_payment_with_preapproval(shop: Marketplace, app_id: str, preapproved: str) -> None:
    body = {
        "user_id": preapproved,
        "app_id": app_id,
        "amount": 2.49,
        "currency": "EUR",
        "use_preapproval": True,
        "return_url": RETURN_URL,
        "cancel_url": CANCEL_URL,
    }

    assert PAYMENT * NEAR < calls_of("POST", "/paypal/pay/", body) < PAYMENT
