"""A process may die between any two steps: the rows are there, the truth is found later, and nothing is charged twice."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import transaction
from tests.payments.world import another_paypal, call_of, end_leases, paypal_away
from tests.support.marketplace import Marketplace
from tests.support.simulator import Simulator

from solitude.payments import apply, calls, registry
from solitude.payments.contract import Call, Evidence, Intent, Operation, Outcome, Result, Seen
from solitude.payments.models import ProviderCall
from solitude.providers.paypal.models import BuyerPaypal
from solitude.transactions import states
from solitude.transactions.models import Transaction

PENDING, COMPLETED, STARTED = 0, 1, 6
KEY = {"Idempotency-Key": "crash-4711"}
# Where the process dies: the intent is committed, and nothing is sent; or PayPal has answered, and nothing is recorded;
# or in the middle of the transaction that records it.
MOMENTS = ("before sending", "after the answer", "while recording")


class Died(BaseException):
    """The process is gone: nothing that cleans up may run for it."""


@contextmanager
def dying(moment: str, operation: Operation, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The process dies at this moment of the next call of the operation."""
    perform = registry.provider("paypal").perform
    record = apply.result

    def die_around(call: Call) -> Result:
        if call.operation != operation:
            return perform(call)
        if moment == "before sending":
            raise Died
        perform(call)
        raise Died

    def die_recording(call: ProviderCall, found: Result) -> None:
        record(call, found)
        if call.operation == operation:
            raise Died

    with monkeypatch.context() as patch:
        if moment == "while recording":
            patch.setattr(apply, "result", die_recording)
        else:
            patch.setattr(registry.provider("paypal"), "perform", die_around)
        with pytest.raises(Died):
            yield


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_payment_survives_the_death_of_its_process(
    shop: Marketplace,
    paypal: Simulator,
    app_id: str,
    preapproved: str,
    moment: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with dying(moment, Operation.PAY, monkeypatch):
        shop.pay(app_id, user_id=preapproved, use_preapproval=True)
    row = Transaction.objects.get(type=0)
    call = call_of(row.resource_uri)
    assert (row.status, row.outcome, call.outcome, call.tries) == (STARTED, "none", "none", 0)
    assert shop.event_types()[-1] == "transaction.started"

    # Nobody can know whether the process still lives.
    assert shop.check(uuid=row.uuid).status == 504
    end_leases()
    assert shop.check(uuid=row.uuid)["status"] == "COMPLETED"

    assert len(paypal.captured()) == 1
    assert {request["request_id"] for request in paypal.calls("create_order")} == {call.key}


@pytest.mark.parametrize("moment", MOMENTS)
def test_the_same_key_resolves_the_payment_of_a_dead_process(
    shop: Marketplace,
    paypal: Simulator,
    app_id: str,
    preapproved: str,
    moment: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    body = {"user_id": preapproved, "use_preapproval": True}
    with dying(moment, Operation.PAY, monkeypatch):
        shop.pay(app_id, headers=KEY, **body)

    held = shop.pay(app_id, headers=KEY, **body)
    assert (held.status, held["code"]) == (409, "idempotency_in_progress")
    end_leases()
    answer = shop.pay(app_id, headers=KEY, **body)

    assert (answer.status, answer["status"]) == (201, "completed")
    assert Transaction.objects.count() == len(paypal.captured()) == 1


def test_a_key_whose_lease_ends_before_its_calls_is_unknown(
    shop: Marketplace, paypal: Simulator, app_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with dying("after the answer", Operation.PAY, monkeypatch):
        shop.pay(app_id, headers=KEY)
    leased_until = ProviderCall.objects.get().leased_until
    end_leases()
    ProviderCall.objects.update(leased_until=leased_until)

    answer = shop.pay(app_id, headers=KEY)

    assert (answer.status, answer["code"]) == (504, "outcome_unknown")
    assert len(paypal.calls("create_order")) == 1


def test_after_a_crash_a_try_that_is_not_sent_proves_nothing(
    shop: Marketplace, paypal: Simulator, app_id: str, preapproved: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The dead process may have charged the buyer: that PayPal is away now must not end the payment as uncharged."""
    with dying("after the answer", Operation.PAY, monkeypatch):
        shop.pay(app_id, user_id=preapproved, use_preapproval=True)
    row = Transaction.objects.get()
    end_leases()

    with paypal_away():
        assert shop.check(uuid=row.uuid).status == 504
    with another_paypal(SOLITUDE_PAYPAL_CLIENT_SECRET="wrong-one"):
        assert shop.check(uuid=row.uuid).status == 504
    row.refresh_from_db()
    assert (row.status, row.outcome) == (PENDING, "unknown")

    assert shop.check(uuid=row.uuid)["status"] == "COMPLETED"
    assert len(paypal.captured()) == 1


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_capture_survives_the_death_of_its_process(
    shop: Marketplace, paypal: Simulator, app_id: str, moment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    payment = shop.pay(app_id)
    paypal.approve(payment["pay_url"])
    with dying(moment, Operation.CAPTURE, monkeypatch):
        shop.check(uuid=payment["uuid"])

    assert shop.check(uuid=payment["uuid"]).status == 504
    end_leases()
    assert shop.check(uuid=payment["uuid"])["status"] == "COMPLETED"

    assert len(paypal.captured()) == 1
    assert ProviderCall.objects.filter(operation="capture").count() == 1


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_refund_survives_the_death_of_its_process(
    shop: Marketplace, paypal: Simulator, paid: dict[str, Any], moment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with dying(moment, Operation.REFUND, monkeypatch):
        shop.refund(uuid=paid["uuid"])
    refund = Transaction.objects.get(type=1)
    assert shop.refund(uuid=paid["uuid"]).status == 409

    assert shop.check(uuid=refund.uuid).status == 504
    end_leases()
    assert shop.check(uuid=refund.uuid)["status"] == "COMPLETED"

    assert len(paypal.state()["refunds"]) == 1
    assert shop.transaction(paid["transaction"])["refunded_amount"] == "2.49"


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_preapproval_survives_the_death_of_its_process(
    shop: Marketplace, paypal: Simulator, moment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = shop.preapproval(shop.buyer()["uuid"])
    paypal.approve(asked["paypal_url"])
    with dying(moment, Operation.STORE_CREDENTIAL, monkeypatch):
        shop.put(asked["resource_uri"], {})

    assert shop.put(asked["resource_uri"], {}).status == 504
    end_leases()
    assert shop.put(asked["resource_uri"], {}).status == 202

    (token,) = paypal.state()["payment_tokens"]
    assert BuyerPaypal.objects.get().key == token["id"]


# --- the rules behind it -------------------------------------------------------------------------------------------


def test_no_transaction_is_open_while_a_provider_is_asked(shop: Marketplace, paypal: Simulator, app_id: str) -> None:
    shop.pay(app_id)
    call = ProviderCall.objects.get()

    with pytest.raises(RuntimeError, match="no transaction"), transaction.atomic():
        calls.carry_out(call)

    assert len(paypal.calls("create_order")) == 1


def test_an_intent_is_written_in_a_transaction(shop: Marketplace) -> None:
    with pytest.raises(RuntimeError, match="in a transaction"):
        calls.begin("paypal", Operation.PAY, Intent())

    assert ProviderCall.objects.count() == 0


def test_the_intent_is_committed_before_paypal_is_asked(
    shop: Marketplace, paypal: Simulator, app_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    perform = registry.provider("paypal").perform
    seen: list[tuple[bool, int]] = []

    def watch(call: Call) -> Result:
        seen.append((transaction.get_connection().in_atomic_block, ProviderCall.objects.filter(key=call.key).count()))
        return perform(call)

    monkeypatch.setattr(registry.provider("paypal"), "perform", watch)

    shop.pay(app_id)

    assert seen == [(False, 1)]


def test_a_provider_that_raises_leaves_the_outcome_unknown(
    shop: Marketplace, paypal: Simulator, app_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(call: Call) -> Result:
        raise ZeroDivisionError

    with monkeypatch.context() as patch:
        patch.setattr(registry.provider("paypal"), "perform", broken)
        answer = shop.pay(app_id)

    assert (answer.status, answer["code"]) == (504, "outcome_unknown")
    assert shop.check(uuid=answer["uuid"])["status"] == "CREATED"


def test_money_that_moved_is_recorded_although_the_call_was_given_up(
    shop: Marketplace, paypal: Simulator, app_id: str, preapproved: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A try outlives its lease, another one ends the call as declined, and then the first comes back with the money."""
    perform = registry.provider("paypal").perform

    def slow(call: Call) -> Result:
        found = perform(call)
        with transaction.atomic():
            row = Transaction.objects.get(calls__key=call.key)
            states.move(row, "declined", outcome="declined", status_reason="GIVEN_UP")
            ProviderCall.objects.filter(key=call.key).update(outcome="declined")
        return found

    monkeypatch.setattr(registry.provider("paypal"), "perform", slow)

    answer = shop.pay(app_id, user_id=preapproved, use_preapproval=True)

    row = Transaction.objects.get()
    assert (row.status, row.captured_amount) == (COMPLETED, row.amount)
    assert shop.event_types()[-1] == "transaction.corrected"
    # The call itself stays as it ended, and so does the answer that others were given.
    assert answer.status == 422
    assert call_of(row.resource_uri).outcome == "declined"


def test_a_late_try_about_a_refund_changes_no_money(shop: Marketplace, paypal: Simulator, paid: dict[str, Any]) -> None:
    shop.refund(uuid=paid["uuid"])
    call = ProviderCall.objects.get(operation="refund")
    before = shop.event_types()

    calls._record(call, Result(Outcome.DECLINED, evidence=Evidence(Seen.DECLINED)), None, first_try=True)

    assert shop.event_types() == before
    assert shop.transaction(paid["transaction"])["refunded_amount"] == "2.49"


def test_what_was_seen_before_the_payment_moved_is_no_news(
    shop: Marketplace, paypal: Simulator, app_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two checks at once: the slower one still has the answer from before the buyer approved."""
    payment = shop.pay(app_id)
    perform = registry.provider("paypal").perform
    slower: list[bool] = []

    def overtaken(call: Call) -> Result:
        found = perform(call)
        if call.operation == Operation.LOOK_UP and not slower:
            slower.append(True)
            paypal.approve(payment["pay_url"], funding="review")
            assert shop.check(uuid=payment["uuid"])["status"] == "PENDING"
        return found

    monkeypatch.setattr(registry.provider("paypal"), "perform", overtaken)

    assert shop.check(uuid=payment["uuid"])["status"] == "PENDING"

    assert shop.transaction(payment["transaction"])["status_reason"] == "PENDING_REVIEW"
