"""Refunds: never more than was taken, to the cent, and by as many as like."""

from collections import Counter
from decimal import Decimal

from tests.conformance.adapter import Reach, Seller
from tests.conformance.bench import AMOUNT, Bench
from tests.conformance.needs import needs
from tests.conformance.said import Said
from tests.web.parallel import at_once

from solitude.payments.contract import Capability, Operation
from solitude.transactions.models import Status, Type

pytestmark = needs(Capability.REFUND)


def test_all_of_it(bench: Bench) -> None:
    payment = bench.paid()

    assert bench.said(bench.refund(payment)) == Said.DONE

    assert bench.state(payment).money == (AMOUNT, AMOUNT)
    assert bench.returns(payment) == [(Type.REFUND, Status.COMPLETED, AMOUNT)]
    assert bench.events("refund.completed") == ["refund.completed"]


def test_what_has_gone_back_cannot_go_back_again(bench: Bench) -> None:
    payment = bench.paid()
    bench.refund(payment)

    assert bench.said(bench.refund(payment)) == Said.TOO_MUCH

    assert bench.state(payment).money == (AMOUNT, AMOUNT)
    assert len(bench.returns(payment)) == 1


@needs(Capability.PARTIAL_REFUND, Capability.SEVERAL_REFUNDS)
def test_part_by_part_and_then_the_rest(bench: Bench) -> None:
    payment = bench.paid("10.00")

    parts = [bench.refund(payment, part)["amount"] for part in ("3.33", "0.01", "")]

    assert parts == ["3.33", "0.01", "6.66"]
    assert bench.state(payment).money == ("10.00", "10.00")


@needs(Capability.FOREIGN_REFUND, Reach.BACK_OFFICE, Reach.NOTIFICATIONS)
def test_what_went_back_on_the_providers_site_does_not_go_back_here_as_well(bench: Bench) -> None:
    """Nobody had told us of it when we asked for one of our own."""
    payment = bench.paid()
    bench.there.refund_there(bench.name(payment), AMOUNT)

    bench.refund(payment)
    bench.forward_all()
    bench.worker()

    assert bench.state(payment).money == (AMOUNT, AMOUNT)
    assert [status for _, status, _ in bench.returns(payment)].count(Status.COMPLETED) == 1


@needs(Capability.PARTIAL_REFUND)
def test_more_than_is_left_is_refused_by_ourselves(bench: Bench) -> None:
    payment = bench.paid("10.00")
    bench.refund(payment, "7.50")

    refused = bench.refund(payment, "2.51")

    assert (bench.said(refused), refused["refundable"]) == (Said.TOO_MUCH, "2.50")
    assert bench.state(payment).money == ("10.00", "7.50")


def test_what_was_not_taken_cannot_go_back(bench: Bench) -> None:
    refused = bench.refund(bench.untaken())

    assert bench.said(refused) == Said.NOT_CAPTURED


@needs(Capability.PARTIAL_REFUND, Capability.SEVERAL_REFUNDS)
def test_five_at_once_give_back_what_there_is_and_no_more(bench: Bench) -> None:
    payment = bench.paid("10.00")

    answers = at_once(5, lambda _: bench.refund_in_turn(payment, "4.00"))

    assert Counter(map(bench.said, answers)) == {Said.DONE: 2, Said.TOO_MUCH: 3}
    assert bench.state(payment).money == ("10.00", "8.00")


def test_one_wish_sent_eight_times_at_once_is_one_refund(bench: Bench) -> None:
    payment = bench.paid()

    answers = at_once(8, lambda _: bench.refund(payment, key="one-wish"))

    assert {bench.said(answer) for answer in answers} <= {Said.DONE, Said.IN_PROGRESS}
    assert len({answer["uuid"] for answer in answers if bench.said(answer) == Said.DONE}) == 1
    assert len(bench.returns(payment)) == 1


@needs(Capability.PLATFORM_FEE)
def test_the_marketplace_gives_its_share_of_what_goes_back(bench: Bench) -> None:
    payment = bench.paid("10.00", fee="1.00")

    bench.refund(payment)

    assert bench.state(payment).money == ("10.00", "10.00")
    assert bench.at.fees_returned(bench.name(payment)) == Decimal("1.00")


@needs(Capability.PARTIAL_REFUND_OF_SHARES)
def test_and_of_each_part_its_part(bench: Bench) -> None:
    payment = bench.paid("10.00", fee="1.00")

    bench.refund(payment, "2.50")
    assert bench.at.fees_returned(bench.name(payment)) == Decimal("0.25")
    bench.refund(payment)

    assert bench.state(payment).money == ("10.00", "10.00")
    assert bench.at.fees_returned(bench.name(payment)) == Decimal("1.00")


@needs(Capability.DELAYED_REFUND, Reach.SELLERS, Reach.FAULTS, Reach.BACK_OFFICE)
def test_one_that_is_under_way_arrives_days_later(bench: Bench) -> None:
    payment = bench.paid(seller=Seller.SLOW)
    refund = bench.refund(payment)
    assert bench.state(payment).money == (AMOUNT, "0.00")
    assert bench.returns(payment) == [(Type.REFUND, Status.PENDING, AMOUNT)]
    # What is on the way cannot be sent again.
    assert bench.said(bench.refund(payment)) in (Said.TOO_MUCH, Said.UNDER_WAY)

    bench.there.settle_refund(bench.name(payment), good=True)
    assert bench.said(bench.check_refund(refund)) == Said.DONE

    assert bench.state(payment).money == (AMOUNT, AMOUNT)
    assert bench.there.asked(Operation.REFUND) == 1


@needs(Capability.FAILED_REFUND, Reach.SELLERS, Reach.BACK_OFFICE)
def test_one_that_fails_in_the_end_can_be_made_again(bench: Bench) -> None:
    """And nobody has asked about it in the meantime."""
    payment = bench.paid(seller=Seller.SLOW)
    bench.refund(payment)
    bench.there.settle_refund(bench.name(payment), good=False)

    bench.worker()

    assert bench.state(payment).money == (AMOUNT, "0.00")
    assert bench.returns(payment) == [(Type.REFUND, Status.FAILED, AMOUNT)]
    assert bench.said(bench.refund(payment)) == Said.DONE
