"""An answer is lost: nobody calls that a failure, nothing is done twice, and in the end it is known what happened."""

import pytest
from tests.conformance.adapter import DONE_AND_LOST, LOSSES, Loss, Reach
from tests.conformance.bench import AMOUNT, NOTHING_TAKEN, Bench
from tests.conformance.needs import lacks, needs
from tests.conformance.said import Said
from tests.payments.passing import after

from solitude.payments.contract import Capability, Operation
from solitude.transactions.models import Status

pytestmark = needs(Reach.FAULTS)


@needs(Capability.STORED_CREDENTIAL)
@pytest.mark.parametrize("loss", DONE_AND_LOST)
def test_of_a_payment_by_pre_approval(bench: Bench, loss: Loss) -> None:
    expect_one_payment(bench, loss)


@needs(Capability.STORED_CREDENTIAL, Capability.REPEATED_PAYMENT)
def test_of_a_payment_by_pre_approval_that_never_arrived(bench: Bench) -> None:
    expect_one_payment(bench, Loss.NEVER_ARRIVED)


@needs(Capability.STORED_CREDENTIAL, Reach.CLOCK)
@lacks(Capability.REPEATED_PAYMENT)
def test_where_it_cannot_safely_be_made_again_it_is_not(bench: Bench) -> None:
    """Its buyer is not charged later, by an attempt that nobody waits for any more."""
    buyer = bench.buyer()
    bench.there.lose(Operation.PAY, Loss.NEVER_ARRIVED)
    payment = bench.pay(buyer=buyer, key="lost")
    asked = bench.there.asked(Operation.PAY)

    assert bench.said(bench.pay(buyer=buyer, key="lost")) == Said.UNKNOWN
    bench.check(payment)
    with after(hours=bench.there.absent_after_h):
        bench.worker()
        state = bench.state(payment)

    assert state.status in (Status.CANCELLED, Status.FAILED)
    assert state.money == NOTHING_TAKEN
    assert bench.there.asked(Operation.PAY) == asked


def expect_one_payment(bench: Bench, loss: Loss) -> None:
    buyer = bench.buyer()
    bench.there.lose(Operation.PAY, loss)

    payment = bench.pay(buyer=buyer)

    assert bench.said(payment) == Said.UNKNOWN
    assert bench.state(payment).outcome == "unknown"
    assert bench.shop.get("/services/uncertain/")["count"] == 1
    bench.check(payment)
    assert bench.state(payment).money == (AMOUNT, "0.00")
    assert bench.money_moved() == 1
    assert bench.shop.get("/services/uncertain/")["count"] == 0


@needs(Capability.CAPTURE)
@pytest.mark.parametrize("loss", LOSSES)
def test_of_the_call_that_takes_what_was_approved(bench: Bench, loss: Loss) -> None:
    payment = bench.approved()
    bench.there.lose(Operation.CAPTURE, loss)

    assert bench.said(bench.check(payment)) == Said.UNKNOWN

    assert bench.state(payment).status == Status.PENDING
    bench.check(payment)
    assert bench.state(payment).money == (AMOUNT, "0.00")
    assert bench.money_moved() == 1


@needs(Capability.REFUND)
@pytest.mark.parametrize("loss", DONE_AND_LOST)
def test_of_a_refund(bench: Bench, loss: Loss) -> None:
    expect_one_refund(bench, loss)


@needs(Capability.REFUND, Capability.IDEMPOTENCY_KEY)
def test_of_a_refund_that_never_arrived(bench: Bench) -> None:
    expect_one_refund(bench, Loss.NEVER_ARRIVED)


def expect_one_refund(bench: Bench, loss: Loss) -> None:
    payment = bench.paid()
    bench.there.lose(Operation.REFUND, loss)

    refund = bench.refund(payment, key="lost")

    assert bench.said(refund) == Said.UNKNOWN
    # What may have gone back cannot go back again.
    assert bench.said(bench.refund(payment)) in (Said.TOO_MUCH, Said.UNDER_WAY)
    again = bench.refund(payment, key="lost")
    assert (bench.said(again), again["uuid"]) == (Said.DONE, refund["uuid"])
    assert bench.state(payment).money == (AMOUNT, AMOUNT)
    assert len(bench.returns(payment)) == 1


@needs(Capability.APPROVAL)
@pytest.mark.parametrize("loss", LOSSES)
def test_of_a_payment_that_its_buyer_is_to_approve(bench: Bench, loss: Loss) -> None:
    """Nothing was taken yet; but the buyer must be sent to one payment, and not to two."""
    bench.there.lose(Operation.PAY, loss)
    payment = bench.pay(key="lost")
    assert bench.said(payment) == Said.UNKNOWN

    again = bench.pay(key="lost")
    bench.at.approve(bench.url(again))
    bench.check(again)

    assert (bench.said(again), again["uuid"]) == (Said.DONE, payment["uuid"])
    assert bench.state(payment).money == (AMOUNT, "0.00")
    assert bench.money_moved() == 1


def test_none_was_lost_where_the_provider_turns_us_away(bench: Bench) -> None:
    """It is certain that nothing was done: so the same wish may be made again."""
    buyer = bench.known_buyer()
    bench.there.turn_away(Operation.PAY)

    away = bench.pay(buyer=buyer, key="busy")

    assert bench.said(away) == Said.BUSY
    assert int(away.headers["Retry-After"]) > 0
    assert bench.state(away).status == Status.ERRORED
    again = bench.pay(buyer=buyer, key="busy")
    bench.finish(again)
    assert bench.state(again).money == (AMOUNT, "0.00")
    assert bench.money_moved() == 1


@needs(Capability.REFUND)
def test_nor_a_refund(bench: Bench) -> None:
    payment = bench.paid()
    bench.there.turn_away(Operation.REFUND)

    away = bench.refund(payment)

    assert bench.said(away) == Said.BUSY
    assert bench.state(payment).money == (AMOUNT, "0.00")
    assert bench.said(bench.refund(payment)) == Said.DONE
