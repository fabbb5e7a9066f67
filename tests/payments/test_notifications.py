"""Notifications: kept first, believed only when PayPal signed them, applied once, in whatever order they come."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import permutations
from typing import Any

import pytest
from django.db.models import F
from django.utils import timezone
from tests.payments.world import Elsewhere, another_takes_it_over, call_of, dawdles, decide_review
from tests.support.marketplace import Answer, Marketplace
from tests.support.simulator import Simulator
from tests.web.parallel import at_once

from solitude.payments import news, notifications, registry
from solitude.payments.contract import CannotRead, NotUnderstood, Verdict
from solitude.payments.matching import Mismatch
from solitude.payments.models import Dispute, Notification, ProviderCall
from solitude.providers.paypal.rest import verification
from solitude.providers.paypal.rest.verification import Verified
from solitude.transactions.models import Transaction
from solitude.web.models import IdempotencyKey

PENDING, COMPLETED, FAILED, CANCELLED = 0, 1, 4, 5
APPROVED, CAPTURED, REFUNDED = "CHECKOUT.ORDER.APPROVED", "PAYMENT.CAPTURE.COMPLETED", "PAYMENT.CAPTURE.REFUNDED"
REVERSED, OPENED, RESOLVED = "PAYMENT.CAPTURE.REVERSED", "CUSTOMER.DISPUTE.CREATED", "CUSTOMER.DISPUTE.RESOLVED"
FOR_BUYER, FOR_SELLER = "RESOLVED_BUYER_FAVOUR", "RESOLVED_SELLER_FAVOUR"
Payment = dict[str, Any]
KEYS = {"status", "action", "uuid", "amount", "transaction", "event", "reason", "retry"}


@pytest.fixture
def approved(shop: Marketplace, paypal: Simulator, app_id: str) -> Payment:
    payment = shop.pay(app_id)
    paypal.approve(payment["pay_url"])
    return dict(payment.json)


@pytest.fixture
def captured_elsewhere(paypal: Simulator, approved: Payment) -> Payment:
    """PayPal has the money, and nobody has told us."""
    Elsewhere(paypal).capture(approved["paykey"])
    return approved


@pytest.fixture
def believing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever comes counts as PayPal's: for messages that the simulator would never write."""
    monkeypatch.setattr(verification, "verify", lambda *_: Verified(Verdict.GENUINE))


def only(paypal: Simulator, event_type: str) -> dict[str, Any]:
    (event,) = paypal.told(event_type)
    return event


def forward(shop: Marketplace, paypal: Simulator, event_type: str) -> Answer:
    return shop.forward(only(paypal, event_type))


def changed(event: dict[str, Any], change: Callable[[dict[str, Any]], None], **headers: str) -> dict[str, Any]:
    body = json.loads(event["body"])
    change(body)
    return {"headers": event["headers"] | headers, "body": json.dumps(body)}


def state(shop: Marketplace, payment: Payment) -> tuple[int, str | None, str | None]:
    row = shop.transaction(payment["transaction"])
    return row["status"], row["captured_amount"], row["refunded_amount"]


def time_passes(**by: float) -> None:
    """Notifications grow older, and their next tries come due."""
    step = timedelta(**by)
    Notification.objects.update(received_at=F("received_at") - step, next_try_at=F("next_try_at") - step)


# --- what a marketplace is answered --------------------------------------------------------------------------------


def test_a_captured_payment_is_told_with_uuid_and_amount(
    shop: Marketplace, paypal: Simulator, captured_elsewhere: Payment
) -> None:
    event = only(paypal, CAPTURED)

    answer = shop.forward(event)

    assert answer.status == 200
    assert answer.json == {
        "status": "OK",
        "action": "PAYMENT",
        "uuid": captured_elsewhere["uuid"],
        "amount": {"currency": "EUR", "amount": "2.49"},
        "transaction": captured_elsewhere["transaction"],
        "event": json.loads(event["body"])["id"],
        "reason": None,
        "retry": False,
    }
    assert state(shop, captured_elsewhere) == (COMPLETED, "2.49", "0.00")
    assert shop.event_types()[-1] == "transaction.completed"
    assert shop.refund(uuid=captured_elsewhere["uuid"])["status"] == "COMPLETED"


def test_an_approval_takes_the_money(shop: Marketplace, paypal: Simulator, approved: Payment) -> None:
    """The buyer approved and never came back: nobody calls pay-check."""
    answer = forward(shop, paypal, APPROVED)

    assert (answer["status"], answer["action"], answer["uuid"]) == ("OK", "PAYMENT", approved["uuid"])
    assert state(shop, approved)[0] == COMPLETED
    assert len(paypal.captured()) == 1


def test_what_pay_check_saw_already_is_ignored_and_named_all_the_same(
    shop: Marketplace, paypal: Simulator, paid: Payment
) -> None:
    before = shop.event_types()

    answer = forward(shop, paypal, CAPTURED)

    assert (answer["status"], answer["reason"], answer["uuid"]) == ("IGNORED", "known_already", paid["uuid"])
    assert shop.event_types() == before


def test_the_same_delivery_again_is_ignored(shop: Marketplace, paypal: Simulator, captured_elsewhere: Payment) -> None:
    event = only(paypal, CAPTURED)
    shop.forward(event)
    before = shop.event_types()

    answer = shop.forward(event)

    assert (answer["status"], answer["action"], answer["uuid"]) == ("IGNORED", "PAYMENT", captured_elsewhere["uuid"])
    assert shop.event_types() == before
    assert Notification.objects.count() == 1


def test_another_delivery_of_the_same_event_is_ignored(
    shop: Marketplace, paypal: Simulator, captured_elsewhere: Payment, believing: None
) -> None:
    """PayPal sends an event again by another transmission, with another signature."""
    event = only(paypal, CAPTURED)
    shop.forward(event)
    before = shop.event_types()

    answer = shop.forward(event | {"headers": event["headers"] | {"PAYPAL-TRANSMISSION-ID": "another"}})

    assert (answer["status"], answer["uuid"]) == ("IGNORED", captured_elsewhere["uuid"])
    assert shop.event_types() == before
    assert sorted(Notification.objects.values_list("state", "reason")) == [("applied", ""), ("ignored", "duplicate")]


def test_an_event_of_no_concern_is_ignored(
    shop: Marketplace, paypal: Simulator, captured_elsewhere: Payment, believing: None
) -> None:
    event = changed(only(paypal, CAPTURED), lambda body: body.update(event_type="BILLING.PLAN.CREATED"))

    answer = shop.forward(event)

    assert (answer["status"], answer["action"], answer["reason"]) == ("IGNORED", None, "not_of_concern")
    assert state(shop, captured_elsewhere)[0] == PENDING


def test_headers_of_the_way_are_of_no_matter(shop: Marketplace, paypal: Simulator, captured_elsewhere: Payment) -> None:
    """Names come in any case, and a marketplace's proxy adds its own."""
    event = only(paypal, CAPTURED)
    headers = {name.title(): value for name, value in event["headers"].items()}

    first = shop.forward({"headers": headers | {"X-Request-Id": "1", "Cookie": "a=b"}, "body": event["body"]})
    second = shop.forward({"headers": event["headers"] | {"X-Request-Id": "2"}, "body": event["body"]})

    assert (first["status"], second["status"]) == ("OK", "IGNORED")
    assert Notification.objects.count() == 1


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "headers"),
        ({"headers": {}}, "body"),
        ({"headers": [], "body": ""}, "headers"),
        ({"headers": {"PAYPAL-CERT-URL": 7}, "body": ""}, "headers"),
        ({"headers": {"PAYPAL-CERT-URL": "x" * 4097}, "body": ""}, "headers"),
        ({"headers": {f"PAYPAL-{number}": "" for number in range(65)}, "body": ""}, "headers"),
        ({"headers": {f"PAYPAL-{number}": "x" * 4096 for number in range(4)}, "body": ""}, "headers"),
        ({"headers": {"PAYPAL-" + "x" * 20_000: ""}, "body": ""}, "headers"),
        ({"headers": {"PAYPAL-CERT-URL": "\x01" * 4096}, "body": ""}, "headers"),
        ({"headers": {}, "body": {}}, "body"),
        ({"headers": {}, "body": "\x00"}, "body"),
        ({"headers": {}, "body": "x" * 262_145}, "body"),
    ],
)
def test_what_is_no_delivery_is_refused_and_named(shop: Marketplace, body: dict[str, Any], field: str) -> None:
    answer = shop.post("/paypal/webhook/", body)
    assert answer.status == 400
    assert field in answer.json
    assert Notification.objects.count() == 0


# --- what PayPal did not sign --------------------------------------------------------------------------------------


def test_a_changed_message_is_refused_and_the_real_one_still_applied(
    shop: Marketplace, paypal: Simulator, captured_elsewhere: Payment
) -> None:
    """A forger may know an event's id; the real event must still find its place."""
    event = only(paypal, CAPTURED)

    forged = shop.forward(event | {"body": event["body"].replace("2.49", "2.48")})

    assert (forged["status"], forged["reason"], forged["retry"]) == ("ERROR", "bad_signature", False)
    assert (forged["action"], forged["uuid"]) == (None, None)
    assert state(shop, captured_elsewhere)[0] == PENDING
    assert shop.forward(event)["status"] == "OK"


@pytest.mark.parametrize(
    ("headers", "detail"),
    [
        ({"PayPal-Transmission-Sig": ""}, "missing_header"),
        ({"PayPal-Transmission-Id": "a|b"}, "bad_header"),
        ({"PayPal-Auth-Algo": "none"}, "algorithm"),
        ({"PayPal-Cert-Url": "https://evil.example/cert"}, "certificate_url"),
    ],
)
def test_whatever_is_wrong_with_a_signature_is_one_word_outside_and_told_in_the_log(
    shop: Marketplace,
    paypal: Simulator,
    captured_elsewhere: Payment,
    security_events: list[str],
    headers: dict[str, str],
    detail: str,
) -> None:
    event = only(paypal, CAPTURED)
    sent = {name.lower(): value for name, value in event["headers"].items()}
    wrong = {name.lower(): value for name, value in headers.items()}

    answer = shop.forward(event | {"headers": sent | wrong})

    assert (answer["status"], answer["reason"], answer["retry"]) == ("ERROR", "bad_signature", False)
    assert any(f"|Notification refused: {detail}|7|" in line for line in security_events)


def test_what_was_refused_is_judged_anew_when_it_comes_again(
    shop: Marketplace, paypal: Simulator, captured_elsewhere: Payment, settings: Any
) -> None:
    """The operator had named another webhook; PayPal goes on trying for three days."""
    event = only(paypal, CAPTURED)
    right = settings.SOLITUDE_PAYPAL_WEBHOOK_ID
    settings.SOLITUDE_PAYPAL_WEBHOOK_ID = "WH-OTHER"
    assert shop.forward(event)["reason"] == "bad_signature"
    settings.SOLITUDE_PAYPAL_WEBHOOK_ID = right

    assert shop.forward(event)["status"] == "OK"


def test_while_the_certificate_cannot_be_had_paypal_is_to_try_again(
    shop: Marketplace, paypal: Simulator, captured_elsewhere: Payment, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(verification, "verify", lambda *_: Verified(Verdict.UNDECIDED, "certificate_unreachable"))
        answer = forward(shop, paypal, CAPTURED)
        assert (answer["status"], answer["reason"], answer["retry"]) == ("ERROR", "certificate_unreachable", True)
        assert notifications.handle_due() == 0  # not before its time

    time_passes(seconds=6)
    assert notifications.handle_due() == 1

    assert state(shop, captured_elsewhere)[0] == COMPLETED


def test_what_cannot_be_told_for_a_day_is_given_up_but_not_for_paypal(
    shop: Marketplace, paypal: Simulator, captured_elsewhere: Payment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PayPal tries for three days: the delivery that can be checked at last must still come."""
    with monkeypatch.context() as patch:
        patch.setattr(verification, "verify", lambda *_: Verified(Verdict.UNDECIDED, "certificate_unreachable"))
        forward(shop, paypal, CAPTURED)
        time_passes(days=2)
        assert notifications.handle_due() == 1
        assert Notification.objects.get().state == "refused"

        assert forward(shop, paypal, CAPTURED)["retry"] is True

    assert forward(shop, paypal, CAPTURED)["status"] == "OK"


@pytest.mark.parametrize("body", ["", "[]", "{}", '{"id": 7}', '{"id": "WH-1", "event_type": "X"}', "[" * 9999])
def test_a_signed_message_that_is_no_event_is_refused(shop: Marketplace, believing: None, body: str) -> None:
    answer = shop.post("/paypal/webhook/", {"headers": {}, "body": body})
    assert (answer["status"], answer["reason"]) == ("ERROR", "not_understood")


# --- what contradicts our books ------------------------------------------------------------------------------------

OTHER = {
    "amount": lambda capture: capture["amount"].update(value="2.48"),
    "currency": lambda capture: capture["amount"].update(currency_code="USD"),
    "receiver": lambda capture: capture["payee"].update(email_address="thief@dev.example"),
    "reference": lambda capture: capture.update(custom_id="somebody-else"),
    "payment": lambda capture: capture["supplementary_data"]["related_ids"].update(order_id="0000000000"),
}


@pytest.mark.parametrize("what", OTHER)
def test_a_payment_told_otherwise_than_we_know_it_is_refused_and_never_applied(
    shop: Marketplace, paypal: Simulator, captured_elsewhere: Payment, believing: None, what: str, caplog: Any
) -> None:
    event = changed(only(paypal, CAPTURED), lambda body: OTHER[what](body["resource"]))

    answer = shop.forward(event)

    assert (answer["status"], answer["reason"], answer["retry"]) == ("ERROR", "mismatch", False)
    assert state(shop, captured_elsewhere) == (PENDING, None, None)
    assert Notification.objects.get().reason == f"mismatch:{what}"
    assert shop.forward(event)["status"] == "ERROR"
    # The alarm is raised, and names neither amount nor receiver.
    (alarm,) = [line.getMessage() for line in caplog.records if line.name == "solitude.cef.alarm"]
    assert f"Notification refused: mismatch:{what}" in alarm
    assert "2.48" not in alarm
    assert "thief" not in alarm


def test_a_refund_of_ours_told_with_another_amount_is_refused(
    shop: Marketplace, paypal: Simulator, paid: Payment, believing: None
) -> None:
    paypal.fault("refund", "disconnect_after")
    lost = shop.refund(uuid=paid["uuid"], amount="1.00")
    assert lost.status == 504

    told = changed(only(paypal, REFUNDED), lambda body: body["resource"]["amount"].update(value="1.01"))
    assert shop.forward(told)["reason"] == "mismatch"

    assert state(shop, paid) == (COMPLETED, "2.49", "0.00")


def test_a_payment_that_was_taken_is_not_untaken_by_a_message(
    shop: Marketplace, paypal: Simulator, paid: Payment, believing: None
) -> None:
    def denied(body: dict[str, Any]) -> None:
        body.update(event_type="PAYMENT.CAPTURE.DENIED", id="WH-DENIED")
        body["resource"]["status"] = "DENIED"

    answer = shop.forward(changed(only(paypal, CAPTURED), denied))

    assert (answer["status"], answer["reason"]) == ("ERROR", "mismatch")
    assert state(shop, paid)[0] == COMPLETED


def test_a_transaction_that_the_marketplace_keeps_itself_is_not_moved(
    shop: Marketplace, paypal: Simulator, captured_elsewhere: Payment, believing: None
) -> None:
    kept = shop.post("/generic/transaction/", {"uuid": "own:1", "provider": 0, "uid_pay": "OWNORDER", "status": 0})

    def about_it(body: dict[str, Any]) -> None:
        body["resource"].update(custom_id="", supplementary_data={"related_ids": {"order_id": "OWNORDER"}})

    assert shop.forward(changed(only(paypal, CAPTURED), about_it))["reason"] == "mismatch"
    assert shop.transaction(kept["resource_uri"])["status"] == 0


# --- before its time, and never ------------------------------------------------------------------------------------


def test_a_refund_waits_for_the_payment_and_is_applied_with_it(
    shop: Marketplace, paypal: Simulator, captured_elsewhere: Payment
) -> None:
    Elsewhere(paypal).refund("1.00")

    early = forward(shop, paypal, REFUNDED)
    assert (early["status"], early["action"], early["reason"]) == ("OK", "REFUND", "parked")
    assert early["uuid"] == captured_elsewhere["uuid"]
    assert forward(shop, paypal, CAPTURED)["status"] == "OK"

    assert state(shop, captured_elsewhere) == (COMPLETED, "2.49", "1.00")
    assert set(Notification.objects.values_list("state", flat=True)) == {"applied"}
    assert shop.event_types()[-2:] == ["transaction.completed", "refund.completed"]


def test_a_parked_notification_is_tried_again_by_the_worker(
    shop: Marketplace, paypal: Simulator, captured_elsewhere: Payment
) -> None:
    Elsewhere(paypal).refund("1.00")
    forward(shop, paypal, REFUNDED)
    assert shop.check(uuid=captured_elsewhere["uuid"])["status"] == "PARTIALLY_REFUNDED"

    time_passes(seconds=6)
    assert notifications.handle_due() == 1

    assert state(shop, captured_elsewhere) == (COMPLETED, "2.49", "1.00")
    assert Notification.objects.get().state == "ignored"  # the look-up had told already


def forget(payment: Payment) -> None:
    """As after a failover to a machine that the last commits had not reached."""
    rows = Transaction.objects.filter(uuid=payment["uuid"])
    ProviderCall.objects.filter(transaction__in=rows).delete()
    rows.delete()


def test_what_nobody_knows_is_an_orphan_after_a_day_and_raises_the_alarm(
    shop: Marketplace, paypal: Simulator, captured_elsewhere: Payment, caplog: Any
) -> None:
    forget(captured_elsewhere)
    event = only(paypal, CAPTURED)
    answer = shop.forward(event)
    assert (answer["status"], answer["reason"], answer["uuid"]) == ("OK", "parked", None)

    time_passes(hours=23)
    assert notifications.handle_due() == 1
    assert Notification.objects.get().state == "parked"
    time_passes(hours=2)
    assert notifications.handle_due() == 1

    assert shop.event_types()[-1] == "notification.orphan"
    assert any("Notification of something unknown" in line.getMessage() for line in caplog.records)
    again = shop.forward(event)
    assert (again["status"], again["reason"], again["retry"]) == ("ERROR", "orphan", False)
    assert notifications.handle_due() == 0


# --- one effect, whoever tells -------------------------------------------------------------------------------------


def test_a_hundred_deliveries_at_once_are_one_event(
    shop: Marketplace, paypal: Simulator, captured_elsewhere: Payment, settings: Any
) -> None:
    # Twenty threads share a processor here: that the certificates come late must decide nothing.
    settings.SOLITUDE_PAYPAL_TIMEOUT_MS = 60_000
    event = only(paypal, CAPTURED)

    answers = [answer for _ in range(5) for answer in at_once(20, lambda _: Marketplace().forward(event))]

    assert {answer.status for answer in answers} == {200}
    assert [answer["status"] for answer in answers].count("OK") == 1
    assert shop.event_types().count("transaction.completed") == 1
    assert Notification.objects.count() == 1


def test_a_lost_answer_is_found_in_the_notification(
    shop: Marketplace, paypal: Simulator, app_id: str, preapproved: str
) -> None:
    paypal.fault("create_order", "disconnect_after")
    unclear = shop.pay(app_id, user_id=preapproved, use_preapproval=True)
    assert unclear.status == 504

    answer = forward(shop, paypal, CAPTURED)

    assert (answer["status"], answer["uuid"]) == ("OK", unclear["uuid"])
    call = call_of(unclear["transaction"])
    assert (call.outcome, call.tries) == ("succeeded", 2)
    assert state(shop, unclear.json) == (COMPLETED, "2.49", "0.00")
    assert shop.get("/services/uncertain/")["count"] == 0
    assert len(paypal.calls("create_order")) == 1


def test_a_lost_refund_is_found_in_the_notification(shop: Marketplace, paypal: Simulator, paid: Payment) -> None:
    paypal.fault("refund", "disconnect_after")
    lost = shop.refund(uuid=paid["uuid"], amount="1.00")

    answer = forward(shop, paypal, REFUNDED)

    assert (answer["status"], answer["action"], answer["uuid"]) == ("OK", "REFUND", lost["uuid"])
    assert call_of(lost["transaction"], "refund").outcome == "succeeded"
    assert state(shop, paid) == (COMPLETED, "2.49", "1.00")


def test_a_slow_refund_is_done_when_paypal_tells(shop: Marketplace, paypal: Simulator) -> None:
    payment = shop.pay(shop.product("slowrefund-told@dev.example"))
    paypal.approve(payment["pay_url"])
    shop.check(uuid=payment["uuid"])
    slow = shop.refund(uuid=payment["uuid"])
    assert slow["status"] == "PENDING"
    paypal.advance(4 * 24 * 3600)

    assert forward(shop, paypal, REFUNDED)["status"] == "OK"

    assert shop.transaction(slow["transaction"])["status"] == COMPLETED
    assert state(shop, payment.json) == (COMPLETED, "2.49", "2.49")


def test_a_refund_that_we_thought_refused_is_corrected(shop: Marketplace, paypal: Simulator, paid: Payment) -> None:
    """Its amount was free again and may have been refunded anew: what PayPal did is recorded all the same, and marked."""
    paypal.fault("refund", "disconnect_after")
    lost = shop.refund(uuid=paid["uuid"])
    told = only(paypal, REFUNDED)
    # As if evidence had said otherwise before.
    row = Transaction.objects.get(uuid=lost["uuid"])
    ProviderCall.objects.filter(transaction=row).update(outcome="declined")
    Transaction.objects.filter(pk=row.pk).update(status=FAILED)
    Transaction.objects.filter(uuid=paid["uuid"]).update(refund_claimed_amount=0)

    answer = shop.forward(told)

    assert (answer["status"], answer["uuid"]) == ("OK", lost["uuid"])
    assert state(shop, paid) == (COMPLETED, "2.49", "2.49")
    assert shop.event_types()[-1] == "refund.corrected"
    assert shop.refund(uuid=paid["uuid"]).status == 409


@pytest.mark.parametrize(
    ("decision", "status", "ends"), [("accept", COMPLETED, "completed"), ("deny", FAILED, "failed")]
)
def test_a_review_ends_by_notification(
    shop: Marketplace, paypal: Simulator, app_id: str, decision: str, status: int, ends: str
) -> None:
    payment = shop.pay(app_id)
    paypal.approve(payment["pay_url"], funding="review")
    assert shop.check(uuid=payment["uuid"])["status"] == "PENDING"
    late = only(paypal, "PAYMENT.CAPTURE.PENDING")
    decide_review(paypal, decision)

    answer = shop.forward(paypal.told()[-1])
    assert (answer["status"], answer["action"]) == ("OK", "PAYMENT")
    # What PayPal said before comes after it, and changes nothing.
    assert shop.forward(late)["reason"] == "known_already"

    assert state(shop, payment.json)[0] == status
    assert shop.event_types()[-1] == f"transaction.{ends}"


def test_a_repeat_whose_payment_was_denied_in_the_meantime_is_refused(
    shop: Marketplace, paypal: Simulator, app_id: str
) -> None:
    """Its first request died before it could keep its answer, which would have been "pending"."""
    buyer = shop.buyer()["uuid"]
    asked = shop.preapproval(buyer)
    paypal.approve(asked["paypal_url"], funding="review")
    shop.put(asked["resource_uri"], {})
    key, body = {"Idempotency-Key": "denied"}, {"user_id": buyer, "use_preapproval": True}
    assert shop.pay(app_id, headers=key, **body)["status"] == "pending"
    IdempotencyKey.objects.update(status=None, answer=None, claimed_at=timezone.now() - timedelta(hours=1))
    decide_review(paypal, "deny")
    assert shop.forward(paypal.told()[-1])["status"] == "OK"

    again = shop.pay(app_id, headers=key, **body)

    assert (again.status, again["paypal"]["__all__"][0]["code"]) == (422, "CAPTURE_DECLINED")
    assert Transaction.objects.count() == 1


def test_an_approval_that_ended_cancels_the_payment(shop: Marketplace, paypal: Simulator, approved: Payment) -> None:
    paypal.advance(4 * 3600)
    paypal.state()

    answer = forward(shop, paypal, "CHECKOUT.PAYMENT-APPROVAL.REVERSED")

    assert answer["status"] == "OK"
    assert state(shop, approved)[0] == CANCELLED


def test_an_approval_that_ended_does_not_end_what_paypal_holds(
    shop: Marketplace, paypal: Simulator, app_id: str, believing: None
) -> None:
    """It was taken: whether it comes, PayPal's review says."""
    payment = shop.pay(app_id)
    paypal.approve(payment["pay_url"], funding="review")
    shop.check(uuid=payment["uuid"])
    before = shop.event_types()

    def reverse(body: dict[str, Any]) -> None:
        body["event_type"] = "CHECKOUT.PAYMENT-APPROVAL.REVERSED"
        body["resource"]["order_id"] = body["resource"].pop("id")

    told = shop.forward(changed(only(paypal, APPROVED), reverse))

    assert (told["status"], told["reason"]) == ("IGNORED", "known_already")
    assert (state(shop, payment.json)[0], shop.event_types()) == (PENDING, before)
    decide_review(paypal, "accept")
    assert shop.forward(paypal.told()[-1])["status"] == "OK"
    assert state(shop, payment.json)[0] == COMPLETED


# --- disputes ------------------------------------------------------------------------------------------------------


def test_a_dispute_is_told_and_moves_nothing(shop: Marketplace, paypal: Simulator, paid: Payment) -> None:
    (capture,) = paypal.captured()
    dispute = paypal.dispute(capture["id"])

    answer = forward(shop, paypal, OPENED)

    assert (answer["status"], answer["action"], answer["uuid"]) == ("OK", "DISPUTE", paid["uuid"])
    event = shop.get("/events/?limit=1000")["events"][-1]
    assert (event["type"], event["data"]["dispute"], event["data"]["amount"]) == ("dispute.opened", dispute, "2.49")
    assert state(shop, paid) == (COMPLETED, "2.49", "0.00")


@pytest.mark.parametrize("order", [(OPENED, REVERSED, RESOLVED), (RESOLVED, REVERSED), (REVERSED, RESOLVED, OPENED)])
def test_a_dispute_for_the_buyer_takes_the_money_back_once(
    shop: Marketplace, paypal: Simulator, paid: Payment, order: tuple[str, ...]
) -> None:
    """PayPal tells of it twice: with the dispute's end, and as a reversal."""
    (capture,) = paypal.captured()
    paypal.resolve(paypal.dispute(capture["id"]), FOR_BUYER)

    for event_type in order:
        forward(shop, paypal, event_type)

    (reversal,) = Transaction.objects.filter(type=2)
    assert (reversal.status, reversal.uid_pay, str(reversal.amount)) == (
        COMPLETED, paypal.state()["reversals"][0]["id"], "2.4900",
    )  # fmt: skip
    assert state(shop, paid) == (COMPLETED, "2.49", "2.49")
    types = shop.event_types()
    assert types.count("reversal.completed") == types.count("dispute.opened") == types.count("dispute.resolved") == 1
    assert shop.refund(uuid=paid["uuid"])["code"] == "refund_exceeds_captured"


def test_a_dispute_for_the_seller_leaves_the_money(shop: Marketplace, paypal: Simulator, paid: Payment) -> None:
    (capture,) = paypal.captured()
    paypal.resolve(paypal.dispute(capture["id"]), FOR_SELLER)

    assert [forward(shop, paypal, kind)["status"] for kind in (OPENED, RESOLVED)] == ["OK", "OK"]

    assert state(shop, paid) == (COMPLETED, "2.49", "0.00")
    assert shop.event_types()[-1] == "dispute.resolved"


def test_a_dispute_about_a_payment_that_paypal_holds_is_told_at_once_and_takes_money_back_when_there_is_some(
    shop: Marketplace, paypal: Simulator, app_id: str
) -> None:
    held = shop.pay(app_id)
    paypal.approve(held["pay_url"], funding="review")
    assert shop.check(uuid=held["uuid"])["status"] == "PENDING"
    # Its end overtakes the news that it is paid.
    decide_review(paypal, "accept")
    (capture,) = paypal.captured()
    paypal.resolve(paypal.dispute(capture["id"]), FOR_BUYER)

    opened, ended = forward(shop, paypal, OPENED), forward(shop, paypal, RESOLVED)

    assert (opened["status"], opened["reason"], ended["reason"]) == ("OK", None, "parked")
    assert shop.event_types()[-1] == "dispute.opened"
    assert state(shop, held.json) == (PENDING, None, None)
    forward(shop, paypal, CAPTURED)
    assert state(shop, held.json) == (COMPLETED, "2.49", "2.49")
    assert shop.event_types()[-1] == "dispute.resolved"


def test_what_is_told_of_a_payment_that_paypal_holds_for_days_waits_for_it(
    shop: Marketplace, paypal: Simulator, app_id: str
) -> None:
    held = shop.pay(app_id)
    paypal.approve(held["pay_url"], funding="review")
    assert shop.check(uuid=held["uuid"])["status"] == "PENDING"
    decide_review(paypal, "accept")
    (capture,) = paypal.captured()
    paypal.resolve(paypal.dispute(capture["id"]), FOR_BUYER)
    assert forward(shop, paypal, RESOLVED)["reason"] == "parked"

    for _ in range(3):
        time_passes(days=1)
        assert notifications.handle_due() == 1

    assert "notification.orphan" not in shop.event_types()
    forward(shop, paypal, CAPTURED)
    assert state(shop, held.json) == (COMPLETED, "2.49", "2.49")


def returns(payment: Payment) -> list[tuple[int, int, str]]:
    """What went back of a payment: type, status and amount."""
    rows = Transaction.objects.filter(related__uuid=payment["uuid"]).order_by("pk")
    return [(row.type, row.status, f"{row.amount:.2f}") for row in rows]


def ended_for_buyer(event: dict[str, Any], dispute: str, value: str, *, opened: datetime) -> dict[str, Any]:
    """As an event of PayPal's about another dispute, that was opened then: that it has ended, and that so much went back."""

    def end(body: dict[str, Any]) -> None:
        amount = {"currency_code": "EUR", "value": value}
        outcome = {"outcome_code": FOR_BUYER, "amount_refunded": amount}
        body.update(id=f"WH-{dispute}", event_type=RESOLVED)
        body["resource"].update(
            dispute_id=dispute, status="RESOLVED", create_time=opened.isoformat(), dispute_outcome=outcome
        )

    return changed(event, end)


@pytest.mark.parametrize("order", [(OPENED, RESOLVED), (RESOLVED, OPENED), (RESOLVED,)])
def test_our_refund_during_a_dispute_is_the_money_that_its_end_tells_of(
    shop: Marketplace, paypal: Simulator, paid: Payment, order: tuple[str, ...]
) -> None:
    (capture,) = paypal.captured()
    dispute = paypal.dispute(capture["id"])
    refund = shop.refund(uuid=paid["uuid"])
    paypal.resolve(dispute, FOR_BUYER, refunded_before=True)

    assert {forward(shop, paypal, event_type)["status"] for event_type in order} <= {"OK", "IGNORED"}

    assert returns(paid) == [(1, COMPLETED, "2.49")]
    assert state(shop, paid) == (COMPLETED, "2.49", "2.49")
    (ended,) = [one for one in shop.get("/events/?limit=1000")["events"] if one["type"] == "dispute.resolved"]
    assert ended["data"]["related"] == refund["transaction"]


def test_of_our_refunds_one_ends_one_dispute_that_was_opened_before_it(
    shop: Marketplace, paypal: Simulator, paid: Payment, believing: None
) -> None:
    shop.refund(uuid=paid["uuid"], amount="0.50")
    (capture,) = paypal.captured()
    paypal.dispute(capture["id"])
    event, minute = only(paypal, OPENED), timedelta(minutes=1)

    shop.forward(ended_for_buyer(event, "PP-D-1", "0.50", opened=timezone.now() - minute))
    assert returns(paid) == [(1, COMPLETED, "0.50")]

    # That refund was the end of another one.
    shop.forward(ended_for_buyer(event, "PP-D-2", "0.50", opened=timezone.now() - minute))
    assert returns(paid)[1:] == [(2, COMPLETED, "0.50")]


def test_a_refund_of_before_a_dispute_was_opened_is_not_what_it_ends_with(
    shop: Marketplace, paypal: Simulator, paid: Payment, believing: None
) -> None:
    shop.refund(uuid=paid["uuid"], amount="0.50")
    (capture,) = paypal.captured()
    paypal.dispute(capture["id"])

    shop.forward(ended_for_buyer(only(paypal, OPENED), "PP-D-1", "0.50", opened=timezone.now()))

    assert returns(paid) == [(1, COMPLETED, "0.50"), (2, COMPLETED, "0.50")]


def test_what_is_back_already_whole_goes_back_once_more_only_if_it_has_an_id(
    shop: Marketplace, paypal: Simulator, paid: Payment
) -> None:
    """Refunded before the buyer complained; PayPal takes it back all the same."""
    shop.refund(uuid=paid["uuid"])
    (capture,) = paypal.captured()
    paypal.resolve(paypal.dispute(capture["id"]), FOR_BUYER)

    forward(shop, paypal, RESOLVED)
    assert returns(paid) == [(1, COMPLETED, "2.49")]
    forward(shop, paypal, REVERSED)

    assert returns(paid) == [(1, COMPLETED, "2.49"), (2, COMPLETED, "2.49")]
    assert state(shop, paid) == (COMPLETED, "2.49", "4.98")
    assert Transaction.objects.get(type=2).status_reason == "EXCEEDS_CAPTURED"


@pytest.mark.parametrize("order", [(RESOLVED, REVERSED), (REVERSED, RESOLVED)])
def test_money_that_is_told_as_reversed_is_recorded_beside_our_refund(
    shop: Marketplace, paypal: Simulator, paid: Payment, order: tuple[str, ...]
) -> None:
    (capture,) = paypal.captured()
    dispute = paypal.dispute(capture["id"])
    shop.refund(uuid=paid["uuid"])
    paypal.resolve(dispute, FOR_BUYER)

    for event_type in order:
        assert forward(shop, paypal, event_type)["status"] == "OK"

    assert returns(paid) == [(1, COMPLETED, "2.49"), (2, COMPLETED, "2.49")]
    assert Dispute.objects.get().reversal == Transaction.objects.get(type=2)


def test_a_refund_that_fails_after_a_dispute_has_ended_by_it_was_not_the_money_that_went_back(
    shop: Marketplace, paypal: Simulator, paid: Payment
) -> None:
    (capture,) = paypal.captured()
    dispute = paypal.dispute(capture["id"])
    paypal.fault("refund", "disconnect_before")
    assert shop.refund(uuid=paid["uuid"]).status == 504
    paypal.resolve(dispute, FOR_BUYER)
    forward(shop, paypal, RESOLVED)
    assert returns(paid) == [(1, PENDING, "2.49")]

    # PayPal refuses what is in dispute, or was taken back.
    assert shop.check(uuid=Transaction.objects.get(type=1).uuid).status == 201
    forward(shop, paypal, REVERSED)

    assert returns(paid) == [(1, FAILED, "2.49"), (2, COMPLETED, "2.49")]
    assert state(shop, paid) == (COMPLETED, "2.49", "2.49")


@pytest.fixture
def opened(paypal: Simulator, paid: Payment) -> dict[str, Any]:
    """The event of a dispute about the payment."""
    (capture,) = paypal.captured()
    paypal.dispute(capture["id"])
    return only(paypal, OPENED)


STRANGER = {"seller_transaction_id": "5OKKWB7TEYRYC5F6L", "custom": "of-another-shop"}


@pytest.mark.parametrize("named_by", ["seller_transaction_id", "custom"])
@pytest.mark.parametrize("strangers", [0, 999])
def test_a_dispute_names_our_payment_by_its_capture_or_by_our_reference_among_up_to_a_thousand(
    shop: Marketplace, paid: Payment, opened: dict[str, Any], believing: None, named_by: str, strangers: int
) -> None:
    def about_many(body: dict[str, Any]) -> None:
        (ours,) = body["resource"]["disputed_transactions"]
        others = [STRANGER, {"buyer_transaction_id": "1"}, *[STRANGER] * strangers][:strangers]
        body["resource"]["disputed_transactions"] = [*others, {named_by: ours[named_by]}]

    answer = shop.forward(changed(opened, about_many))

    assert (answer["status"], answer["uuid"]) == ("OK", paid["uuid"])
    assert shop.event_types()[-1] == "dispute.opened"


def test_a_dispute_about_several_of_our_payments_is_refused_and_says_so(
    shop: Marketplace, paypal: Simulator, paid: Payment, opened: dict[str, Any], app_id: str, believing: None
) -> None:
    other = shop.pay(app_id)

    def about_both(body: dict[str, Any]) -> None:
        body["resource"]["disputed_transactions"] += [STRANGER, {"custom": call_of(other["transaction"]).key}]

    assert shop.forward(changed(opened, about_both))["reason"] == "mismatch"
    assert Notification.objects.get().reason == "mismatch:several_payments"
    assert not Dispute.objects.exists()


def test_a_dispute_about_payments_of_others_alone_waits_like_one_about_nothing_known(
    shop: Marketplace, paid: Payment, opened: dict[str, Any], believing: None
) -> None:
    strangers = changed(opened, lambda body: body["resource"].update(disputed_transactions=[STRANGER] * 2))
    nameless = changed(opened, lambda body: body["resource"].update(disputed_transactions=[{}]))

    assert (shop.forward(strangers)["reason"], shop.forward(nameless)["reason"]) == ("parked", "not_understood")


@pytest.mark.parametrize("value", ["0.00", None])
def test_a_dispute_that_ends_without_a_sum_takes_none_back(
    shop: Marketplace, paypal: Simulator, paid: Payment, opened: dict[str, Any], believing: None, value: str | None
) -> None:
    def end(body: dict[str, Any]) -> None:
        refunded = {"amount_refunded": {"currency_code": "EUR", "value": value}} if value else {}
        del body["resource"]["dispute_amount"]
        body["resource"].update(status="RESOLVED", dispute_outcome={"outcome_code": FOR_BUYER, **refunded})

    assert shop.forward(changed(opened, end))["status"] == "OK"

    assert shop.event_types()[-1] == "dispute.resolved"
    assert (returns(paid), state(shop, paid)) == ([], (COMPLETED, "2.49", "0.00"))


@pytest.fixture
def appealed(paypal: Simulator, paid: Payment, request: pytest.FixtureRequest) -> list[dict[str, Any]]:
    """The events of a dispute that ended in one way and, after an appeal, in the other: its first end, what was reversed, its last end."""
    (capture,) = paypal.captured()
    dispute = paypal.dispute(capture["id"])
    for end in request.param:
        if paypal.told(RESOLVED):
            paypal.appeal(dispute)
        # PayPal's times are of milliseconds.
        paypal.advance(60)
        paypal.resolve(dispute, end)
    first, last = paypal.told(RESOLVED)
    return [first, only(paypal, REVERSED), last]


@pytest.mark.parametrize("order", list(permutations(range(3))))
@pytest.mark.parametrize("appealed", [(FOR_BUYER, FOR_SELLER)], indirect=True)
def test_a_dispute_that_ends_for_the_seller_after_an_appeal_undoes_the_reversal(
    shop: Marketplace, paid: Payment, appealed: list[dict[str, Any]], order: tuple[int, ...]
) -> None:
    for number in order:
        shop.forward(appealed[number])

    assert returns(paid) == [(2, CANCELLED, "2.49")]
    assert state(shop, paid) == (COMPLETED, "2.49", "0.00")
    assert Dispute.objects.get().resolved == "for_seller"
    assert shop.refund(uuid=paid["uuid"], amount="1.00").status == 201


@pytest.mark.parametrize("order", list(permutations(range(3))))
@pytest.mark.parametrize("appealed", [(FOR_SELLER, FOR_BUYER)], indirect=True)
def test_a_dispute_that_ends_for_the_buyer_after_an_appeal_takes_the_money_back(
    shop: Marketplace, paid: Payment, appealed: list[dict[str, Any]], order: tuple[int, ...]
) -> None:
    for number in order:
        shop.forward(appealed[number])

    assert returns(paid) == [(2, COMPLETED, "2.49")]
    assert state(shop, paid) == (COMPLETED, "2.49", "2.49")
    assert Dispute.objects.get().resolved == "for_buyer"


@pytest.mark.parametrize("appealed", [(FOR_BUYER, FOR_SELLER)], indirect=True)
def test_a_dispute_that_ended_before_its_time_was_kept_ends_anew_and_is_not_opened_again(
    shop: Marketplace, paypal: Simulator, paid: Payment, appealed: list[dict[str, Any]]
) -> None:
    shop.forward(appealed[0])
    Dispute.objects.update(told_at=None)

    assert forward(shop, paypal, OPENED)["reason"] == "known_already"
    assert Dispute.objects.get().resolved == "for_buyer"
    assert shop.forward(appealed[2])["status"] == "OK"
    assert state(shop, paid) == (COMPLETED, "2.49", "0.00")


def test_a_refund_that_fails_after_the_dispute_that_had_ended_by_it_ended_for_the_seller_leaves_the_money(
    shop: Marketplace, paypal: Simulator, paid: Payment
) -> None:
    (capture,) = paypal.captured()
    dispute = paypal.dispute(capture["id"])
    paypal.fault("refund", "disconnect_before")
    refund = shop.refund(uuid=paid["uuid"])
    for end in (FOR_BUYER, FOR_SELLER):
        paypal.advance(60)
        paypal.resolve(dispute, end)
        paypal.appeal(dispute)
    for event in paypal.told(RESOLVED):
        shop.forward(event)
    assert returns(paid) == [(1, PENDING, "2.49")]

    paypal.fault("refund", "issue:REFUND_FAILED_INSUFFICIENT_FUNDS")
    shop.check(uuid=refund["uuid"])

    assert returns(paid) == [(1, FAILED, "2.49"), (2, CANCELLED, "2.49")]
    assert state(shop, paid) == (COMPLETED, "2.49", "0.00")
    forward(shop, paypal, REVERSED)
    assert state(shop, paid) == (COMPLETED, "2.49", "0.00")


@pytest.mark.parametrize("order", list(permutations(range(3))))
@pytest.mark.parametrize("appealed", [(FOR_BUYER, FOR_SELLER)], indirect=True)
def test_beside_our_refund_a_reversal_is_undone_too_by_the_last_end_of_its_dispute(
    shop: Marketplace, paypal: Simulator, paid: Payment, order: tuple[int, ...], appealed: list[dict[str, Any]]
) -> None:
    shop.refund(uuid=paid["uuid"])
    for number in order:
        shop.forward(appealed[number])

    assert returns(paid) == [(1, COMPLETED, "2.49"), (2, CANCELLED, "2.49")]
    assert state(shop, paid) == (COMPLETED, "2.49", "2.49")


def test_the_same_end_told_again_later_takes_nothing_back_that_has_come_again(
    shop: Marketplace, paypal: Simulator, paid: Payment, believing: None
) -> None:
    (capture,) = paypal.captured()
    paypal.resolve(paypal.dispute(capture["id"]), FOR_BUYER)
    forward(shop, paypal, RESOLVED)
    # As an IPN tells that sooner than the dispute does.
    Transaction.objects.filter(type=2).update(status=CANCELLED)

    def later(body: dict[str, Any]) -> None:
        body.update(id="WH-LATER")
        body["resource"].update(update_time=(timezone.now() + timedelta(minutes=1)).isoformat())

    assert shop.forward(changed(only(paypal, RESOLVED), later))["reason"] == "known_already"
    assert returns(paid) == [(2, CANCELLED, "2.49")]


def test_each_end_of_a_dispute_is_told(shop: Marketplace, paypal: Simulator, paid: Payment) -> None:
    (capture,) = paypal.captured()
    dispute = paypal.dispute(capture["id"])
    for end in (FOR_BUYER, FOR_SELLER, FOR_BUYER):
        if end != FOR_BUYER or paypal.told(RESOLVED):
            paypal.advance(60)
            paypal.appeal(dispute)
        paypal.advance(60)
        paypal.resolve(dispute, end)
    events = [event for event in paypal.told() if "DISPUTE" in event["event_type"] or event["event_type"] == REVERSED]

    for event in events:
        shop.forward(event)

    told = [event for event in shop.get("/events/?limit=1000")["events"] if event["type"].startswith("dispute.")]
    assert [(event["type"], event["data"]["resolved"]) for event in told] == [
        ("dispute.opened", "no"),
        ("dispute.resolved", "for_buyer"),
        ("dispute.updated", "no"),
        ("dispute.resolved", "for_seller"),
        ("dispute.updated", "no"),
        ("dispute.resolved", "for_buyer"),
    ]
    assert returns(paid) == [(2, CANCELLED, "2.49"), (2, COMPLETED, "2.49")]
    assert state(shop, paid) == (COMPLETED, "2.49", "2.49")
    before = shop.event_types()
    assert [shop.forward(event)["status"] for event in events] == ["IGNORED"] * len(events)
    assert shop.event_types() == before


def test_a_claim_that_the_seller_accepts_is_one_refund(shop: Marketplace, paypal: Simulator, paid: Payment) -> None:
    (capture,) = paypal.captured()
    paypal.resolve(paypal.dispute(capture["id"]), "ACCEPTED")

    for event_type in (RESOLVED, REFUNDED):
        forward(shop, paypal, event_type)

    assert Transaction.objects.filter(related__uuid=paid["uuid"]).count() == 1
    assert state(shop, paid) == (COMPLETED, "2.49", "2.49")


# --- crashes -------------------------------------------------------------------------------------------------------


class Died(BaseException):
    """The process is gone."""


@pytest.mark.parametrize("moment", ["verifying", "reading", "applying", "ending"])
def test_a_process_that_dies_at_it_leaves_it_to_others(
    shop: Marketplace, paypal: Simulator, captured_elsewhere: Payment, moment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: Any, **__: Any) -> Any:
        raise Died

    inbound = registry.inbound("paypal")
    with monkeypatch.context() as patch:
        match moment:
            case "verifying":
                patch.setattr(inbound, "verify", die)
            case "reading":
                patch.setattr(inbound, "read", die)
            case "applying":
                patch.setattr(news, "apply", die)
            case "ending":
                patch.setattr(notifications, "_end", die)
        with pytest.raises(Died):
            forward(shop, paypal, CAPTURED)
    assert state(shop, captured_elsewhere)[0] == PENDING

    held = forward(shop, paypal, CAPTURED)
    # Nobody can know whether the process still lives.
    assert (held["status"], held["reason"], held["retry"]) == ("ERROR", "in_progress", True)
    Notification.objects.update(leased_until=timezone.now() - timedelta(hours=1))
    assert notifications.handle_due() == 1

    assert state(shop, captured_elsewhere)[0] == COMPLETED
    assert shop.event_types().count("transaction.completed") == 1


# --- who stood still past its lease --------------------------------------------------------------------------------


GENUINE = (Verdict.GENUINE, "")
FORGED = (Verdict.FORGED, "bad_signature")
UNDECIDED = (Verdict.UNDECIDED, "certificate_unreachable")


@pytest.mark.parametrize("heard", [FORGED, UNDECIDED])
def test_what_another_one_has_applied_stays_applied_whatever_a_dawdler_has_heard_of_it(
    shop: Marketplace,
    paypal: Simulator,
    captured_elsewhere: Payment,
    monkeypatch: pytest.MonkeyPatch,
    security_events: list[str],
    heard: tuple[Verdict, str],
) -> None:
    dawdles(monkeypatch, registry.inbound("paypal"), heard)

    answer = forward(shop, paypal, CAPTURED)

    # PayPal has nothing to try again.
    assert (answer["status"], answer["uuid"], answer["retry"]) == ("IGNORED", captured_elsewhere["uuid"], False)
    assert Notification.objects.get().state == "applied"
    assert security_events == []
    assert notifications.handle_due() == 0


@pytest.mark.parametrize("problem", [NotUnderstood, CannotRead])
def test_nor_by_one_that_cannot_read_it(
    shop: Marketplace,
    paypal: Simulator,
    captured_elsewhere: Payment,
    monkeypatch: pytest.MonkeyPatch,
    problem: type[Exception],
) -> None:
    """Another one has a newer version of this server, or the key that this one lacks."""
    inbound = registry.inbound("paypal")

    def cannot_read(*_: object) -> Any:
        raise problem("event_type")

    def meanwhile() -> None:
        another_takes_it_over()
        monkeypatch.setattr(inbound, "read", cannot_read)

    dawdles(monkeypatch, inbound, GENUINE, meanwhile)

    assert forward(shop, paypal, CAPTURED)["status"] == "IGNORED"
    assert Notification.objects.get().state == "applied"


@pytest.mark.parametrize("is_too_old", [True, False])
def test_what_a_dawdler_has_missed_is_no_orphan_once_another_one_has_found_and_applied_it(
    shop: Marketplace,
    paypal: Simulator,
    captured_elsewhere: Payment,
    monkeypatch: pytest.MonkeyPatch,
    is_too_old: bool,
) -> None:
    key, asked = call_of(captured_elsewhere["transaction"]).key, list[bool]()
    ProviderCall.objects.filter(key=key).update(key="not there yet")
    Transaction.objects.update(uid_pay="not there yet")

    def stand_still(_: object) -> bool:
        if not asked:
            asked.append(is_too_old)
            ProviderCall.objects.update(key=key)
            Transaction.objects.update(uid_pay=captured_elsewhere["paykey"])
            another_takes_it_over()
        return is_too_old

    monkeypatch.setattr(notifications, "_is_too_old", stand_still)

    assert forward(shop, paypal, CAPTURED)["status"] == "IGNORED"
    assert asked
    assert state(shop, captured_elsewhere)[0] == COMPLETED
    assert Notification.objects.get().state == "applied"
    assert "notification.orphan" not in shop.event_types()


def test_a_contradiction_that_a_dawdler_has_seen_does_not_refuse_what_another_one_has_applied(
    shop: Marketplace, paypal: Simulator, captured_elsewhere: Payment, monkeypatch: pytest.MonkeyPatch
) -> None:
    apply, asked = news.apply, list[str]()

    def contradicts(provider: str, notice: Any) -> Any:
        if asked:
            return apply(provider, notice)
        asked.append("")
        raise Mismatch("amount")

    monkeypatch.setattr(news, "apply", contradicts)
    monkeypatch.setattr(notifications.log, "error", lambda *_, **__: another_takes_it_over())

    assert forward(shop, paypal, CAPTURED)["status"] == "IGNORED"
    assert Notification.objects.get().state == "applied"


def test_a_dawdler_ends_nothing_that_another_one_is_at(
    shop: Marketplace, paypal: Simulator, captured_elsewhere: Payment, monkeypatch: pytest.MonkeyPatch
) -> None:
    inbound = registry.inbound("paypal")

    def die(*_: object) -> Any:
        raise Died

    def another_dies_at_it() -> None:
        with monkeypatch.context() as patch:
            patch.setattr(inbound, "read", die)
            with pytest.raises(Died):
                another_takes_it_over()

    dawdles(monkeypatch, inbound, FORGED, another_dies_at_it)

    answer = forward(shop, paypal, CAPTURED)

    assert (answer["status"], answer["reason"], answer["retry"]) == ("ERROR", "in_progress", True)
    another_takes_it_over()
    assert state(shop, captured_elsewhere)[0] == COMPLETED


def test_a_message_that_says_less_than_it_should_is_told_from_a_forged_one() -> None:
    with pytest.raises(NotUnderstood):
        registry.inbound("paypal").read(
            {}, b'{"id": "WH-1", "event_type": "PAYMENT.CAPTURE.COMPLETED", "resource": {}}'
        )
