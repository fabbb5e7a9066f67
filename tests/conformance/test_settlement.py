"""What was taken and is not settled yet: it becomes money, or comes to nothing."""

import pytest
from tests.conformance.adapter import LOSSES, Loss, Reach
from tests.conformance.bench import AMOUNT, NOTHING_TAKEN, Bench
from tests.conformance.needs import needs
from tests.conformance.said import Said

from solitude.payments.contract import Capability, Operation
from solitude.transactions.models import Status

WHOLE = (AMOUNT, "0.00")


@needs(Capability.SETTLEMENT, Reach.BACK_OFFICE)
def test_what_was_taken_is_completed_when_it_is_settled(bench: Bench) -> None:
    payment = bench.paid()
    assert bench.state(payment).status == Status.CHECKED

    bench.there.settle(bench.name(payment), good=True)
    bench.worker()

    assert (bench.state(payment).status, bench.state(payment).money) == (Status.COMPLETED, WHOLE)
    assert bench.events()[-2:] == ["transaction.checked", "transaction.completed"]


@needs(Capability.SETTLEMENT, Reach.BACK_OFFICE)
def test_what_the_bank_does_not_pay_in_the_end_was_not_taken(bench: Bench) -> None:
    payment = bench.paid()

    bench.there.settle(bench.name(payment), good=False)
    bench.worker()

    assert (bench.state(payment).status, bench.state(payment).money) == (Status.FAILED, NOTHING_TAKEN)
    assert bench.events()[-1] == "transaction.failed"
    assert bench.said(bench.refund(payment)) == Said.NOT_CAPTURED


@needs(Capability.SETTLEMENT, Reach.BACK_OFFICE)
def test_until_it_is_settled_it_stays_as_it_is_however_often_it_is_asked_about(bench: Bench) -> None:
    payment = bench.paid()
    before = bench.events()

    bench.worker()
    bench.worker()

    assert (bench.state(payment).status, bench.events()) == (Status.CHECKED, before)


@needs(Capability.VOID)
def test_what_is_not_settled_yet_can_be_given_up(bench: Bench) -> None:
    payment = bench.paid()

    assert bench.said(bench.void(payment)) == Said.DONE

    assert (bench.state(payment).status, bench.state(payment).money) == (Status.CANCELLED, NOTHING_TAKEN)
    assert bench.events()[-1] == "transaction.cancelled"
    assert bench.said(bench.void(payment)) == Said.DONE
    assert bench.events("transaction.cancelled") == ["transaction.cancelled"]
    assert bench.said(bench.refund(payment)) == Said.NOT_CAPTURED
    bench.worker()
    assert bench.money_moved() == 0


@needs(Capability.VOID, Reach.FAULTS)
@pytest.mark.parametrize("loss", LOSSES)
def test_a_void_without_an_answer_is_found_out(bench: Bench, loss: Loss) -> None:
    payment = bench.paid()
    bench.there.lose(Operation.VOID, loss)
    assert bench.said(bench.void(payment)) == Said.UNKNOWN
    assert bench.state(payment).is_paid

    bench.worker()

    assert bench.state(payment).status == Status.CANCELLED
    assert bench.money_moved() == 0


@needs(Capability.VOID, Capability.SETTLEMENT, Reach.BACK_OFFICE)
def test_what_is_settled_can_be_given_up_no_more(bench: Bench) -> None:
    payment = bench.paid()
    bench.there.settle(bench.name(payment), good=True)

    assert bench.said(bench.void(payment)) in (Said.REFUSED, Said.NOT_VOIDABLE)
    bench.worker()
    assert bench.said(bench.void(payment)) == Said.NOT_VOIDABLE

    assert (bench.state(payment).status, bench.state(payment).money) == (Status.COMPLETED, WHOLE)
