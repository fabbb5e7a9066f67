"""The process dies at any moment of a call: the worker, or the same wish once more, ends what it began, and nothing is done twice."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from tests.conformance.adapter import Reach
from tests.conformance.bench import AMOUNT, NOTHING_TAKEN, Bench
from tests.conformance.needs import needs
from tests.conformance.said import Said
from tests.payments.passing import after
from tests.payments.world import end_leases

from solitude import failpoints
from solitude.payments.contract import Capability
from solitude.transactions.models import Status

pytestmark = [pytest.mark.long, pytest.mark.parametrize("is_found_out", [True, False], ids=["worker", "same wish"])]


class Died(BaseException):
    """The process is gone: nothing that cleans up may run for it."""


@contextmanager
def dying(moment: str) -> Iterator[None]:
    def die(name: str) -> None:
        if name == moment:
            raise Died

    with failpoints.hooked(die), pytest.raises(Died):
        yield
    # Nobody can know whether it still lives, before its time is over.
    end_leases()


@needs(Reach.FAULTS, Reach.CLOCK)
def test_a_payment_outlives_its_process(bench: Bench, is_found_out: bool) -> None:
    """Where it cannot safely be made again, it is known after a while whether it was made."""
    buyer, taken = bench.known_buyer(), 0
    for moment in failpoints.NAMES:
        with dying(moment):
            bench.pay(buyer=buyer, key=moment)
        if is_found_out:
            bench.worker()

        payment = bench.pay(buyer=buyer, key=moment)
        if bench.said(payment) == Said.UNKNOWN and not bench.can(Capability.REPEATED_PAYMENT):
            with after(hours=bench.there.absent_after_h):
                bench.worker()
            assert bench.state(payment).money == NOTHING_TAKEN, moment
        else:
            assert bench.said(payment) == Said.DONE, moment
            bench.finish(payment)
            taken += 1
            assert bench.state(payment).money == (AMOUNT, "0.00"), moment
        assert bench.money_moved() == taken, moment


@needs(Capability.REFUND, Reach.CLOCK)
def test_a_refund_outlives_its_process(bench: Bench, is_found_out: bool) -> None:
    """Where it cannot simply be made again, it is known after a while whether it was made."""
    for moment in failpoints.NAMES:
        payment = bench.paid()
        with dying(moment):
            bench.refund(payment, key=moment)
        if is_found_out:
            bench.worker()

        ends = [(Status.COMPLETED, AMOUNT)]
        if bench.said(bench.refund(payment, key=moment)) == Said.UNKNOWN:
            ends.append((Status.FAILED, "0.00"))
            with after(hours=bench.there.absent_after_h):
                bench.worker()

        ((_, status, _),) = bench.returns(payment)
        assert (status, bench.state(payment).money[1]) in ends, moment
        bench.expect_equal_books()
