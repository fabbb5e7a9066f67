"""Refunds: never more than was taken, to the cent, and by as many as like."""

from decimal import Decimal

from tests.conformance.adapter import Reach, Seller
from tests.conformance.bench import AMOUNT, Bench
from tests.conformance.needs import needs
from tests.web.parallel import at_once

from solitude.payments.contract import Capability, Operation
from solitude.transactions.models import Status, Type

pytestmark = needs(Capability.REFUND)


def test_all_of_it(bench: Bench) -> None:
    payment = bench.paid()

    assert bench.refund(payment).status == 201

    assert bench.state(payment).money == (AMOUNT, AMOUNT)
    assert bench.returns(payment) == [(Type.REFUND, Status.COMPLETED, AMOUNT)]


@needs(Capability.PARTIAL_REFUND, Capability.SEVERAL_REFUNDS)
def test_part_by_part_and_then_the_rest(bench: Bench) -> None:
    payment = bench.paid("10.00")

    parts = [bench.refund(payment, part)["amount"] for part in ("3.33", "0.01", "")]

    assert parts == ["3.33", "0.01", "6.66"]
    assert bench.state(payment).money == ("10.00", "10.00")


@needs(Capability.PARTIAL_REFUND)
def test_more_than_is_left_is_refused_by_ourselves(bench: Bench) -> None:
    payment = bench.paid("10.00")
    bench.refund(payment, "7.50")

    refused = bench.refund(payment, "2.51")

    assert (refused.status, refused["code"], refused["refundable"]) == (409, "refund_exceeds_captured", "2.50")
    assert bench.state(payment).money == ("10.00", "7.50")


def test_what_was_not_taken_cannot_go_back(bench: Bench) -> None:
    refused = bench.refund(bench.pay())

    assert (refused.status, refused["code"]) == (409, "not_captured")


@needs(Capability.PARTIAL_REFUND, Capability.SEVERAL_REFUNDS)
def test_five_at_once_give_back_what_there_is_and_no_more(bench: Bench) -> None:
    payment = bench.paid("10.00")

    answers = at_once(5, lambda _: bench.refund_in_turn(payment, "4.00"))

    assert sorted(answer.status for answer in answers) == [201, 201, 409, 409, 409]
    assert bench.state(payment).money == ("10.00", "8.00")


def test_one_wish_sent_eight_times_at_once_is_one_refund(bench: Bench) -> None:
    payment = bench.paid()

    answers = at_once(8, lambda _: bench.refund(payment, key="one-wish"))

    assert {answer.status for answer in answers} <= {201, 409}
    assert len({answer["uuid"] for answer in answers if answer.status == 201}) == 1
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


@needs(Capability.DELAYED_SETTLEMENT, Reach.SELLERS, Reach.CLOCK)
def test_one_that_is_under_way_arrives_days_later(bench: Bench) -> None:
    payment = bench.paid(seller=Seller.SLOW)
    refund = bench.refund(payment)
    assert bench.state(payment).money == (AMOUNT, "0.00")
    assert bench.returns(payment) == [(Type.REFUND, Status.PENDING, AMOUNT)]

    bench.there.later(days=4)
    bench.check(refund)

    assert bench.state(payment).money == (AMOUNT, AMOUNT)
    assert bench.there.asked(Operation.REFUND) == 1
