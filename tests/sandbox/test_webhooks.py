"""Webhook events: what PayPal tells, of which change, and how it signs what it tells."""

import base64
import json
import re
import threading
import zlib
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.verification import PolicyBuilder, Store
from tests.sandbox.client import Sandbox, money, order, unit, wallet, with_fee
from werkzeug.test import Client

from solitude_sandbox import create_app
from solitude_sandbox.paypal import events
from solitude_sandbox.paypal.call import looking
from solitude_sandbox.paypal.events import KINDS, EventLog
from solitude_sandbox.paypal.ids import Ids
from solitude_sandbox.paypal.signing import COMMON_NAME

SLOW_SELLER = "slowrefund-x@shop.example"


def _types(sandbox: Sandbox) -> list[str]:
    return [event["event_type"] for event in sandbox.told()]


def _only(sandbox: Sandbox, event_type: str) -> Any:
    (event,) = sandbox.told(event_type)
    return event


def _links(resource: Any) -> dict[str, str]:
    return {link["rel"]: link["href"] for link in resource["links"]}


def test_an_event_has_paypals_envelope(sandbox: Sandbox) -> None:
    sandbox.paid_capture()
    event = _only(sandbox, "PAYMENT.CAPTURE.COMPLETED")
    assert re.fullmatch(r"WH-[0-9A-Z]{17}-[0-9A-Z]{17}", event["id"])
    assert (event["event_version"], event["resource_version"]) == ("1.0", "2.0")
    assert event["resource_type"] == "capture"
    assert event["summary"] == "Payment completed for 10.00 USD"
    assert datetime.fromisoformat(event["create_time"]).tzinfo is not None
    own = f"{sandbox.paypal}/v1/notifications/webhooks-events/{event['id']}"
    assert _links(event) == {"self": own, "resend": f"{own}/resend"}


def test_a_sale_is_told_as_approved_completed_and_captured_in_that_order(sandbox: Sandbox) -> None:
    capture = sandbox.paid_capture(order(unit(custom_id="ours-1", **with_fee("1.00")), **wallet()))
    assert _types(sandbox) == [
        "CHECKOUT.ORDER.APPROVED",
        "CHECKOUT.ORDER.COMPLETED",
        "PAYMENT.CAPTURE.COMPLETED",
    ]
    approved, ordered, completed = sandbox.told()
    assert (ordered["resource"]["id"], ordered["resource"]["status"]) == (approved["resource"]["id"], "COMPLETED")
    assert (approved["resource"]["status"], approved["resource"]["intent"]) == ("APPROVED", "CAPTURE")
    assert approved["resource"]["payer"]["email_address"]
    assert completed["resource"] == capture
    assert approved["resource"]["id"] == capture["supplementary_data"]["related_ids"]["order_id"]


@pytest.mark.parametrize(
    ("funding", "event_type"),
    [
        ("ok", "PAYMENT.CAPTURE.COMPLETED"),
        ("review", "PAYMENT.CAPTURE.PENDING"),
        ("capture_declined", "PAYMENT.CAPTURE.DECLINED"),
    ],
)
def test_a_charge_of_a_token_is_told_without_an_approval(sandbox: Sandbox, funding: str, event_type: str) -> None:
    sandbox.charge(sandbox.vaulted(funding=funding), unit())
    assert _types(sandbox) == ["VAULT.PAYMENT-TOKEN.CREATED", "CHECKOUT.ORDER.COMPLETED", event_type]


@pytest.mark.parametrize(
    ("decision", "event_type", "status"),
    [("accept", "PAYMENT.CAPTURE.COMPLETED", "COMPLETED"), ("deny", "PAYMENT.CAPTURE.DENIED", "DECLINED")],
)
def test_the_end_of_a_review_is_told(sandbox: Sandbox, decision: str, event_type: str, status: str) -> None:
    capture = sandbox.paid_capture(funding="review")
    sandbox.control("POST", "review", {"capture": capture["id"], "decision": decision})
    event = sandbox.told()[-1]
    assert (event["event_type"], event["resource"]["id"]) == (event_type, capture["id"])
    assert event["resource"]["status"] == status


def test_every_purchase_unit_is_told_apart(sandbox: Sandbox) -> None:
    sandbox.paid(order(unit(reference_id="a"), unit(reference_id="b", seller="two@shop.example")))
    assert _types(sandbox).count("PAYMENT.CAPTURE.COMPLETED") == 2


def test_a_refused_charge_is_told_to_nobody(sandbox: Sandbox) -> None:
    sandbox.paid(funding="declined")
    assert _types(sandbox) == ["CHECKOUT.ORDER.APPROVED"]


def test_a_refund_is_told_as_a_refund_object_that_leads_up_to_its_capture(sandbox: Sandbox) -> None:
    capture = sandbox.paid_capture()
    refund = sandbox.refund(capture["id"], {"amount": money("3.00")}).json
    event = _only(sandbox, "PAYMENT.CAPTURE.REFUNDED")
    assert event["resource_type"] == "refund"
    assert event["resource"] == refund
    assert _links(event["resource"])["up"] == f"{sandbox.paypal}/v2/payments/captures/{capture['id']}"


def test_a_repeated_request_is_told_once(sandbox: Sandbox) -> None:
    capture = sandbox.paid_capture()
    for _ in range(2):
        sandbox.refund(capture["id"], {"amount": money("3.00")}, PayPal_Request_Id="same")
    assert _types(sandbox).count("PAYMENT.CAPTURE.REFUNDED") == 1


def test_a_lost_answer_is_told_all_the_same(sandbox: Sandbox) -> None:
    token = sandbox.vaulted()
    sandbox.fault("create_order", "garbage_after")
    sandbox.charge(token, unit())
    assert _types(sandbox)[-1] == "PAYMENT.CAPTURE.COMPLETED"


def test_an_echeck_refund_is_told_when_it_clears_with_the_time_at_which_it_did(sandbox: Sandbox) -> None:
    capture = sandbox.paid_capture(order(unit(seller=SLOW_SELLER)))
    refund = sandbox.refund(capture["id"], seller=SLOW_SELLER).json
    assert "PAYMENT.CAPTURE.REFUNDED" not in _types(sandbox)
    sandbox.advance(days=4)
    event = _only(sandbox, "PAYMENT.CAPTURE.REFUNDED")
    assert (event["resource"]["id"], event["resource"]["status"]) == (refund["id"], "COMPLETED")
    assert event["create_time"][:19] == event["resource"]["update_time"][:19]
    sandbox.advance(days=4)
    assert len(sandbox.told("PAYMENT.CAPTURE.REFUNDED")) == 1


def test_an_approval_that_nobody_captured_is_told_as_reversed(sandbox: Sandbox) -> None:
    order_id = sandbox.create().json["id"]
    sandbox.approve(order_id)
    sandbox.advance(hours=2)
    assert _types(sandbox) == ["CHECKOUT.ORDER.APPROVED"]
    sandbox.advance(hours=1)
    event = _only(sandbox, "CHECKOUT.PAYMENT-APPROVAL.REVERSED")
    assert event["resource"]["order_id"] == order_id
    assert event["resource"]["purchase_units"][0]["amount"]["value"] == "10.00"
    assert "paypal" in event["resource"]["payment_source"]


def test_an_approval_that_was_captured_or_renewed_is_not_told_as_reversed(sandbox: Sandbox) -> None:
    sandbox.paid()
    renewed = sandbox.create().json["id"]
    sandbox.approve(renewed)
    sandbox.advance(hours=2)
    sandbox.approve(renewed)
    sandbox.advance(hours=2)
    assert sandbox.told("CHECKOUT.PAYMENT-APPROVAL.REVERSED") == []
    sandbox.advance(hours=1)
    assert len(sandbox.told("CHECKOUT.PAYMENT-APPROVAL.REVERSED")) == 1


def test_a_saved_wallet_is_told_when_it_comes_and_once_when_it_goes(sandbox: Sandbox) -> None:
    token = sandbox.vaulted()
    for _ in range(2):
        sandbox.api("DELETE", f"/v3/vault/payment-tokens/{token}")
    assert _types(sandbox) == [
        "VAULT.PAYMENT-TOKEN.CREATED",
        "VAULT.PAYMENT-TOKEN.DELETION-INITIATED",
        "VAULT.PAYMENT-TOKEN.DELETED",
    ]
    created, *_ = told = sandbox.told()
    assert {event["resource"]["id"] for event in told} == {token}
    assert (created["resource_type"], created["resource_version"]) == ("payment_token", "3.0")


def test_a_buyer_who_ends_an_agreement_is_told_of_once(sandbox: Sandbox) -> None:
    token = sandbox.vaulted()
    for _ in range(2):
        assert sandbox.control("POST", "end-agreement", {"token": token}).json["deleted"] is True
    assert _types(sandbox) == ["VAULT.PAYMENT-TOKEN.CREATED", "VAULT.PAYMENT-TOKEN.DELETED"]
    assert sandbox.charge(token, unit()).issue == "AGREEMENT_ALREADY_CANCELLED"


def test_events_are_pulled_in_pieces_and_as_often_as_wanted(sandbox: Sandbox) -> None:
    for _ in range(3):
        sandbox.vaulted()
    everything = sandbox.control("GET", "events").json
    assert [message["number"] for message in everything["events"]] == [1, 2, 3]
    assert (everything["last"], everything["newest"]) == (3, 3)
    part = sandbox.control("GET", "events?after=1&limit=1").json
    assert part == {"events": everything["events"][1:2], "last": 2, "newest": 3}
    assert sandbox.control("GET", "events?after=3").json == {"events": [], "last": 3, "newest": 3}
    assert sandbox.control("GET", "events").json == everything


@pytest.mark.parametrize("query", ["after=x", "after=-1", "limit=1001", "webhook=NOSUCH", "limit=99999999999999999999"])
def test_a_pull_that_makes_no_sense_is_refused_with_a_sentence(sandbox: Sandbox, query: str) -> None:
    reply = sandbox.control("GET", f"events?{query}")
    assert (reply.status, reply.json["error"][-1]) == (400, ".")


def test_a_reset_counts_from_one_again_and_keeps_the_certificate(sandbox: Sandbox) -> None:
    sandbox.vaulted()
    root, url = sandbox.send("GET", "/paypal/sandbox/ca.pem").text, _message(sandbox)["headers"]["PAYPAL-CERT-URL"]
    sandbox.control("POST", "reset")
    assert sandbox.events() == []
    sandbox.vaulted()
    assert _message(sandbox)["number"] == 1
    assert _message(sandbox)["headers"]["PAYPAL-CERT-URL"] == url
    assert sandbox.send("GET", "/paypal/sandbox/ca.pem").text == root


def test_the_oldest_events_are_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "EVENTS_LIMIT", 2)
    log, call = EventLog(), looking("", datetime.now(UTC))
    made = [log.add(Ids(), call, events.TOKEN_CREATED, {"id": str(number)}) for number in range(4)]
    assert [event.number for event in log.after(0, 10)] == [3, 4]
    assert [event.number for event in log.after(3, 10)] == [4]
    assert log.by_id(made[0].id) is None
    assert log.by_id(made[3].id) is made[3]


def test_every_kind_of_event_has_a_summary_without_gaps() -> None:
    for event_type, kind in KINDS.items():
        assert "{" not in kind.summary.format(amount="1.00 USD", id="X"), event_type


# Signatures


def _message(sandbox: Sandbox) -> Any:
    return sandbox.events()[-1]


def _leaf(sandbox: Sandbox, message: Any) -> x509.Certificate:
    reply = sandbox.send("GET", message["headers"]["PAYPAL-CERT-URL"])
    assert (reply.status, reply.headers["Content-Type"]) == (200, "application/x-pem-file")
    return x509.load_pem_x509_certificates(reply.text.encode())[0]


def _check(certificate: x509.Certificate, message: Any, body: str, webhook_id: str = "SANDBOXWEBHOOK001") -> None:
    headers = message["headers"]
    parts = (headers["PAYPAL-TRANSMISSION-ID"], headers["PAYPAL-TRANSMISSION-TIME"], webhook_id)
    signed = "|".join([*parts, str(zlib.crc32(body.encode()))])
    key = certificate.public_key()
    assert isinstance(key, rsa.RSAPublicKey)
    raw = base64.b64decode(headers["PAYPAL-TRANSMISSION-SIG"])
    key.verify(raw, signed.encode(), padding.PKCS1v15(), hashes.SHA256())


def test_a_message_verifies_with_the_published_certificate(sandbox: Sandbox) -> None:
    sandbox.paid_capture(order(unit(description="Ünïcode — ✓")))
    message = _message(sandbox)
    headers = message["headers"]
    assert (headers["PAYPAL-AUTH-ALGO"], headers["PAYPAL-AUTH-VERSION"]) == ("SHA256withRSA", "v2")
    assert headers["PAYPAL-CERT-URL"].startswith(f"{sandbox.paypal}/v1/notifications/certs/CERT-")
    assert headers["PAYPAL-TRANSMISSION-TIME"][:19] == json.loads(message["body"])["create_time"][:19]
    _check(_leaf(sandbox, message), message, message["body"])


def test_a_message_with_one_byte_changed_does_not_verify(sandbox: Sandbox) -> None:
    sandbox.paid_capture()
    message = _message(sandbox)
    certificate = _leaf(sandbox, message)
    changes = {
        "an amount": message["body"].replace('"10.00"', '"90.00"', 1),
        "a space": message["body"] + " ",
        "spelled anew": json.dumps(json.loads(message["body"])),
    }
    for name, body in changes.items():
        assert body != message["body"], name
        with pytest.raises(InvalidSignature):
            _check(certificate, message, body)
    with pytest.raises(InvalidSignature):
        _check(certificate, message, message["body"], webhook_id="WH-SANDBOX-2")


def test_the_certificate_is_named_like_paypals_and_chains_to_the_published_root(sandbox: Sandbox) -> None:
    sandbox.vaulted()
    leaf = _leaf(sandbox, _message(sandbox))
    root = x509.load_pem_x509_certificate(sandbox.send("GET", "/paypal/sandbox/ca.pem").text.encode())
    (name,) = leaf.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    assert name.value == COMMON_NAME
    now = datetime.now(UTC)
    for year in (now.year - 9, now.year, now.year + 9):
        verifier = PolicyBuilder().store(Store([root])).time(datetime(year, 6, 1, tzinfo=UTC))
        chain = verifier.build_server_verifier(x509.DNSName(COMMON_NAME)).verify(leaf, [])
        assert chain == [leaf, root]
        assert len(verifier.build_client_verifier().verify(leaf, []).chain) == 2


def test_links_and_certificate_follow_the_host_that_was_asked(sandbox: Sandbox) -> None:
    reply = sandbox.send("GET", "/paypal/sandbox/events", Host="paypal.example:8443")
    assert reply.json["events"] == []
    sandbox.vaulted()
    (message,) = sandbox.send("GET", "/paypal/sandbox/events", Host="paypal.example:8443").json["events"]
    assert message["headers"]["PAYPAL-CERT-URL"].startswith("http://paypal.example:8443/paypal/v1/notifications/certs/")
    _check(_leaf(sandbox, _message(sandbox)), message, message["body"])


def test_a_certificate_that_never_was_is_not_found_and_faults_reach_the_one_that_is(sandbox: Sandbox) -> None:
    assert sandbox.send("GET", "/paypal/v1/notifications/certs/CERT-0").issue == "INVALID_RESOURCE_ID"
    sandbox.vaulted()
    url = _message(sandbox)["headers"]["PAYPAL-CERT-URL"]
    sandbox.fault("get_cert", "error_503")
    assert [sandbox.send("GET", url).status for _ in range(2)] == [503, 200]
    assert [entry["status"] for entry in sandbox.requests("get_cert")] == [404, 503, 200]


def test_all_who_ask_first_at_the_same_time_get_the_same_root() -> None:
    http, roots = Client(create_app()), []
    threads = [threading.Thread(target=lambda: roots.append(http.get("/paypal/sandbox/ca.pem").text)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(roots) == 4
    assert len(set(roots)) == 1
