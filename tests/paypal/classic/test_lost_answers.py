"""Answers that got lost: PayPal is asked what became of the call, and money is never asked for twice."""

import pytest
from django.test import override_settings
from tests.outbound.peers import answering, closing_after_request, closing_at_once
from tests.paypal.classic.world import (
    KEY,
    PAY_KEY,
    asked,
    body_of,
    call,
    error,
    http,
    payment,
    preapproved,
    refunding,
    said,
    saying,
    scripted,
)

from solitude.payments.contract import UNREACHABLE, Operation, Outcome, Seen

PAY, DETAILS = "/AdaptivePayments/Pay", "/AdaptivePayments/PaymentDetails"
UNKNOWN_KEY = error("579051")
CREATED = said(payKey=PAY_KEY, paymentExecStatus="CREATED")
LONG_AGO_S = 2 * 3600


def test_a_pay_without_answer_is_unknown_and_one_that_never_left_is_not_sent() -> None:
    with scripted(closing_after_request) as (paypal, _):
        lost = paypal.perform(call())
    away = paypal.perform(call())  # nobody listens there any more

    assert lost.outcome == Outcome.UNKNOWN
    assert (away.outcome, away.reason and away.reason.code) == (Outcome.NOT_SENT, UNREACHABLE)


def test_a_payment_is_found_by_our_key() -> None:
    with saying(payment()) as (paypal, peer):
        found = paypal.find_out(call())

    assert asked(peer) == [DETAILS]
    assert body_of(peer.requests[0]) == f"requestEnvelope.errorLanguage=en_US&trackingId={KEY}"
    assert (found.outcome, found.ids["payment"]) == (Outcome.SUCCEEDED, PAY_KEY)


def test_a_payment_that_paypal_does_not_know_is_sent_again_under_the_same_key() -> None:
    with saying(UNKNOWN_KEY, CREATED) as (paypal, peer):
        found = paypal.find_out(call())

    assert asked(peer) == [DETAILS, PAY]
    assert f"trackingId={KEY}" in body_of(peer.requests[1])
    assert (found.outcome, len(found.exchanges)) == (Outcome.PENDING, 2)


def test_a_key_that_was_taken_in_the_meantime_is_looked_up() -> None:
    with saying(UNKNOWN_KEY, error("579042"), payment()) as (paypal, peer):
        found = paypal.find_out(preapproved(Operation.PAY))

    assert asked(peer) == [DETAILS, PAY, DETAILS]
    assert found.outcome == Outcome.SUCCEEDED


@pytest.mark.parametrize("then", [http(UNKNOWN_KEY), http(error("520003")), http({}, 503), http({}, 429)])
def test_a_key_that_is_taken_says_that_something_was_done_whatever_the_look_up_says(then: bytes) -> None:
    with scripted(answering(http(error("579042")), then)) as (paypal, _):
        assert paypal.perform(call()).outcome == Outcome.UNKNOWN


def test_after_a_while_it_is_sent_no_more_and_was_never_taken() -> None:
    with saying(UNKNOWN_KEY) as (paypal, peer):
        found = paypal.find_out(call(age_s=LONG_AGO_S))

    assert asked(peer) == [DETAILS]
    assert found.evidence is not None
    assert (found.outcome, found.evidence.state) == (Outcome.DECLINED, Seen.EXPIRED)


@pytest.mark.parametrize(("resent_for_s", "age_s"), [(0, 60), (3600, 3601), (3600, 7199)])
def test_where_nothing_is_sent_again_it_is_unknown_until_what_was_sent_last_would_have_arrived(
    resent_for_s: int, age_s: int
) -> None:
    with override_settings(SOLITUDE_RESEND_MAX_S=resent_for_s), saying(UNKNOWN_KEY) as (paypal, peer):
        found = paypal.find_out(call(age_s=age_s))

    assert (asked(peer), found.outcome) == ([DETAILS], Outcome.UNKNOWN)


@pytest.mark.parametrize("answer", [http({}, 503), http(error("520002")), http({"payKey": "x"}), http(error("540031"))])
def test_a_look_up_that_says_nothing_sends_nothing(answer: bytes) -> None:
    with scripted(answering(answer)) as (paypal, peer):
        found = paypal.find_out(call())

    assert (asked(peer), found.outcome) == ([DETAILS], Outcome.UNKNOWN)


def test_a_look_up_that_does_not_arrive_leaves_it_unknown() -> None:
    with scripted(closing_at_once) as (paypal, _):
        assert paypal.find_out(call()).outcome == Outcome.UNKNOWN


def test_the_transaction_of_a_payment_by_pre_approval_is_asked_for_where_pay_does_not_tell_it() -> None:
    with saying(said(payKey=PAY_KEY, paymentExecStatus="COMPLETED"), payment()) as (paypal, peer):
        found = paypal.perform(preapproved(Operation.PAY))

    assert asked(peer) == [PAY, DETAILS]
    assert (found.outcome, found.ids["capture"], len(found.exchanges)) == (Outcome.SUCCEEDED, "1DG71997KF688883E", 2)


@pytest.mark.parametrize("then", [error("520002"), error("520003"), UNKNOWN_KEY])
def test_what_was_taken_stays_taken_when_that_look_up_fails(then: dict[str, str]) -> None:
    with saying(said(payKey=PAY_KEY, paymentExecStatus="COMPLETED"), then) as (paypal, _):
        found = paypal.perform(preapproved(Operation.PAY))

    assert found.evidence is not None
    assert (found.outcome, found.evidence.state, found.ids) == (Outcome.SUCCEEDED, Seen.PAID, {"payment": PAY_KEY})


# --- refunds -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "now", "age_s", "outcome"),
    [
        ("0.00", "1.00", 0, Outcome.SUCCEEDED),
        ("2.00", "3.00", 0, Outcome.SUCCEEDED),
        ("2.00", "2.00", 0, Outcome.UNKNOWN),  # it may still be under way
        ("2.00", "2.00", LONG_AGO_S, Outcome.DECLINED),
        ("0.00", "2.00", LONG_AGO_S, Outcome.UNKNOWN),  # somebody else refunded as well, or instead
        ("0.00", "0.50", LONG_AGO_S, Outcome.UNKNOWN),
        ("2.00", "0.00", LONG_AGO_S, Outcome.UNKNOWN),
    ],
)
def test_a_refund_is_found_by_how_much_went_back(before: str, now: str, age_s: int, outcome: Outcome) -> None:
    with saying(payment(part="PARTIALLY_REFUNDED", refunded=now)) as (paypal, peer):
        found = paypal.find_out(refunding("1.00", before=before, age_s=age_s))

    assert asked(peer) == [DETAILS]
    assert found.outcome == outcome
    assert (found.refund is not None) == (outcome == Outcome.SUCCEEDED)


def test_while_a_refund_is_pending_the_sum_says_nothing() -> None:
    pending = {"paymentInfoList.paymentInfo(0).pendingRefund": "true"}
    with saying(payment() | pending) as (paypal, _):
        assert paypal.find_out(refunding("1.00", age_s=LONG_AGO_S)).outcome == Outcome.UNKNOWN


def test_a_refund_without_answer_is_not_sent_again_whatever_the_look_up_says() -> None:
    with saying(error("589018")) as (paypal, peer):
        found = paypal.find_out(refunding("1.00", age_s=LONG_AGO_S))

    assert (asked(peer), found.outcome) == ([DETAILS], Outcome.UNKNOWN)


# --- pre-approval --------------------------------------------------------------------------------------------------


def test_a_pre_approval_nobody_was_sent_to_is_asked_for_anew_and_given_up_later() -> None:
    with saying(said(preapprovalKey="PA-NEW")) as (paypal, peer):
        again = paypal.find_out(preapproved(Operation.ASK_CONSENT))
        late = paypal.find_out(call(Operation.ASK_CONSENT, ids={}, age_s=LONG_AGO_S))

    assert asked(peer) == ["/AdaptivePayments/Preapproval"]
    assert (again.outcome, late.outcome, late.reason and late.reason.code) == (
        Outcome.PENDING,
        Outcome.DECLINED,
        "ABANDONED",
    )
