"""What the gateway tells by itself, as the official SDK proves and reads it; and to whom."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
import urllib3
from braintree.exceptions.invalid_signature_error import InvalidSignatureError
from tests.sandbox.braintree.client import Shop
from tests.sandbox.braintree.client import gateway as gateway_at
from tests.support.braintree import BraintreeSimulator
from tests.support.waiting import until

REFUSED = {
    "an address elsewhere": ("http://shop.example/hook", "an address of this machine"),
    "no address of the web": ("ftp://127.0.0.1/hook", "an address of this machine"),
    "no address": (7, "an address of this machine"),
    "nobody": ("http://127.0.0.1:9/hook", "Nobody could be asked"),
}


@dataclass
class Listener:
    """A marketplace's address for webhooks. `answers` makes what it says to a challenge, `status` what it says to everything."""

    gateway: Any
    url: str = ""
    status: int = 200
    received: list[dict[str, str]] = field(default_factory=list)
    challenges: list[str] = field(default_factory=list)

    def answer(self, challenge: str) -> str:
        self.challenges.append(challenge)
        return str(self.gateway.webhook_notification.verify(challenge))


@contextmanager
def listening(gateway: Any) -> Iterator[Listener]:
    """One that asks the official SDK what to answer, for as long as the block lasts."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            (challenge,) = parse_qs(urlsplit(self.path).query)["bt_challenge"]
            self._answer(listener.answer(challenge).encode())

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            listener.received.append(dict(parse_qsl(body, strict_parsing=True)))
            self._answer(b"")

        def _answer(self, content: bytes) -> None:
            self.send_response(listener.status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    listener = Listener(gateway, f"http://127.0.0.1:{server.server_port}/hook")
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), name="listener")
    thread.start()
    try:
        yield listener
    finally:
        server.shutdown()
        thread.join(10)
        server.server_close()


@pytest.fixture
def listener(gateway: Any) -> Iterator[Listener]:
    with listening(gateway) as made:
        yield made


def parse(gateway: Any, form: dict[str, str]) -> Any:
    """What the SDK reads in a message, once it has proved it."""
    return gateway.webhook_notification.parse(form["bt_signature"], form["bt_payload"])


def refusal(fate: BraintreeSimulator, url: object) -> str:
    """Why an address cannot be told."""
    answer = urllib3.request("POST", f"{fate.url}/sandbox/webhook", json={"url": url})
    assert answer.status == 400, answer.data
    return str(answer.json()["error"])


def test_a_charge_is_brought_to_who_has_answered_the_challenge(
    shop: Shop, gateway: Any, fate: BraintreeSimulator, listener: Listener
) -> None:
    fate.webhook_to(listener.url)
    assert [len(challenge) for challenge in listener.challenges] == [32]
    made = shop.subscribed()
    until(lambda: len(listener.received) == 2)
    read = [parse(gateway, form) for form in listener.received]
    assert [each.kind for each in read] == ["subscription_charged_successfully", "subscription_went_active"]
    subscription = read[0].subscription
    assert (subscription.id, subscription.status) == (made.id, "Active")
    assert subscription.next_billing_date == made.next_billing_date
    assert subscription.next_billing_period_amount == Decimal("10.00")
    (transaction,) = subscription.transactions
    assert (transaction.id, transaction.amount) == (made.transactions[0].id, Decimal("10.00"))
    assert (transaction.status, transaction.currency_iso_code) == ("submitted_for_settlement", "USD")


def test_what_the_clock_brings_about_is_brought_though_nobody_asks(
    shop: Shop, gateway: Any, fate: BraintreeSimulator, listener: Listener
) -> None:
    made = shop.subscribed()
    fate.webhook_to(listener.url)
    fate.advance(32 * 86_400)
    until(lambda: len(listener.received) == 1)
    told = parse(gateway, listener.received[0])
    assert told.kind == "subscription_charged_successfully"
    assert told.timestamp.date() == made.next_billing_date
    assert [each.status for each in told.subscription.transactions] == ["submitted_for_settlement", "settled"]


def test_whoever_does_not_take_it_is_told_again(
    shop: Shop, gateway: Any, fate: BraintreeSimulator, listener: Listener
) -> None:
    fate.webhook_to(listener.url)
    listener.status = 500
    shop.subscribed()
    until(lambda: len(listener.received) == 2)
    listener.status = 200
    fate.advance(60)
    until(lambda: len(listener.received) == 4)
    assert listener.received[2:] == listener.received[:2]
    until(lambda: fate.state()["delivery"]["waiting"] == 0)


def test_an_event_is_brought_once_more_by_hand(
    shop: Shop, gateway: Any, fate: BraintreeSimulator, listener: Listener
) -> None:
    shop.subscribed()
    fate.webhook_to(listener.url)
    assert urllib3.request("POST", f"{fate.url}/sandbox/events", json={"number": 1}).status == 201
    until(lambda: len(listener.received) == 1)
    assert parse(gateway, listener.received[0]).kind == "subscription_charged_successfully"


@pytest.mark.parametrize("case", REFUSED)
def test_an_address_that_cannot_be_asked_is_not_told(fate: BraintreeSimulator, case: str) -> None:
    url, why = REFUSED[case]
    assert why in refusal(fate, url)
    assert fate.state()["webhook_url"] is None


def test_an_address_that_does_not_know_the_key_is_not_told(fate: BraintreeSimulator) -> None:
    stranger = gateway_at(fate.url, private_key="something-else")
    with listening(stranger) as listener:
        assert "did not answer the challenge" in refusal(fate, listener.url)
        listener.status = 404
        assert "with 404" in refusal(fate, listener.url)
    stranger.config.close()


def test_nobody_is_told_any_more(shop: Shop, fate: BraintreeSimulator, listener: Listener) -> None:
    fate.webhook_to(f"{listener.url}?shop=7")
    fate.webhook_to(None)
    shop.subscribed()
    assert (len(fate.events()), listener.received) == (2, [])


def test_what_was_told_can_be_fetched_and_brought_by_hand(shop: Shop, gateway: Any, fate: BraintreeSimulator) -> None:
    made = shop.subscribed()
    gateway.subscription.cancel(made.id)
    (form,) = fate.told("subscription_canceled")
    told = parse(gateway, form)
    assert (told.kind, told.subscription.id, told.subscription.status) == ("subscription_canceled", made.id, "Canceled")
    assert [event["number"] for event in fate.events(after=2)] == [3]


def test_a_message_that_was_tampered_with_is_not_believed(shop: Shop, gateway: Any, fate: BraintreeSimulator) -> None:
    shop.subscribed()
    form = fate.told()[0]
    changed = form["bt_payload"].replace("A", "B", 1)
    for wrong in (form | {"bt_payload": changed}, form | {"bt_signature": form["bt_signature"][:-1] + "x"}):
        with pytest.raises(InvalidSignatureError):
            parse(gateway, wrong)
    stranger = gateway_at(fate.url, private_key="something-else")
    with pytest.raises(InvalidSignatureError):
        parse(stranger, form)
    stranger.config.close()


def test_a_message_is_signed_by_every_pair_of_keys(shop: Shop, fate: BraintreeSimulator) -> None:
    shop.subscribed()
    pairs = [pair.split("|") for pair in fate.told()[0]["bt_signature"].split("&")]
    assert [public for public, _ in pairs] == ["another-public-key", "sandbox-public-key"]
    assert {len(signature) for _, signature in pairs} == {40}


def test_any_kind_can_be_told(shop: Shop, gateway: Any, fate: BraintreeSimulator) -> None:
    made = shop.subscribed()
    transaction = made.transactions[0].id
    assert parse(gateway, fate.tell("check")).kind == "check"
    expired = parse(gateway, fate.tell("subscription_expired", made.id))
    assert (expired.kind, expired.subscription.status) == ("subscription_expired", "Active")
    paid_out = parse(gateway, fate.tell("disbursement", transaction)).disbursement
    assert (paid_out.transaction_ids, paid_out.amount, paid_out.success) == ([transaction], Decimal("10.00"), True)
    settled = parse(gateway, fate.tell("transaction_settled", transaction)).transaction
    assert (settled.id, settled.status) == (transaction, "submitted_for_settlement")


@pytest.mark.parametrize(
    "body",
    [
        {"kind": "nothing"},
        {"kind": "subscription_expired", "about": "nothing"},
        {"kind": "dispute_won", "about": "nothing"},
        {"kind": "disbursement"},
        {"number": 7},
        {"number": "last"},
        {},
    ],
)
def test_nothing_is_told_of_what_is_not_there(fate: BraintreeSimulator, body: dict[str, Any]) -> None:
    answer = urllib3.request("POST", f"{fate.url}/sandbox/events", json=body)
    assert (answer.status, fate.events()) == (400, [])


def test_nothing_is_told_of_cards_that_settle(shop: Shop, fate: BraintreeSimulator) -> None:
    sold = shop.sold()
    fate.advance(2 * 86_400)
    assert (fate.transaction(sold.id)["status"], fate.events()) == ("settled", [])
