"""One call of the gateway: what goes over the wire, what is understood of the answer, and what is kept of both."""

import base64
import gzip
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.test import override_settings
from tests.outbound.peers import Peer, Script, answering, closing_after_request, silent
from tests.support.free_port import free_port

from solitude.payments.contract import CONFIGURATION
from solitude.providers.braintree import wire as wires
from solitude.providers.braintree.gateway import NotConfigured
from solitude.providers.braintree.wire import BUSY, Absent, Failed, Reply, Wire

pytestmark = pytest.mark.long

MERCHANT, PUBLIC, PRIVATE = "shop-merchant", "shop-public", "shop-private-key"
TOKEN_OF_A_CARD = "card-t0ken-77"  # a card's
SALE = """<?xml version="1.0" encoding="UTF-8"?>
<transaction>
  <id>8qr2</id><type>sale</type><status>submitted_for_settlement</status><amount>12.00</amount>
  <currency-iso-code>USD</currency-iso-code><order-id>our-key</order-id>
  <credit-card><token>card-t0ken-77</token><bin>411111</bin><last-4>1111</last-4><card-type>Visa</card-type>
    <cardholder-name>Ann Buyer</cardholder-name></credit-card>
  <customer><id>40771</id><email>ann@buyer.example</email><first-name>Ann</first-name></customer>
</transaction>"""
REFUSED = """<?xml version="1.0" encoding="UTF-8"?>
<api-error-response>
  <errors><errors type="array"/><transaction><errors type="array"><error><code>91565</code>
    <attribute type="symbol">payment_method_nonce</attribute><message>Unknown nonce.</message></error></errors></transaction></errors>
  <params><transaction><payment-method-nonce>n0nce-of-a-card</payment-method-nonce></transaction></params>
  <message>Unknown nonce.</message>
</api-error-response>"""
ASKED = {"amount": "12.00", "order_id": "our-key", "payment_method_nonce": "n0nce-of-a-card"}


def http(body: str | bytes, status: int = 201, *heads: str) -> bytes:
    data = body.encode() if isinstance(body, str) else body
    lines = [f"HTTP/1.1 {status} -", "Content-Type: application/xml", f"Content-Length: {len(data)}", *heads, "", ""]
    return "\r\n".join(lines).encode() + data


@contextmanager
def scripted(*scripts: Script, **settings: Any) -> Iterator[tuple[Wire, Peer]]:
    """The wire to a gateway whose connections follow these scripts."""
    with Peer(*scripts) as peer:
        usual = {
            "SOLITUDE_BRAINTREE_URL": f"{peer.url}/gate",
            "SOLITUDE_BRAINTREE_MERCHANT_ID": MERCHANT,
            "SOLITUDE_BRAINTREE_PUBLIC_KEY": PUBLIC,
            "SOLITUDE_BRAINTREE_PRIVATE_KEY": PRIVATE,
        }
        with override_settings(**usual | settings):
            yield Wire(), peer


def sell(wire: Wire) -> Reply | Absent | Failed:
    return wire.ask("pay", lambda gateway: gateway.transaction.sale(dict(ASKED)))


def failed(found: Any) -> Failed:
    assert isinstance(found, Failed), found
    return found


def test_the_sdk_speaks_below_our_address_with_our_keys() -> None:
    with scripted(answering(http(SALE))) as (wire, peer):
        found = sell(wire)

    (request,) = peer.requests
    head, _, body = request.partition(b"\r\n\r\n")
    lines = head.decode().splitlines()
    heads = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines[1:])}
    assert lines[0] == f"POST /gate/merchants/{MERCHANT}/transactions HTTP/1.1"
    assert base64.b64decode(heads["authorization"].removeprefix("Basic ")).decode() == f"{PUBLIC}:{PRIVATE}"
    assert (heads["x-apiversion"], heads["content-type"]) == ("6", "application/xml")
    assert heads["user-agent"].startswith("Braintree Python ")
    assert b"<type>sale</type>" in body
    assert isinstance(found, Reply)
    assert (found.value.is_success, found.value.transaction.id) == (True, "8qr2")


def test_a_refusal_is_a_result_and_no_failure() -> None:
    with scripted(answering(http(REFUSED, 422))) as (wire, _):
        found = sell(wire)

    assert isinstance(found, Reply)
    assert [error.code for error in found.value.errors.deep_errors] == ["91565"]


def test_an_answer_may_be_compressed() -> None:
    packed = http(gzip.compress(SALE.encode()), 201, "Content-Encoding: gzip")
    with scripted(answering(packed)) as (wire, _):
        assert isinstance(sell(wire), Reply)


@pytest.mark.parametrize(
    ("status", "reason"), [(401, CONFIGURATION), (403, CONFIGURATION), (426, CONFIGURATION), (429, BUSY)]
)
def test_of_some_statuses_it_is_certain_that_nothing_was_done(status: int, reason: str) -> None:
    with scripted(answering(http("", status))) as (wire, _):
        found = failed(sell(wire))

    assert (found.sent, found.reason) == (False, reason)


@pytest.mark.parametrize("status", [400, 408, 409, 418, 500, 502, 503, 504])
def test_of_any_other_error_it_is_not(status: int) -> None:
    with scripted(answering(http(SALE, status))) as (wire, _):
        found = failed(sell(wire))

    assert (found.sent, found.reason) == (True, f"http_{status}")


@pytest.mark.parametrize(
    ("body", "status", "reason"),
    [
        ("", 201, "not_understood"),
        ("{}", 201, "torn"),
        (SALE[:-20], 201, "torn"),
        (SALE.replace("<transaction>", "<plan>").replace("</transaction>", "</plan>"), 201, "not_understood"),
        (SALE.replace("12.00", "twelve"), 201, "not_understood"),
        (SALE.replace("<id>8qr2</id>", '<id type="integer">x</id>'), 201, "not_understood"),
        (SALE.replace("?>", '?><!DOCTYPE t [<!ENTITY a "12.00">]>', 1), 201, "document_type"),
        (REFUSED.replace("?>", '?><!DOCTYPE t SYSTEM "file:///etc/passwd">', 1), 422, "document_type"),
        (SALE.encode() + b"\xff", 201, "encoding"),
        ("<api-error-response/>", 422, "not_understood"),
        ("<a>" * 100 + "</a>" * 100, 201, "too_much"),
    ],
)
def test_an_answer_that_is_not_understood_says_nothing(body: str | bytes, status: int, reason: str) -> None:
    with scripted(answering(http(body, status))) as (wire, _):
        found = failed(sell(wire))

    assert (found.sent, found.reason) == (True, reason)


def test_what_the_gateway_has_not_is_absent() -> None:
    with scripted(answering(http("", 404))) as (wire, _):
        assert isinstance(wire.ask("look_up", lambda gateway: gateway.transaction.find("8qr2")), Absent)


def test_where_nobody_is_nothing_is_sent() -> None:
    with scripted(silent, SOLITUDE_BRAINTREE_URL=f"http://127.0.0.1:{free_port()}") as (wire, _):
        found = failed(sell(wire))

    assert (found.sent, found.reason) == (False, "connection_refused")


@pytest.mark.parametrize(("script", "reason"), [(closing_after_request, "connection_lost"), (silent, "read_timeout")])
def test_without_an_answer_it_may_have_been_done(script: Script, reason: str) -> None:
    with scripted(script, SOLITUDE_BRAINTREE_TIMEOUT_MS=300) as (wire, _):
        found = failed(sell(wire))

    assert found.sent
    assert found.reason in (reason, "total_timeout")


def test_to_another_machine_it_is_spoken_in_secret_or_not_at_all() -> None:
    with pytest.raises(ValueError, match="https"), scripted(silent, SOLITUDE_BRAINTREE_URL="http://gateway.example"):
        pass


def test_a_mistake_of_ours_is_no_answer_of_the_gateways() -> None:
    with scripted(silent) as (wire, peer), pytest.raises(KeyError):
        wire.ask("pay", lambda gateway: gateway.transaction.sale({"amout": "12.00"}))

    assert peer.requests == []


def test_of_the_exchange_ids_amounts_and_codes_are_kept_and_nothing_else() -> None:
    with scripted(answering(http(SALE), http(REFUSED, 422))) as (wire, _):
        exchanges = [found.exchanges[0].as_dict() for found in (sell(wire), sell(wire))]

    hidden = "[redacted]"
    assert exchanges[0]["request"]["body"] == {
        "transaction": {"amount": "12.00", "order_id": "our-key", "payment_method_nonce": hidden, "type": "sale"}
    }
    assert exchanges[0]["answer"]["body"] == {
        "transaction": {
            "id": "8qr2",
            "type": "sale",
            "status": "submitted_for_settlement",
            "amount": "12.00",
            "currency-iso-code": "USD",
            "order-id": "our-key",
            "credit-card": {
                "token": hidden,
                "bin": hidden,
                "last-4": hidden,
                "card-type": "Visa",
                "cardholder-name": hidden,
            },
            "customer": {"id": "40771", "email": hidden, "first-name": hidden},
        }
    }
    refused = exchanges[1]["answer"]["body"]["api-error-response"]
    assert refused["params"] == {"transaction": {"payment-method-nonce": hidden}}
    assert refused["errors"]["transaction"] == {
        "errors": {"error": {"code": "91565", "attribute": "payment_method_nonce", "message": "Unknown nonce."}}
    }
    assert exchanges[0]["path"] == f"/gate/merchants/{MERCHANT}/transactions"


def test_the_token_of_a_card_stands_in_no_record_and_in_no_line_of_the_log(caplog: pytest.LogCaptureFixture) -> None:
    with scripted(answering(http("", 404), http("", 200))) as (wire, peer):
        found = [
            wire.ask("look_up", lambda gateway: gateway.payment_method.find(TOKEN_OF_A_CARD)),
            wire.ask("delete_credential", lambda gateway: gateway.payment_method.delete(TOKEN_OF_A_CARD)),
        ]

    assert all(TOKEN_OF_A_CARD.encode() in request for request in peer.requests)
    seen = json.dumps([exchange.as_dict() for each in found for exchange in each.exchanges]) + caplog.text
    assert "/payment_methods/any/[redacted]" in seen
    for secret in (TOKEN_OF_A_CARD, PRIVATE, base64.b64encode(f"{PUBLIC}:{PRIVATE}".encode()).decode()):
        assert secret not in seen + repr(found)


def test_there_is_one_wire_for_each_pair_of_keys() -> None:
    first = wires.wire()
    assert wires.wire() is first
    with override_settings(SOLITUDE_BRAINTREE_PRIVATE_KEY="another-private-key"):
        assert wires.wire() is not first


def test_without_a_merchant_there_is_none() -> None:
    with override_settings(SOLITUDE_BRAINTREE_MERCHANT_ID=""), pytest.raises(NotConfigured, match="MERCHANT_ID"):
        wires.wire()


def test_without_the_sdk_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "braintree", None)

    with pytest.raises(NotConfigured, match=r"install what requirements/providers\.txt lists"):
        Wire()


STARTED = """
import sys, django
django.setup()
import solitude.urls
import solitude.providers.braintree.apps
import solitude.providers.braintree.provider
print([name for name in sys.modules if name.partition(".")[0] in ("braintree", "requests")])
"""


def test_nothing_of_the_sdk_is_imported_at_the_start(tmp_path: Path) -> None:
    settings = {"DJANGO_SETTINGS_MODULE": "solitude.settings", "SOLITUDE_DEBUG": "true", "SOLITUDE_HOME": str(tmp_path)}
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SOLITUDE_")}
    started = subprocess.run(
        [sys.executable, "-c", STARTED],
        env=environment | settings | {"SOLITUDE_ENV_FILE": ""},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert started.stdout == "[]\n", started.stderr
