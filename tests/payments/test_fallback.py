"""A pre-approval that PayPal refuses: where that was asked for, the same payment goes on with the buyer's approval."""

from typing import Any

import pytest
from django.conf import settings
from tests.payments.passing import make_due
from tests.payments.world import LOST_ANSWERS, call_of, end_leases
from tests.support.marketplace import Answer, Marketplace
from tests.support.simulator import Simulator

from solitude import clocks, failpoints
from solitude.payments import calls, leases, recovery, registry
from solitude.payments.contract import Call, Result
from solitude.payments.models import ProviderCall
from solitude.providers.paypal.models import BuyerPaypal
from solitude.transactions.models import Transaction
from solitude.web.idempotency import Claim

pytestmark = pytest.mark.long

COMPLETED, FAILED, STARTED = 1, 4, 6
KEY = {"Idempotency-Key": "order-501"}
NOT_NOW, GONE = "issue:INSTRUMENT_DECLINED", "issue:AGREEMENT_ALREADY_CANCELLED"


class Died(BaseException):
    """The process is gone."""


def charge(shop: Marketplace, app_id: str, buyer: str, headers: dict[str, str] | None = None, **more: Any) -> Answer:
    return shop.pay(app_id, headers=headers, user_id=buyer, use_preapproval=True, **more)


def orders(paypal: Simulator) -> int:
    return len(paypal.calls("create_order"))


def key_of(buyer: str) -> str | None:
    return BuyerPaypal.objects.get(buyer__uuid=buyer).key


def edges(shop: Marketplace, answer: Answer) -> list[str]:
    timeline = shop.get(f"{answer['transaction']}timeline/")["entries"]
    return [entry["summary"] for entry in timeline if entry["kind"] == "state"]


def test_the_buyer_is_asked_where_the_preapproval_is_refused(
    shop: Marketplace, paypal: Simulator, app_id: str, preapproved: str
) -> None:
    paypal.fault("create_order", NOT_NOW)

    asked = charge(shop, app_id, preapproved)

    assert (asked.status, asked["status"], asked["use_preapproval"]) == (201, "created", False)
    assert edges(shop, asked) == [
        "payment_begun",
        "preapproval_refused: INSTRUMENT_DECLINED",
        "approval_awaited",
    ]
    assert shop.event_types()[-3:] == ["transaction.started", "transaction.started", "transaction.pending"]
    assert Transaction.objects.count() == 1
    assert key_of(preapproved)
    paypal.approve(asked["pay_url"])
    assert shop.check(uuid=asked["uuid"])["status"] == "COMPLETED"
    assert shop.refund(uuid=asked["uuid"])["status"] == "COMPLETED"
    (told,) = paypal.told("PAYMENT.CAPTURE.COMPLETED")
    assert shop.forward(told)["status"] == "IGNORED"


@pytest.mark.parametrize("issue", ["PAYMENT_SOURCE_CANNOT_BE_USED", "PAYMENT_SOURCE_DECLINED_BY_PROCESSOR"])
def test_the_buyer_is_asked_where_paypal_says_to_try_a_different_payment_source(
    shop: Marketplace, paypal: Simulator, app_id: str, preapproved: str, issue: str
) -> None:
    paypal.fault("create_order", f"issue:{issue}")

    asked = charge(shop, app_id, preapproved)

    assert (asked.status, asked["status"], asked["use_preapproval"]) == (201, "created", False)
    assert key_of(preapproved)
    paypal.approve(asked["pay_url"])
    assert shop.check(uuid=asked["uuid"])["status"] == "COMPLETED"


@pytest.mark.parametrize("wanted", [{"fallback": False}, {"return_url": None, "cancel_url": None}])
def test_where_it_was_not_asked_for_or_has_no_place_to_come_back_to_the_payment_fails(
    shop: Marketplace, paypal: Simulator, app_id: str, preapproved: str, wanted: dict[str, Any]
) -> None:
    paypal.fault("create_order", NOT_NOW)

    refused = charge(shop, app_id, preapproved, **wanted)

    assert (refused.status, refused["paypal"]["__all__"][0]["code"]) == (422, "INSTRUMENT_DECLINED")
    assert shop.transaction(refused["transaction"])["status"] == FAILED
    assert orders(paypal) == 1


def test_in_solitudes_own_form_it_must_be_asked_for(
    shop: Marketplace, paypal: Simulator, app_id: str, preapproved: str
) -> None:
    paypal.fault("create_order", NOT_NOW, count=2)

    assert shop.pay_for(app_id, buyer=preapproved, use_preapproval=True).status == 422
    asked = shop.pay_for(app_id, buyer=preapproved, use_preapproval=True, fallback=True)

    assert (asked["status"], asked["use_preapproval"]) == ("CREATED", False)


def test_what_is_not_the_buyers_fault_is_no_reason_to_ask_the_buyer(
    shop: Marketplace, paypal: Simulator, app_id: str, preapproved: str
) -> None:
    paypal.fault("create_order", "issue:PAYEE_ACCOUNT_RESTRICTED")

    assert charge(shop, app_id, preapproved).status == 422
    assert orders(paypal) == 1


@pytest.mark.parametrize("fallback", [True, False])
def test_a_preapproval_that_paypal_has_no_more_is_forgotten(
    shop: Marketplace, paypal: Simulator, app_id: str, preapproved: str, fallback: bool
) -> None:
    paypal.fault("create_order", GONE)

    answer = charge(shop, app_id, preapproved, fallback=fallback)

    assert answer.status == (201 if fallback else 422)
    assert key_of(preapproved) is None
    assert "preapproval.revoked" in shop.event_types()
    assert charge(shop, app_id, preapproved)["use_preapproval"] is False


@pytest.mark.parametrize("fault", LOST_ANSWERS)
def test_what_is_unknown_never_goes_on(
    shop: Marketplace, paypal: Simulator, app_id: str, preapproved: str, fault: str
) -> None:
    paypal.fault("create_order", fault)

    unknown = charge(shop, app_id, preapproved)

    assert (unknown.status, orders(paypal)) == (504, 1)
    assert shop.check(uuid=unknown["uuid"])["status"] == "COMPLETED"
    assert len(paypal.captured()) == 1


def test_a_refusal_that_is_found_out_later_goes_on_then(
    shop: Marketplace, paypal: Simulator, app_id: str, preapproved: str
) -> None:
    paypal.fault("create_order", "disconnect_before")
    assert charge(shop, app_id, preapproved, KEY).status == 504
    paypal.fault("create_order", NOT_NOW)

    asked = charge(shop, app_id, preapproved, KEY)

    assert (asked.status, asked["status"], asked["use_preapproval"]) == (201, "created", False)
    paypal.approve(asked["pay_url"])
    assert shop.check(uuid=asked["uuid"])["status"] == "COMPLETED"


def test_one_key_is_one_payment_and_one_answer(
    shop: Marketplace, paypal: Simulator, app_id: str, preapproved: str
) -> None:
    paypal.fault("create_order", NOT_NOW)

    first, again = (charge(shop, app_id, preapproved, KEY) for _ in range(2))

    assert (again.status, again.json) == (201, first.json)
    assert (again.headers["Idempotency-Replayed"], orders(paypal)) == ("true", 2)


def test_a_crash_between_the_refusal_and_the_next_call_is_gone_on_from(
    shop: Marketplace, paypal: Simulator, app_id: str, preapproved: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The refusal is recorded, and with it the call that is to follow, which nobody makes."""
    paypal.fault("create_order", NOT_NOW)

    def die(moment: str) -> None:
        if moment == failpoints.AFTER_COMMIT:
            raise Died

    with monkeypatch.context() as patch:
        patch.setattr(failpoints, "reach", die)
        with pytest.raises(Died):
            charge(shop, app_id, preapproved, KEY)
    assert orders(paypal) == 1
    assert Transaction.objects.get().status == STARTED
    end_leases()

    assert recovery.run_once() == 1

    asked = charge(shop, app_id, preapproved, KEY)
    assert (asked.status, asked["status"], asked["use_preapproval"]) == (201, "created", False)
    assert (orders(paypal), Transaction.objects.count(), ProviderCall.objects.filter(operation="pay").count()) == (
        2,
        1,
        2,
    )


def test_who_dawdles_sees_that_the_payment_has_gone_on(
    shop: Marketplace, paypal: Simulator, app_id: str, preapproved: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker takes the call over, is refused as well, and has gone on by the time that the request hears of its own refusal."""
    paypal.fault("create_order", NOT_NOW, count=2)
    perform, left = registry.provider("paypal").perform, [1]

    def dawdle(call: Call) -> Result:
        found = perform(call)
        while left:
            left.pop()
            end_leases()
            assert recovery.run_once() == 1
        return found

    monkeypatch.setattr(registry.provider("paypal"), "perform", dawdle)
    asked = charge(shop, app_id, preapproved, KEY)

    assert (asked.status, asked["status"], asked["use_preapproval"]) == (201, "created", False)
    assert charge(shop, app_id, preapproved, KEY).json == asked.json
    assert (Transaction.objects.count(), ProviderCall.objects.filter(operation="pay").count()) == (1, 2)


def test_who_asks_again_sees_that_the_payment_has_gone_on_in_the_same_moment(
    shop: Marketplace, paypal: Simulator, app_id: str, preapproved: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker finds the refusal, and goes on, between the request's look at the call and its taking it over."""
    paypal.fault("create_order", "disconnect_before")
    assert charge(shop, app_id, preapproved, KEY).status == 504
    paypal.fault("create_order", NOT_NOW)
    begun_under = calls.begun_under

    def dawdle(claim: Claim | None) -> ProviderCall | None:
        found = begun_under(claim)
        make_due()
        assert recovery.run_once() == 1
        return found

    monkeypatch.setattr(calls, "begun_under", dawdle)
    asked = charge(shop, app_id, preapproved, KEY)

    assert (asked.status, asked["status"], asked["use_preapproval"]) == (201, "created", False)
    assert charge(shop, app_id, preapproved, KEY).json == asked.json


def test_who_asks_again_and_stands_still_before_sending_sees_that_the_payment_has_gone_on(
    shop: Marketplace, paypal: Simulator, app_id: str, preapproved: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Longer than the lease that it has taken, which a worker takes after it."""
    paypal.fault("create_order", "disconnect_before")
    assert charge(shop, app_id, preapproved, KEY).status == 504
    paypal.fault("create_order", NOT_NOW)
    take, now_s = leases.take, clocks.now_s

    def stand_still(*call: Any, **more: Any) -> bool:
        taken = take(*call, **more)
        monkeypatch.setattr(leases, "take", take)
        make_due()
        assert recovery.run_once() == 1
        monkeypatch.setattr(clocks, "now_s", lambda: now_s() + settings.SOLITUDE_CALL_LEASE_S)
        return taken

    monkeypatch.setattr(leases, "take", stand_still)
    asked = charge(shop, app_id, preapproved, KEY)

    assert (asked.status, asked["status"], asked["use_preapproval"]) == (201, "created", False)
    assert charge(shop, app_id, preapproved, KEY).json == asked.json


def test_a_next_call_that_cannot_be_sent_ends_the_payment_and_the_key_makes_a_new_attempt(
    shop: Marketplace, paypal: Simulator, app_id: str, preapproved: str
) -> None:
    paypal.fault("create_order", NOT_NOW)
    paypal.fault("create_order", "rate_limit_429", retry_after_s=9)

    busy = charge(shop, app_id, preapproved, KEY)

    assert (busy.status, busy["code"]) == (503, "provider_busy")
    assert shop.event_types()[-1] == "transaction.errored"
    again = charge(shop, app_id, preapproved, KEY)
    assert (again.status, again["status"], Transaction.objects.count()) == (201, "completed", 2)


@pytest.mark.parametrize("early", [True, False])
def test_news_of_the_refused_charge_do_not_end_what_goes_on(
    shop: Marketplace, paypal: Simulator, app_id: str, early: bool
) -> None:
    """PayPal made a capture, and declined it: its notification comes when the buyer is being asked already, or has paid."""
    buyer = shop.buyer()["uuid"]
    begun = shop.preapproval(buyer)
    paypal.approve(begun["paypal_url"], funding="capture_declined")
    shop.put(begun["resource_uri"], {})
    asked = charge(shop, app_id, buyer)
    assert (asked["status"], asked["use_preapproval"]) == ("created", False)

    (told,) = paypal.told("PAYMENT.CAPTURE.DECLINED")
    if early:
        assert shop.forward(told)["status"] == "IGNORED"
        assert shop.check(uuid=asked["uuid"])["status"] == "CREATED"
    paypal.approve(asked["pay_url"])
    assert shop.check(uuid=asked["uuid"])["status"] == "COMPLETED"
    assert shop.forward(told)["status"] == "IGNORED"
    assert call_of(asked["transaction"]).intended.credential is None


def test_a_refused_charge_is_not_counted_against_its_limits(shop: Marketplace, paypal: Simulator, app_id: str) -> None:
    buyer = shop.buyer()["uuid"]
    begun = shop.preapproval(buyer, currency="EUR", max_total="2.49")
    paypal.approve(begun["paypal_url"])
    shop.put(begun["resource_uri"], {})
    paypal.fault("create_order", NOT_NOW)

    assert charge(shop, app_id, buyer)["status"] == "created"

    assert charge(shop, app_id, buyer)["use_preapproval"] is True
