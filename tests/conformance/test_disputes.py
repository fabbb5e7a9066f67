"""The provider takes money back for a buyer, or a buyer complains: told by the provider alone."""

from tests.conformance.adapter import Reach
from tests.conformance.bench import AMOUNT, Bench
from tests.conformance.needs import needs

from solitude.payments.contract import Capability
from solitude.transactions.models import Status, Type

pytestmark = needs(Reach.NOTIFICATIONS, Reach.BACK_OFFICE)


@needs(Capability.REVERSALS)
def test_a_payment_that_the_provider_takes_back_is_reversed(bench: Bench) -> None:
    payment = bench.paid()
    bench.there.reverse(bench.name(payment))

    bench.forward_all()

    assert bench.state(payment).money == (AMOUNT, AMOUNT)
    assert bench.returns(payment) == [(Type.REVERSAL, Status.COMPLETED, AMOUNT)]


@needs(Capability.DISPUTES)
def test_a_dispute_that_the_seller_wins_moves_no_money(bench: Bench) -> None:
    payment = bench.paid()
    bench.there.dispute(bench.name(payment), for_buyer=False)

    bench.forward_all()

    assert bench.state(payment).money == (AMOUNT, "0.00")
    assert bench.events("dispute.opened", "dispute.resolved") == ["dispute.opened", "dispute.resolved"]


@needs(Capability.DISPUTES)
def test_a_forged_one_opens_and_ends_nothing(bench: Bench) -> None:
    payment = bench.paid()
    bench.there.dispute(bench.name(payment), for_buyer=False)

    for forged in [forged for message in bench.there.told() for forged in bench.there.forgeries(message)]:
        bench.forge(forged)

    assert bench.events("dispute.opened", "dispute.resolved") == []
    bench.forward_all()
    assert bench.events("dispute.opened", "dispute.resolved") == ["dispute.opened", "dispute.resolved"]
