"""What the proxy does for a process that has no keys: it signs in at the gateway, proves webhooks, and answers Braintree's challenge."""

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlencode

import pytest
from django.test import override_settings
from tests.outbound.peers import OK, Peer, Script, answering
from tests.support.braintree import BraintreeSimulator

from solitude.outbound.http import NotSent, Reason, Request
from solitude.providers.braintree.passing import Passing
from solitude.providers.braintree.proving import Prover
from solitude.providers.braintree.wire import local_outlet

MERCHANT, PUBLIC, PRIVATE = "shop-merchant", "shop-public", "shop-private-key"


@contextmanager
def passing(*scripts: Script, **settings: str) -> Iterator[tuple[Passing, str, Peer]]:
    """The proxy's sender to a gateway whose connections follow these scripts, and the gateway's URL."""
    with Peer(*scripts) as peer:
        usual = {
            "SOLITUDE_BRAINTREE_URL": f"{peer.url}/gate",
            "SOLITUDE_BRAINTREE_MERCHANT_ID": MERCHANT,
            "SOLITUDE_BRAINTREE_PUBLIC_KEY": PUBLIC,
            "SOLITUDE_BRAINTREE_PRIVATE_KEY": PRIVATE,
        }
        with override_settings(**usual | settings):
            yield Passing(local_outlet()), f"{peer.url}/gate", peer


def asked(path: str, *, method: str = "POST", body: str = "", base: str = "") -> Request:
    from django.conf import settings

    return Request(method, f"{base or settings.SOLITUDE_BRAINTREE_URL}{path}", {}, body.encode())


def test_our_keys_are_put_on_whatever_came_in_their_place() -> None:
    with passing(answering(OK)) as (proxy, url, peer):
        path = f"{url}/merchants/{MERCHANT}/transactions"
        assert proxy.send(Request("POST", path, {"Authorization": "Basic b3RoZXI="}, b"<transaction/>")).status == 200

    head = peer.requests[0].partition(b"\r\n\r\n")[0].decode()
    pair = base64.b64encode(f"{PUBLIC}:{PRIVATE}".encode()).decode()
    assert [line for line in head.splitlines() if "authorization" in line.lower()] == [f"Authorization: Basic {pair}"]
    assert [line[:28] for line in head.splitlines() if "user-agent" in line.lower()] == ["User-Agent: Braintree Python"]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/merchants/another/transactions"),
        ("POST", f"/merchants/{MERCHANT}/merchant_accounts/create_via_api"),
        ("POST", f"/merchants/{MERCHANT}x/transactions"),
        ("POST", f"/merchants/{MERCHANT}/../another/transactions"),
        ("PUT", f"/merchants/{MERCHANT}/transactions"),
        ("PUT", f"/merchants/{MERCHANT}/transactions/8qr2/submit_for_settlement"),
    ],
)
def test_only_what_the_house_asks_is_passed_on(method: str, path: str) -> None:
    with passing() as (proxy, url, peer), pytest.raises(NotSent) as error:
        proxy.send(Request(method, f"{url}{path}"))

    assert error.value.reason == Reason.REFUSED_OPERATION
    assert peer.requests == []


def test_a_proxy_without_keys_says_that_nothing_was_sent() -> None:
    with passing(SOLITUDE_BRAINTREE_MERCHANT_ID="") as (proxy, url, peer), pytest.raises(NotSent) as error:
        proxy.send(Request("POST", f"{url}/merchants/{MERCHANT}/transactions"))

    assert error.value.reason == Reason.CREDENTIALS_REFUSED
    assert peer.requests == []


def test_a_webhook_is_proved_by_who_has_the_key(braintree: BraintreeSimulator) -> None:
    told = braintree.tell("check")
    form = {name: told[name] for name in ("bt_signature", "bt_payload")}

    assert Prover().send(asked("/parse", body=urlencode(form))).status == 204
    for other in (
        {"bt_signature": "sandbox-public-key|0"},
        {"bt_payload": form["bt_payload"][4:]},
        {"bt_signature": ""},
    ):
        assert Prover().send(asked("/parse", body=urlencode(form | other))).status == 422
    twice = urlencode([*form.items(), ("bt_payload", form["bt_payload"])])
    assert Prover().send(asked("/parse", body=twice)).status == 422


def test_a_challenge_is_answered_and_nothing_else_is_signed() -> None:
    with passing() as (_, url, _):
        good = Prover().send(asked("/verify?bt_challenge=20f9f8ed05f77439fe955c977e4c8a53", method="GET", base=url))
        bad = Prover().send(asked(f"/verify?{urlencode({'bt_challenge': 'cGF5bG9hZA=='})}", method="GET", base=url))

    assert (good.status, good.body.partition(b"|")[0]) == (200, PUBLIC.encode())
    assert bad.status == 422


@pytest.mark.parametrize(("method", "path"), [("GET", "/parse"), ("POST", "/verify"), ("GET", "/")])
def test_the_prover_does_nothing_else(method: str, path: str) -> None:
    with passing() as (_, url, _), pytest.raises(NotSent) as error:
        Prover().send(asked(path, method=method, base=url))

    assert error.value.reason == Reason.REFUSED_OPERATION
