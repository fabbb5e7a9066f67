"""What a provider offers is passed on: signed for us, bounded, to that provider and nowhere else, and answered in its own words."""

import json
from typing import Any
from unittest import mock

from tests.outbound.peers import Connection, Peer
from tests.reference.world import URLS, away, configured, nothing_happens, pay, provider, seller, tell
from tests.support.marketplace import KEY, SECRET, Marketplace
from tests.support.statsd import Daemon
from tests.support.zippy import ZippySimulator

from solitude.client.signing import authorization
from solitude.outbound.limits import InProgress
from solitude.payments import calls
from solitude.providers.reference.asking import ERROR_MAX_CHARS

SELLER = {"uuid": "s-2", "name": "Bo", "email": "bo@shop.example", "status": "ACTIVE"}
PRODUCT = {"uuid": "p-2", "name": "Map", "external_id": "e-2", "seller_id": "s-2"}


def raw(shop: Marketplace, method: str, target: str, body: bytes = b"") -> Any:
    """A signed request past the description of the API, which has not every path."""
    signed = authorization(key=KEY, secret=SECRET, method=method, target=target, body=body)
    kind = "application/json" if body else ""
    return shop.client.generic(method, target, body, content_type=kind, headers={"Authorization": signed})


def test_a_provider_by_another_name_is_passed_everything(
    shop: Marketplace, zippy: ZippySimulator, second: ZippySimulator
) -> None:
    made = shop.post("/provider/second/sellers/", SELLER)
    assert (made.status, made["id"], made["resource_uri"]) == (200, "s-2", "/provider/second/sellers/s-2/")
    assert "resource_pk" not in made.json
    assert shop.post("/provider/second/products/", PRODUCT).status == 200
    assert shop.get("/provider/second/sellers/s-2/").json == made.json
    changed = shop.put("/provider/second/sellers/s-2/", SELLER | {"name": "Bea"})
    assert (changed.status, changed["name"]) == (200, "Bea")
    assert [one["uuid"] for one in second.state()["sellers"]] == ["s-2"]
    deleted = shop.delete("/provider/second/sellers/s-2/")
    assert (deleted.status, deleted.json) == (200, {})
    assert second.state()["sellers"] == []
    assert zippy.state()["requests"] == []


def test_a_list_is_untouched_and_its_filters_are_passed_on(shop: Marketplace, second: ZippySimulator) -> None:
    shop.post("/provider/second/sellers/", SELLER)
    shop.post("/provider/second/products/", PRODUCT)
    listed = shop.get("/provider/second/products/?seller_id=s-2&external_id=e-2")
    assert listed.status == 200
    assert [(one["resource_pk"], one["resource_uri"]) for one in listed.json] == [("p-2", "/products/p-2")]
    assert shop.get("/provider/second/products/?external_id=a%20%26%2Bb").json == []
    refused = shop.get("/provider/second/products/?colour=red")
    assert (refused.status, "colour" in refused["error_message"]) == (409, True)


def test_a_transaction_is_made_and_nothing_is_kept(shop: Marketplace, zippy: ZippySimulator, sold: str) -> None:
    body = {"product_id": "p-12", "region": "214", "carrier": "ESP_ORANGE", "price": "1.25", "currency": "EUR"}
    full = body | {"pay_method": "CARD", "ext_transaction_id": "web:91", **URLS}
    made = shop.post("/provider/reference/transactions/", full)
    assert (made.status, made["status"], len(made["token"])) == (200, "STARTED", 128)
    assert made["resource_uri"] == f"/provider/reference/transactions/{made['uuid']}/"
    assert shop.get("/generic/transaction/")["objects"] == []
    refused = shop.post("/provider/reference/transactions/", full | {"currency": "XYZ"})
    assert (refused.status, set(refused.json)) == (409, {"error_message"})
    assert "currency" in json.loads(refused["error_message"])


def test_what_is_behind_the_uuid_means_nothing(shop: Marketplace, second: ZippySimulator) -> None:
    shop.post("/provider/second/sellers/", SELLER)
    found = raw(shop, "GET", "/provider/second/sellers/s-2/and/more/")
    assert (found.status_code, found.json()["id"]) == (200, "s-2")
    assert raw(shop, "PUT", "/provider/second/sellers/s-2/more/", json.dumps(SELLER).encode()).status_code == 200
    assert raw(shop, "DELETE", "/provider/second/sellers/s-2/more").status_code == 200
    assert raw(shop, "POST", "/provider/second/sellers/s-2/more/", b"{}").status_code == 404


def test_names_of_no_provider_are_not_found(
    shop: Marketplace, zippy: ZippySimulator, security_events: list[str]
) -> None:
    for name in ("nobody", "paypal", "braintree", "Reference", "reference%20"):
        for answer in (shop.get(f"/provider/{name}/sellers/"), shop.post(f"/provider/{name}/sellers/s-1/", {})):
            assert (answer.status, answer.json) == (404, {"detail": "Not found."})
    assert zippy.state()["requests"] == []
    assert any("|unknown:unknown|2|" in line for line in security_events)
    shop.get("/provider/reference/things/")
    assert any("|reference:things|2|" in line for line in security_events)


def test_what_is_kept_here_is_not_reached_by_the_providers_names(shop: Marketplace, zippy: ZippySimulator) -> None:
    seller(shop)
    sent = len(zippy.state()["requests"])
    for answer in (
        shop.delete("/provider/reference/sellers/s-801/"),
        shop.get("/provider/reference/sellers/s-801/"),
        shop.put("/provider/reference/sellers/s-801/", SELLER),
        shop.get("/provider/reference/terms/s-801/"),
    ):
        assert answer.status == 404
    assert shop.delete("/provider/reference/sellers/").status == 405
    assert len(zippy.state()["requests"]) == sent


def test_a_path_that_leads_elsewhere_is_none(shop: Marketplace, second: ZippySimulator) -> None:
    for path in (
        "sellers/%2e%2e",
        "sellers/..",
        "sellers/%252e%252e",
        "sellers/a%252fb",
        "sellers/a%5cb",
        "se%20llers",
        "1",
        "%2e%2e/x",
    ):
        assert raw(shop, "GET", f"/provider/second/{path}/").status_code == 404, path
    assert second.state()["requests"] == []


def test_a_query_has_a_limit(shop: Marketplace, second: ZippySimulator) -> None:
    assert shop.get(f"/provider/second/products/?external_id={'x' * 4096}").status == 400
    assert second.state()["requests"] == []


def test_each_call_is_timed(shop: Marketplace, zippy: ZippySimulator, daemon: Daemon) -> None:
    shop.get("/provider/reference/transactions/")
    heard = [daemon.hears(), daemon.hears()]
    assert any(line.startswith("solitude.provider.reference.proxy.get:") for line in heard)


def test_there_is_only_so_much_room(shop: Marketplace, zippy: ZippySimulator, sold: str) -> None:
    full = InProgress(1)
    with nothing_happens(zippy), full, mock.patch.object(calls, "_in_progress", full):
        for answer in (
            shop.get("/provider/reference/things/"),
            shop.post("/provider/reference/transactions/", {}),
            pay(shop, sold),
            tell(shop, "ext_transaction_id=web:91&sig=0:aa"),
        ):
            assert (answer.status, answer["code"], answer.headers["Retry-After"]) == (503, "busy", "1")


# --- peers that are none ---------------------------------------------------------------------------------------------------------


def answering(head: str, body: bytes = b"{}") -> Any:
    """A script: reads one request, and answers so."""

    def script(connection: Connection) -> None:
        connection.read_request()
        connection.send(f"HTTP/1.1 {head}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body)

    return script


def asked(shop: Marketplace, script: Any, method: str = "POST") -> tuple[Any, Peer]:
    with Peer(script) as peer, configured(odd=provider(f"{peer.url}/base", "odd")):
        answer = shop.send(method, "/provider/odd/things/", b"{}" if method == "POST" else b"")
    return answer, peer


def test_nothing_of_the_marketplaces_own_signature_is_passed_on(shop: Marketplace, zippy: ZippySimulator) -> None:
    answer, peer = asked(shop, answering("200 OK"))
    assert (answer.status, answer.json) == (200, {})
    (request,) = peer.requests
    head = request.partition(b"\r\n\r\n")[0].decode()
    assert head.startswith("POST /base/things HTTP/1.1\r\n")
    lines = dict(line.split(": ", 1) for line in head.split("\r\n")[1:])
    assert lines["Authorization"].startswith('OAuth realm="Zippy"')
    assert "Bearer" not in head
    assert set(lines) == {
        "Host",
        "User-Agent",
        "Accept-Encoding",
        "Authorization",
        "Accept",
        "Content-Type",
        "Content-Length",
    }


UNKNOWN, UNREACHABLE = (504, "outcome_unknown"), (502, "provider_unreachable")
CONFIGURATION = (502, "provider_configuration")


def test_what_is_no_answer_of_a_provider(shop: Marketplace, zippy: ZippySimulator) -> None:
    for head, body, post, get in (
        ("302 Found\r\nLocation: http://127.0.0.1:1/", b"", UNKNOWN, UNREACHABLE),
        ("200 OK", b"<html>", UNKNOWN, UNREACHABLE),
        ("201 Created", b'{"a": 1, "a": 2}', UNKNOWN, UNREACHABLE),
        ("200 OK", b"x" * (1024 * 1024 + 1), UNKNOWN, UNREACHABLE),
        ("408 Request Timeout", b"{}", UNKNOWN, UNREACHABLE),
        ("401 Unauthorized", b"{}", CONFIGURATION, CONFIGURATION),
    ):
        for method, expected in (("POST", post), ("GET", get)):
            answer, peer = asked(shop, answering(head, body), method)
            assert (answer.status, answer["code"]) == expected, (method, head)
            assert len(peer.requests) == 1


def test_a_refusal_is_passed_on_with_its_words(shop: Marketplace, zippy: ZippySimulator) -> None:
    for status, body, told, words in (
        (409, b'{"error": {"message": "no"}}', 409, "no"),
        (403, b'{"reason": "no"}', 403, '{"reason":"no"}'),
        (404, b"", 404, ""),
        (404, b"Not here", 404, "Not here"),
        (404, b"<h1>no</h1>", 404, "<h1>no</h1>"),
        (418, b"[1.50]", 400, "[1.50]"),
        (404, b"x" * 9000, 404, "x" * ERROR_MAX_CHARS),
        (400, b"who is Bearer abcdefghijklmnop?", 400, "who is Bearer [redacted]?"),
        (422, b'{"error": {"message": 7}}', 422, '{"error":{"message":7}}'),
        (400, json.dumps({"error": {"message": "x" * 9000}}).encode(), 400, "x" * ERROR_MAX_CHARS),
    ):
        answer, _ = asked(shop, answering(f"{status} No", body))
        assert (answer.status, answer.json) == (told, {"error_message": words}), status


def test_a_provider_that_is_too_busy_is_asked_again_later(shop: Marketplace, zippy: ZippySimulator) -> None:
    answer, _ = asked(shop, answering("429 Too Many\r\nRetry-After: 17", b"{}"))
    assert (answer.status, answer["code"], answer.headers["Retry-After"]) == (503, "provider_busy", "17")


def test_a_provider_that_breaks_is_500_and_one_that_is_away_is_502(shop: Marketplace, zippy: ZippySimulator) -> None:
    answer, _ = asked(shop, answering("503 Service Unavailable", b"<html>"))
    assert (answer.status, answer.json) == (500, {"error": "ProviderError"})
    with away():
        assert (shop.get("/provider/reference/things/")["code"]) == "provider_unreachable"


def test_numbers_keep_their_digits_on_both_ways(shop: Marketplace, zippy: ZippySimulator) -> None:
    peer_says = answering("200 OK", b'{"price": 1.10, "many": 12345678901234567890.123456789}')
    with Peer(peer_says) as peer, configured(odd=provider(peer.url, "odd")):
        answer = shop.post("/provider/odd/things/", b'{"price": 2.50, "deep": [{"a": null}]}')
    assert answer.text == '{"price":1.10,"many":12345678901234567890.123456789}'
    assert peer.requests[0].endswith(b'{"price":2.50,"deep":[{"a":null}]}')
