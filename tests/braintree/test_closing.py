"""When a buyer's account is closed, nothing of it is charged any more: not here, and not at Braintree."""

from typing import Any

import pytest
from django.test import override_settings
from tests.braintree.subscribing import SUBSCRIPTIONS, dying_at, plan, subscribe, subscribed
from tests.braintree.world import BUYERS, PAYMETHODS, card, codes, customer, run_worker
from tests.payments.passing import age
from tests.retention.later import later, run
from tests.support.braintree import BraintreeSimulator
from tests.support.free_port import free_port
from tests.support.marketplace import Answer, Marketplace

from solitude import failpoints
from solitude.buyers import erasing
from solitude.buyers.models import Buyer
from solitude.payments.models import ProviderCall
from solitude.providers.braintree.models import PaymentMethod, Subscription

pytestmark = pytest.mark.long


def close(shop: Marketplace, uuid: str) -> Answer:
    (found,) = shop.get(f"/generic/buyer/?uuid={uuid}")["objects"]
    return shop.post(f"{found['resource_uri']}close/", {})


def active(shop: Marketplace) -> dict[str, list[bool]]:
    return {path: [one["active"] for one in shop.get(path)["objects"]] for path in (BUYERS, PAYMETHODS, SUBSCRIPTIONS)}


def there(braintree: BraintreeSimulator) -> tuple[int, list[str]]:
    """How many cards are kept there, and how the subscriptions stand."""
    return len(braintree.methods()), [one["status"] for one in braintree.subscriptions()]


@pytest.fixture
def buyer(shop: Marketplace, braintree: BraintreeSimulator) -> str:
    """One with two cards and a subscription on each."""
    uuid = customer(shop)
    for _ in range(2):
        subscribed(shop, braintree, card=card(shop, braintree, uuid))
    return uuid


def test_subscriptions_end_and_cards_are_deleted_there_and_here(
    shop: Marketplace, braintree: BraintreeSimulator, buyer: str
) -> None:
    assert close(shop, buyer).status == 204

    assert there(braintree) == (0, ["Canceled", "Canceled"])
    assert active(shop) == {BUYERS: [False], PAYMETHODS: [False, False], SUBSCRIPTIONS: [False, False]}


def test_only_what_is_active_is_told(shop: Marketplace, braintree: BraintreeSimulator, buyer: str) -> None:
    for path in (PAYMETHODS, SUBSCRIPTIONS):
        shop.patch(shop.get(path)["objects"][0]["resource_uri"], {"active": False})

    close(shop, buyer)

    assert len(braintree.calls("delete_method")) == len(braintree.calls("cancel_subscription")) == 1


def off_here(shop: Marketplace) -> None:
    for found in shop.get(PAYMETHODS)["objects"]:
        shop.patch(found["resource_uri"], {"active": False})


def test_an_erasure_deletes_there_what_was_only_switched_off_here(
    shop: Marketplace, braintree: BraintreeSimulator, buyer: str
) -> None:
    off_here(shop)

    erasing.erase(Buyer.objects.get(uuid=buyer))

    assert there(braintree) == (0, ["Canceled", "Canceled"])
    # What its cards have held.
    assert erasing.go_on() == 1
    assert {card.truncated_id for card in PaymentMethod.objects.all()} == {""}


@pytest.mark.parametrize("fault", ["", "error_500"])
def test_the_token_of_a_card_that_was_only_switched_off_here_is_kept_until_it_is_deleted_there(
    shop: Marketplace, braintree: BraintreeSimulator, buyer: str, fault: str
) -> None:
    off_here(shop)
    if fault:
        braintree.fault("delete_method", fault, 2)

    with later(days=541):
        run("braintree_cards")
    assert {card.truncated_id for card in PaymentMethod.objects.all()} == {"1111"}
    age(days=541)
    for _ in range(2):
        run_worker()
    assert there(braintree)[0] == 0
    with later(days=541):
        run("braintree_cards")

    assert {card.truncated_id for card in PaymentMethod.objects.all()} == {""}
    assert len(braintree.calls("delete_method")) == (4 if fault else 2)


def test_a_card_that_was_only_switched_off_here_is_deleted_there_when_its_closed_account_goes(
    shop: Marketplace, braintree: BraintreeSimulator
) -> None:
    uuid = customer(shop)
    card(shop, braintree, uuid)
    off_here(shop)
    close(shop, uuid)

    with later(days=181):
        run("closed_buyers")
    assert not PaymentMethod.objects.exists()
    age(days=181)
    run_worker()

    assert there(braintree)[0] == 0


def test_what_was_deleted_there_is_not_deleted_again_before_its_token_is_forgotten(
    shop: Marketplace, braintree: BraintreeSimulator, buyer: str
) -> None:
    close(shop, buyer)

    with later(days=541):
        run("braintree_cards")

    assert {card.truncated_id for card in PaymentMethod.objects.all()} == {""}
    assert len(braintree.calls("delete_method")) == 2


def test_another_buyer_keeps_everything(shop: Marketplace, braintree: BraintreeSimulator, buyer: str) -> None:
    other = subscribed(shop, braintree)

    close(shop, buyer)

    assert shop.get(other["resource_uri"])["active"] is True
    assert there(braintree) == (1, ["Canceled", "Canceled", "Active"])


def test_a_buyer_without_a_customer_is_closed_without_a_call(shop: Marketplace, braintree: BraintreeSimulator) -> None:
    assert close(shop, str(shop.buyer()["uuid"])).status == 204
    assert not braintree.state()["requests"]


@pytest.mark.parametrize("fault", ["error_500", "disconnect_before", "disconnect_after", "rate_limit_429"])
def test_what_cannot_be_done_there_now_is_done_by_the_worker(
    shop: Marketplace, braintree: BraintreeSimulator, buyer: str, fault: str
) -> None:
    for operation in ("delete_method", "cancel_subscription"):
        braintree.fault(operation, fault, 2)

    assert close(shop, buyer).status == 204
    assert active(shop) == {BUYERS: [False], PAYMETHODS: [False, False], SUBSCRIPTIONS: [False, False]}
    run_worker()

    assert there(braintree) == (0, ["Canceled", "Canceled"])


def test_a_gateway_that_is_not_there_is_tried_until_it_is(
    shop: Marketplace, braintree: BraintreeSimulator, buyer: str
) -> None:
    with override_settings(SOLITUDE_BRAINTREE_URL=f"http://127.0.0.1:{free_port()}/braintree"):
        assert close(shop, buyer).status == 204
        run_worker()
    assert ProviderCall.objects.filter(outcome="unknown").count() == 4

    run_worker()

    assert there(braintree) == (0, ["Canceled", "Canceled"])
    assert not ProviderCall.objects.filter(outcome="unknown").exists()


def test_a_server_that_dies_before_it_can_tell_braintree_leaves_that_to_the_worker(
    shop: Marketplace, braintree: BraintreeSimulator, buyer: str
) -> None:
    with dying_at(failpoints.BEFORE_SEND):
        close(shop, buyer)
    assert there(braintree) == (2, ["Active", "Active"])

    run_worker()

    assert there(braintree) == (0, ["Canceled", "Canceled"])


def test_an_account_that_stays_open_keeps_its_cards(
    shop: Marketplace, braintree: BraintreeSimulator, buyer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr("solitude.buyers.pin_tokens.forget", fail)

    assert close(shop, buyer).status == 500
    assert there(braintree) == (2, ["Active", "Active"])
    assert active(shop) == {BUYERS: [True], PAYMETHODS: [True, True], SUBSCRIPTIONS: [True, True]}


def test_a_card_and_a_subscription_that_come_too_late_are_given_up(
    shop: Marketplace, braintree: BraintreeSimulator
) -> None:
    uuid = customer(shop)
    owned, of = card(shop, braintree, uuid), plan(shop, braintree)
    braintree.fault("create_method", "disconnect_after")
    braintree.fault("create_subscription", "disconnect_after")
    late = shop.post("/braintree/paymethod/", {"buyer_uuid": uuid, "nonce": braintree.nonce()})
    assert (late.status, subscribe(shop, owned["resource_uri"], of).status) == (504, 504)

    close(shop, uuid)
    # First they are found, then they are given up.
    run_worker()
    run_worker()

    assert there(braintree) == (0, ["Canceled"])
    assert not PaymentMethod.objects.filter(active=True).exists()
    assert not Subscription.objects.filter(active=True).exists()


def test_a_closed_account_begins_nothing_new(shop: Marketplace, braintree: BraintreeSimulator, buyer: str) -> None:
    owned = shop.get(PAYMETHODS)["objects"][0]
    close(shop, buyer)
    shop.patch(owned["resource_uri"], {"active": True})

    answer = subscribe(shop, owned["resource_uri"], plan(shop, braintree))

    assert codes(answer) == {"paymethod": ["inactive"]}
