"""An answer is lost: nobody calls that a failure, nothing is done twice, and in the end it is known what happened."""

import pytest
from tests.conformance.adapter import Loss, Reach
from tests.conformance.bench import AMOUNT, Bench
from tests.conformance.needs import needs
from tests.support.marketplace import Answer

from solitude.payments.contract import Capability, Operation
from solitude.transactions.models import Status

pytestmark = needs(Reach.FAULTS)


def is_unknown(answer: Answer) -> bool:
    return (answer.status, answer["code"]) == (504, "outcome_unknown")


@needs(Capability.STORED_CREDENTIAL)
@pytest.mark.parametrize("loss", Loss)
def test_of_a_payment_by_pre_approval(bench: Bench, loss: Loss) -> None:
    buyer = bench.buyer()
    bench.there.lose(Operation.PAY, loss)

    payment = bench.pay(buyer=buyer)

    assert is_unknown(payment)
    assert bench.state(payment).outcome == "unknown"
    assert bench.shop.get("/services/uncertain/")["count"] == 1
    bench.check(payment)
    assert bench.state(payment).money == (AMOUNT, "0.00")
    assert bench.money_moved() == 1
    assert bench.shop.get("/services/uncertain/")["count"] == 0


@needs(Capability.CAPTURE)
@pytest.mark.parametrize("loss", Loss)
def test_of_the_call_that_takes_what_was_approved(bench: Bench, loss: Loss) -> None:
    payment = bench.approved()
    bench.there.lose(Operation.CAPTURE, loss)

    assert is_unknown(bench.check(payment))

    assert bench.state(payment).status == Status.PENDING
    bench.check(payment)
    assert bench.state(payment).money == (AMOUNT, "0.00")
    assert bench.money_moved() == 1


@pytest.mark.parametrize("loss", [loss for loss in Loss if loss != Loss.NEVER_ARRIVED])
def test_of_a_refund(bench: Bench, loss: Loss) -> None:
    expect_one_refund(bench, loss)


@needs(Capability.IDEMPOTENCY_KEY)
def test_of_a_refund_that_never_arrived(bench: Bench) -> None:
    expect_one_refund(bench, Loss.NEVER_ARRIVED)


def expect_one_refund(bench: Bench, loss: Loss) -> None:
    payment = bench.paid()
    bench.there.lose(Operation.REFUND, loss)

    refund = bench.refund(payment, key="lost")

    assert is_unknown(refund)
    # What may have gone back cannot go back again.
    assert bench.refund(payment).status == 409
    again = bench.refund(payment, key="lost")
    assert (again.status, again["uuid"]) == (201, refund["uuid"])
    assert bench.state(payment).money == (AMOUNT, AMOUNT)
    assert len(bench.returns(payment)) == 1


@needs(Capability.APPROVAL)
@pytest.mark.parametrize("loss", Loss)
def test_of_a_payment_that_its_buyer_is_to_approve(bench: Bench, loss: Loss) -> None:
    """Nothing was taken yet; but the buyer must be sent to one payment, and not to two."""
    bench.there.lose(Operation.PAY, loss)
    payment = bench.pay(key="lost")
    assert is_unknown(payment)

    again = bench.pay(key="lost")
    bench.at.approve(bench.url(again))
    bench.check(again)

    assert (again.status, again["uuid"]) == (201, payment["uuid"])
    assert bench.state(payment).money == (AMOUNT, "0.00")


@needs(Capability.STORED_CREDENTIAL)
def test_none_was_lost_where_the_provider_turns_us_away(bench: Bench) -> None:
    """It is certain that nothing was done: so the same wish may be made again."""
    buyer = bench.buyer()
    bench.there.turn_away(Operation.PAY)

    away = bench.pay(buyer=buyer, key="busy")

    assert (away.status, away["code"], away.headers["Retry-After"]) == (503, "provider_busy", "7")
    assert bench.state(away).status == Status.ERRORED
    again = bench.pay(buyer=buyer, key="busy")
    assert again["uuid"] != away["uuid"]
    assert bench.state(again).money == (AMOUNT, "0.00")


def test_nor_a_refund(bench: Bench) -> None:
    payment = bench.paid()
    bench.there.turn_away(Operation.REFUND)

    away = bench.refund(payment)

    assert (away.status, away["code"]) == (503, "provider_busy")
    assert bench.state(payment).money == (AMOUNT, "0.00")
    assert bench.refund(payment).status == 201
