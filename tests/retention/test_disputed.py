"""What was said about a payment is evidence while the payment is disputed, however old it is."""

import pytest
from tests.retention.later import later, run, seal_all
from tests.support.marketplace import Marketplace
from tests.support.simulator import Simulator

from solitude.payments.models import Notification, ProviderCall
from solitude.retention import classes, plan
from solitude.transactions.models import Transaction

pytestmark = pytest.mark.usefixtures("sealed_at_once")
CLASSES = ("call_bodies", "notification_bodies", "transaction_notes")
WHY = "a dispute that has not ended"


@pytest.fixture
def dispute(shop: Marketplace, paypal: Simulator) -> str:
    bought = shop.pay_for(shop.product(), currency="EUR")
    paypal.approve(bought["pay_url"])
    assert shop.check(uuid=bought["uuid"])["status"] == "COMPLETED"
    assert shop.patch(bought["transaction"], {"notes": "rang twice"}).status == 200
    (capture,) = paypal.captured()
    opened = paypal.dispute(capture["id"])
    tell(shop, paypal)
    with later(minutes=10):
        seal_all()
    return opened


def tell(shop: Marketplace, paypal: Simulator) -> None:
    for event in paypal.told():
        assert shop.forward(event).status == 200


def what_is_left() -> tuple[bool, bool, bool]:
    """Words of calls, of notifications, and of clients."""
    calls = ProviderCall.objects.filter(transaction__isnull=False)
    notes = Notification.objects.filter(transaction__isnull=False)
    return (
        all(call.exchanges for call in calls),
        all(one.body for one in notes),
        Transaction.objects.filter(notes="rang twice").exists(),
    )


def test_it_stays_as_long_as_the_dispute_is_open(shop: Marketplace, paypal: Simulator, dispute: str) -> None:
    with later(days=541):
        for name in CLASSES:
            assert run(name).error == ""
        assert what_is_left() == (True, True, True)
        assert all(WHY in plan.held(classes.declared()[name]) for name in CLASSES)

    paypal.resolve(dispute, "RESOLVED_SELLER_FAVOUR")
    tell(shop, paypal)
    with later(days=1082):
        for name in CLASSES:
            assert run(name).error == ""
        assert what_is_left() == (False, False, False)
