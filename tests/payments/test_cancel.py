"""A payment that its buyer gave up: nothing is taken for it any more, whoever asks, and whatever comes at the same time."""

from collections import Counter
from typing import Any

import pytest
from tests.payments.passing import make_due
from tests.payments.world import Elsewhere, call_of, end_leases, nothing_happens
from tests.support.marketplace import Answer, Marketplace
from tests.support.simulator import Simulator
from tests.web.parallel import at_once

from solitude.payments import recovery

PENDING, COMPLETED, CANCELLED = 0, 1, 5
APPROVED, CAPTURED = "CHECKOUT.ORDER.APPROVED", "PAYMENT.CAPTURE.COMPLETED"
ROUNDS = 12


@pytest.fixture
def begun(shop: Marketplace, app_id: str) -> Answer:
    """A payment that waits for its buyer."""
    return shop.pay(app_id)


def status(shop: Marketplace, payment: Answer) -> int:
    return int(shop.transaction(payment["transaction"])["status"])


def told(paypal: Simulator, event_type: str) -> dict[str, Any]:
    return paypal.told(event_type)[-1]


def follow_up_now() -> None:
    make_due()
    recovery.follow_up(limit=10)


def test_a_buyer_who_came_back_without_approving_ends_the_payment(
    shop: Marketplace, paypal: Simulator, begun: Answer
) -> None:
    cancelled = shop.cancel(pay_key=begun["paykey"])

    assert (cancelled.status, cancelled["status"]) == (201, "CANCELLED")
    assert cancelled.json == shop.check(uuid=begun["uuid"]).json
    row = shop.transaction(begun["transaction"])
    assert (row["status"], row["status_reason"]) == (CANCELLED, "CANCELLED")
    assert shop.event_types()[-1] == "transaction.cancelled"
    with nothing_happens(paypal):
        assert shop.cancel(uuid=begun["uuid"])["status"] == "CANCELLED"


def test_what_was_cancelled_is_never_taken(shop: Marketplace, paypal: Simulator, begun: Answer) -> None:
    """The buyer has approved in another window all the same: PayPal may say so, and everybody may ask."""
    shop.cancel(uuid=begun["uuid"])
    paypal.approve(begun["pay_url"])

    assert shop.forward(told(paypal, APPROVED))["status"] == "IGNORED"
    assert shop.check(uuid=begun["uuid"])["status"] == "CANCELLED"
    follow_up_now()
    recovery.run_once(limit=10)

    assert (paypal.calls("capture_order"), paypal.captured()) == ([], [])
    assert len(paypal.calls("create_order")) == 1


def test_what_is_approved_and_not_taken_yet_can_be_cancelled(
    shop: Marketplace, paypal: Simulator, begun: Answer
) -> None:
    paypal.approve(begun["pay_url"])

    assert shop.cancel(uuid=begun["uuid"])["status"] == "CANCELLED"
    assert shop.check(uuid=begun["uuid"])["status"] == "CANCELLED"
    assert paypal.captured() == []


def test_what_is_paid_or_held_stays_as_it_is(shop: Marketplace, paypal: Simulator, app_id: str) -> None:
    paid = shop.pay(app_id)
    paypal.approve(paid["pay_url"])
    shop.check(uuid=paid["uuid"])
    assert shop.cancel(uuid=paid["uuid"])["status"] == "COMPLETED"

    held = shop.pay(app_id)
    paypal.approve(held["pay_url"], funding="review")
    shop.check(uuid=held["uuid"])
    assert shop.cancel(uuid=held["uuid"])["status"] == "PENDING"
    assert (status(shop, paid), status(shop, held)) == (COMPLETED, PENDING)


def test_an_unknown_beginning_is_found_out_first(shop: Marketplace, paypal: Simulator, app_id: str) -> None:
    paypal.fault("create_order", "disconnect_after")
    unknown = shop.pay(app_id)
    assert unknown.status == 504
    paypal.fault("create_order", "error_503")
    assert shop.cancel(uuid=unknown["uuid"]).status == 504

    assert shop.cancel(uuid=unknown["uuid"])["status"] == "CANCELLED"

    tried = len(paypal.calls("create_order"))
    end_leases()
    recovery.run_once(limit=10)
    assert len(paypal.calls("create_order")) == tried
    assert call_of(unknown["transaction"]).outcome == "pending"


def test_a_capture_whose_outcome_is_unknown_is_not_cancelled(
    shop: Marketplace, paypal: Simulator, begun: Answer
) -> None:
    paypal.approve(begun["pay_url"])
    paypal.fault("capture_order", "disconnect_after")
    assert shop.check(uuid=begun["uuid"]).status == 504
    paypal.fault("get_order", "error_503")

    assert shop.cancel(uuid=begun["uuid"]).status == 504
    assert shop.cancel(uuid=begun["uuid"])["status"] == "COMPLETED"


def test_money_that_moves_after_a_cancel_is_recorded_as_a_correction(
    shop: Marketplace, paypal: Simulator, begun: Answer
) -> None:
    shop.cancel(uuid=begun["uuid"])
    paypal.approve(begun["pay_url"])
    Elsewhere(paypal).capture(begun["paykey"])

    assert shop.forward(told(paypal, CAPTURED))["status"] == "OK"

    assert status(shop, begun) == COMPLETED
    assert shop.event_types()[-1] == "transaction.corrected"


def test_only_a_payment_is_cancelled(shop: Marketplace, paid: dict[str, str]) -> None:
    refund = shop.refund(uuid=paid["uuid"], amount="1.00")

    assert shop.cancel(uuid=refund["uuid"]).json == {"__all__": ["Only a payment can be cancelled."]}
    assert shop.cancel(uuid="unknown").status == 404


def test_cancel_and_capture_at_once_end_in_one_of_them(shop: Marketplace, paypal: Simulator, app_id: str) -> None:
    """Pay-check, PayPal's notification and two cancellations, in many rounds: the books and PayPal agree in each."""
    ends: Counter[int] = Counter()
    for number in range(ROUNDS):
        payment = shop.pay(app_id)
        paypal.approve(payment["pay_url"])
        event = told(paypal, APPROVED)
        acts = ["check", "forward", "cancel", "check", "cancel"]
        turned = acts[number % len(acts) :] + acts[: number % len(acts)]

        def act(which: int, uuid: str = payment["uuid"], turned: list[str] = turned, event: Any = event) -> Answer:
            one = Marketplace()
            return one.forward(event) if turned[which] == "forward" else getattr(one, turned[which])(uuid=uuid)

        answers = at_once(len(turned), act)

        assert {answer.status for answer in answers} <= {200, 201, 504}
        shop.check(uuid=payment["uuid"])
        end = status(shop, payment)
        captures = [
            capture for capture in paypal.captured() if capture["custom_id"] == call_of(payment["transaction"]).key
        ]
        assert len(captures) == (1 if end == COMPLETED else 0)
        ends[end] += 1

    assert set(ends) <= {COMPLETED, CANCELLED}
    assert ends.total() == ROUNDS


def test_what_a_client_writes_into_its_status_reason_does_not_keep_a_payment_from_being_given_up(
    shop: Marketplace, paypal: Simulator, app_id: str
) -> None:
    """Nor from ending where PayPal has its order no more: it would be asked about for ever."""
    given_up, gone = shop.pay(app_id), shop.pay(app_id)
    for begun in (given_up, gone):
        assert shop.patch(begun["transaction"], {"status_reason": "the buyer has called"}).status < 300

    paypal.fault("get_order", "error_503")
    neutral = shop.post("/payments/check/", {"uuid": gone["uuid"]})
    assert (neutral["status"], bool(neutral["pay_url"])) == ("created", True)
    assert shop.check(uuid=gone["uuid"])["status"] == "CREATED"
    assert shop.cancel(uuid=given_up["uuid"])["status"] == "CANCELLED"
    paypal.fault("get_order", "issue:INVALID_RESOURCE_ID")
    assert shop.check(uuid=gone["uuid"])["status"] == "EXPIRED"
