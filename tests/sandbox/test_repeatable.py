"""A sandbox inside a simulation: without a socket, the same in every run, and nothing of a long run lost."""

import json
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

from tests.sandbox.classic.client import KEYS, simple
from tests.sandbox.client import assertion, money, order, setup_request, unit
from werkzeug.test import Client

from solitude_sandbox import create_app, journal
from solitude_sandbox.paypal import books, events, idempotency
from solitude_sandbox.paypal.accounts import CLIENT_ID, CLIENT_SECRET
from solitude_sandbox.paypal.ids import Ids


class _InProcess:
    """Speaks WSGI with a sandbox of its own, and notes every identifier that it is told."""

    def __init__(self, seed: int | None) -> None:
        self.http = Client(create_app(seed))
        self.seen: list[str] = []
        grant = {"grant_type": "client_credentials"}
        token = self.http.post("/paypal/v1/oauth2/token", data=grant, auth=(CLIENT_ID, CLIENT_SECRET)).json or {}
        self.token = token["access_token"]
        self.seen += [self.token]

    def post(self, path: str, body: Any = None) -> Any:
        headers = {
            "Authorization": f"Bearer {self.token}",
            "PayPal-Request-Id": f"request-{len(self.seen)}",
            "PayPal-Auth-Assertion": assertion(),
            "Prefer": "return=representation",
        }
        answer = self.http.post(f"/paypal{path}", json=body or {}, headers=headers)
        assert answer.status_code < 300, answer.text
        self.seen.append(answer.headers["PayPal-Debug-Id"])
        return answer.json

    def live(self) -> None:
        """Something of everything."""
        sold = self.post("/v2/checkout/orders", order(unit()))
        self.post("/sandbox/approve", {"token": sold["id"]})
        captured = self.post(f"/v2/checkout/orders/{sold['id']}/capture")
        (capture,) = captured["purchase_units"][0]["payments"]["captures"]
        refund = self.post(f"/v2/payments/captures/{capture['id']}/refund", {"amount": money("1.00")})
        dispute = self.post("/sandbox/dispute", {"capture": capture["id"]})
        self.post("/sandbox/dispute/resolve", {"dispute": dispute["dispute_id"], "outcome": "RESOLVED_BUYER_FAVOUR"})
        setup = self.post("/v3/vault/setup-tokens", setup_request())
        self.post("/sandbox/approve", {"token": setup["id"]})
        named = {"payment_source": {"token": {"id": setup["id"], "type": "SETUP_TOKEN"}}}
        token = self.post("/v3/vault/payment-tokens", named)
        url = "http://127.0.0.1:9/never"
        hook = self.post("/v1/notifications/webhooks", {"url": url, "event_types": [{"name": "SUN.RISEN"}]})
        self.seen += [sold["id"], capture["id"], refund["id"], dispute["dispute_id"], setup["id"], token["id"]]
        self.seen += [token["customer"]["id"], hook["id"]]
        self.live_as_before()
        for message in json.loads(self.http.get("/paypal/sandbox/events").text)["events"]:
            self.seen += [json.loads(message["body"])["id"], message["headers"]["PAYPAL-TRANSMISSION-ID"]]
            self.seen += [message["headers"]["PAYPAL-CERT-URL"]]
        for told in json.loads(self.http.get("/paypal/sandbox/ipns").text)["ipns"]:
            fields = dict(parse_qsl(told["body"]))
            self.seen += [fields["verify_sign"], fields["ipn_track_id"]]
        self.http.application.close()

    def live_as_before(self) -> None:
        """The classic interface: a payment, a pre-approval, a permission."""
        self.post("/sandbox/ipn-url", {"url": "https://market.example/ipn"})
        urls = {"returnUrl": "https://market.example", "cancelUrl": "https://market.example", "currencyCode": "USD"}
        paid = self.classic("AdaptivePayments/Pay", {"actionType": "PAY", **urls, **simple()})["payKey"]
        today = self.http.get("/paypal/sandbox/clock").json or {}
        dates = {"startingDate": today["now"][:10], "endingDate": today["now"][:10]}
        agreed = self.classic("AdaptivePayments/Preapproval", {"maxTotalAmountOfAllPayments": "1", **urls, **dates})[
            "preapprovalKey"
        ]
        asked = self.classic(
            "Permissions/RequestPermissions", {"callback": "https://market.example", "scope(0)": "REFUND"}
        )["token"]
        locations = [self.post("/sandbox/approve", {"token": token})["location"] for token in (paid, agreed, asked)]
        (code,) = parse_qs(urlsplit(locations[-1]).query)["verification_code"]
        granted = self.classic("Permissions/GetAccessToken", {"token": asked, "verifier": code})
        back = self.classic("AdaptivePayments/Refund", {"payKey": paid})
        self.seen += [paid, agreed, asked, code, granted["token"], granted["tokenSecret"]]
        self.seen += [back["refundInfoList.refundInfo(0).encryptedRefundTransactionId"]]

    def classic(self, path: str, fields: dict[str, str]) -> dict[str, str]:
        headers = {name.replace("_", "-"): value for name, value in KEYS.items()}
        sent = urlencode({"requestEnvelope.errorLanguage": "en_US", **fields})
        answer = dict(parse_qsl(self.http.post(f"/paypal/{path}", data=sent, headers=headers).text))
        assert answer["responseEnvelope.ack"] == "Success", answer
        self.seen.append(answer["responseEnvelope.correlationId"])
        return answer


def _identifiers(seed: int | None) -> list[str]:
    run = _InProcess(seed)
    run.live()
    return run.seen


def test_the_same_seed_gives_the_same_identifiers() -> None:
    first = _identifiers(7)
    assert len(first) > 30
    assert _identifiers(7) == first


def test_another_seed_or_none_gives_others() -> None:
    runs = [_identifiers(seed) for seed in (7, 8, None, None)]
    assert all(len(set(column)) == len(runs) for column in zip(*runs, strict=True))


def test_a_reset_does_not_repeat_identifiers() -> None:
    run = _InProcess(7)
    made = [run.post("/v2/checkout/orders", order(unit()))["id"]]
    run.post("/sandbox/reset")
    made.append(run.post("/v2/checkout/orders", order(unit()))["id"])
    assert made[0] != made[1]


def test_identifiers_have_paypals_alphabet_and_do_not_collide() -> None:
    ids = Ids(1)
    drawn = [ids.resource_id() for _ in range(10_000)]
    assert len(set(drawn)) == len(drawn)
    letters = "".join(drawn)
    assert set(letters) == set("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")
    assert max(letters.count(each) for each in set(letters)) < 1.1 * min(letters.count(each) for each in set(letters))
    assert len(ids.access_token()) == 69


def test_ten_thousand_payments_fit_with_room_to_spare() -> None:
    payments = 10_000
    # Per payment: an order or two, two request ids per order and one per refund, a handful of requests and events.
    assert 5 * payments <= books.RESOURCES_LIMIT
    assert 5 * payments <= books.INVOICES_LIMIT
    assert 5 * payments <= events.EVENTS_LIMIT
    assert 10 * payments <= idempotency.ENTRIES_LIMIT
    assert 10 * payments <= journal.ENTRIES_LIMIT
