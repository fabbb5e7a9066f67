"""Defects that other payment servers have had, by name: each test fails when its defect is put back.

`DEFECTS` holds the defect of each, and the last test puts every one of them back.
"""

import inspect
import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from unittest import mock

import pytest
import time_machine
from django.db import DatabaseError
from django.db.models import F, Value
from django.utils import timezone
from tests.payments.test_notifications import APPROVED, CAPTURED, OPENED, REFUNDED, REVERSED, forget, forward, only
from tests.payments.world import Elsewhere, end_leases
from tests.support.marketplace import Answer, Marketplace
from tests.support.simulator import Simulator
from tests.web.parallel import at_once

from solitude.money.errors import MoneyError
from solitude.money.money import Money
from solitude.payments import apply, calls, leases, money_back, notifications, pay, recovery, refund, registry
from solitude.payments.contract import (
    Call,
    Capability,
    Evidence,
    Intent,
    Operation,
    Outcome,
    RefundEvidence,
    RefundSeen,
    Result,
    Seen,
)
from solitude.payments.models import Notification, ProviderCall
from solitude.prepared import insert_once
from solitude.transactions.models import Status, Transaction
from solitude.web.models import IdempotencyKey

pytestmark = pytest.mark.long

COMPLETED, FAILED = 1, 4
KEY, OTHER_KEY = {"Idempotency-Key": "the-same"}, {"Idempotency-Key": "another"}
Payment = dict[str, Any]


def paid_of(shop: Marketplace, paypal: Simulator, amount: str, currency: str = "EUR") -> Payment:
    answer = shop.pay(shop.product(), amount=amount, currency=currency)
    paypal.approve(answer["pay_url"])
    assert shop.check(uuid=answer["uuid"])["status"] == "COMPLETED"
    return dict(answer.json)


def sums(payment: Payment) -> tuple[int, str, str]:
    row = Marketplace().transaction(payment["transaction"])
    return row["status"], row["captured_amount"], row["refunded_amount"]


def given_back(paypal: Simulator) -> Decimal:
    return sum((Decimal(one["amount"]["value"]) for one in paypal.state()["refunds"]), Decimal(0))


# --- refunds -------------------------------------------------------------------------------------------------------


def test_two_parallel_refunds_of_60_on_100(shop: Marketplace, paypal: Simulator) -> None:
    payment = paid_of(shop, paypal, "100.00")
    paypal.fault("refund", "latency", count=0, delay_ms=50)

    answers = at_once(2, lambda _: Marketplace().refund(uuid=payment["uuid"], amount="60.00"))

    assert sorted(answer.status for answer in answers) == [201, 409]
    (refused,) = [answer for answer in answers if answer.status == 409]
    assert (refused["code"], refused["refundable"]) == ("refund_exceeds_captured", "40.00")
    # The provider was not even asked for the second: its own limit is not what saved us.
    assert len(paypal.calls("refund")) == 1
    assert given_back(paypal) == 60


def test_a_refund_that_timed_out_retried_with_the_same_client_key(shop: Marketplace, paypal: Simulator) -> None:
    payment = paid_of(shop, paypal, "100.00")
    paypal.fault("refund", "disconnect_after")
    lost = shop.refund(KEY, uuid=payment["uuid"], amount="60.00")
    assert (lost.status, lost["code"]) == (504, "outcome_unknown")

    again = shop.refund(KEY, uuid=payment["uuid"], amount="60.00")

    assert (again.status, again["status"], again["uuid"]) == (201, "COMPLETED", lost["uuid"])
    assert given_back(paypal) == 60
    assert Transaction.objects.filter(type=1).count() == 1


def test_a_refund_that_timed_out_retried_with_a_new_client_key(shop: Marketplace, paypal: Simulator) -> None:
    """It may have been done: so its amount is held, and the new one finds only the rest."""
    payment = paid_of(shop, paypal, "100.00")
    paypal.fault("refund", "disconnect_after")
    assert shop.refund(KEY, uuid=payment["uuid"], amount="60.00").status == 504

    again = shop.refund(OTHER_KEY, uuid=payment["uuid"], amount="60.00")

    assert (again.status, again["code"], again["refundable"]) == (409, "refund_exceeds_captured", "40.00")
    assert given_back(paypal) == 60


def test_a_chargeback_plus_a_refund_on_one_payment(shop: Marketplace, paypal: Simulator) -> None:
    """More goes back than was captured. It is recorded as it is, marked, and alarmed; we ourselves start no more."""
    payment = paid_of(shop, paypal, "100.00")
    assert shop.refund(uuid=payment["uuid"], amount="60.00").status == 201
    (capture,) = paypal.captured()
    paypal.resolve(paypal.dispute(capture["id"]), "RESOLVED_BUYER_FAVOUR")

    answer = forward(shop, paypal, REVERSED)

    assert (answer["status"], answer["action"]) == ("OK", "REVERSAL")
    assert sums(payment) == (COMPLETED, "100.00", "160.00")
    reversal = shop.transaction(answer["transaction"])
    assert (reversal["type"], reversal["amount"], reversal["status_reason"]) == (2, "100.00", "EXCEEDS_CAPTURED")
    assert Transaction.objects.get(uuid=payment["uuid"]).refund_claimed_amount == 100
    assert shop.refund(uuid=payment["uuid"], amount="1.00").status == 409


# --- one capture, whoever takes it ---------------------------------------------------------------------------------


def test_a_capture_by_notification_pay_check_and_recovery_at_once(shop: Marketplace, paypal: Simulator) -> None:
    payment = shop.pay(shop.product(), amount="100.00")
    paypal.approve(payment["pay_url"])
    # A capture whose answer was lost, so that recovery has its part.
    paypal.fault("capture_order", "disconnect_after")
    assert shop.check(uuid=payment["uuid"]).status == 504
    ProviderCall.objects.update(next_try_at=timezone.now() - timedelta(hours=1))
    told = paypal.told(APPROVED, CAPTURED)
    paypal.fault("any", "latency", count=0, delay_ms=30)

    def somebody(number: int) -> Any:
        match number % 4:
            case 0:
                return Marketplace().check(uuid=payment["uuid"]).status
            case 1:
                return recovery.run_once(10)
            case _:
                return Marketplace().forward(told[number % 2]).status

    at_once(12, somebody)

    assert shop.check(uuid=payment["uuid"])["status"] == "COMPLETED"
    assert len(paypal.captured()) == 1
    assert shop.event_types().count("transaction.completed") == 1
    assert sums(payment.json) == (COMPLETED, "100.00", "0.00")
    assert shop.get("/services/uncertain/")["count"] == 0


def test_the_same_webhook_a_hundred_times_and_again_after_three_days(shop: Marketplace, paypal: Simulator) -> None:
    payment = paid_of(shop, paypal, "100.00")
    Elsewhere(paypal).refund("60.00")
    event = only(paypal, REFUNDED)

    answers = [answer for _ in range(4) for answer in at_once(25, lambda _: Marketplace().forward(event))]
    three_days = timedelta(days=3)
    Notification.objects.update(
        received_at=F("received_at") - three_days, ended_at=F("ended_at") - three_days, leased_until=None
    )
    answers.append(shop.forward(event))

    assert {answer.status for answer in answers} == {200}
    assert [answer["status"] for answer in answers].count("OK") == 1
    assert sums(payment) == (COMPLETED, "100.00", "60.00")
    assert Transaction.objects.filter(type=1).count() == 1


@pytest.mark.parametrize("order", list(itertools.permutations((APPROVED, CAPTURED, REFUNDED, OPENED))))
def test_all_orders_of_approved_captured_refunded_disputed(
    shop: Marketplace, paypal: Simulator, order: tuple[str, ...]
) -> None:
    payment = shop.pay(shop.product(), amount="100.00")
    paypal.approve(payment["pay_url"])
    elsewhere = Elsewhere(paypal)
    elsewhere.capture(payment["paykey"])
    elsewhere.refund("60.00")
    (capture,) = paypal.captured()
    paypal.dispute(capture["id"])

    for event_type in order:
        assert forward(shop, paypal, event_type)["status"] in ("OK", "IGNORED")
    Notification.objects.update(next_try_at=timezone.now() - timedelta(hours=1))
    notifications.handle_due(10)

    assert sums(payment.json) == (COMPLETED, "100.00", "60.00")
    types = shop.event_types()
    for once in ("transaction.completed", "refund.completed", "dispute.opened"):
        assert types.count(once) == 1, types
    assert set(Notification.objects.values_list("state", flat=True)) <= {"applied", "ignored"}


# --- faster than our own commit, or without it ---------------------------------------------------------------------


def test_a_webhook_before_our_commit(
    shop: Marketplace, paypal: Simulator, preapproved: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PayPal has charged and told the marketplace, and we have not yet read its answer."""
    perform = registry.provider("paypal").perform
    early: list[Answer] = []

    def overtaken(call: Call) -> Result:
        found = perform(call)
        if call.operation == Operation.PAY:
            early.append(forward(Marketplace(), paypal, CAPTURED))
        return found

    monkeypatch.setattr(registry.provider("paypal"), "perform", overtaken)

    answer = shop.pay(shop.product(), amount="100.00", user_id=preapproved, use_preapproval=True)

    assert (early[0]["status"], early[0]["uuid"]) == ("OK", answer["uuid"])
    assert (answer.status, answer["status"]) == (201, "completed")
    assert shop.event_types().count("transaction.completed") == 1
    assert sums(answer.json) == (COMPLETED, "100.00", "0.00")


def test_a_webhook_for_an_operation_that_was_rolled_back(shop: Marketplace, paypal: Simulator) -> None:
    """Nothing of ours knows it: it is kept, never guessed at, and ends as an alarm."""
    payment = shop.pay(shop.product(), amount="100.00")
    paypal.approve(payment["pay_url"])
    Elsewhere(paypal).capture(payment["paykey"])
    forget(payment.json)
    before = Transaction.objects.count()

    answer = forward(shop, paypal, CAPTURED)
    assert (answer["status"], answer["reason"]) == ("OK", "parked")
    long_ago = timezone.now() - timedelta(days=2)
    Notification.objects.update(received_at=long_ago, next_try_at=long_ago)
    notifications.handle_due(10)

    assert shop.event_types()[-1] == "notification.orphan"
    assert Transaction.objects.count() == before
    assert Notification.objects.get().body  # what it said is still there, for people


def test_the_provider_stores_a_500_for_our_key(shop: Marketplace, paypal: Simulator) -> None:
    """However often it is repeated under its key, PayPal answers the same error. That nothing was taken, the order tells in the end."""
    payment = shop.pay(shop.product(), amount="100.00")
    paypal.approve(payment["pay_url"])
    paypal.fault("capture_order", "stored_500")
    assert shop.check(uuid=payment["uuid"]).status == 504

    assert shop.check(uuid=payment["uuid"]).status == 504
    ProviderCall.objects.update(begun_at=F("begun_at") - timedelta(minutes=15))
    assert shop.check(uuid=payment["uuid"])["status"] == "COMPLETED"

    paypal.fault("refund", "stored_500")
    assert shop.refund(uuid=payment["uuid"]).status == 504
    stuck = Transaction.objects.get(type=1)
    assert shop.check(uuid=stuck.uuid).status == 504  # it may still come
    ProviderCall.objects.update(begun_at=F("begun_at") - timedelta(hours=2))
    assert shop.check(uuid=stuck.uuid)["status"] == "FAILED"
    assert shop.refund(uuid=payment["uuid"])["status"] == "COMPLETED"
    assert given_back(paypal) == 100


def test_a_guard_stands_before_the_provider_is_asked(
    shop: Marketplace, paypal: Simulator, preapproved: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A guard that is set inside the transaction of the work is seen by nobody as long as the work lasts."""
    app_id, perform = shop.product(), registry.provider("paypal").perform
    others: list[list[Answer]] = []

    def watched(call: Call) -> Result:
        if not others:
            body = {"user_id": preapproved, "use_preapproval": True, "amount": "100.00"}
            others.append([])
            others[0] += at_once(3, lambda _: Marketplace().pay(app_id, headers=KEY, **body))
        return perform(call)

    monkeypatch.setattr(registry.provider("paypal"), "perform", watched)

    first = shop.pay(app_id, headers=KEY, user_id=preapproved, use_preapproval=True, amount="100.00")

    assert first.status == 201
    assert [answer.status for answer in others[0]] == [409] * 3
    assert len(paypal.captured()) == Transaction.objects.count() == 1


# --- several nodes -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("hours", [-1, 1])
def test_a_clock_one_hour_off_on_one_node(shop: Marketplace, paypal: Simulator, preapproved: str, hours: int) -> None:
    """Leases are the database's: a worker whose clock is wrong takes nothing early, and gives nothing up."""
    paypal.fault("create_order", "disconnect_after")
    unclear = shop.pay(shop.product(), amount="100.00", user_id=preapproved, use_preapproval=True)
    assert unclear.status == 504
    ProviderCall.objects.update(next_try_at=timezone.now() + timedelta(minutes=30))
    leased = ProviderCall.objects.create(
        provider="paypal",
        operation="pay",
        intent=Intent().to_json(),
        leased_until=timezone.now() + timedelta(minutes=30),
    )

    with time_machine.travel(datetime.now(UTC) + timedelta(hours=hours)):
        assert recovery.run_once(10) == 0

    leased.refresh_from_db()
    assert (leased.outcome, leased.takeovers) == ("none", 0)
    ProviderCall.objects.update(next_try_at=timezone.now() - timedelta(seconds=1))
    with time_machine.travel(datetime.now(UTC) + timedelta(hours=hours)):
        assert recovery.run_once(10) == 1
    assert sums(unclear.json) == (COMPLETED, "100.00", "0.00")


def test_a_worker_on_three_nodes_at_once(shop: Marketplace, paypal: Simulator, preapproved: str) -> None:
    app_id = shop.product()
    paypal.fault("create_order", "disconnect_after", count=12)
    for _ in range(12):
        assert shop.pay(app_id, user_id=preapproved, use_preapproval=True).status == 504
    ProviderCall.objects.update(next_try_at=timezone.now() - timedelta(hours=1))
    before = len(paypal.calls("create_order"))
    paypal.fault("create_order", "latency", count=0, delay_ms=20)

    def node(_: int) -> int:
        return sum(iter(lambda: recovery.run_once(1), 0))

    done = at_once(3, node)

    assert sum(done) == 12
    assert len(paypal.calls("create_order")) - before == 12
    assert len(paypal.captured()) == 12
    assert shop.event_types().count("transaction.completed") == 12


def test_a_first_try_that_slept_through_its_lease_proves_nothing(
    shop: Marketplace, paypal: Simulator, preapproved: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It wakes up and cannot reach PayPal: "nothing was charged". But another node took over, charged, and died."""
    provider = registry.provider("paypal")
    perform = provider.perform
    woken: list[bool] = []

    def asleep(call: Call) -> Result:
        if woken:
            return perform(call)
        woken.append(True)
        end_leases()
        with monkeypatch.context() as patch:
            patch.setattr(calls, "_record", lambda *_, **__: ProviderCall.objects.get(key=call.key))
            recovery.run_once(1)  # PayPal charges, and nobody writes it down
        assert len(paypal.captured()) == 1
        return Result(Outcome.NOT_SENT)

    monkeypatch.setattr(provider, "perform", asleep)

    answer = shop.pay(shop.product(), amount="100.00", user_id=preapproved, use_preapproval=True)

    assert (answer.status, answer["code"]) == (504, "outcome_unknown")
    end_leases()
    assert shop.check(uuid=answer["uuid"])["status"] == "COMPLETED"
    assert len(paypal.captured()) == 1


# --- currencies ----------------------------------------------------------------------------------------------------


class Kuwaiti:
    """A provider of three-decimal currencies, as PayPal is none: it takes and gives back whatever it is asked for."""

    name, number = "reference", 2
    capabilities = frozenset({Capability.REFUND})

    def perform(self, call: Call) -> Result:
        assert call.intent.amount is not None
        if call.operation == Operation.PAY:
            ids = {"payment": f"P-{call.key}", "capture": f"C-{call.key}"}
            return Result(Outcome.SUCCEEDED, evidence=Evidence(Seen.PAID, captured=call.intent.amount), ids=ids)
        seen = RefundEvidence(f"R-{call.key}", RefundSeen.DONE, call.intent.amount, call.key)
        return Result(Outcome.SUCCEEDED, refund=seen)

    find_out = perform


@contextmanager
def registered(provider: Any) -> Iterator[None]:
    """In the place of the one of this name."""
    with mock.patch.dict(registry._registered, {provider.name: registry.Registered(provider)}):
        yield


def test_a_currency_without_decimals(shop: Marketplace, paypal: Simulator) -> None:
    """Yen that are multiplied by a hundred on one way and not on the other."""
    payment = paid_of(shop, paypal, "150", "JPY")
    assert [capture["amount"]["value"] for capture in paypal.captured()] == ["150"]
    assert shop.refund(uuid=payment["uuid"], amount="1.5").status == 400

    assert shop.refund(uuid=payment["uuid"], amount="149")["amount"] == "149"
    assert shop.refund(uuid=payment["uuid"])["amount"] == "1"

    assert given_back(paypal) == 150
    assert sums(payment) == (COMPLETED, "150", "150")


def test_a_currency_with_three_decimals(shop: Marketplace) -> None:
    with registered(Kuwaiti()):
        amount = Money(Decimal("1.505"), "KWD")
        row = Transaction(provider=2, amount=amount.amount, currency="KWD")
        intent = Intent(amount=amount)
        calls.carry_out(
            calls.intended(lambda: pay.begin(row, "reference", intent, None, client="marketplace", pin_token=None))
        )
        row.refresh_from_db()

        def give_back(text: str) -> ProviderCall:
            part = Money(Decimal(text), "KWD")
            return calls.intended(lambda: refund.begin(row, part, "reference", Intent(amount=part), {}, None))

        for text in ("0.001", "0.004", "1.499"):
            calls.carry_out(give_back(text))
        with pytest.raises(refund.NotRefundable) as over:
            give_back("0.002")

    assert over.value.refundable.text == "0.001"
    shown = shop.transaction(row.resource_uri)
    assert (shown["captured_amount"], shown["refunded_amount"]) == ("1.505", "1.504")


# --- every defect, put back ----------------------------------------------------------------------------------------

Defect = Callable[[pytest.MonkeyPatch], None]


def _claims_by_reading(patch: pytest.MonkeyPatch) -> None:
    """The limit is looked at before, and not held."""

    def begin(payment: Transaction, amount: Money, provider: str, intent: Intent, ids: Any, claim: Any) -> ProviderCall:
        row = money_back.new_refund(payment, amount)
        refund.states.begin(row, "refund_begun")
        return calls.begin(provider, Operation.REFUND, intent, row=row, ids=ids, claim=claim)

    patch.setattr(refund, "begin", begin)
    patch.setattr(money_back, "_sum_up", lambda _: None)


def _new_key_each_try(patch: pytest.MonkeyPatch) -> None:
    """A retry goes out as an operation of its own."""
    ask = calls._ask
    keys = itertools.count()

    def asking(provider: Any, call: Call, *, find_out: bool) -> Result:
        return ask(
            provider, replace(call, key=f"{call.key[:30]}-{next(keys)}") if find_out else call, find_out=find_out
        )

    patch.setattr(calls, "_ask", asking)


def _time_out_is_failure(patch: pytest.MonkeyPatch) -> None:
    """No answer means no."""
    ask = calls._ask

    def asking(provider: Any, call: Call, *, find_out: bool) -> Result:
        found = ask(provider, call, find_out=find_out)
        return replace(found, outcome=Outcome.DECLINED) if found.outcome == Outcome.UNKNOWN else found

    patch.setattr(calls, "_ask", asking)


def _refuses_evidence(patch: pytest.MonkeyPatch) -> None:
    """Our own limit is applied to what the provider did."""
    patch.setattr(money_back, "reversal_seen", lambda payment, _seen: payment)


def _records_again(patch: pytest.MonkeyPatch) -> None:
    """What was applied is applied again."""
    patch.setattr(apply.states, "can", lambda *_: True)
    anywhere = frozenset(Status)
    edges = {name: replace(edge, sources=edge.sources and anywhere) for name, edge in apply.states.EDGES.items()}
    patch.setattr(apply.states, "EDGES", edges)
    patch.setattr(apply, "_told_already", lambda *_: False)
    _forgets_deliveries(patch)


def _forgets_deliveries(patch: pytest.MonkeyPatch) -> None:
    """Each delivery is a new one, and a refund made elsewhere has no id."""
    patch.setattr(money_back, "_known", lambda *_: None)
    numbers = itertools.count()
    patch.setattr(notifications, "_fingerprint", lambda *_: f"{next(numbers)}")
    patch.setattr(notifications, "_original", lambda *_: None)
    made = money_back.made_elsewhere
    patch.setattr(money_back, "made_elsewhere", lambda payment, kind, uid, amount: made(payment, kind, None, amount))


def _drops_what_is_early(patch: pytest.MonkeyPatch) -> None:
    """What cannot be applied now is thrown away."""
    parked = notifications._parked

    def drop(row: Notification, notice: Any, missing: Any) -> Any:
        handled = parked(row, notice, missing)
        Notification.objects.filter(pk=row.pk).update(state="ignored")
        return handled

    patch.setattr(notifications, "_parked", drop)


def _only_our_own_call_counts(patch: pytest.MonkeyPatch) -> None:
    """What the provider tells is not believed while our own call runs."""
    patch.setattr(notifications.news, "_payment_news", lambda payment, _: notifications.news.Applied(payment))


def _repeats_for_ever(patch: pytest.MonkeyPatch) -> None:
    """An error of the provider's is the same as no answer."""
    for module in ("payments", "refunds"):
        patch.setattr(f"solitude.providers.paypal.rest.{module}.is_server_error", lambda _: False)


def _guards_inside(patch: pytest.MonkeyPatch) -> None:
    """The key is claimed in the transaction of the work."""
    patch.setattr("solitude.web.admission.insert_both", lambda seen, row: (insert_once(seen), row.save() or True))
    patch.setattr(IdempotencyKey, "save", lambda row: setattr(row, "pk", 0))
    patch.setattr("solitude.payments.calls.begun_under", lambda _: None)
    begin = calls.begin
    patch.setattr(calls, "begin", lambda *args, claim=None, **more: begin(*args, claim=None, **more))


def _leases_by_own_clock(patch: pytest.MonkeyPatch) -> None:
    """Each node decides by its own clock what is late."""
    patch.setattr(leases, "Now", lambda: Value(timezone.now()))


def _takes_without_lease(patch: pytest.MonkeyPatch) -> None:
    """Every worker takes what it sees."""

    def take_due(rows: Any, limit: int, **_: Any) -> list[int]:
        return list(rows.order_by("pk").values_list("pk", flat=True)[:limit])

    patch.setattr(leases, "take_due", take_due)


def _believes_sleepers(patch: pytest.MonkeyPatch) -> None:
    """Whoever was first is believed."""
    patch.setattr(leases, "TAKEN_OVER", {})


def _guesses(patch: pytest.MonkeyPatch) -> None:
    """What nobody knows is dropped as none of our business."""
    patch.setattr(notifications.news, "apply", lambda *_: notifications.news.Applied())


def _hundredths(patch: pytest.MonkeyPatch) -> None:
    """Every currency has two decimals."""
    patch.setattr("solitude.money.currencies.digits", lambda _: 2)
    patch.setattr("solitude.providers.paypal.currencies.digits", lambda _: 2)
    patch.setattr("solitude.transactions.amounts.digits", lambda _: 2)


DEFECTS: dict[Callable[..., None], Defect] = {
    test_two_parallel_refunds_of_60_on_100: _claims_by_reading,
    test_a_refund_that_timed_out_retried_with_the_same_client_key: _new_key_each_try,
    test_a_refund_that_timed_out_retried_with_a_new_client_key: _time_out_is_failure,
    test_a_chargeback_plus_a_refund_on_one_payment: _refuses_evidence,
    test_a_capture_by_notification_pay_check_and_recovery_at_once: _records_again,
    test_the_same_webhook_a_hundred_times_and_again_after_three_days: _forgets_deliveries,
    test_all_orders_of_approved_captured_refunded_disputed: _drops_what_is_early,
    test_a_webhook_before_our_commit: _only_our_own_call_counts,
    test_a_webhook_for_an_operation_that_was_rolled_back: _guesses,
    test_the_provider_stores_a_500_for_our_key: _repeats_for_ever,
    test_a_guard_stands_before_the_provider_is_asked: _guards_inside,
    test_a_clock_one_hour_off_on_one_node: _leases_by_own_clock,
    test_a_worker_on_three_nodes_at_once: _takes_without_lease,
    test_a_first_try_that_slept_through_its_lease_proves_nothing: _believes_sleepers,
    test_a_currency_without_decimals: _hundredths,
    test_a_currency_with_three_decimals: _hundredths,
}
# Of tests with several cases, the one that meets the defect.
CASES: dict[Callable[..., None], dict[str, Any]] = {
    test_all_orders_of_approved_captured_refunded_disputed: {"order": (OPENED, REFUNDED, CAPTURED, APPROVED)},
    test_a_clock_one_hour_off_on_one_node: {"hours": 1},
}


@pytest.mark.long
@pytest.mark.parametrize("regression", DEFECTS, ids=lambda test: test.__name__.removeprefix("test_"))
def test_the_defect_put_back_is_found(
    regression: Callable[..., None],
    transactional_db: None,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    case = CASES.get(regression, {})
    wanted = [name for name in inspect.signature(regression).parameters if name not in case]
    fixtures = {name: request.getfixturevalue(name) for name in wanted}
    DEFECTS[regression](monkeypatch)

    # It may go wrong in any way: an assertion, an answer that lacks what it should have, a constraint of the database.
    with pytest.raises((AssertionError, LookupError, DatabaseError, AttributeError, MoneyError)):
        regression(**fixtures, **case)


def test_every_regression_has_its_defect() -> None:
    tests = {thing for name, thing in globals().items() if name.startswith("test_")}
    assert tests - set(DEFECTS) == {test_the_defect_put_back_is_found, test_every_regression_has_its_defect}
