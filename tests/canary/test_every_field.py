"""A value of its own in every sensitive field of every operation, in the notifications and the credentials of every provider."""

import base64
import io
import json
import re
import socket
from typing import Any
from unittest import mock

import pytest
from django.test import override_settings

from solitude.buyers import api as buyers
from solitude.buyers.models import Buyer
from solitude.buyers.shown import shown_buyer
from solitude.providers.braintree.wire import Wire
from solitude.telemetry.logs import get_logger
from solitude.transactions.models import Transaction
from tests.canary import planted, sensitive
from tests.canary.planter import Planter
from tests.canary.sensitive import SHOWN_BY_CONTRACT, Finds, finds
from tests.canary.sinks import columns, heard
from tests.openapi import story
from tests.reference import world as reference
from tests.support import described, zippy
from tests.support.simulator import Simulator
from tests.support.statsd import Daemon, daemon

__all__ = ["daemon"]
pytestmark = pytest.mark.long

# A good call needs a fresh token of the very buyer; the tokens that `verify_pin` gave are looked for as well. Bango takes no IBAN that
# is made up, so that one is planted in a call that comes as far as Bango.
NEVER_GOOD = {"pin_token", "bankAccountIban"}
# What is shorter stands in an answer by chance.
CHANCE_CHARS = 8
CREDENTIALS = (*planted.CREDENTIALS, "SOLITUDE_BANGO_BASIC_AUTH_PASSWORD")


def of_answers(shop: Planter) -> Finds:
    """PINs are left to the other sinks: four digits stand in an answer by chance."""
    long = {value: where for value, where in shop.planted.items() if len(value) >= CHANCE_CHARS}
    found: Finds = []
    for name, answer in shop.answers:
        shown = set(SHOWN_BY_CONTRACT) - (set() if name == "receive_ipn" else {"data"})
        rest = json.dumps(sensitive.without(answer, shown), ensure_ascii=False)
        found += finds(f"answer of {name}", rest, long)
    return found


def good_calls(shop: Planter) -> None:
    """What the story leaves out: every field of a buyer and of a product, in each way of writing them."""
    body = {"uuid": "canary", "email": "a@b.example", "pin": "1470", "new_pin": "2581"}
    buyer = shop.post("/generic/buyer/", body)["resource_uri"]
    shop.patch(buyer, body)
    shop.put(buyer, body)
    seller = shop.post("/generic/seller/", {"uuid": "dev:canary"})["resource_uri"]
    sold = {"seller": seller, "external_id": "canary", "public_id": "canary", "secret": "x"}
    product = shop.post("/generic/product/", sold)["resource_uri"]
    shop.patch(product, sold)
    shop.put(product, sold)


def notifications(shop: Planter, paypal: Simulator) -> None:
    """Ones that are not genuine, and say something of their own in every part."""
    told = paypal.told()[0]
    headers = {name: shop.value("", f"PayPal's webhook: {name}") for name in told["headers"]}
    for forged in (
        headers,
        told["headers"] | {"PAYPAL-TRANSMISSION-SIG": shop.value("", "PayPal's webhook: signature")},
    ):
        shop.forward({"headers": forged, "body": json.dumps({"id": shop.value("", "PayPal's webhook: body")})})
    parts = "&".join(f"{name}={shop.value('', f'IPN: {name}')}" for name in ("payer_email", "verify_sign", "pay_key"))
    shop.tell(parts)
    signed, payload = (shop.value("", f"Braintree's webhook: {part}") for part in ("bt_signature", "bt_payload"))
    encoded = base64.b64encode(payload.encode()).decode()
    shop.planted[encoded] = "Braintree's webhook: bt_payload, encoded"
    shop.post("/braintree/webhook/", {"bt_signature": f"{signed}|{signed}", "bt_payload": encoded})
    reference.tell(shop, f"ext_transaction_id={shop.value('', 'notice: id')}&sig={shop.value('', 'notice: sig')}")
    event = {"notification": f"<x>{shop.value('', 'event: body')}</x>", "username": shop.value("", "event: username")}
    shop.post("/bango/event/", event | {"password": shop.value("", "event: password")})


def other_credentials(shop: Planter) -> None:
    """Every provider is asked with credentials that it does not know."""
    unknown = {name: shop.value("", name) for name in CREDENTIALS}
    with override_settings(**unknown):
        shop.pay("5530")
        with override_settings(SOLITUDE_PAYPAL_API="classic"):
            shop.pay(shop.product("canary@dev.example"))
        shop.post("/braintree/token/generate/", {})
        shop.post("/braintree/customer/", {"uuid": shop.post("/generic/buyer/", {"uuid": "canary-2"})["uuid"]})
        shop.post("/generic/seller/", {"uuid": "dev:canary-2"})
        with reference.configured(
            reference=reference.provider(zippy.running().url, secret=shop.value("", "the reference's secret"))
        ):
            shop.get("/provider/reference/terms/")


def looks(shop: Planter) -> None:
    """Everything that tells of what was done."""
    for uuid in Transaction.objects.values_list("pk", flat=True):
        shop.get(f"/generic/transaction/{uuid}/timeline/")
    for path in ("/services/uncertain/", "/openapi.json", "/events/?limit=1000", "/services/logs/"):
        shop.get(path)
    with override_settings(SOLITUDE_CLEANSED_SETTINGS_ACCESS=True):
        for name in shop.get("/services/settings/").json:
            shop.get(f"/services/settings/{name}/")


@pytest.mark.django_db(transaction=True, reset_sequences=True)
def test_what_is_planted_in_every_sensitive_field_is_found_nowhere(
    paypal: Simulator, log_lines: io.StringIO, daemon: Daemon
) -> None:
    daemon.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
    shop = Planter(paypal)
    story.tell(shop, paypal)
    good_calls(shop)
    notifications(shop, paypal)
    other_credentials(shop)
    looks(shop)
    every = {(operation.name, name) for operation in described.operations() for name in sensitive.names(operation)}
    assert every - shop.refused == set(), "no call with a value in this field was refused"
    assert every - shop.died == set(), "no call with a value in this field died"
    assert {(operation, name) for operation, name in every - shop.good if name not in NEVER_GOOD} == set()
    assert len(shop.planted) > 2 * len(every)
    written = log_lines.getvalue()
    assert written.count("DyingError: a fault with") >= len(every), "the tracebacks are not in the log"
    statsd = heard(daemon)
    assert len(statsd) > 1000
    tables = dict(columns())
    assert sum(map(len, tables.values())) > 100_000
    found = finds("log", written, shop.planted) + finds("statsd", statsd, shop.planted) + of_answers(shop)
    for name, text in tables.items():
        found += finds(name, text, shop.planted)
    assert found == []


def test_a_leak_is_found_in_a_log_in_an_answer_and_in_a_column(
    paypal: Simulator, transactional_db: None, log_lines: io.StringIO
) -> None:
    shop = Planter(paypal)
    with (
        mock.patch.object(Wire, "http_do", talking(Wire.http_do)),
        mock.patch.object(buyers, "shown_buyer", lambda buyer: shown_buyer(buyer) | {"locale": buyer.email}),
    ):
        body = {"buyer_uuid": "canary", "nonce": shop.value("nonce", "a nonce")}
        shop.post("/generic/buyer/", {"uuid": "canary", "email": "a@b.example"})
        shop.post("/braintree/customer/", {"uuid": "canary"})
        shop.post("/braintree/paymethod/", body)
    written, here = log_lines.getvalue(), set(shop.planted.values()) - {"Authorization"}
    assert finds("log", written, shop.planted) == [("log", "a nonce")]
    assert of_answers(shop) == [("answer of create_buyer", "create_buyer: email, good")]
    assert [find for name, text in columns() for find in finds(name, text, shop.planted)] == []
    Buyer.objects.filter(uuid="canary").update(locale=Buyer.objects.get(uuid="canary").email)
    assert [find for name, text in columns() for find in finds(name, text, shop.planted)] == [
        (f"{Buyer._meta.db_table}.locale", "create_buyer: email, good")
    ]
    assert here >= {"a nonce", "create_buyer: email, good", "create_buyer: email, died"}


def talking(http_do: Any) -> Any:
    """The way to the gateway, with a line in the log that no name and no pattern gives away."""

    def said(wire: Wire, verb: str, path: str, headers: Any, body: str) -> Any:
        get_logger("solitude.braintree").info("asked", text=re.sub("<[^>]*>", " ", body or ""))
        return http_do(wire, verb, path, headers, body)

    return said
