"""What the provider tells: believed when it is the provider's, applied once, in whatever order it comes."""

from tests.conformance.adapter import Reach
from tests.conformance.bench import AMOUNT, Bench
from tests.conformance.needs import lacks, needs
from tests.conformance.said import Said
from tests.web.parallel import at_once

from solitude.payments.contract import Capability
from solitude.transactions.models import Status, Type

pytestmark = needs(Capability.NOTIFICATIONS, Reach.NOTIFICATIONS)


@needs(Capability.APPROVAL)
def test_a_buyer_who_never_comes_back_has_paid_all_the_same(bench: Bench) -> None:
    payment = bench.approved()

    bench.forward_all()

    assert bench.state(payment).is_paid
    assert bench.money_moved() == 1


@needs(Reach.FAULTS)
def test_an_early_one_ends_what_nobody_knew(bench: Bench) -> None:
    """It overtakes the answer."""
    payment = bench.unheard()

    bench.forward_all()

    state = bench.state(payment)
    assert (state.is_paid, state.outcome, state.money) == (True, "succeeded", (AMOUNT, "0.00"))


def test_the_same_again_is_no_news(bench: Bench) -> None:
    payment = bench.paid()
    if bench.can(Capability.REFUND):
        bench.refund(payment)
    bench.forward_all()
    before, told = bench.state(payment), bench.events()

    bench.forward_all()

    assert (bench.state(payment), bench.events()) == (before, told)


@needs(Reach.FAULTS)
def test_the_same_four_times_at_once_is_one(bench: Bench) -> None:
    payment = bench.unheard()
    messages = bench.there.told()

    at_once(4, lambda _: [bench.forward(message) for message in messages])

    assert bench.state(payment).money == (AMOUNT, "0.00")
    assert len(bench.events("transaction.completed", "transaction.checked")) == 1


@needs(Capability.PARTIAL_REFUND, Reach.FAULTS, Reach.BACK_OFFICE)
def test_the_last_first(bench: Bench) -> None:
    """A refund is told of before the payment that it is of."""
    payment = bench.unheard()
    (name,) = bench.at.books(())
    bench.there.refund_there(name, "2.34")

    for message in reversed(bench.there.told()):
        bench.forward(message)
    bench.worker()

    assert bench.state(payment).money == (AMOUNT, "2.34")
    assert bench.returns(payment) == [(Type.REFUND, Status.COMPLETED, "2.34")]


@needs(Reach.FAULTS)
def test_a_forged_one_moves_nothing_and_the_true_one_does(bench: Bench) -> None:
    payment = bench.unheard()

    for forged in [forged for message in bench.there.told() for forged in bench.there.forgeries(message)]:
        bench.forge(forged)

    bench.forward_all()
    assert bench.state(payment).is_paid


@lacks(Capability.LOOK_UP)
@needs(Capability.APPROVAL)
def test_what_nobody_but_the_buyer_brings_back_is_proved_as_well(bench: Bench) -> None:
    """There the marketplace knows by the buyer's own browser, which may say what it likes."""
    payment = bench.approved()
    brought = bench.brought(payment)

    for forged in bench.there.forgeries(brought):
        bench.forge(forged)

    assert bench.forward(brought) == Said.DONE
    assert bench.state(payment).money == (AMOUNT, "0.00")


@lacks(Capability.LOOK_UP)
@needs(Capability.APPROVAL)
def test_what_the_buyer_brings_and_what_the_provider_tells_is_one_payment(bench: Bench) -> None:
    """In any order, and at the same time."""
    payment = bench.approved()
    messages = [bench.brought(payment), *bench.there.told()]
    assert len(messages) > 1

    at_once(2 * len(messages), lambda number: bench.forward(messages[number % len(messages)]))

    assert bench.state(payment).money == (AMOUNT, "0.00")
    assert len(bench.events("transaction.completed", "transaction.checked")) == 1


@needs(Capability.PARTIAL_REFUND, Reach.BACK_OFFICE)
def test_a_refund_made_on_the_providers_site_is_in_our_books(bench: Bench) -> None:
    payment = bench.paid()
    bench.there.refund_there(bench.name(payment), "2.34")

    bench.forward_all()

    assert bench.state(payment).money == (AMOUNT, "2.34")
    # What has gone back there cannot go back here.
    assert bench.refund(payment)["amount"] == "10.00"
