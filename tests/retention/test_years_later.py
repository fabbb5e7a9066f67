"""A world of payments at every provider, years later: what is over has gone, the rest is there, and the books are what they were."""

from datetime import timedelta

import pytest
from django.utils import timezone
from tests.audit.world import verified
from tests.bango.paying import BangoShop
from tests.retention.later import later, run_all, seal_all
from tests.retention.world import EMAIL, LOCALE, MEMO, NOTES, REASON, UUID, World, made, sums, where
from tests.support.braintree import BraintreeSimulator
from tests.support.marketplace import Marketplace
from tests.support.simulator import Simulator
from tests.support.zippy import ZippySimulator

from solitude.buyers.models import Buyer
from solitude.payments import recovery
from solitude.payments.models import OPEN, Notification, ProviderCall
from solitude.retention import plan
from solitude.transactions.models import Transaction

pytestmark = [pytest.mark.long, pytest.mark.usefixtures("sealed_at_once")]
TWO_YEARS, ELEVEN_YEARS = 2 * 366 + 5, 11 * 366 + 5


@pytest.fixture
def world(
    shop: Marketplace, paypal: Simulator, braintree: BraintreeSimulator, till: BangoShop, zippy: ZippySimulator
) -> World:
    found = made(shop, paypal, braintree, till, zippy)
    with later(minutes=10):
        seal_all()
    return found


def test_two_years_later(shop: Marketplace, world: World) -> None:
    old = shop.get("/events/?limit=3")["cursor"]
    books, rows = sums(), Transaction.objects.count()
    assert where(NOTES, MEMO, REASON) != set()

    with later(days=TWO_YEARS):
        runs = run_all()
        assert plan.overdue() == []
        gone = shop.get(f"/events/?after={old}")
        assert (gone.status, gone["code"]) == (410, "cursor_expired")
        assert shop.get(f"/events/?after={gone['oldest']}").status == 200
        verified()

    assert (sums(), Transaction.objects.count()) == (books, rows)
    assert runs["call_bodies"].rows == ProviderCall.objects.count()
    assert {call.exchanges == [] and call.intent == {} for call in ProviderCall.objects.all()} == {True}
    assert {(row.body, row.headers == {}) for row in Notification.objects.all()} == {("", True)}
    assert where(NOTES, MEMO, REASON) == set()
    # The buyer has done nothing for two years, and may come back.
    assert shop.get(f"/generic/buyer/?uuid={UUID}")["objects"][0]["email"] == EMAIL


def test_eleven_years_later(shop: Marketplace, world: World) -> None:
    books, rows = sums(), Transaction.objects.count()

    with later(days=ELEVEN_YEARS):
        run_all()
    # The account was closed by it, and providers were to be told: in our time, in which they live.
    due = {"leased_until": None, "next_try_at": timezone.now() - timedelta(hours=1)}
    ProviderCall.objects.filter(outcome__in=OPEN).update(**due)
    recovery.run_once(20)
    assert not ProviderCall.objects.filter(outcome__in=OPEN).exists()
    with later(days=ELEVEN_YEARS + 1000):
        seal_all()
        run_all()
        assert plan.overdue() == []
        verified()

    assert (sums(), Transaction.objects.count()) == (books, rows)
    assert not ProviderCall.objects.filter(transaction__isnull=False).exists()
    assert not Notification.objects.exists()
    assert not Buyer.objects.exists()
    assert {row.buyer_id for row in Transaction.objects.all()} == {None}
    assert where(UUID, EMAIL, LOCALE, NOTES, MEMO, REASON, world.preapproval_key, *world.uuids) == set()
