"""A provider whose package is gone: what is in the books can be read, what is open stays open, and nothing breaks."""

from typing import Any

import pytest
from tests.payments.passing import make_due
from tests.payments.world import TOO_LATE_MS
from tests.support.marketplace import Marketplace
from tests.support.simulator import Simulator

from solitude import worker
from solitude.payments import calls, notifications, recovery, registry
from solitude.payments.models import Notification, ProviderCall
from solitude.transactions.models import Transaction

NAME, NUMBER = "gone", 9


def goes() -> None:
    """All that was PayPal's is the gone provider's."""
    Transaction.objects.update(provider=NUMBER)
    ProviderCall.objects.update(provider=NAME)


@pytest.fixture
def unknown(shop: Marketplace, paypal: Simulator, app_id: str) -> dict[str, Any]:
    """A payment of which nobody knows whether it was begun."""
    paypal.fault("create_order", "timeout_after", delay_ms=TOO_LATE_MS)
    answer = shop.pay(app_id)
    assert answer["code"] == "outcome_unknown"
    goes()
    return dict(answer.json)


def test_its_transactions_can_be_read(shop: Marketplace, paid: dict[str, str]) -> None:
    goes()
    row = shop.transaction(paid["transaction"])
    assert (row["provider"], row["status"], row["captured_amount"]) == (NUMBER, 1, "2.49")
    entries = shop.get(f"{paid['transaction']}timeline/")["entries"]
    assert {entry["provider"] for entry in entries if entry["kind"] == "call"} <= {NAME}
    assert shop.get("/services/status/").status == 200


def test_a_call_of_it_stays_unknown_until_it_is_back(shop: Marketplace, unknown: dict[str, Any]) -> None:
    make_due()
    assert recovery.run_once() == 1

    (call,) = calls.uncertain()
    assert (call.outcome, call.reason_code, call.tries) == ("unknown", registry.PROVIDER_GONE, 2)
    assert shop.get("/services/uncertain/")["count"] == 1
    assert shop.transaction(unknown["transaction"])["outcome"] == "unknown"

    ProviderCall.objects.update(provider="paypal")
    Transaction.objects.update(provider=0)
    make_due()
    assert recovery.run_once() == 1
    assert shop.transaction(unknown["transaction"])["outcome"] == "pending"


def test_the_worker_goes_on(shop: Marketplace, app_id: str) -> None:
    """A payment that waits for its buyer, and one that nobody knows."""
    waiting = shop.pay(app_id)
    goes()
    make_due()

    for job in worker.all_jobs():
        job()

    row = shop.transaction(waiting["transaction"])
    assert (row["status"], row["outcome"]) == (0, "pending")


def test_a_notification_of_it_waits(shop: Marketplace) -> None:
    handled = notifications.receive(NAME, {}, "{}")
    assert (handled.row.state, handled.reason) == (Notification.State.RECEIVED, registry.PROVIDER_GONE)
    Notification.objects.update(next_try_at="2020-01-01T00:00:00Z")

    assert notifications.handle_due() == 1

    (row,) = Notification.objects.all()
    assert (row.is_waiting, row.tries) == (True, 2)


def test_nobody_is_asked_to_do_anything_there() -> None:
    assert registry.provider(NAME).capabilities == frozenset()
    with pytest.raises(ValueError, match="9 is the number of nobody, and not of gone"):
        registry.register(NAME, registry.Registered(Numbered(NAME, NUMBER)))
    with pytest.raises(ValueError, match="0 is the number of paypal, and not of gone"):
        registry.register(NAME, registry.Registered(Numbered(NAME, 0)))


class Numbered(registry.Gone):
    def __init__(self, name: str, number: int) -> None:
        super().__init__(name)
        self.number = number
