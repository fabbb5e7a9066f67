"""A provider's JSON API: sent once, signed, read as far as every answer is read alike, and recorded without what is secret."""

import json
from decimal import Decimal

import pytest

from solitude.outbound.json_api import Ask, Failed, JsonApi, NotSaid, Reply, bearer
from solitude.outbound.record import Kept

from .peers import Connection, Peer, answering, closed_port

TOKEN = "canary-token-7f3a9"
TIMEOUT_MS = 10_000
PAY = Ask("POST", "/payments", "pay", {"amount": Decimal("1.10"), "payee": "canary-payee"}, headers={"Key": "k-1"})


def http(body: str, status: str = "200 OK", head: str = "") -> bytes:
    return f"HTTP/1.1 {status}\r\n{head}Content-Length: {len(body.encode())}\r\n\r\n{body}".encode()


def api(url: str, timeout_ms: int = TIMEOUT_MS) -> JsonApi:
    kept = Kept(keys=frozenset({"id", "amount"}))
    return JsonApi("acme", f"{url}/v1", sign=bearer(TOKEN), kept=kept, timeout_ms=timeout_ms, limit=2)


def reply(body: str, status: str = "200 OK", head: str = "") -> Reply:
    with Peer(answering(http(body, status, head))) as peer:
        found = api(peer.url).ask(PAY)
    assert isinstance(found, Reply)
    return found


def test_a_call_is_sent_once_with_its_signature_key_and_exact_amount() -> None:
    with Peer(answering(http('{"id": "p-1"}'))) as peer:
        api(peer.url).ask(PAY)
        (sent,) = peer.requests
    assert sent.startswith(b"POST /v1/payments HTTP/1.1\r\n")
    assert f"Authorization: Bearer {TOKEN}\r\n".encode() in sent
    assert b"Key: k-1\r\n" in sent
    assert json.loads(sent.partition(b"\r\n\r\n")[2], parse_float=Decimal)["amount"] == Decimal("1.10")


def test_a_query_is_percent_encoded() -> None:
    request = api("http://127.0.0.1:1").request(Ask("GET", "/payments", "find", query=(("reference", "a b&c"),)))
    assert request.url == "http://127.0.0.1:1/v1/payments?reference=a%20b%26c"
    assert request.body == b""


def test_numbers_in_an_answer_are_decimals() -> None:
    found = reply('{"amount": 1.10}')
    assert (found.is_success, found.body) == (True, {"amount": Decimal("1.10")})


@pytest.mark.parametrize("body", ["<html>", '{"a": 1, "a": 2}', "NaN", "{", '"\\ud800"', "[" * 5000])
def test_what_is_no_json_is_not_understood(body: str) -> None:
    found = reply(body)
    assert (found.is_success, found.understood, found.body) == (False, False, None)


def test_no_body_is_an_answer_and_a_redirect_is_none() -> None:
    assert reply("", "204 No Content").is_success
    assert not reply("{}", "302 Found", "Location: /elsewhere\r\n").understood


@pytest.mark.parametrize(("status", "refuses"), [(400, True), (404, True), (422, True), (408, False), (500, False)])
def test_a_refusal_is_what_the_provider_says_and_a_timeout_of_its_own_is_none(status: int, refuses: bool) -> None:
    found = reply("{}", f"{status} It")
    assert (found.is_refusal, found.is_success) == (refuses, False)


@pytest.mark.parametrize(("given", "seconds"), [("7", 7), ("99999", 3600), ("-1", None), ("soon", None), ("", None)])
def test_when_to_come_back_is_read_with_a_limit(given: str, seconds: int | None) -> None:
    assert reply("{}", "429 It", f"Retry-After: {given}\r\n").retry_after_s == seconds


def test_a_text_that_is_not_there_is_not_said() -> None:
    found = reply('{"id": "p-1", "amount": 1}')
    assert found.text("id") == "p-1"
    for name in ("amount", "status"):
        with pytest.raises(NotSaid, match=name):
            found.text(name)
    with pytest.raises(NotSaid, match="id"):
        reply("[]").text("id")


def test_without_an_answer_it_may_have_been_done() -> None:
    def cut(connection: Connection) -> None:
        connection.read_request()
        connection.reset()

    with Peer(cut) as peer:
        found = api(peer.url).ask(PAY)
    assert isinstance(found, Failed)
    assert (found.sent, found.reason) == (True, "connection_lost")


def test_without_a_connection_it_was_not_sent() -> None:
    with closed_port() as url:
        found = api(url).ask(PAY)
    assert isinstance(found, Failed)
    assert (found.sent, found.reason) == (False, "connection_refused")


def test_the_record_shows_what_is_named_and_nothing_else() -> None:
    (exchange,) = reply('{"id": "p-1", "url": "https://pay.example/canary-url"}').exchanges
    shown = json.dumps(exchange.as_dict())
    assert (exchange.operation, exchange.method, exchange.path, exchange.status) == ("pay", "POST", "/v1/payments", 200)
    assert "p-1" in shown
    assert "1.10" in shown
    assert "canary" not in shown
