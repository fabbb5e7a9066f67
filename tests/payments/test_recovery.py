"""Recovery: whatever a process left behind when it died, a worker finds out, once, and nothing that is unknown is called failed."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections
from django.db.models import DurationField, ExpressionWrapper, F
from django.test import override_settings
from tests.payments.passing import age, make_due, python_clock_off
from tests.payments.world import end_leases, nothing_happens, paypal_away, sent
from tests.support.marketplace import Answer, Marketplace
from tests.support.simulator import Simulator
from tests.support.waiting import until
from tests.web.parallel import at_once

from solitude import failpoints
from solitude.payments import leases, recovery
from solitude.payments.models import OPEN, ProviderCall
from solitude.transactions.models import Transaction

PENDING, COMPLETED, FAILED, CANCELLED = 0, 1, 4, 5
DAY_S = 24 * 3600


class Died(BaseException):
    """The process is gone: nothing that cleans up may run for it."""


def open_calls(operation: str) -> int:
    return ProviderCall.objects.filter(operation=operation, outcome="none").count()


@contextmanager
def dying(moment: str, operation: str) -> Iterator[None]:
    """The process dies at this moment of its next call of the operation."""

    def die(name: str) -> None:
        # Look-ups and tokens reach the same moments; while its result is being recorded, the call is no longer open.
        if name == moment and (moment == failpoints.WHILE_RECORDING or open_calls(operation)):
            raise Died

    with failpoints.hooked(die), pytest.raises(Died):
        yield


# --- every operation, every moment -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Work:
    """An operation: `prepare` gives what is done when the process dies; `effects` counts what it did at PayPal."""

    operation: str
    at_paypal: str
    prepare: Callable[[Marketplace, Simulator], Callable[[], object]]
    effects: Callable[[Simulator], int]


def agreed(shop: Marketplace, paypal: Simulator) -> Answer:
    asked = shop.preapproval(shop.buyer()["uuid"])
    paypal.approve(asked["paypal_url"])
    return asked


def stored(shop: Marketplace, paypal: Simulator) -> str:
    """The uuid of a buyer whose credential is stored."""
    asked = agreed(shop, paypal)
    assert shop.put(asked["resource_uri"], {}).status == 202
    return str(asked["uuid"])


def preapproved_payment(shop: Marketplace, paypal: Simulator) -> Callable[[], object]:
    buyer, app_id = stored(shop, paypal), shop.product()
    return lambda: shop.pay(app_id, user_id=buyer, use_preapproval=True)


def payment(shop: Marketplace, paypal: Simulator) -> Callable[[], object]:
    app_id = shop.product()
    # So that there is a token, and the next request is the payment's own.
    shop.pay(app_id)
    return lambda: shop.pay(app_id)


def capture(shop: Marketplace, paypal: Simulator) -> Callable[[], object]:
    begun = shop.pay(shop.product())
    paypal.approve(begun["pay_url"])
    return lambda: shop.check(uuid=begun["uuid"])


def refund(shop: Marketplace, paypal: Simulator) -> Callable[[], object]:
    begun = shop.pay(shop.product())
    paypal.approve(begun["pay_url"])
    shop.check(uuid=begun["uuid"])
    return lambda: shop.refund(uuid=begun["uuid"])


def consent(shop: Marketplace, paypal: Simulator) -> Callable[[], object]:
    buyer = shop.buyer()["uuid"]
    shop.preapproval(buyer)
    return lambda: shop.preapproval(buyer)


def credential(shop: Marketplace, paypal: Simulator) -> Callable[[], object]:
    asked = agreed(shop, paypal)
    return lambda: shop.put(asked["resource_uri"], {})


def deletion(shop: Marketplace, paypal: Simulator) -> Callable[[], object]:
    buyer = shop.get(f"/generic/buyer/?uuid={stored(shop, paypal)}")["objects"][0]
    return lambda: shop.patch(buyer["paypal"]["resource_uri"], {"key": ""})


def deleted(paypal: Simulator) -> int:
    return sum(token["deleted"] for token in paypal.state()["payment_tokens"])


WORKS = {
    "a pre-approved payment": Work("pay", "create_order", preapproved_payment, lambda paypal: len(paypal.captured())),
    "a payment": Work("pay", "create_order", payment, lambda paypal: len(paypal.state()["orders"])),
    "a capture": Work("capture", "capture_order", capture, lambda paypal: len(paypal.captured())),
    "a refund": Work("refund", "refund", refund, lambda paypal: len(paypal.state()["refunds"])),
    "a question": Work("ask_consent", "setup_token", consent, lambda paypal: len(paypal.state()["setup_tokens"])),
    "a credential": Work(
        "store_credential", "payment_token", credential, lambda paypal: len(paypal.state()["payment_tokens"])
    ),
    "a deletion": Work("delete_credential", "delete_payment_token", deletion, deleted),
}
MOMENTS = (
    failpoints.BEFORE_SEND,
    failpoints.AFTER_SEND,
    failpoints.AFTER_ANSWER,
    failpoints.WHILE_RECORDING,
)


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("what", WORKS)
def test_what_a_dead_process_left_is_found_out_by_a_worker_alone(
    shop: Marketplace, paypal: Simulator, what: str, moment: str
) -> None:
    work = WORKS[what]
    act = work.prepare(shop, paypal)
    before, known = work.effects(paypal), {request["request_id"] for request in paypal.calls(work.at_paypal)}
    with dying(moment, work.operation):
        act()
    if moment != failpoints.BEFORE_SEND:
        until(lambda: work.effects(paypal) > before, "PayPal has done it")
    call = ProviderCall.objects.get(operation=work.operation, outcome__in=OPEN)
    with nothing_happens(paypal):
        # Nobody can know whether the process still lives.
        assert recovery.run_once() == 0

    end_leases()
    assert recovery.run_once() == 1

    call.refresh_from_db()
    assert call.outcome in ("succeeded", "pending")
    assert (call.tries, call.takeovers, call.leased_until) == (1, 1, None)
    assert work.effects(paypal) - before == 1
    keys = {request["request_id"] for request in paypal.calls(work.at_paypal)} - known
    assert keys <= {call.key, None, ""}
    with nothing_happens(paypal):
        assert recovery.run_once() == 0


def test_a_payment_that_recovery_found_is_told_in_the_feed_and_answered(shop: Marketplace, paypal: Simulator) -> None:
    act = preapproved_payment(shop, paypal)
    with dying(failpoints.AFTER_ANSWER, "pay"):
        act()
    end_leases()

    recovery.run_once()

    row = Transaction.objects.get()
    assert (row.status, row.outcome, row.captured_amount) == (COMPLETED, "succeeded", row.amount)
    assert shop.event_types()[-2:] == ["transaction.started", "transaction.completed"]
    with nothing_happens(paypal):
        assert shop.check(uuid=row.uuid)["status"] == "COMPLETED"


def test_a_request_of_the_same_key_is_answered_with_what_recovery_found(
    shop: Marketplace, paypal: Simulator, app_id: str, preapproved: str
) -> None:
    body = {"user_id": preapproved, "use_preapproval": True, "headers": {"Idempotency-Key": "recovered-1"}}
    with dying(failpoints.AFTER_ANSWER, "pay"):
        shop.pay(app_id, **body)
    end_leases()
    recovery.run_once()

    answer = shop.pay(app_id, **body)

    assert (answer.status, answer["status"]) == (201, "completed")
    assert len(paypal.captured()) == Transaction.objects.count() == 1


# --- patience ------------------------------------------------------------------------------------------------------


def lost_payment(shop: Marketplace, paypal: Simulator, app_id: str, **more: Any) -> Answer:
    """A payment whose answer never came, although PayPal did what it was asked."""
    paypal.fault("create_order", "disconnect_after")
    answer = shop.pay(app_id, **more)
    assert (answer.status, answer["code"]) == (504, "outcome_unknown")
    return answer


def waits_s(call: ProviderCall) -> int:
    """From the end of the last try to the next one."""
    wait = ExpressionWrapper(F("next_try_at") - F("ended_at"), output_field=DurationField())
    waited: timedelta = ProviderCall.objects.annotate(wait=wait).values_list("wait", flat=True).get(pk=call.pk)
    return round(waited.total_seconds())


@override_settings(SOLITUDE_RECOVERY_FIRST_S=5, SOLITUDE_RECOVERY_MAX_S=60)
def test_the_time_between_two_tries_doubles_up_to_its_limit(shop: Marketplace, paypal: Simulator, app_id: str) -> None:
    lost_payment(shop, paypal, app_id)
    call = ProviderCall.objects.get()
    waits = [waits_s(call)]
    with paypal_away():
        for _ in range(6):
            assert recovery.run_once() == 0
            make_due()
            assert recovery.run_once() == 1
            waits.append(waits_s(call))

    assert waits == [5, 10, 20, 40, 60, 60, 60]


def test_the_wait_stays_within_its_limit_after_ever_so_many_tries(shop: Marketplace, paypal: Simulator) -> None:
    call = ProviderCall.objects.create(provider="paypal", operation="pay", intent={}, ended_at=None)
    for tries in (0, 1, 17, 10_000, 2_000_000_000):
        ProviderCall.objects.update(next_try_at=leases.later(tries), ended_at=leases.Now())
        assert waits_s(call) in (5, 3600)


def test_ten_days_without_paypal_end_nothing(shop: Marketplace, paypal: Simulator, app_id: str) -> None:
    answer = lost_payment(shop, paypal, app_id)
    told = shop.event_types()
    with paypal_away():
        for _ in range(20):
            age(days=0.5)
            assert recovery.run_once() == 1
        assert shop.check(uuid=answer["uuid"]).status == 504

    row = Transaction.objects.get()
    assert (row.status, row.outcome) == (PENDING, "unknown")
    assert ProviderCall.objects.get().outcome == "unknown"
    # Nothing new is no event either.
    assert shop.event_types() == told
    assert shop.get("/services/uncertain/")["oldest_s"] >= 10 * DAY_S


def test_the_longest_due_is_asked_about_first(shop: Marketplace, paypal: Simulator, app_id: str) -> None:
    uuids = [lost_payment(shop, paypal, app_id)["uuid"] for _ in range(3)]
    for minutes, uuid in zip((1, 3, 2), uuids, strict=True):
        ProviderCall.objects.filter(transaction__uuid=uuid).update(
            next_try_at=F("begun_at") - timedelta(minutes=minutes)
        )
    found: list[str] = []
    for _ in uuids:
        recovery.run_once()
        known = Transaction.objects.filter(calls__outcome="pending").exclude(uuid__in=found)
        found.append(known.get().uuid)

    assert found == [uuids[1], uuids[2], uuids[0]]


def test_what_is_not_due_is_left_alone(shop: Marketplace, paypal: Simulator, app_id: str) -> None:
    lost_payment(shop, paypal, app_id)

    with nothing_happens(paypal):
        assert recovery.run_once(limit=10) == 0


def test_a_client_that_asks_does_not_wait_for_the_next_try(shop: Marketplace, paypal: Simulator, app_id: str) -> None:
    answer = lost_payment(shop, paypal, app_id)

    assert shop.check(uuid=answer["uuid"])["status"] == "CREATED"

    make_due()
    assert recovery.run_once() == 0


# --- leases --------------------------------------------------------------------------------------------------------


def test_three_workers_ask_about_each_of_thirty_calls_once(
    shop: Marketplace, paypal: Simulator, app_id: str, preapproved: str
) -> None:
    paypal.fault("create_order", "disconnect_after", count=30)
    for _ in range(30):
        assert shop.pay(app_id, user_id=preapproved, use_preapproval=True).status == 504
    make_due()
    paypal.fault("create_order", "latency", count=0, delay_ms=20)

    def work(_: int) -> int:
        return sum(iter(recovery.run_once, 0))

    taken = at_once(3, work)

    assert sum(taken) == 30
    asked = Counter(request["request_id"] for request in paypal.calls("create_order"))
    assert len(asked) == 30
    # Once by the request, once by a worker.
    assert set(asked.values()) == {2}
    assert len(paypal.captured()) == 30
    assert Transaction.objects.filter(status=COMPLETED).count() == 30
    assert shop.event_types().count("transaction.completed") == 30


def test_a_worker_that_dies_is_followed_by_another_one(
    shop: Marketplace, paypal: Simulator, app_id: str, preapproved: str
) -> None:
    lost_payment(shop, paypal, app_id, user_id=preapproved, use_preapproval=True)
    for moment in MOMENTS:
        make_due()

        def die(name: str, moment: str = moment) -> None:
            if name == moment:
                raise Died

        before = len(paypal.calls("create_order"))
        with failpoints.hooked(die), pytest.raises(Died):
            recovery.run_once()
        if moment == failpoints.AFTER_SEND:
            arrived = before + 1
            until(lambda: len(paypal.calls("create_order")) == arrived, "it arrives at PayPal")  # noqa: B023  # now
        with nothing_happens(paypal):
            assert recovery.run_once() == 0

    until(lambda: all(request["status"] for request in paypal.calls("create_order")[1:]), "PayPal is done")
    end_leases()
    assert recovery.run_once() == 1

    assert Transaction.objects.get().status == COMPLETED
    assert len(paypal.captured()) == 1
    assert ProviderCall.objects.get(operation="pay").takeovers == len(MOMENTS) + 1


def test_a_first_try_that_was_overtaken_and_not_sent_proves_nothing(
    shop: Marketplace, paypal: Simulator, app_id: str, preapproved: str
) -> None:
    """It dawdles past its lease; a worker sends the payment, and while the answer is on its way the first try is told to come
    back later. What it did not send, the worker did."""
    answered, go_on = threading.Event(), threading.Event()

    def recover() -> None:
        try:
            recovery.run_once()
        finally:
            connections.close_all()

    worker = threading.Thread(target=recover)

    def dawdle(name: str) -> None:
        if threading.current_thread() is worker:
            if name == failpoints.AFTER_ANSWER:
                answered.set()
                assert go_on.wait(30)
        elif name == failpoints.BEFORE_SEND:
            end_leases()
            worker.start()
            assert answered.wait(30)
            paypal.fault("create_order", "rate_limit_429")

    with failpoints.hooked(dawdle):
        answer = shop.pay(app_id, user_id=preapproved, use_preapproval=True)
        row = Transaction.objects.get()
        between = (row.status, row.outcome)
        go_on.set()
        worker.join(30)

    assert (answer.status, answer["code"]) == (504, "outcome_unknown")
    assert between == (PENDING, "unknown")
    row.refresh_from_db()
    assert (row.status, row.captured_amount) == (COMPLETED, row.amount)
    assert len(paypal.captured()) == 1


@pytest.mark.parametrize("hours", [1, -1])
def test_a_node_whose_clock_is_an_hour_off_takes_no_lease_early(
    shop: Marketplace, paypal: Simulator, app_id: str, preapproved: str, hours: int
) -> None:
    with dying(failpoints.AFTER_ANSWER, "pay"):
        shop.pay(app_id, user_id=preapproved, use_preapproval=True)

    with python_clock_off(hours=hours):
        requests = sent(paypal)
        assert recovery.run_once() == 0
        assert recovery.follow_up() == 0
        assert sent(paypal) == requests
    end_leases()
    with python_clock_off(hours=hours):
        assert recovery.run_once() == 1

    assert Transaction.objects.get().status == COMPLETED
    assert len(paypal.captured()) == 1


@pytest.mark.parametrize("hours", [1, -1])
def test_a_node_whose_clock_is_an_hour_off_calls_nothing_failed(
    shop: Marketplace, paypal: Simulator, app_id: str, hours: int
) -> None:
    """A lease that it gave itself ends by the database's clock as well, and its tries are no older than they are."""
    with python_clock_off(hours=hours):
        lost_payment(shop, paypal, app_id)
        make_due()
        with paypal_away():
            assert recovery.run_once() == 1
            assert recovery.run_once() == 0

    assert Transaction.objects.get().status == PENDING
    assert waits_s(ProviderCall.objects.get()) == 10
    assert recovery.backlog().oldest_s < 60
