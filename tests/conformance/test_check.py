"""Check: safe at any time, and by as many as like."""

from tests.conformance.bench import AMOUNT, NOTHING_TAKEN, Bench
from tests.conformance.needs import needs
from tests.conformance.said import Said
from tests.web.parallel import at_once

from solitude.payments.contract import Capability

pytestmark = needs(Capability.APPROVAL)


@needs(Capability.LOOK_UP)
def test_before_the_buyer_has_approved_it_changes_nothing(bench: Bench) -> None:
    payment = bench.pay()
    before, told = bench.row(payment), bench.events()

    for _ in range(3):
        assert bench.said(bench.check(payment)) == Said.DONE

    assert (bench.row(payment)["status"], bench.events()) == (before["status"], told)
    assert bench.state(payment).money == NOTHING_TAKEN


def test_eight_at_once_take_the_money_once(bench: Bench) -> None:
    payment = bench.approved()

    answers = at_once(8, lambda _: bench.check(payment))

    # Who comes while another is at it, and does not see the end of it, cannot know.
    assert (
        {Said.DONE}
        <= {bench.said(answer) for answer in answers}
        <= {
            Said.DONE,
            Said.KNOWN,
            Said.KEPT,
            Said.UNKNOWN,
        }
    )
    assert bench.said(bench.check(payment)) in (Said.DONE, Said.KNOWN)
    assert bench.state(payment).money == (AMOUNT, "0.00")
    assert bench.money_moved() == 1


def test_after_the_money_was_taken_it_tells_the_same_and_nothing_new(bench: Bench) -> None:
    payment = bench.approved()
    bench.check(payment)
    before, told = bench.state(payment), bench.events()

    again = bench.check(payment)

    assert bench.said(again) in (Said.DONE, Said.KNOWN)
    assert (bench.state(payment), bench.events()) == (before, told)
