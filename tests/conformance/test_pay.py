"""A payment: taken once when its buyer has approved, and not at all when the buyer has not."""

from decimal import Decimal

import pytest
from django.test import override_settings
from tests.conformance.adapter import Funding, Reach, Seller
from tests.conformance.bench import AMOUNT, NOTHING_TAKEN, Bench
from tests.conformance.needs import lacks, needs
from tests.conformance.said import Said
from tests.payments.passing import after
from tests.web.parallel import at_once

from solitude.payments.contract import Capability, Operation
from solitude.transactions.models import Status

WHOLE = (AMOUNT, "0.00")


@needs(Capability.APPROVAL)
def test_a_payment_is_taken_when_its_buyer_has_approved(bench: Bench) -> None:
    payment = bench.pay()
    before = bench.state(payment)
    assert (before.status, before.money) == (Status.PENDING, NOTHING_TAKEN)

    bench.at.approve(bench.url(payment))
    bench.check(payment)

    after = bench.state(payment)
    assert after.is_paid
    assert (after.outcome, after.money) == ("succeeded", WHOLE)
    assert bench.events() == ["transaction.started", "transaction.pending", f"transaction.{after.status.name.lower()}"]


@needs(Capability.STORED_CREDENTIAL)
def test_a_buyer_with_a_pre_approval_is_not_asked_again(bench: Bench) -> None:
    payment = bench.pay(buyer=bench.buyer())

    state = bench.state(payment)
    assert (bench.said(payment), state.is_paid, state.money) == (Said.DONE, True, WHOLE)
    assert not bench.row(payment)["pay_url"]


@needs(Capability.APPROVAL, Reach.BUYER)
def test_a_buyer_who_turns_back_pays_nothing(bench: Bench) -> None:
    payment = bench.pay()
    bench.there.turn_back(bench.url(payment))

    bench.check(payment)

    assert bench.state(payment).money == NOTHING_TAKEN
    assert bench.money_moved() == 0


@needs(Capability.APPROVAL, Capability.CANCEL)
def test_a_payment_that_the_marketplace_cancels_is_cancelled(bench: Bench) -> None:
    payment = bench.pay()

    cancelled = bench.cancel(payment)

    assert bench.said(cancelled) == Said.DONE
    assert bench.state(payment).status == Status.CANCELLED
    assert bench.events()[-1] == "transaction.cancelled"
    assert bench.said(bench.cancel(payment)) == Said.DONE
    assert bench.events("transaction.cancelled") == ["transaction.cancelled"]


@needs(Capability.APPROVAL, Capability.CANCEL, Capability.CAPTURE, Reach.BUYER)
def test_a_cancelled_payment_is_not_taken_when_its_buyer_approves_all_the_same(bench: Bench) -> None:
    payment = bench.pay()
    url = bench.url(payment)
    bench.cancel(payment)

    bench.at.approve(url)
    bench.check(payment)
    bench.worker()

    assert bench.state(payment).status == Status.CANCELLED
    assert bench.money_moved() == 0


@needs(Capability.APPROVAL, Capability.OTHER_FUNDING, Reach.BUYER)
def test_a_buyer_whose_funding_is_declined_chooses_another(bench: Bench) -> None:
    payment = bench.approved(funding=Funding.DECLINED)
    bench.check(payment)
    declined = bench.state(payment)
    assert (declined.status, declined.money) == (Status.PENDING, NOTHING_TAKEN)

    bench.at.approve(bench.url(payment))
    bench.check(payment)

    assert bench.state(payment).money == WHOLE


@lacks(Capability.OTHER_FUNDING)
@needs(Capability.APPROVAL, Reach.BUYER)
def test_a_buyer_whose_funding_is_declined_has_not_paid(bench: Bench) -> None:
    payment = bench.approved(funding=Funding.DECLINED)

    bench.check(payment)

    assert not bench.state(payment).is_paid
    assert bench.state(payment).money == NOTHING_TAKEN
    assert bench.money_moved() == 0


@lacks(Capability.LOOK_UP)
@needs(Capability.APPROVAL, Reach.CLOCK)
def test_a_payment_that_nobody_makes_is_given_up(bench: Bench) -> None:
    payment = bench.pay()

    with after(hours=bench.there.given_up_after_h):
        bench.worker()
        state = bench.state(payment)

    assert (state.status, state.money) == (Status.CANCELLED, NOTHING_TAKEN)


@lacks(Capability.LOOK_UP)
@needs(Capability.APPROVAL, Reach.CLOCK)
def test_and_money_of_which_nothing_was_heard_before_that_is_not_lost(bench: Bench) -> None:
    """The buyer paid; neither the buyer nor the provider's message has come to the marketplace."""
    payment = bench.approved()

    with after(hours=bench.there.given_up_after_h):
        bench.worker()
        given_up = bench.state(payment)
        bench.check(payment)

    assert given_up.status == Status.CANCELLED
    assert bench.state(payment).money == WHOLE
    assert bench.events()[-2:] == ["transaction.cancelled", "transaction.corrected"]


@needs(Capability.SEVERAL_PRICES, Reach.BUYER)
def test_of_several_prices_the_one_that_the_buyer_chose_is_in_the_books(bench: Bench) -> None:
    payment = bench.at_several_prices()
    before = bench.row(payment)
    assert (before["amount"], before["currency"]) == (None, "")

    bench.there.choose(bench.url(payment), "USD")
    bench.check(payment)

    paid = bench.row(payment)
    assert (paid["amount"], paid["captured_amount"], paid["currency"]) == ("14.00", "14.00", "USD")


@needs(Capability.SEVERAL_PRICES, Capability.NOTIFICATIONS, Reach.BUYER, Reach.NOTIFICATIONS)
@pytest.mark.parametrize(("amount", "currency"), [("14.01", "USD"), (AMOUNT, "USD"), ("14.00", "GBP")])
def test_an_amount_that_is_none_of_them_never_enters_the_books(bench: Bench, amount: str, currency: str) -> None:
    payment = bench.at_several_prices()
    bench.there.choose(bench.url(payment), "USD")
    (message,) = bench.there.told()

    # A provider's amounts may bind, and then nothing moves; or it is paid as one of them, known now or later.
    bench.there.forward(bench.shop, bench.there.misstated(message, amount, currency))
    known = bench.row(payment)
    assert (known["captured_amount"], known["currency"]) in ((None, ""), ("14.00", "USD"))

    bench.forward(message)
    assert bench.state(payment).money == ("14.00", "0.00")


@needs(Capability.STORED_CREDENTIAL, Reach.BUYER)
def test_a_pre_approval_whose_funding_is_declined_takes_nothing(bench: Bench) -> None:
    payment = bench.pay(buyer=bench.buyer(Funding.DECLINED))

    assert not bench.state(payment).is_paid
    assert bench.money_moved() == 0


@needs(Reach.SELLERS)
def test_a_seller_who_cannot_be_paid_is_refused_by_the_provider(bench: Bench) -> None:
    payment = bench.pay(seller=Seller.CLOSED)

    assert bench.said(payment) == Said.REFUSED
    assert bench.state(payment).status == Status.FAILED


@needs(Capability.PLATFORM_FEE)
def test_the_marketplace_gets_its_share(bench: Bench) -> None:
    payment = bench.paid(fee="1.23")

    assert bench.state(payment).money == WHOLE
    assert bench.at.fees(bench.name(payment)) == Decimal("1.23")


@needs(Capability.DELAYED_DISBURSEMENT, Reach.BACK_OFFICE)
@pytest.mark.parametrize("fee", ["", "1.23"])
def test_the_seller_waits_for_the_money_where_the_marketplace_wants_it_so(bench: Bench, fee: str) -> None:
    payment = bench.paid(fee=fee, delayed=True)

    assert bench.state(payment).money == WHOLE
    assert bench.there.waits(bench.name(payment))


@needs(Capability.SEVERAL_RECEIVERS, Reach.BACK_OFFICE)
def test_a_partner_gets_a_share_beside_the_marketplace_and_gives_it_back(bench: Bench) -> None:
    with override_settings(**bench.at.with_partner):
        payment = bench.paid("10.00", fee="1.00")
    assert bench.there.divided(bench.name(payment)) == [Decimal("6.00"), Decimal("3.00"), Decimal("1.00")]

    bench.refund(payment)

    assert bench.state(payment).money == ("10.00", "10.00")


def test_one_wish_sent_eight_times_at_once_is_one_payment(bench: Bench) -> None:
    buyer, product = bench.known_buyer(), bench.product

    answers = at_once(8, lambda _: bench.at.pay(bench.shop, product, AMOUNT, buyer=buyer, key="one-wish"))

    assert {bench.said(answer) for answer in answers} <= {Said.DONE, Said.IN_PROGRESS}
    done = [answer for answer in answers if bench.said(answer) == Said.DONE]
    assert len({answer["uuid"] for answer in done}) == 1
    if Reach.FAULTS in bench.at.reach:
        assert bench.there.asked(Operation.PAY) == 1
    bench.finish(done[0])
    assert bench.money_moved() == 1


@needs(Capability.DELAYED_SETTLEMENT, Reach.BUYER, Reach.BACK_OFFICE)
def test_a_held_payment_is_paid_when_the_provider_lets_it_go(bench: Bench) -> None:
    payment = bench.approved(funding=Funding.HELD)
    bench.check(payment)
    held = bench.state(payment)
    assert (held.status, held.outcome, held.money) == (Status.PENDING, "pending", NOTHING_TAKEN)

    bench.there.settle(bench.name(payment), good=True)
    bench.check(payment)

    assert bench.state(payment).money == WHOLE


@needs(Capability.DELAYED_SETTLEMENT, Reach.BUYER, Reach.BACK_OFFICE)
def test_a_held_payment_that_the_provider_denies_has_failed(bench: Bench) -> None:
    payment = bench.approved(funding=Funding.HELD)
    bench.check(payment)

    bench.there.settle(bench.name(payment), good=False)
    bench.check(payment)

    state = bench.state(payment)
    assert (state.status, state.money) == (Status.FAILED, NOTHING_TAKEN)
