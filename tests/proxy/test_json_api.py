"""A provider with a JSON API, as those in packages of their own are, asked through the proxy."""

from typing import Any

from solitude.outbound import ways
from solitude.outbound.failures import Reason
from solitude.outbound.json_api import Ask, Failed, JsonApi, Reply, bearer
from solitude.outbound.record import Kept
from solitude.outbound.vouching import Mark
from tests.proxy.spoken import SECRET, proxy, said

BELOW = "https://pay.hopped.example"
ASK = Ask("POST", "/payments", "pay", {"amount": "1.25"}, headers={"Idempotency-Key": "k-1"})


def api(name: str, token: str = "") -> JsonApi:
    return JsonApi(name, BELOW, sign=bearer(token), kept=Kept(keys=frozenset()), timeout_ms=2000, limit=2)


def test_it_says_not_who_we_are_and_gets_the_providers_answer(settings: Any) -> None:
    settings.SOLITUDE_PROXY_SECRETS = (SECRET,)
    hopped = api("hopped")
    hopped.offer("Idempotency-Key")
    with proxy(lambda heard: said(heard, status=201, body=b'{"id": "p-1"}')) as spoken:
        settings.SOLITUDE_REFERENCE_PROXY = spoken.url.removesuffix("/acme")
        assert ways.is_proxied("hopped")
        reply = hopped.ask(ASK)
    [heard] = spoken.heard
    assert heard.path == "/proxy/provider/hopped/payments"
    assert heard.headers["idempotency-key"] == "k-1"
    assert heard.claims["iss"] == "solitude-database"
    assert isinstance(reply, Reply)
    assert (reply.status, reply.body) == (201, {"id": "p-1"})


def test_what_the_proxy_did_not_send_is_not_sent(settings: Any) -> None:
    settings.SOLITUDE_PROXY_SECRETS = (SECRET,)
    refused = api("hopped-not-sent")
    refused.offer("Idempotency-Key")

    with proxy(lambda heard: said(heard, Mark.NOT_SENT, x_solitude_proxy_reason="connection_refused")) as spoken:
        settings.SOLITUDE_REFERENCE_PROXY = spoken.url.removesuffix("/acme")
        failed = refused.ask(ASK)
    assert isinstance(failed, Failed)
    assert (failed.sent, failed.reason) == (False, Reason.CONNECTION_REFUSED)
    # What is kept of the call is as without a proxy.
    [exchange] = failed.exchanges
    assert (exchange.path, exchange.sent) == ("/payments", False)


def test_by_itself_it_is_sent_with_our_token(settings: Any) -> None:
    settings.SOLITUDE_REFERENCE_PROXY = ""
    headers = api("hopped-by-itself", "a-token-of-the-tests").request(ASK).headers
    assert headers["Authorization"] == "Bearer a-token-of-the-tests"
