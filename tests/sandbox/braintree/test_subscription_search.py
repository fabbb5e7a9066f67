"""The search for subscriptions through the official SDK."""

from datetime import timedelta
from typing import Any

import pytest
from braintree import SubscriptionSearch
from braintree.exceptions.unexpected_error import UnexpectedError
from tests.sandbox.braintree.client import BRICK, DONATION, Shop
from tests.support.braintree import BraintreeSimulator


def ids(gateway: Any, *criteria: Any) -> list[str]:
    return [each.id for each in gateway.subscription.search(*criteria)]


def test_subscriptions_are_found_by_what_they_are_called_and_for(gateway: Any, shop: Shop) -> None:
    brick, gift = shop.subscribed(id="our-1"), shop.subscribed(id="our-10", plan=DONATION, price="3.00")
    assert ids(gateway, SubscriptionSearch.id == "our-1") == [brick.id]
    assert ids(gateway, SubscriptionSearch.id.starts_with("our-")) == [gift.id, brick.id]
    assert ids(gateway, SubscriptionSearch.ids.in_list(brick.id)) == [brick.id]
    assert ids(gateway, SubscriptionSearch.plan_id == BRICK) == [brick.id]
    assert ids(gateway, SubscriptionSearch.plan_id.in_list(BRICK, DONATION)) == [gift.id, brick.id]
    assert ids(gateway, SubscriptionSearch.price <= "5.00") == [gift.id]
    assert ids(gateway, SubscriptionSearch.transaction_id == gift.transactions[0].id) == [gift.id]
    assert ids(gateway, SubscriptionSearch.merchant_account_id == "sandbox_eur") == []


def test_whoever_owes_something_is_found(gateway: Any, shop: Shop, fate: BraintreeSimulator) -> None:
    token = shop.card()
    good, owing = shop.subscribed(), shop.subscribed(token)
    fate.card_becomes(token, "declined")
    fate.renew(owing.id)
    assert ids(gateway, SubscriptionSearch.status == "Past Due") == [owing.id]
    assert ids(gateway, SubscriptionSearch.status.in_list(["Active", "Canceled"])) == [good.id]


def test_what_is_due_in_a_span_of_time_is_found(gateway: Any, shop: Shop) -> None:
    made = shop.subscribed()
    a_day, made_at = timedelta(days=1), made.created_at
    assert ids(gateway, SubscriptionSearch.next_billing_date == made.next_billing_date) == [made.id]
    assert ids(gateway, SubscriptionSearch.next_billing_date >= made.next_billing_date + a_day) == []
    assert ids(gateway, SubscriptionSearch.created_at.between(made_at - a_day, made_at + a_day)) == [made.id]


def test_a_criterion_that_is_not_known_is_refused(gateway: Any) -> None:
    with pytest.raises(UnexpectedError):
        ids(gateway, SubscriptionSearch.days_past_due == "3")
