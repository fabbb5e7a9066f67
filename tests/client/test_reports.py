"""What the server tells of its own work, refunds with a condition, and notifications that the marketplace hands on."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from solitude.client import NoAnswer, PreconditionFailed, Solitude
from tests.client import bodies
from tests.client.server import DROPS, FakeSolitude, Received, Reply

TIME = datetime(2026, 11, 23, 14, 5, 6, 789_000, tzinfo=UTC)
TAG = '"0123456789abcdef-fedcba9876543210"'
PAYPAL = {
    "Paypal-Transmission-Id": "69cd13f0",
    "PAYPAL-AUTH-ALGO": "SHA256withRSA",
    "paypal-cert-url": "https://x/cert",
}


def only(fake: FakeSolitude) -> Received:
    (received,) = fake.received
    assert received.claims, "it was not signed"
    return received


# Timeline and uncertain


@pytest.mark.parametrize("transaction", [7, "/generic/transaction/7/"])
def test_the_life_of_a_transaction(fake: FakeSolitude, solitude: Solitude, transaction: int | str) -> None:
    fake.answers(Reply(200, bodies.TIMELINE))
    call, state = solitude.timeline(transaction)
    assert (only(fake).method, only(fake).target) == ("GET", "/generic/transaction/7/timeline/")
    assert (call.at, call.kind, call.summary, call.duration_ms) == (TIME, "call", "asked paypal to capture", 412)
    assert (call.provider, call.operation, call.outcome) == ("paypal", "capture", "succeeded")
    assert (call.request_id, call.reference, call.correlation_id) == ("checkout-4711", "0b5e", "9f2e1")
    assert (state.kind, state.from_status, state.to_status, state.duration_ms) == (
        "state",
        "pending",
        "completed",
        None,
    )


@pytest.mark.parametrize("lacking", ["at", "kind", "summary"])
def test_a_moment_without_what_every_moment_has_is_unreadable(
    fake: FakeSolitude, solitude: Solitude, lacking: str
) -> None:
    entry = {name: value for name, value in bodies.TIMELINE["entries"][0].items() if name != lacking}
    fake.answers(Reply(200, bodies.TIMELINE | {"entries": [entry]}))
    with pytest.raises(NoAnswer, match=lacking):
        solitude.timeline(7)


def test_what_the_server_is_not_sure_of(fake: FakeSolitude, solitude: Solitude) -> None:
    fake.answers(Reply(200, bodies.UNCERTAIN))
    uncertain = solitude.uncertain()
    assert (only(fake).method, only(fake).target) == ("GET", "/services/uncertain/")
    assert (uncertain.count, uncertain.oldest_s) == (2, 90)
    (one,) = uncertain.transactions
    assert (one.transaction, one.uuid, one.provider) == ("/generic/transaction/7/", "solitude:1", "paypal")
    assert (one.operation, one.since, one.tries) == ("capture", TIME, 2)
    assert one.next_try == datetime(2026, 11, 23, 14, 6, tzinfo=UTC)


def test_a_server_that_is_sure_of_everything(fake: FakeSolitude, solitude: Solitude) -> None:
    fake.answers(Reply(200, {"count": 0, "oldest_s": None, "transactions": []}))
    uncertain = solitude.uncertain()
    assert (uncertain.count, uncertain.oldest_s, uncertain.transactions) == (0, None, ())


# Notifications


@pytest.mark.parametrize("body", ['{"id": "WH-1", "naïve": 1.50}', '{"id": "WH-1", "naïve": 1.50}'.encode()])
def test_a_notification_is_handed_on_as_it_came(fake: FakeSolitude, solitude: Solitude, body: Any) -> None:
    fake.answers(Reply(200, bodies.NOTICE))
    notice = solitude.forward_paypal_webhook(PAYPAL, body)
    assert (only(fake).method, only(fake).target) == ("POST", "/paypal/webhook/")
    assert only(fake).json == {"headers": PAYPAL, "body": '{"id": "WH-1", "naïve": 1.50}'}
    assert (notice.status, notice.action, notice.reason, notice.retry) == ("OK", "REFUND", None, False)
    assert (notice.amount, notice.currency) == (Decimal("1.20"), "EUR")
    assert (notice.uuid, notice.transaction) == ("solitude:1", "/generic/transaction/7/")
    assert notice.event == "WH-2WR32451HC0233532-67976317FL4543714"


def test_only_paypals_own_headers_are_handed_on(fake: FakeSolitude, solitude: Solitude) -> None:
    fake.answers(Reply(200, bodies.NOTICE))
    others = {"Cookie": "session=1", "Authorization": "Basic x", "X-Paypal-Like": "no", "Content-Type": "text/plain"}
    solitude.forward_paypal_webhook(others | PAYPAL, "{}")
    assert only(fake).json["headers"] == PAYPAL


def test_a_notification_that_is_refused_is_an_answer_and_no_exception(fake: FakeSolitude, solitude: Solitude) -> None:
    nothing = dict.fromkeys(("action", "uuid", "amount", "transaction", "event"))
    fake.answers(Reply(200, nothing | {"status": "ERROR", "reason": "bad_signature", "retry": True}))
    notice = solitude.forward_paypal_webhook({}, "{}")
    assert (notice.status, notice.reason, notice.retry) == ("ERROR", "bad_signature", True)
    assert (notice.action, notice.uuid, notice.amount, notice.currency) == (None, None, None, None)


def test_a_notification_whose_answer_is_lost_is_handed_on_again(fake: FakeSolitude, solitude: Solitude) -> None:
    fake.answers(DROPS, Reply(200, bodies.NOTICE))
    assert solitude.forward_paypal_webhook(PAYPAL, "{}").status == "OK"
    first, second = fake.received
    assert first.idempotency_key == second.idempotency_key is not None
    assert first.body == second.body


def test_a_body_that_is_no_text_is_not_from_paypal(fake: FakeSolitude, solitude: Solitude) -> None:
    with pytest.raises(ValueError):
        solitude.forward_paypal_webhook(PAYPAL, b"\xff{}")
    assert fake.received == []


@pytest.mark.parametrize("body", ["status=COMPLETED&memo=Caf%e9", b"status=COMPLETED&memo=Caf%e9"])
def test_an_ipn_is_handed_on_still_encoded(fake: FakeSolitude, solitude: Solitude, body: Any) -> None:
    fake.answers(Reply(201, bodies.IPN))
    told = solitude.forward_paypal_ipn(body)
    assert (only(fake).method, only(fake).target) == ("POST", "/paypal/ipn/")
    assert only(fake).json == {"data": "status=COMPLETED&memo=Caf%e9"}
    assert (told.status, told.action, told.uuid, told.reason, told.retry) == (
        "OK",
        "PAYMENT",
        "solitude:1",
        None,
        False,
    )
    assert (told.amount, told.currency, told.transaction) == (Decimal("3.75"), "USD", "/generic/transaction/7/")
    assert (told.data, told.resource_uri) == ("status=COMPLETED&memo=Caf%e9", "/paypal/ipn/4/")
    assert "COMPLETED" not in repr(told)


def test_an_ipn_that_is_not_plain_is_not_from_paypal(fake: FakeSolitude, solitude: Solitude) -> None:
    with pytest.raises(ValueError):
        solitude.forward_paypal_ipn(b"memo=Caf\xe9")
    assert fake.received == []


# Conditions


def test_a_refund_of_the_payment_that_was_seen(fake: FakeSolitude, solitude: Solitude) -> None:
    fake.answers(Reply(200, bodies.TRANSACTION, {"ETag": TAG}), Reply(201, bodies.REFUND))
    payment = solitude.get_transaction(7)
    solitude.refund(uuid=payment.uuid, if_match=payment.etag)
    assert payment.etag == TAG
    assert "If-Match" not in fake.received[0].headers
    assert fake.received[1].headers["If-Match"] == TAG
    assert fake.received[1].idempotency_key


def test_a_payment_that_has_changed_since_is_told(fake: FakeSolitude, solitude: Solitude) -> None:
    fake.answers(Reply(412))
    with pytest.raises(PreconditionFailed) as failed:
        solitude.refund(uuid="solitude:1", if_match=TAG)
    assert (failed.value.status, failed.value.code) == (412, None)
    assert len(fake.received) == 1


def test_a_repeat_has_the_same_condition(fake: FakeSolitude, solitude: Solitude) -> None:
    fake.answers(DROPS, Reply(201, bodies.REFUND))
    solitude.refund(uuid="solitude:1", if_match=TAG)
    assert [received.headers["If-Match"] for received in fake.received] == [TAG, TAG]


def test_two_looks_at_the_same_state_are_equal(fake: FakeSolitude, solitude: Solitude) -> None:
    meta = {"page": 1, "total_count": 1, "next": None, "prev": None}
    fake.answers(
        Reply(200, bodies.TRANSACTION, {"ETag": TAG}), Reply(200, {"meta": meta, "objects": [bodies.TRANSACTION]})
    )
    alone, listed = solitude.get_transaction(7), solitude.find_transaction("solitude:1")
    assert listed is not None
    assert (alone == listed, listed.etag) == (True, None)


@pytest.mark.parametrize("tag", ["", "x", '"a', '"a"b"', '"a"\r\nX: 1', '"é"', f'"{"a" * 201}"', "*"])
def test_a_condition_that_is_no_etag_is_refused(fake: FakeSolitude, solitude: Solitude, tag: str) -> None:
    with pytest.raises(ValueError):
        solitude.refund(uuid="solitude:1", if_match=tag)
    assert fake.received == []
