"""What the proxy does with a request to PayPal that somebody without credentials has made: who we are, and for whom, is put on there."""

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import override_settings
from tests.outbound import peers
from tests.outbound.peers import Peer, Script, answering

from solitude.outbound.http import NotSent, Reason, Request
from solitude.providers.paypal.classic import signature
from solitude.providers.paypal.classic.passing import Passing as ClassicPassing
from solitude.providers.paypal.classic.signature import Permission
from solitude.providers.paypal.classic.wire import local_sender
from solitude.providers.paypal.names import SELLER, TOKEN
from solitude.providers.paypal.rest.passing import Passing, may_pass
from solitude.providers.paypal.rest.wire import local_outlet
from solitude.telemetry.redaction import Secret

ORDER = {"Content-Type": "application/json", "Prefer": "return=representation"}


def http(body: Any, status: int = 200) -> bytes:
    data = json.dumps(body).encode()
    return (
        f"HTTP/1.1 {status} -\r\nContent-Type: application/json\r\nContent-Length: {len(data)}\r\n\r\n".encode() + data
    )


def token(value: str) -> bytes:
    return http({"access_token": value, "expires_in": 32_400})


@contextmanager
def passing(*scripts: Script, **settings: str) -> Iterator[tuple[Passing, Peer]]:
    """The proxy's sender to a PayPal whose connections follow these scripts."""
    usual = {"SOLITUDE_PAYPAL_CLIENT_ID": "shop-client", "SOLITUDE_PAYPAL_CLIENT_SECRET": "shop-secret"}
    with Peer(*scripts) as peer, override_settings(SOLITUDE_PAYPAL_URL=peer.url, **usual | settings):
        yield Passing(local_outlet()), peer


def asking(peer: Peer, path: str = "/v2/checkout/orders", method: str = "POST", **headers: str) -> Request:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Request(method, f"{peer.url}{path}", {**ORDER, **named}, b"{}", "pay")


def headers_of(request: bytes) -> dict[str, str]:
    lines = request.partition(b"\r\n\r\n")[0].decode().splitlines()[1:]
    return {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}


def granting(peer: Peer, **fields: str) -> Request:
    return replace(asking(peer, "/v1/oauth2/token"), body=urlencode(fields).encode(), operation="log_in")


def test_our_token_is_put_on_and_kept_for_the_next() -> None:
    with passing(answering(token("t1"), http({"id": "O-1"}), http({"id": "O-2"}))) as (proxy, peer):
        assert proxy.send(asking(peer)).status == 200
        assert proxy.send(asking(peer)).status == 200

    given, first, second = map(headers_of, peer.requests)
    assert base64.b64decode(given["authorization"].removeprefix("Basic ")) == b"shop-client:shop-secret"
    assert first["authorization"] == second["authorization"] == "Bearer t1"


def test_a_token_that_is_no_longer_taken_is_renewed_once() -> None:
    answers = token("t1"), http({}, 401), token("t2"), http({"id": "O-1"})
    with passing(answering(*answers)) as (proxy, peer):
        assert proxy.send(asking(peer)).status == 200

    assert [headers_of(request)["authorization"] for request in peer.requests[1::2]] == ["Bearer t1", "Bearer t2"]


def test_for_a_seller_the_assertion_names_the_seller_and_us() -> None:
    with passing(answering(token("t1"), http({})), SOLITUDE_PAYPAL_BN_CODE="Shop_SP") as (proxy, peer):
        proxy.send(asking(peer, "/v2/payments/captures/C-1/refund", **{SELLER: "z%C3%B6e@dev.example"}))

    sent = headers_of(peer.requests[1])
    _, claims, _ = sent["paypal-auth-assertion"].split(".")
    named = json.loads(base64.urlsafe_b64decode(claims + "=="))
    assert named == {"iss": "shop-client", "email": "zöe@dev.example"}
    assert sent["paypal-partner-attribution-id"] == "Shop_SP"
    assert SELLER not in sent


def test_a_person_who_has_logged_in_comes_with_a_token_of_its_own() -> None:
    path = "/v1/identity/oauth2/userinfo?schema=paypalv1.1"
    with passing(answering(http({}, 401))) as (proxy, peer):
        assert proxy.send(asking(peer, path, "GET", **{TOKEN: "persons"})).status == 401

    (sent,) = map(headers_of, peer.requests)
    assert sent["authorization"] == "Bearer persons"
    assert TOKEN not in sent


@pytest.mark.parametrize("status", [400, 401, 403])
def test_of_credentials_that_are_refused_it_is_certain_that_nothing_was_sent(status: int) -> None:
    with (
        passing(answering(http({"error": "invalid_client"}, status))) as (proxy, peer),
        pytest.raises(NotSent) as error,
    ):
        proxy.send(asking(peer))

    assert error.value.reason == Reason.CREDENTIALS_REFUSED
    assert len(peer.requests) == 1


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        (answering(http({}, 503)), Reason.NO_TOKEN),
        (answering(http({}, 429)), Reason.BUSY),
        (peers.closing_after_request, Reason.NO_TOKEN),
    ],
)
def test_without_a_token_nothing_is_sent_however_it_was_lost(script: Script, reason: Reason) -> None:
    with passing(script) as (proxy, peer), pytest.raises(NotSent) as error:
        proxy.send(asking(peer))

    assert error.value.reason == reason
    assert len(peer.requests) == 1


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/v1/oauth2/token"),
        ("POST", "/v1/payments/payouts"),
        ("DELETE", "/v2/checkout/orders"),
        ("GET", "/v1/notifications/webhooks"),
        ("POST", "/v2/checkout/orders/../../../v1/payments/payouts"),
        ("POST", "/v2/checkout/orders/%2e%2E/x/capture"),
        ("GET", "/v2/checkout/orders/O-1/"),
        ("POST", "/v2/payments/captures/C%2F..%2F..%2F..%2Fv1%2Fpayments%2Fpayouts%3F/refund"),
        ("GET", "/v2/checkout/orders/O-1%2f..%2F..%2f..%2fv1%2fnotifications%2fwebhooks"),
        ("GET", "/v2/checkout/orders/O-1%252Ftrack"),
        ("DELETE", "/v3/vault/payment-tokens/8kk8451t%2Fother"),
        ("GET", "/v1/identity/oauth2/userinfo?schema=paypalv1.1"),
    ],
)
def test_only_what_the_house_asks_is_passed_on(method: str, path: str) -> None:
    with passing() as (proxy, peer), pytest.raises(NotSent) as error:
        proxy.send(asking(peer, path, method))

    assert error.value.reason == Reason.REFUSED_OPERATION
    assert peer.requests == []


def test_nobody_gets_our_token_out_of_the_proxy() -> None:
    with passing() as (_, peer):
        ours = {"grant_type": "client_credentials"}
        twice = b"grant_type=refresh_token&grant_type=client_credentials"
        assert not may_pass(granting(peer, **ours))
        assert not may_pass(replace(granting(peer), body=twice))
        assert not may_pass(replace(granting(peer, grant_type="refresh_token"), url=f"{peer.url}/v1/oauth2/token?a=1"))
        assert may_pass(granting(peer, grant_type="refresh_token", refresh_token="persons"))


def test_what_is_granted_is_read_as_a_form_whatever_it_is_called() -> None:
    """As parts it would ask for another grant than the one that was looked at: for our own."""
    part = b'grant_type=refresh_token&x=\r\n--y\r\nContent-Disposition: form-data; name="grant_type"\r\n\r\nclient_credentials\r\n--y--'
    with passing(answering(token("t1"))) as (proxy, peer):
        asked = Request(
            "POST", f"{peer.url}/v1/oauth2/token", {"content-type": "multipart/form-data; boundary=y"}, part
        )
        proxy.send(asked)

    assert headers_of(peer.requests[0])["content-type"] == "application/x-www-form-urlencoded"
    assert peer.requests[0].lower().count(b"content-type:") == 1


def test_classic_calls_are_signed_for_the_seller_whose_permission_came_along() -> None:
    permission = Permission(Secret("tok&en"), Secret("sec ret"))
    with Peer(answering(http({}))) as peer, override_settings(SOLITUDE_PAYPAL_CLASSIC_URL=peer.url):
        url = f"{peer.url}/Permissions/GetBasicPersonalData"
        local_sender().send(Request("POST", url, signature.on_behalf_of(permission), b"a=b"))

    sent = headers_of(peer.requests[0])
    timestamp = int(sent["x-paypal-authorization"].partition("timestamp=")[2].partition(",")[0])
    assert {"x-paypal-authorization": sent["x-paypal-authorization"]} == {
        name.lower(): value for name, value in signature.headers(url, permission, timestamp).items()
    }
    assert TOKEN not in sent


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/AdaptivePayments/ExecutePayment"),
        ("GET", "/AdaptivePayments/Pay"),
        ("POST", "/AdaptivePayments/Pay?a=b"),
        ("POST", "/AdaptivePayments/../AdaptivePayments/Pay"),
    ],
)
def test_of_classic_calls_too_only_ours_are_passed_on(method: str, path: str) -> None:
    with Peer() as peer, override_settings(SOLITUDE_PAYPAL_CLASSIC_URL=peer.url), pytest.raises(NotSent) as error:
        ClassicPassing(local_sender()).send(Request(method, f"{peer.url}{path}"))

    assert error.value.reason == Reason.REFUSED_OPERATION
    assert peer.requests == []


def test_without_classic_credentials_nothing_is_sent() -> None:
    with (
        Peer() as peer,
        override_settings(SOLITUDE_PAYPAL_CLASSIC_URL=peer.url, SOLITUDE_PAYPAL_CLASSIC_PASSWORD=""),
        pytest.raises(NotSent) as error,
    ):
        local_sender().send(Request("POST", f"{peer.url}/AdaptivePayments/Pay"))

    assert error.value.reason == Reason.CREDENTIALS_REFUSED
    assert peer.requests == []
