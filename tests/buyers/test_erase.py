"""One buyer is erased: here, at the providers, at once where that may be, and whatever the erasure is cut off by."""

from typing import Any

import pytest
from tests.audit.world import verified
from tests.bango.paying import BangoShop
from tests.bango.paying import till as till
from tests.payments.passing import make_due
from tests.payments.world import paypal_away, written
from tests.retention.later import later, run_all, seal_all
from tests.retention.world import EMAIL, LOCALE, MEMO, NOTES, REASON, UUID, made, sums, where
from tests.support.braintree import BraintreeSimulator
from tests.support.marketplace import Marketplace
from tests.support.simulator import Simulator
from tests.support.zippy import ZippySimulator

from solitude import failpoints
from solitude.buyers import erasing
from solitude.buyers.models import Buyer, Erasure
from solitude.events.models import Event
from solitude.payments import recovery
from solitude.payments.models import Notification, ProviderCall
from solitude.providers.braintree.models import PaymentMethod
from solitude.providers.paypal.models import BuyerPaypal
from solitude.retention.classes import declared
from solitude.transactions.models import Transaction
from solitude.web.models import IdempotencyKey

pytestmark = pytest.mark.long

# docs/retention.md names both. The feed, until its period is over.
STAYS_IN_THE_FEED = {"events.event.data", "events.event.uuid"}
# Of those that belong to no transaction: nobody can search them, and they go by their own period.
STAYS_IN_NOTIFICATIONS = {"payments.notification.body", "payments.notification.headers"}


class Died(BaseException):
    """The process is gone."""


def erased(uuid: str) -> list[erasing.Part]:
    buyer = erasing.find(uuid)
    assert buyer is not None
    return erasing.erase(buyer)


def held(parts: list[erasing.Part]) -> dict[str, dict[str, int]]:
    return {part.data.name: part.held for part in parts if part.held}


@pytest.mark.long
def test_nothing_of_the_person_is_left_in_any_column_of_any_table(
    shop: Marketplace,
    paypal: Simulator,
    braintree: BraintreeSimulator,
    till: BangoShop,
    zippy: ZippySimulator,
    settings: Any,
) -> None:
    settings.SOLITUDE_SEAL_AFTER_S, settings.SOLITUDE_SEAL_ROWS_MAX = 1, 7
    world = made(shop, paypal, braintree, till, zippy)
    with later(minutes=10):
        seal_all()
    digits = PaymentMethod.objects.get().truncated_id
    person = (EMAIL, LOCALE, NOTES, MEMO, REASON, world.preapproval_key)
    assert where(UUID) > STAYS_IN_THE_FEED
    assert all(where(value) for value in person)
    books = sums()

    make_due()
    recovery.run_once(20)
    erased(UUID)
    make_due()
    recovery.run_once(20)
    assert held(erased(Buyer.objects.get(pk=world.buyer["resource_pk"]).uuid)) == {}

    IdempotencyKey.objects.all().delete()  # which live for a day
    assert where(*person) <= STAYS_IN_NOTIFICATIONS
    assert {row.body for row in Notification.objects.filter(transaction__isnull=False)} == {""}
    assert where(UUID) - STAYS_IN_NOTIFICATIONS == STAYS_IN_THE_FEED
    assert (digits, PaymentMethod.objects.get().truncated_id) == ("1111", "")
    assert [method for method in braintree.methods() if not method.get("deleted")] == []
    assert [token for token in paypal.state()["payment_tokens"] if not token["deleted"]] == []
    assert sums() == books
    with later(days=740):
        seal_all()
        run_all()
        assert where(UUID, *person) == set()
        assert sums() == books
        verified()


def test_an_erasure_says_what_it_would_do_and_does_nothing(
    shop: Marketplace, paypal: Simulator, preapproved: str
) -> None:
    before, buyer = written(), erasing.find(preapproved)
    assert buyer is not None
    planned = {part.data.name: part.rows for part in erasing.planned(buyer)}
    assert (planned["call_bodies"], planned["pending_preapprovals"]) == (2, 1)
    assert written() == before
    assert shop.get(buyer.resource_uri)["uuid"] == preapproved


@pytest.mark.parametrize("moment", [failpoints.ERASING, failpoints.ACCOUNT_CLOSED])
def test_an_erasure_that_was_cut_off_is_found_by_the_old_uuid_and_finished(
    shop: Marketplace, paypal: Simulator, preapproved: str, moment: str
) -> None:
    def die(name: str) -> None:
        if name == moment:
            raise Died

    with failpoints.hooked(die), pytest.raises(Died):
        erased(preapproved)

    assert held(erased(preapproved)) == {}

    assert [token for token in paypal.state()["payment_tokens"] if not token["deleted"]] == []
    assert not BuyerPaypal.objects.exists()
    assert where(preapproved) <= STAYS_IN_THE_FEED
    assert Event.objects.filter(type="buyer.closed").count() == 1
    assert Erasure.objects.get().uuid_hash == ""
    assert erasing.find(preapproved) is None


def test_the_worker_goes_on_with_what_was_held(shop: Marketplace, paypal: Simulator, preapproved: str) -> None:
    with paypal_away():
        parts = erased(preapproved)
    assert held(parts) == {"call_bodies": {"its outcome is not known": 1}}
    assert erasing.go_on() == 0
    key = ProviderCall.objects.get(operation="delete_credential").intended.credential
    assert key is not None

    ProviderCall.objects.update(leased_until=None, next_try_at=Buyer.objects.get().created)
    recovery.run_once(5)
    assert erasing.go_on() == 1

    assert where(key.reveal()) == set()
    assert erasing.go_on() == 0


def test_those_that_are_held_for_long_keep_no_other_one_waiting(monkeypatch: pytest.MonkeyPatch, db: None) -> None:
    buyers = [Buyer.objects.create(uuid=f"shop:{number}") for number in range(erasing.AT_ONCE + 1)]
    for buyer in buyers:
        Erasure.objects.create(buyer=buyer, uuid_hash=f"hash:{buyer.pk}")
    tried = set[str]()

    def erase(buyer: Buyer) -> list[erasing.Part]:
        tried.add(buyer.uuid)
        return [erasing.Part(declared()["call_bodies"], 0, {"its outcome is not known": 1})]

    monkeypatch.setattr(erasing, "erase", erase)
    for _ in range(100):
        assert erasing.go_on() == 0

    assert tried == {buyer.uuid for buyer in buyers}


def test_an_erasure_that_is_held_is_told_once(shop: Marketplace, security_events: list[str]) -> None:
    """And not each minute, for as long as a dispute lasts."""
    pk = shop.buyer()["resource_pk"]
    call = ProviderCall.objects.create(
        provider="paypal", operation="delete_credential", intent={}, subject=f"buyer:{pk}", outcome="unknown"
    )
    erasing.erase(Buyer.objects.get(pk=pk))
    for _ in range(3):
        erasing.go_on()
    assert sum("Buyer erased" in line for line in security_events) == 1

    ProviderCall.objects.filter(pk=call.pk).update(outcome="succeeded")
    assert erasing.go_on() == 1
    assert sum("Buyer erased" in line for line in security_events) == 2


def test_what_was_paid_can_be_given_back_after_the_erasure(
    shop: Marketplace, paypal: Simulator, paid: dict[str, str]
) -> None:
    buyer = Buyer.objects.get()
    assert held(erasing.erase(buyer)) == {}
    assert where("8812") <= STAYS_IN_THE_FEED | {"events.event.resource_uri"}

    refund = shop.refund(uuid=paid["uuid"])

    assert (refund.status, refund["status"]) == (201, "COMPLETED")
    assert Transaction.objects.get(type=1).amount == Transaction.objects.get(type=0).amount
