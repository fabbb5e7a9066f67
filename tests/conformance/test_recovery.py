"""Nobody asks any more: the worker finds out by itself, from what the provider remembers, or by our reference alone."""

from tests.conformance.adapter import Loss, Reach
from tests.conformance.bench import AMOUNT, NOTHING_TAKEN, Bench
from tests.conformance.needs import lacks, needs
from tests.conformance.said import Said
from tests.payments.passing import after
from tests.support.marketplace import Answer

from solitude.payments.contract import Capability, Operation
from solitude.transactions.models import Status

pytestmark = needs(Reach.FAULTS)


def lost(bench: Bench, loss: Loss) -> Answer:
    buyer = bench.known_buyer()
    bench.there.lose(Operation.PAY, loss)
    payment = bench.pay(buyer=buyer)
    assert bench.said(payment) == Said.UNKNOWN
    return payment


def test_a_worker_finds_out_what_became_of_a_payment(bench: Bench) -> None:
    expect_known(bench, Loss.TORN)


@needs(Capability.REPEATED_PAYMENT)
def test_a_worker_makes_a_payment_that_never_arrived(bench: Bench) -> None:
    expect_known(bench, Loss.NEVER_ARRIVED)


@lacks(Capability.STORED_CREDENTIAL, Capability.REPEATED_PAYMENT)
def test_a_worker_begins_again_what_its_buyer_has_still_to_approve(bench: Bench) -> None:
    """Nothing is taken twice by that, whatever the provider makes of it."""
    expect_known(bench, Loss.NEVER_ARRIVED)


def expect_known(bench: Bench, loss: Loss) -> None:
    payment = lost(bench, loss)

    bench.worker()

    assert bench.state(payment).outcome != "unknown"
    bench.finish(payment)
    assert bench.state(payment).money == (AMOUNT, "0.00")
    assert bench.money_moved() == 1
    assert bench.events("transaction.completed", "transaction.checked") != []


@needs(Capability.REFUND)
def test_a_worker_finds_out_what_became_of_a_refund(bench: Bench) -> None:
    payment = bench.paid()
    bench.there.lose(Operation.REFUND, Loss.TORN)
    assert bench.said(bench.refund(payment)) == Said.UNKNOWN

    bench.worker()

    assert bench.state(payment).money == (AMOUNT, AMOUNT)
    assert bench.events("refund.completed") == ["refund.completed"]


@needs(Capability.REFUND, Reach.CLOCK)
def test_of_a_refund_that_never_arrived_it_is_known_in_the_end(bench: Bench) -> None:
    """A provider that knows no keys of ours cannot be asked for it a second time: it is done now, or was not."""
    payment = bench.paid()
    bench.there.lose(Operation.REFUND, Loss.NEVER_ARRIVED)
    assert bench.said(bench.refund(payment)) == Said.UNKNOWN

    with after(hours=bench.there.absent_after_h):
        bench.worker()
        ((_, status, _),) = bench.returns(payment)
        returned = bench.state(payment).money[1]

    assert (status, returned) in [(Status.COMPLETED, AMOUNT), (Status.FAILED, "0.00")]


@needs(Capability.STORED_CREDENTIAL, Capability.LOOK_UP_BY_REFERENCE, Reach.CLOCK)
def test_a_payment_is_found_by_our_reference_alone(bench: Bench) -> None:
    """So much later that to repeat the call could charge the buyer for the first time."""
    payment = lost(bench, Loss.TORN)
    asked = bench.there.asked(Operation.PAY)

    with after(hours=bench.there.found_after_h):
        bench.worker()
        assert bench.state(payment).money == (AMOUNT, "0.00")

    assert bench.there.asked(Operation.PAY) == asked


@needs(Capability.STORED_CREDENTIAL, Capability.LOOK_UP_BY_REFERENCE, Reach.CLOCK)
def test_what_is_not_found_by_our_reference_was_not_charged(bench: Bench) -> None:
    payment = lost(bench, Loss.NEVER_ARRIVED)

    with after(hours=bench.there.absent_after_h):
        bench.worker()
        state = bench.state(payment)

    assert state.status in (Status.CANCELLED, Status.FAILED)
    assert state.money == NOTHING_TAKEN
    assert bench.money_moved() == 0
