"""What becomes of a subscription whose answer got lost, or whose server died: it is found, and there is one of it."""

import pytest
from tests.braintree.subscribing import CANCEL, change, dying_at, one, plan, subscribe, subscribed
from tests.braintree.world import card, codes, customer, run_worker
from tests.payments.passing import after
from tests.support.braintree import BraintreeSimulator
from tests.support.marketplace import Marketplace
from tests.support.waiting import until
from tests.web.parallel import at_once

from solitude import failpoints
from solitude.payments.models import ProviderCall
from solitude.providers.braintree.models import Subscription

pytestmark = pytest.mark.long

LOST = ("disconnect_after", "truncated_after", "garbage_after")
MOMENTS = (failpoints.AFTER_SEND, failpoints.AFTER_ANSWER, failpoints.WHILE_RECORDING)


@pytest.mark.parametrize("fault", LOST)
def test_a_subscription_whose_answer_is_lost_is_found_by_our_key(
    shop: Marketplace, braintree: BraintreeSimulator, fault: str
) -> None:
    owned, of = card(shop, braintree), plan(shop, braintree)
    braintree.fault("create_subscription", fault)

    lost = subscribe(shop, owned["resource_uri"], of)

    assert (lost.status, lost["code"]) == (504, "outcome_unknown")
    assert not Subscription.objects.exists()
    run_worker()
    assert one(shop)["provider_id"] == braintree.subscriptions()[0]["id"]
    assert len(braintree.calls("create_subscription")) == 1


def test_who_asks_again_after_a_lost_answer_gets_that_subscription(
    shop: Marketplace, braintree: BraintreeSimulator
) -> None:
    owned, of = card(shop, braintree), plan(shop, braintree)
    braintree.fault("create_subscription", "disconnect_after")
    assert subscribe(shop, owned["resource_uri"], of, key="first").status == 504

    with_another_key = subscribe(shop, owned["resource_uri"], of, key="second")

    assert with_another_key.status == 201
    assert with_another_key["mozilla"] == one(shop)
    assert len(braintree.subscriptions()) == 1


def test_who_asks_for_something_else_while_one_is_not_known_must_wait(
    shop: Marketplace, braintree: BraintreeSimulator
) -> None:
    owned, of = card(shop, braintree), plan(shop, braintree, amount=None)
    braintree.fault("create_subscription", "disconnect_before")
    assert subscribe(shop, owned["resource_uri"], of, amount="3.00").status == 504

    other = subscribe(shop, owned["resource_uri"], of, amount="4.00")

    assert (other.status, other["code"]) == (409, "in_progress")
    assert len(braintree.calls("create_subscription")) == 1


def test_a_subscription_that_is_not_found_is_given_up_when_its_time_is_over(
    shop: Marketplace, braintree: BraintreeSimulator
) -> None:
    owned, of = card(shop, braintree), plan(shop, braintree)
    braintree.fault("create_subscription", "disconnect_before")
    assert subscribe(shop, owned["resource_uri"], of, key="lost").status == 504

    with after(hours=1, minutes=1):
        run_worker()

        assert subscribe(shop, owned["resource_uri"], of).status == 201
    assert len(braintree.subscriptions()) == 1


@pytest.mark.parametrize("moment", MOMENTS)
def test_whenever_this_server_dies_there_is_one_subscription_in_the_end(
    shop: Marketplace, braintree: BraintreeSimulator, moment: str
) -> None:
    owned, of = card(shop, braintree), plan(shop, braintree)
    with dying_at(moment):
        subscribe(shop, owned["resource_uri"], of)
    # Braintree may have it a moment after the process that has sent it died.
    until(braintree.subscriptions)

    run_worker()

    assert one(shop)["provider_id"] == braintree.subscriptions()[0]["id"]


def test_of_two_at_once_one_is_sent(shop: Marketplace, braintree: BraintreeSimulator) -> None:
    owned, of = card(shop, braintree), plan(shop, braintree)

    answers = at_once(6, lambda _: subscribe(Marketplace(), owned["resource_uri"], of))

    assert 201 in {answer.status for answer in answers}
    assert {answer.status for answer in answers} <= {201, 422, 504}
    assert len(braintree.calls("create_subscription")) == len(braintree.subscriptions()) == 1
    assert one(shop)["active"]


def test_one_that_has_no_place_here_is_ended_there(shop: Marketplace, braintree: BraintreeSimulator) -> None:
    owned, of = card(shop, braintree), plan(shop, braintree)
    braintree.fault("create_subscription", "disconnect_after")
    assert subscribe(shop, owned["resource_uri"], of, key="lost").status == 504
    call = ProviderCall.objects.get(operation="subscribe")
    Subscription.objects.create(
        paymethod_id=int(call.ids["paymethod"]), seller_product_id=int(call.ids["product"]), provider_id="another"
    )

    answer = subscribe(shop, owned["resource_uri"], of, key="lost")
    run_worker()

    assert codes(answer) == {"__all__": ["already_exists"]}
    assert [there["status"] for there in braintree.subscriptions()] == ["Canceled"]
    assert one(shop)["provider_id"] == "another"


def test_one_whose_card_was_given_up_meanwhile_is_ended_there(shop: Marketplace, braintree: BraintreeSimulator) -> None:
    owned, of = card(shop, braintree), plan(shop, braintree)
    braintree.fault("create_subscription", "disconnect_after")
    assert subscribe(shop, owned["resource_uri"], of).status == 504
    shop.patch(owned["resource_uri"], {"active": False})

    # First it is found, then it is ended.
    run_worker()
    run_worker()

    assert one(shop)["active"] is False
    assert [there["status"] for there in braintree.subscriptions()] == ["Canceled"]


@pytest.mark.parametrize("fault", [*LOST, "disconnect_before"])
def test_a_change_whose_answer_is_lost_is_found_by_the_card(
    shop: Marketplace, braintree: BraintreeSimulator, fault: str
) -> None:
    buyer = customer(shop)
    first, second = card(shop, braintree, buyer), card(shop, braintree, buyer)
    made = subscribed(shop, braintree, card=first)
    braintree.fault("update_subscription", fault)
    assert change(shop, made["resource_uri"], second["resource_uri"]).status == 504

    with after(hours=1, minutes=1):
        run_worker()

    paying = first if fault == "disconnect_before" else second
    assert one(shop)["paymethod"] == paying["resource_uri"]
    assert braintree.subscriptions()[0]["token"] == paying["provider_id"]


@pytest.mark.parametrize("fault", [*LOST, "disconnect_before", "error_500"])
def test_a_cancellation_is_repeated_until_it_is_done(
    shop: Marketplace, braintree: BraintreeSimulator, fault: str
) -> None:
    made = subscribed(shop, braintree)
    braintree.fault("cancel_subscription", fault)
    assert shop.post(CANCEL, {"subscription": made["resource_uri"]}).status == 504
    assert one(shop)["active"] is True

    run_worker()

    assert one(shop)["active"] is False
    assert braintree.subscriptions()[0]["status"] == "Canceled"


@pytest.mark.parametrize("moment", [failpoints.BEFORE_SEND, *MOMENTS])
def test_whenever_this_server_dies_what_is_cancelled_is_over_in_the_end(
    shop: Marketplace, braintree: BraintreeSimulator, moment: str
) -> None:
    made = subscribed(shop, braintree)
    with dying_at(moment):
        shop.post(CANCEL, {"subscription": made["resource_uri"]})

    run_worker()

    assert one(shop)["active"] is False
    assert braintree.subscriptions()[0]["status"] == "Canceled"
