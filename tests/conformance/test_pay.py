"""A payment: taken once when its buyer has approved, and not at all when the buyer has not."""

from decimal import Decimal

import pytest
from django.test import override_settings
from tests.conformance.adapter import Funding, Reach, Seller
from tests.conformance.bench import AMOUNT, NOTHING_TAKEN, Bench
from tests.conformance.needs import needs
from tests.web.parallel import at_once

from solitude.payments.contract import Capability
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
    assert (payment.status, state.is_paid, state.money) == (201, True, WHOLE)
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

    assert (cancelled.status, cancelled["status"]) == (201, "CANCELLED")
    assert bench.state(payment).status == Status.CANCELLED
    assert bench.events()[-1] == "transaction.cancelled"
    assert bench.cancel(payment)["status"] == "CANCELLED"


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


@needs(Capability.STORED_CREDENTIAL, Reach.BUYER)
def test_a_pre_approval_whose_funding_is_declined_takes_nothing(bench: Bench) -> None:
    payment = bench.pay(buyer=bench.buyer(Funding.DECLINED))

    assert not bench.state(payment).is_paid
    assert bench.money_moved() == 0


@needs(Reach.SELLERS)
def test_a_seller_who_cannot_be_paid_is_refused_by_the_provider(bench: Bench) -> None:
    payment = bench.pay(seller=Seller.CLOSED)

    assert payment.status == 422
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


@needs(Capability.STORED_CREDENTIAL)
def test_one_wish_sent_eight_times_at_once_is_one_payment(bench: Bench) -> None:
    buyer, product = bench.buyer(), bench.product

    answers = at_once(8, lambda _: bench.at.pay(bench.shop, product, AMOUNT, buyer=buyer, key="one-wish"))

    assert {answer.status for answer in answers} <= {201, 409}
    assert len({answer["uuid"] for answer in answers if answer.status == 201}) == 1
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
