"""Answers of Bango's that are lost, and processes that die: the truth is found later, and nothing is done twice."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from time import monotonic
from typing import Any

import pytest
from django.conf import settings
from tests.bango.paying import CANCELLED, COMPLETED, FAILED, PENDING, STARTED, BangoShop, bango_away, state
from tests.payments.passing import age, make_due
from tests.payments.world import end_leases
from tests.support.marketplace import Answer

from solitude import failpoints
from solitude.payments import apply, calls, recovery, registry
from solitude.payments.contract import Call, Operation, Result
from solitude.payments.models import ProviderCall
from solitude.providers.bango import requests
from solitude.providers.bango.soap.wire import Wire
from solitude.transactions.models import Transaction

pytestmark = pytest.mark.long

UUID = "web:order-77"
KEY = {"Idempotency-Key": "k-1"}
LOST = ("disconnect_after", "truncated_after", "garbage_after", "error_500", "error_503", "disconnect_before")
# Where the process dies: the intent is committed, and nothing is sent; or Bango has answered, and nothing is recorded; or in the
# middle of the transaction that records it.
MOMENTS = ("before sending", "after the answer", "while recording")


class Died(BaseException):
    """The process is gone: nothing that cleans up may run for it."""


@contextmanager
def dying(moment: str, operation: Operation, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The process dies at this moment of the next call of the operation."""
    perform, record = registry.provider("bango").perform, apply.result

    def die_around(call: Call) -> Result:
        if moment != "before sending":
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
            patch.setattr(registry.provider("bango"), "perform", die_around)
        with pytest.raises(Died):
            yield


def recover() -> None:
    end_leases()
    make_due()
    assert recovery.run_once() == 1


def test_a_payment_whose_answer_is_lost_begins_once_more(till: BangoShop) -> None:
    """Nobody was ever sent to a page whose number did not arrive."""
    for uuid in LOST:
        till.bango.fault("CreateBillingConfiguration", uuid)

        answer = till.billing(transaction_uuid=uuid)

        assert (answer.status, answer["code"], answer["uuid"]) == (504, "outcome_unknown", uuid)
        assert state(uuid)[:2] == (PENDING, "unknown")
        recover()
        row = Transaction.objects.get(uuid=uuid)
        assert state(uuid) == (PENDING, "pending", None)
        assert row.pay_url
        assert till.bring(till.bango.pay(row.pay_url)).status == 204
        assert state(uuid)[0] == COMPLETED
    assert len(till.bango.state()["payments"]) == len(LOST)


def test_the_same_key_asks_what_became_of_it(till: BangoShop) -> None:
    till.bango.fault("CreateBillingConfiguration", "disconnect_after")
    assert till.billing(KEY, transaction_uuid=UUID).status == 504

    answer = till.billing(KEY, transaction_uuid=UUID)

    assert answer.status == 200
    assert answer["billingConfigurationId"] == int(Transaction.objects.get(uuid=UUID).uid_pay or 0)
    assert answer["responseMessage"] == "Success"
    assert till.bring(till.bango.pay(answer["pay_url"])).status == 204
    assert Transaction.objects.count() == ProviderCall.objects.count() == 1


def test_while_bango_is_silent_a_payment_stays_unknown(till: BangoShop) -> None:
    till.bango.fault("CreateBillingConfiguration", "disconnect_after")
    till.billing(KEY, transaction_uuid=UUID)

    with bango_away():
        recover()
        assert till.billing(KEY, transaction_uuid=UUID).status == 504
    till.bango.fault("CreateBillingConfiguration", "issue:ACCESS_DENIED")
    recover()

    assert state(UUID)[:2] == (PENDING, "unknown")
    recover()
    assert state(UUID) == (PENDING, "pending", None)


def test_a_payment_that_nobody_waits_for_any_more_is_given_up(till: BangoShop) -> None:
    """That it was not paid is certain: its page was shown to nobody."""
    till.bango.fault("CreateBillingConfiguration", "disconnect_after")
    till.billing(KEY, transaction_uuid=UUID)
    age(seconds=1801)

    recover()

    assert state(UUID) == (CANCELLED, "declined", "ABANDONED")
    assert len(till.bango.calls("CreateBillingConfiguration")) == 1
    again = till.billing(KEY, transaction_uuid=UUID)
    assert (again.status, again["__bango__"]) == (400, "ABANDONED")


def test_a_refund_whose_answer_is_lost_is_made_once(till: BangoShop) -> None:
    for uuid in LOST:
        till.paid(transaction_uuid=uuid)
        till.bango.fault("DoRefund", uuid)

        answer = till.refund({"Idempotency-Key": uuid}, uuid=uuid)

        assert (answer.status, answer["code"]) == (504, "outcome_unknown")
        assert till.refund(uuid=uuid).json == {"uuid": ["Already refunded"]}
        recover()
        assert state(answer["uuid"]) == (COMPLETED, "succeeded", None)
        again = till.refund({"Idempotency-Key": uuid}, uuid=uuid)
        assert (again.status, again["status"], again["uuid"]) == (200, "OK", answer["uuid"])
    made = {refund["externalTransactionId"] for refund in till.bango.state()["refunds"]}
    assert made == {call.key for call in ProviderCall.objects.filter(operation="refund")}
    assert len(till.bango.state()["refunds"]) == Transaction.objects.filter(type=1).count() == len(LOST)


def test_a_pending_refund_whose_answer_is_lost_is_followed_to_its_end(till: BangoShop) -> None:
    till.paid(transaction_uuid=UUID)
    till.bango.refunds_end("PENDING")
    till.bango.fault("DoRefund", "disconnect_after")
    answer = till.refund(uuid=UUID)

    recover()

    assert state(answer["uuid"]) == (PENDING, "pending", None)
    (refund,) = till.bango.state()["refunds"]
    assert Transaction.objects.get(uuid=answer["uuid"]).uid_pay == str(refund["refundTransactionId"])
    till.bango.settle_refund(refund["refundTransactionId"])
    assert till.refund_status(answer["uuid"])["status"] == "OK"


@pytest.fixture
def unnumbered(till: BangoShop, monkeypatch: pytest.MonkeyPatch) -> Answer:
    """A refund that Bango has taken and not done yet, and whose number it has not told."""
    ask = Wire.ask

    def ask_for_no_number(self: Wire, operation: Any, asked: Any) -> Any:
        reply: Any = ask(self, operation, asked)
        return replace(reply, values={**reply.values, requests.REFUND_ID: 0})

    till.paid(transaction_uuid=UUID)
    till.bango.refunds_end("PENDING")
    with monkeypatch.context() as patch:
        patch.setattr(Wire, "ask", ask_for_no_number)
        answer = till.refund(uuid=UUID)
    till.bango.refunds_end("OK")
    return answer


def test_a_pending_refund_without_a_number_is_asked_for_again_until_it_has_one(
    till: BangoShop, unnumbered: Answer
) -> None:
    assert (unnumbered.status, unnumbered["code"]) == (504, "outcome_unknown")
    assert state(unnumbered["uuid"]) == (PENDING, "unknown", "no_number")

    recover()

    assert state(unnumbered["uuid"]) == (PENDING, "pending", None)
    (refund,) = till.bango.state()["refunds"]
    till.bango.settle_refund(refund["refundTransactionId"])
    assert till.refund_status(unnumbered["uuid"])["status"] == "OK"
    assert len(till.bango.calls("DoRefund")) == 2


def test_who_stood_still_does_not_ask_again_for_a_refund_that_has_failed_since(
    till: BangoShop, unnumbered: Answer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The payment goes back by another refund, and Bango would say of the first one that it is done."""
    again: list[Answer] = []

    def stand_still(name: str) -> None:
        if name != failpoints.BEFORE_SEND or again:
            return
        again.append(unnumbered)
        end_leases()
        assert till.refund_status(unnumbered["uuid"])["status"] == "PENDING"
        (refund,) = till.bango.state()["refunds"]
        till.bango.settle_refund(refund["refundTransactionId"], good=False)
        assert till.refund_status(unnumbered["uuid"])["status"] == "CANT_REFUND"
        again.append(till.refund(uuid=UUID))
        monkeypatch.setattr(calls, "monotonic", lambda: monotonic() + settings.SOLITUDE_CALL_LEASE_S)

    with failpoints.hooked(stand_still):
        till.refund_status(unnumbered["uuid"])

    assert [state(one["uuid"])[0] for one in again] == [FAILED, COMPLETED]
    payment = Transaction.objects.get(uuid=UUID)
    assert payment.refunded_amount == payment.captured_amount


def test_a_status_ends_what_is_unknown(till: BangoShop) -> None:
    till.paid(transaction_uuid=UUID)
    till.bango.fault("DoRefund", "disconnect_after", count=2)
    answer = till.refund(uuid=UUID)

    assert till.refund_status(answer["uuid"]).status == 504
    assert till.refund_status(answer["uuid"])["status"] == "OK"

    assert len(till.bango.state()["refunds"]) == 1


# --- processes that die --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_payment_survives_the_death_of_its_process(
    till: BangoShop, moment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with dying(moment, Operation.PAY, monkeypatch):
        till.billing(KEY, transaction_uuid=UUID)
    assert state(UUID) == (STARTED, "none", None)
    held = till.billing(KEY, transaction_uuid=UUID)
    assert (held.status, held["code"]) == (409, "idempotency_in_progress")

    end_leases()
    answer = till.billing(KEY, transaction_uuid=UUID)

    assert answer.status == 200
    assert till.bring(till.bango.pay(answer["pay_url"])).status == 204
    assert state(UUID)[0] == COMPLETED
    assert Transaction.objects.count() == 1


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_refund_survives_the_death_of_its_process(
    till: BangoShop, moment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    till.paid(transaction_uuid=UUID)
    with dying(moment, Operation.REFUND, monkeypatch):
        till.refund(uuid=UUID)
    refund = Transaction.objects.get(type=1)
    assert till.refund(uuid=UUID).json == {"uuid": ["Already refunded"]}
    assert till.refund_status(refund.uuid).status == 504

    recover()

    assert state(refund.uuid) == (COMPLETED, "succeeded", None)
    assert len(till.bango.state()["refunds"]) == 1
    assert Transaction.objects.get(uuid=UUID).refunded_amount == refund.amount


def test_a_provider_that_raises_leaves_the_outcome_unknown(till: BangoShop, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: Any) -> Result:
        raise ZeroDivisionError

    with monkeypatch.context() as patch:
        patch.setattr(registry.provider("bango"), "perform", broken)
        answer = till.billing(transaction_uuid=UUID)

    assert (answer.status, answer["code"]) == (504, "outcome_unknown")
    assert calls.uncertain().count() == 1
