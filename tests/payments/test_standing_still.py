"""Who stands still for longer than its lease lets another go on, and does nothing afterwards of which that one does not know."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.conf import settings
from django.db import connections, transaction
from tests.payments.passing import make_due
from tests.payments.test_notifications import changed, time_passes
from tests.payments.test_recovery import dying
from tests.payments.world import end_leases, nothing_happens
from tests.support.marketplace import Answer, Marketplace
from tests.support.simulator import Simulator

from solitude import clocks, failpoints
from solitude.payments import calls, leases, notifications, recovery
from solitude.payments.contract import Call, Evidence, Operation, Outcome, Result, Seen, Verdict
from solitude.payments.models import Notification, ProviderCall
from solitude.providers.paypal.rest import repeats, verification
from solitude.providers.paypal.rest.payments import Payments
from solitude.providers.paypal.rest.verification import Verified
from solitude.transactions.models import Transaction

COMPLETED, CANCELLED = 1, 5
WITHIN_S = 30
real_now_s = clocks.now_s


def about_to_be_declined(shop: Marketplace, paypal: Simulator, app_id: str) -> Answer:
    """A payment whose capture PayPal would decline, left by a process that died before it sent that."""
    begun = shop.pay(app_id)
    paypal.approve(begun["pay_url"], funding="declined")
    with dying(failpoints.AFTER_INTENT, "capture"):
        shop.check(uuid=begun["uuid"])
    make_due()
    return begun


class InThread(threading.Thread):
    """Does something in a session of its own."""

    def __init__(self, do: Callable[[], object]) -> None:
        super().__init__()
        self._do = do

    def run(self) -> None:
        try:
            self._do()
        finally:
            connections.close_all()


@contextmanager
def standing_still_before_sending(meanwhile: Callable[[], object]) -> Iterator[None]:
    """A process that has begun a call stands still for longer than its lease, while others do something in a thread of their own."""
    others: list[threading.Thread] = []

    def stand_still(name: str) -> None:
        if name != failpoints.BEFORE_SEND or others or not ProviderCall.objects.filter(outcome="none").exists():
            return
        others.append(InThread(meanwhile))
        others[0].start()
        others[0].join(30)
        clock.setattr(clocks, "now_s", lambda: real_now_s() + settings.SOLITUDE_CALL_LEASE_S)

    with pytest.MonkeyPatch.context() as clock, failpoints.hooked(stand_still):
        yield
    assert others


def test_a_process_that_stood_still_longer_than_its_lease_sends_nothing(
    shop: Marketplace, paypal: Simulator, app_id: str, preapproved: str
) -> None:
    with standing_still_before_sending(lambda: None):
        answer = shop.pay(app_id, user_id=preapproved, use_preapproval=True)

    assert (answer.status, answer["code"]) == (502, "provider_unreachable")
    assert paypal.calls("create_order") == []
    assert ProviderCall.objects.get(operation="pay").outcome == "not_sent"


def test_what_was_cancelled_after_another_heard_that_it_is_declined_is_not_taken_by_who_stood_still(
    shop: Marketplace, paypal: Simulator, app_id: str
) -> None:
    """To PayPal its request would be another one: what was declined is not remembered under its key."""
    begun = shop.pay(app_id)
    paypal.approve(begun["pay_url"], funding="declined")
    cancelled: list[Answer] = []

    def cancel() -> None:
        end_leases()
        cancelled.append(Marketplace().cancel(uuid=begun["uuid"]))
        paypal.approve(begun["pay_url"])

    with standing_still_before_sending(cancel):
        shop.check(uuid=begun["uuid"])

    assert [answer["status"] for answer in cancelled] == ["CANCELLED"]
    assert paypal.captured() == []
    assert Transaction.objects.get().status == CANCELLED


def test_nor_is_it_by_a_worker_that_has_taken_it_over_and_then_stood_still(
    shop: Marketplace, paypal: Simulator, app_id: str
) -> None:
    begun = about_to_be_declined(shop, paypal, app_id)

    def hear_that_it_is_declined_and_cancel() -> None:
        make_due()
        assert recovery.run_once() == 1
        assert Marketplace().cancel(uuid=begun["uuid"])["status"] == "CANCELLED"
        paypal.approve(begun["pay_url"])

    with standing_still_before_sending(hear_that_it_is_declined_and_cancel):
        assert recovery.run_once() == 1

    assert paypal.captured() == []
    assert Transaction.objects.get().status == CANCELLED
    heard = ProviderCall.objects.get(operation="capture")
    assert (heard.outcome, heard.tries) == ("declined", 1)


class TwoWorkers:
    """The first has heard an answer, and stands still past its lease before it records it; the second has taken the call over in time,
    and is about to send."""

    def __init__(self) -> None:
        self._heard, self._record, self._sends, self._send = (threading.Event() for _ in range(4))
        self._first: InThread | None = None
        self._second: InThread | None = None

    @contextmanager
    def at_it(self) -> Iterator[None]:
        """Ends when both have ended; within it the first has recorded what it heard, and the second has not sent."""
        with failpoints.hooked(self._stop):
            self._first = InThread(recovery.run_once)
            self._first.start()
            assert self._heard.wait(WITHIN_S)
            make_due()
            self._second = InThread(recovery.run_once)
            self._second.start()
            assert self._sends.wait(WITHIN_S)
            self._record.set()
            self._first.join(WITHIN_S)
            yield
            self._send.set()
            self._second.join(WITHIN_S)

    def _stop(self, name: str) -> None:
        me = threading.current_thread()
        if me is self._first and name == failpoints.AFTER_ANSWER and not self._heard.is_set():
            self._heard.set()
            assert self._record.wait(WITHIN_S)
        if me is self._second and name == failpoints.BEFORE_SEND and not self._sends.is_set():
            self._sends.set()
            assert self._send.wait(WITHIN_S)


def test_that_a_capture_was_declined_is_not_recorded_while_another_worker_is_at_it(
    shop: Marketplace, paypal: Simulator, app_id: str
) -> None:
    begun = about_to_be_declined(shop, paypal, app_id)

    with TwoWorkers().at_it():
        held = ProviderCall.objects.get(operation="capture")
        told = shop.cancel(uuid=begun["uuid"])
        paypal.approve(begun["pay_url"])

    assert (held.outcome, held.leased_until is None) == ("unknown", False)
    assert (told.status, told["code"]) == (504, "outcome_unknown")
    row = Transaction.objects.get()
    assert (row.status, row.captured_amount) == (COMPLETED, row.amount)
    assert len(paypal.captured()) == 1


def test_nor_is_the_buyer_asked_to_pay_otherwise_who_would_then_pay_twice(
    shop: Marketplace, paypal: Simulator, app_id: str, preapproved: str
) -> None:
    with dying(failpoints.AFTER_INTENT, "pay"):
        shop.pay(app_id, user_id=preapproved, use_preapproval=True)
    make_due()
    paypal.fault("create_order", "issue:INSTRUMENT_DECLINED")

    with TwoWorkers().at_it():
        assert ProviderCall.objects.filter(operation="pay").count() == 1
        assert Transaction.objects.get().pay_url is None

    row = Transaction.objects.get()
    assert (row.status, row.captured_amount) == (COMPLETED, row.amount)
    assert len(paypal.captured()) == 1


def test_a_notification_that_it_came_to_nothing_waits_for_who_is_at_it(
    shop: Marketplace, paypal: Simulator, app_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may be of an earlier try."""
    begun = about_to_be_declined(shop, paypal, app_id)
    (approved,) = paypal.told("CHECKOUT.ORDER.APPROVED")
    monkeypatch.setattr(verification, "verify", lambda *_: Verified(Verdict.GENUINE))

    def call_it_reversed(event: dict[str, Any]) -> None:
        event["event_type"] = "CHECKOUT.PAYMENT-APPROVAL.REVERSED"

    assert leases.take(calls.uncertain(), ProviderCall.objects.get(operation="capture").pk, **leases.TAKEN_OVER)
    told = shop.forward(changed(approved, call_it_reversed))

    assert (told["status"], told["reason"], told["retry"]) == ("OK", "parked", False)
    assert shop.cancel(uuid=begun["uuid"]).status == 504

    end_leases()
    make_due()
    assert recovery.run_once() == 1
    time_passes(minutes=5)
    assert notifications.handle_due() == 1
    assert Notification.objects.get().state == "applied"
    assert Transaction.objects.get().status == CANCELLED
    assert paypal.captured() == []


def test_nor_does_it_end_a_capture_that_is_about_to_be_sent(
    shop: Marketplace, paypal: Simulator, app_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is of an earlier approval, and late; whoever was told by it that nothing is taken would be charged."""
    begun = shop.pay(app_id)
    paypal.approve(begun["pay_url"])
    (approved,) = paypal.told("CHECKOUT.ORDER.APPROVED")
    monkeypatch.setattr(verification, "verify", lambda *_: Verified(Verdict.GENUINE))
    told: list[Answer] = []

    def call_it_reversed(event: dict[str, Any]) -> None:
        event["event_type"] = "CHECKOUT.PAYMENT-APPROVAL.REVERSED"

    def tell(name: str) -> None:
        if name == failpoints.BEFORE_SEND and not told and ProviderCall.objects.filter(operation="capture").exists():
            told.append(shop.forward(changed(approved, call_it_reversed)))
            told.append(shop.cancel(uuid=begun["uuid"]))

    with failpoints.hooked(tell):
        assert shop.check(uuid=begun["uuid"])["status"] == "COMPLETED"

    assert told[0]["reason"] == "parked"
    assert (told[1].status, told[1]["code"]) == (504, "outcome_unknown")
    assert "transaction.corrected" not in shop.event_types()


def test_who_stands_still_before_it_has_read_what_it_has_taken_does_nothing(
    shop: Marketplace, paypal: Simulator, app_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    about_to_be_declined(shop, paypal, app_id)
    take_due = leases.take_due

    def stand_still(*args: Any, **more: Any) -> list[int]:
        taken = take_due(*args, **more)
        make_due()
        assert leases.take(calls.uncertain(), taken[0], **leases.TAKEN_OVER)
        monkeypatch.setattr(clocks, "now_s", lambda: real_now_s() + settings.SOLITUDE_CALL_LEASE_S)
        return taken

    monkeypatch.setattr(leases, "take_due", stand_still)
    with nothing_happens(paypal):
        assert recovery.run_once() == 1

    held = ProviderCall.objects.get(operation="capture")
    assert (held.outcome, held.takeovers, held.tries, held.leased_until is None) == ("none", 2, 0, False)


def test_who_stands_still_between_its_look_and_its_repeat_sends_no_repeat(
    shop: Marketplace, paypal: Simulator, app_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = about_to_be_declined(shop, paypal, app_id)
    again, others = Payments._capture_again, list[threading.Thread]()

    def hear_that_it_is_declined_and_cancel() -> None:
        make_due()
        assert recovery.run_once() == 1
        assert Marketplace().cancel(uuid=begun["uuid"])["status"] == "CANCELLED"
        paypal.approve(begun["pay_url"])

    def stand_still(self: Payments, call: Call, seen: Result) -> Result:
        if not others:
            others.append(InThread(hear_that_it_is_declined_and_cancel))
            others[0].start()
            others[0].join(WITHIN_S)
            monkeypatch.setattr(clocks, "now_s", lambda: real_now_s() + settings.SOLITUDE_CALL_LEASE_S)
        return again(self, call, seen)

    monkeypatch.setattr(Payments, "_capture_again", stand_still)
    assert recovery.run_once() == 1

    assert others
    assert paypal.captured() == []
    assert Transaction.objects.get().status == CANCELLED


def test_money_that_a_provider_took_a_second_time_is_an_alarm(
    shop: Marketplace, paypal: Simulator, paid: dict[str, Any], security_events: list[str]
) -> None:
    ProviderCall.objects.filter(operation="capture").update(outcome="declined")
    row = Transaction.objects.get()
    again = Result(Outcome.SUCCEEDED, evidence=Evidence(Seen.PAID), ids={"capture": "3C679366HH908993F"})

    with transaction.atomic():
        calls.enter(ProviderCall.objects.get(operation="capture"), again)

    (alarm,) = [line for line in security_events if "Money was taken twice for one payment|10|" in line]
    assert f"cs6={row.uuid}" in alarm
    assert "cs7=3C679366HH908993F" in alarm
    row.refresh_from_db()
    assert (row.status, row.captured_amount, row.taken_id) == (COMPLETED, row.amount, paypal.captured()[0]["id"])


def test_a_dawdler_does_not_shorten_the_wait_after_what_another_one_has_sent_since(
    shop: Marketplace, paypal: Simulator, app_id: str
) -> None:
    """Both have heard an error of PayPal's own, and the dawdler is the last to record it."""
    about_to_be_declined(shop, paypal, app_id)
    dawdler = ProviderCall.objects.get(operation="capture")
    assert leases.take(calls.uncertain(), dawdler.pk, **leases.TAKEN_OVER)
    other = ProviderCall.objects.get(operation="capture")

    for held, failed_at_s in ((other, 300), (dawdler, 5)):
        call = Call(Operation.CAPTURE, held.key, held.intended, held.ids, age_s=failed_at_s)
        with transaction.atomic():
            calls.enter(held, repeats.failed_now(Result(Outcome.UNKNOWN), call), held=held.takeovers)

    known = ProviderCall.objects.get(operation="capture")
    later = Call(Operation.CAPTURE, known.key, known.intended, known.ids, age_s=310, facts=known.facts)
    assert repeats.since_failed_s(later) == 10


def test_what_a_notification_tells_is_no_try_and_holds_whoever_was_at_the_call_since_it_was_read(
    shop: Marketplace, paypal: Simulator, app_id: str
) -> None:
    begun = about_to_be_declined(shop, paypal, app_id)
    read = ProviderCall.objects.get(operation="capture")
    assert leases.take(calls.uncertain(), read.pk, **leases.TAKEN_OVER)
    end_leases()

    with transaction.atomic():
        calls.enter(read, Result(Outcome.DECLINED, evidence=Evidence(Seen.EXPIRED)))

    assert ProviderCall.objects.get(operation="capture").outcome == "declined"
    assert shop.check(uuid=begun["uuid"])["status"] == "CANCELLED"
