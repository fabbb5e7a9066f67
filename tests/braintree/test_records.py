"""`/braintree/mozilla/`: what is kept of customers, cards, subscriptions and transactions, found and changed. Braintree is told nothing."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.braintree.subscribing import SUBSCRIPTIONS, TRANSACTIONS, pass_all_on, plan, subscribed
from tests.braintree.world import BUYERS, PAYMETHODS, card, customer, sold
from tests.support.braintree import BraintreeSimulator
from tests.support.marketplace import Marketplace

pytestmark = pytest.mark.long

KEPT = {"id", "resource_pk", "resource_uri", "created", "modified", "counter"}


@pytest.fixture
def buyer(shop: Marketplace, braintree: BraintreeSimulator) -> str:
    """The uuid of a buyer with a card, a subscription and a charge; another buyer has the same."""
    for _ in range(2):
        uuid = customer(shop)
        subscribed(
            shop, braintree, card=card(shop, braintree, uuid), of=plan(shop, braintree, amount=None), amount="3.5"
        )
    pass_all_on(shop, braintree)
    return uuid


def pk(path: str) -> str:
    return path.split("/")[-2]


def test_each_has_its_fields_and_what_all_have(shop: Marketplace, braintree: BraintreeSimulator, buyer: str) -> None:
    fields = {
        BUYERS: {"active", "braintree_id", "buyer"},
        PAYMETHODS: {"active", "braintree_buyer", "provider_id", "type", "type_name", "truncated_id"},
        SUBSCRIPTIONS: {"active", "amount", "paymethod", "provider_id", "seller_product"},
        TRANSACTIONS: {
            "kind",
            "paymethod",
            "subscription",
            "transaction",
            "billing_period_start_date",
            "billing_period_end_date",
            "next_billing_date",
            "next_billing_period_amount",
        },
    }
    for path, own in fields.items():
        listed = shop.get(path)
        newest, older = listed["objects"]
        assert newest.keys() == KEPT | own, path
        assert (newest["id"], newest["resource_uri"]) == (newest["resource_pk"], f"{path}{newest['id']}/")
        assert newest["id"] > older["id"]
        assert listed["meta"]["total_count"] == 2
        found = shop.get(newest["resource_uri"])
        assert (found.status, found.json) == (200, newest)
        assert shop.get(newest["resource_uri"], **{"If-None-Match": found.headers["ETag"]}).status == 304


def test_they_are_found_by_whom_they_belong_to(shop: Marketplace, braintree: BraintreeSimulator, buyer: str) -> None:
    (generic,) = shop.get(f"/generic/buyer/?uuid={buyer}")["objects"]
    owner = shop.get(f"{BUYERS}?buyer={generic['resource_pk']}")["objects"][0]
    owned = shop.get(f"{PAYMETHODS}?braintree_buyer={owner['id']}")["objects"][0]
    subscription = shop.get(f"{SUBSCRIPTIONS}?paymethod={owned['id']}")["objects"][0]

    assert owner["buyer"] == generic["resource_uri"]
    for path in (
        f"{BUYERS}?buyer={generic['resource_pk']}&active=True",
        f"{PAYMETHODS}?braintree_buyer__buyer__uuid={buyer}&active=1",
        f"{SUBSCRIPTIONS}?paymethod__braintree_buyer={owner['id']}",
        f"{SUBSCRIPTIONS}?paymethod__braintree_buyer__buyer={generic['resource_pk']}",
        f"{SUBSCRIPTIONS}?seller_product={pk(subscription['seller_product'])}",
        f"{SUBSCRIPTIONS}?provider_id={subscription['provider_id']}",
        f"{TRANSACTIONS}?transaction__buyer__uuid={buyer}",
    ):
        assert shop.get(path)["meta"]["total_count"] == 1, path


SPELLINGS = {"True": True, "true": True, "1": True, "False": False, "false": False, "0": False}


@pytest.mark.parametrize("path", [BUYERS, PAYMETHODS, SUBSCRIPTIONS])
def test_a_flag_may_be_asked_for_in_every_spelling(
    shop: Marketplace, braintree: BraintreeSimulator, buyer: str, path: str
) -> None:
    shop.patch(shop.get(path)["objects"][0]["resource_uri"], {"active": False})

    for text, active in SPELLINGS.items():
        assert [one["active"] for one in shop.get(f"{path}?active={text}")["objects"]] == [active], text


@pytest.mark.parametrize(
    ("path", "query"),
    [
        (BUYERS, "active=yes"),
        (BUYERS, "buyer=x"),
        (PAYMETHODS, "provider_id=x"),
        (SUBSCRIPTIONS, "paymethod=-1"),
        (TRANSACTIONS, "kind=x"),
    ],
)
def test_a_filter_that_means_nothing_never_lists_everything(shop: Marketplace, path: str, query: str) -> None:
    assert shop.get(f"{path}?{query}").status == 400


@pytest.mark.parametrize("path", [BUYERS, PAYMETHODS, SUBSCRIPTIONS])
def test_a_flag_is_changed_here_alone(shop: Marketplace, braintree: BraintreeSimulator, buyer: str, path: str) -> None:
    row = shop.get(path)["objects"][0]
    sent = len(braintree.state()["requests"])

    off = shop.patch(row["resource_uri"], {"active": False})
    # A PUT sets back what it leaves out.
    on = shop.put(row["resource_uri"], {})

    assert [(one.status, one["active"], one["counter"]) for one in (off, on)] == [(200, False, 1), (200, True, 2)]
    assert len(braintree.state()["requests"]) == sent


READ_ONLY: dict[str, dict[str, Any]] = {
    BUYERS: {"braintree_id": "another", "id": 9},
    PAYMETHODS: {"provider_id": "another", "type": 2, "type_name": "another", "truncated_id": "9999"},
    SUBSCRIPTIONS: {"paymethod": f"{PAYMETHODS}9/", "seller_product": "/generic/product/9/", "provider_id": "another"},
}


def test_what_is_braintree_s_is_read_only_and_ignored(
    shop: Marketplace, braintree: BraintreeSimulator, buyer: str
) -> None:
    for path, given in READ_ONLY.items():
        row = shop.get(path)["objects"][0]
        changed = shop.patch(row["resource_uri"], given)
        assert changed.status == 200
        assert {name: changed[name] for name in given} == {name: row[name] for name in given}


BAD: tuple[tuple[str, dict[str, Any]], ...] = (
    (BUYERS, {"active": "yes"}),
    (BUYERS, {"buyer": "/generic/buyer/9999/"}),
    (BUYERS, {"buyer": "/generic/seller/1/"}),
    (PAYMETHODS, {"active": None}),
    (PAYMETHODS, {"braintree_buyer": "/braintree/mozilla/buyer/9999/"}),
    (SUBSCRIPTIONS, {"amount": "0"}),
    (SUBSCRIPTIONS, {"amount": "1.001"}),
    (SUBSCRIPTIONS, {"amount": "much"}),
)


def test_a_bad_field_is_told_as_400(shop: Marketplace, braintree: BraintreeSimulator, buyer: str) -> None:
    for path, given in BAD:
        row = shop.get(path)["objects"][0]
        refused = shop.patch(row["resource_uri"], given)
        assert (refused.status, list(refused.json)) == (400, list(given)), given
        assert shop.get(row["resource_uri"]).json == row


def test_a_customer_can_be_another_buyer_s_who_has_none(
    shop: Marketplace, braintree: BraintreeSimulator, buyer: str
) -> None:
    newest, older = shop.get(BUYERS)["objects"]
    stranger = shop.buyer()["resource_uri"]

    taken = shop.patch(newest["resource_uri"], {"buyer": older["buyer"]})
    moved = shop.patch(newest["resource_uri"], {"buyer": stranger})

    assert (taken.status, list(taken.json)) == (400, ["buyer"])
    assert (moved.status, moved["buyer"]) == (200, stranger)


def test_a_card_and_an_amount_can_be_set_right(shop: Marketplace, braintree: BraintreeSimulator, buyer: str) -> None:
    newest, older = shop.get(BUYERS)["objects"]
    owned, subscription = (shop.get(path)["objects"][0] for path in (PAYMETHODS, SUBSCRIPTIONS))
    assert owned["braintree_buyer"] == newest["resource_uri"]

    moved = shop.patch(owned["resource_uri"], {"braintree_buyer": older["resource_uri"]})
    priced = shop.patch(subscription["resource_uri"], {"amount": "4"})
    unpriced = shop.patch(subscription["resource_uri"], {"amount": None})

    assert moved["braintree_buyer"] == older["resource_uri"]
    assert (priced["amount"], unpriced["amount"]) == ("4.00", None)


@pytest.mark.parametrize("path", [BUYERS, PAYMETHODS, SUBSCRIPTIONS])
def test_a_change_that_has_seen_another_state_is_refused(
    shop: Marketplace, braintree: BraintreeSimulator, buyer: str, path: str
) -> None:
    uri = shop.get(path)["objects"][0]["resource_uri"]
    seen = shop.get(uri).headers["ETag"]
    shop.patch(uri, {"active": False}, **{"If-Match": seen})

    assert shop.patch(uri, {"active": True}, **{"If-Match": seen}).status == 412
    assert shop.get(uri)["active"] is False


@pytest.mark.parametrize("path", [BUYERS, PAYMETHODS, SUBSCRIPTIONS, TRANSACTIONS])
def test_nothing_is_made_or_deleted_here_and_what_is_not_there_is_not_found(shop: Marketplace, path: str) -> None:
    assert shop.post(path, {}).status == 405
    assert shop.delete(f"{path}1/").status == 405
    assert shop.get(f"{path}9999/").status == 404
    expected = 405 if path == TRANSACTIONS else 404
    assert shop.put(f"{path}9999/", {}).status == shop.patch(f"{path}9999/", {}).status == expected


def test_a_sale_has_its_own_kind_and_no_subscription(shop: Marketplace, braintree: BraintreeSimulator) -> None:
    payment = sold(shop, braintree)

    (kept,) = shop.get(TRANSACTIONS)["objects"]

    assert (kept["kind"], kept["subscription"], kept["paymethod"]) == ("submit_for_settlement", None, None)
    assert kept["transaction"] == payment["resource_uri"]


def test_a_list_takes_as_many_queries_for_two_as_for_one(
    shop: Marketplace, braintree: BraintreeSimulator, buyer: str
) -> None:
    for path in (BUYERS, PAYMETHODS, SUBSCRIPTIONS, TRANSACTIONS):
        counts = []
        for limit in (1, 2):
            with CaptureQueriesContext(connection) as queries:
                assert len(shop.get(f"{path}?limit={limit}")["objects"]) == limit
            counts.append(len(queries))
        assert counts[0] == counts[1], path
