"""What the feed tells of pre-approvals and sellers: what the marketplace did, what PayPal told, and what time brought about."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
import urllib3
from django.utils import timezone
from tests.payments.passing import after
from tests.payments.world import end_leases, nothing_happens
from tests.paypal import notary
from tests.support.marketplace import Answer, Marketplace
from tests.support.simulator import Simulator
from tests.web.parallel import at_once

from solitude import failpoints
from solitude.payments import recovery
from solitude.payments.models import ProviderCall
from solitude.providers.paypal import preapprovals
from solitude.providers.paypal.models import BuyerPaypal

DELETED, DELETION = "VAULT.PAYMENT-TOKEN.DELETED", "VAULT.PAYMENT-TOKEN.DELETION-INITIATED"
MERCHANT = "SELLERMERCH01"


def told(shop: Marketplace, kind: str) -> list[dict[str, Any]]:
    events: list[dict[str, Any]] = shop.get(f"/events/?limit=1000&type={kind}.*")["events"]
    return events


def record(shop: Marketplace, buyer: str) -> str:
    """The path of what is kept about a buyer at PayPal."""
    return str(shop.get(f"/generic/buyer/?uuid={buyer}")["objects"][0]["paypal"]["resource_uri"])


def delete_at_paypal(paypal: Simulator) -> None:
    """The buyer ends the agreement there."""
    (token,) = [token["id"] for token in paypal.state()["payment_tokens"] if not token["deleted"]]
    http = urllib3.PoolManager(retries=False)
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    account = urllib3.make_headers(basic_auth="sandbox-client:sandbox-secret")
    access = http.request(
        "POST", f"{paypal.url}/v1/oauth2/token", body=b"grant_type=client_credentials", headers=kind | account
    ).json()["access_token"]
    answer = http.request(
        "DELETE", f"{paypal.url}/v3/vault/payment-tokens/{token}", headers={"Authorization": f"Bearer {access}"}
    )
    assert answer.status == 204


# --- active --------------------------------------------------------------------------------------------------------


def test_a_preapproval_that_is_active_is_told_once(shop: Marketplace, paypal: Simulator) -> None:
    buyer = shop.buyer()["uuid"]
    end = (timezone.now().date() + timedelta(days=30)).isoformat()
    asked = shop.preapproval(buyer, currency="EUR", end=end)
    paypal.approve(asked["paypal_url"])
    assert told(shop, "preapproval") == []

    for _ in range(2):
        shop.put(asked["resource_uri"], {})

    (event,) = told(shop, "preapproval")
    assert (event["type"], event["uuid"], event["reason"]) == ("preapproval.active", buyer, None)
    assert event["resource_uri"] == record(shop, buyer)
    assert event["data"] == {"provider": "paypal", "currency": "EUR", "expiry": end}


def test_a_preapproval_that_a_worker_found_is_told_as_well(shop: Marketplace, paypal: Simulator) -> None:
    class Died(BaseException):
        pass

    asked = shop.preapproval(shop.buyer()["uuid"])
    paypal.approve(asked["paypal_url"])

    def die(name: str) -> None:
        if name == failpoints.WHILE_RECORDING:
            raise Died

    with failpoints.hooked(die), pytest.raises(Died):
        shop.put(asked["resource_uri"], {})
    assert told(shop, "preapproval") == []
    end_leases()
    recovery.run_once()

    assert [event["type"] for event in told(shop, "preapproval")] == ["preapproval.active"]


# --- revoked -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["patch", "delete"])
def test_a_preapproval_that_the_marketplace_ends_is_told(
    shop: Marketplace, paypal: Simulator, preapproved: str, how: str
) -> None:
    path = record(shop, preapproved)

    answer = shop.delete(path) if how == "delete" else shop.patch(path, {"key": None})

    assert answer.status in (202, 204)
    event = told(shop, "preapproval")[-1]
    assert (event["type"], event["uuid"], event["reason"]) == ("preapproval.revoked", preapproved, "marketplace")


def test_ending_what_has_ended_is_not_told(shop: Marketplace, paypal: Simulator, preapproved: str) -> None:
    path = record(shop, preapproved)
    for _ in range(3):
        shop.patch(path, {"key": ""})

    assert [event["type"] for event in told(shop, "preapproval")] == ["preapproval.active", "preapproval.revoked"]


def test_a_preapproval_that_ended_at_paypal_is_forgotten_here(
    shop: Marketplace, paypal: Simulator, preapproved: str, app_id: str
) -> None:
    delete_at_paypal(paypal)
    (event,) = paypal.told(DELETED)

    answer = shop.forward(event)

    assert (answer.status, answer["status"], answer["action"], answer["retry"]) == (200, "OK", "PREAPPROVAL", False)
    row = BuyerPaypal.objects.get()
    assert (row.key, row.key_hash) == (None, "")
    last = told(shop, "preapproval")[-1]
    assert (last["type"], last["uuid"], last["reason"]) == ("preapproval.revoked", preapproved, "provider")
    # What is gone is not used: the buyer is asked.
    paid = shop.pay(app_id, user_id=preapproved, use_preapproval=True)
    assert (paid["status"], paid["use_preapproval"]) == ("created", False)
    # Nor is it deleted at PayPal, where it is gone.
    assert ProviderCall.objects.filter(operation="delete_credential").count() == 0


def test_a_preapproval_whose_deletion_has_begun_at_paypal_is_forgotten_before_it_is_done(
    shop: Marketplace, paypal: Simulator, preapproved: str, app_id: str
) -> None:
    delete_at_paypal(paypal)
    (begun,), (done,) = paypal.told(DELETION), paypal.told(DELETED)

    answer = shop.forward(begun)

    assert (answer["status"], answer["action"]) == ("OK", "PREAPPROVAL")
    assert BuyerPaypal.objects.get().key is None
    assert shop.pay(app_id, user_id=preapproved, use_preapproval=True)["status"] == "created"
    assert shop.forward(done)["reason"] == "not_of_concern"
    assert [event["type"] for event in told(shop, "preapproval")] == ["preapproval.active", "preapproval.revoked"]


def test_a_notification_that_comes_again_is_told_once(shop: Marketplace, paypal: Simulator, preapproved: str) -> None:
    delete_at_paypal(paypal)
    (event,) = paypal.told(DELETED)

    answers = at_once(4, lambda _: Marketplace().forward(event))

    assert {answer.status for answer in answers} <= {200, 503}
    assert [event["type"] for event in told(shop, "preapproval")] == ["preapproval.active", "preapproval.revoked"]


def test_our_own_deletion_comes_back_as_no_news(shop: Marketplace, paypal: Simulator, preapproved: str) -> None:
    shop.patch(record(shop, preapproved), {"key": None})
    before = told(shop, "preapproval")
    (event,) = paypal.told(DELETED)

    answer = shop.forward(event)

    assert (answer["status"], answer["reason"]) == ("IGNORED", "not_of_concern")
    assert told(shop, "preapproval") == before


def test_the_end_of_a_key_that_was_replaced_leaves_the_new_one(
    shop: Marketplace, paypal: Simulator, preapproved: str
) -> None:
    again = shop.preapproval(preapproved)
    paypal.approve(again["paypal_url"])
    assert shop.put(again["resource_uri"], {}).status == 202
    key = BuyerPaypal.objects.get().key
    (event,) = paypal.told(DELETED)

    assert shop.forward(event)["status"] == "IGNORED"

    assert BuyerPaypal.objects.get().key == key


# --- expired -------------------------------------------------------------------------------------------------------


@pytest.fixture
def ending(shop: Marketplace, paypal: Simulator) -> Answer:
    """A pre-approval whose last day is in a week."""
    asked = shop.preapproval(shop.buyer()["uuid"], end=(timezone.now().date() + timedelta(days=7)).isoformat())
    paypal.approve(asked["paypal_url"])
    shop.put(asked["resource_uri"], {})
    return asked


def test_a_preapproval_whose_last_day_is_over_is_told_once(
    shop: Marketplace, paypal: Simulator, ending: Answer
) -> None:
    with after(days=7), nothing_happens(paypal):
        assert preapprovals.expire_due() == 0
    with after(days=8):
        assert sum(at_once(3, lambda _: preapprovals.expire_due())) == 1
        assert preapprovals.expire_due() == 0

    event = told(shop, "preapproval")[-1]
    assert (event["type"], event["uuid"]) == ("preapproval.expired", ending["uuid"])
    assert len(told(shop, "preapproval")) == 2


def test_a_preapproval_with_a_new_last_day_is_told_again(shop: Marketplace, paypal: Simulator, ending: Answer) -> None:
    with after(days=8):
        preapprovals.expire_due()
        later = (timezone.now().date() + timedelta(days=1)).isoformat()
        assert shop.patch(record(shop, ending["uuid"]), {"expiry": later}).status == 202
        assert preapprovals.expire_due() == 0
    with after(days=10):
        assert preapprovals.expire_due() == 1

    assert [event["type"] for event in told(shop, "preapproval")][1:] == ["preapproval.expired"] * 2


def test_a_preapproval_without_a_key_does_not_expire(shop: Marketplace, paypal: Simulator, ending: Answer) -> None:
    shop.patch(record(shop, ending["uuid"]), {"key": None})

    with after(days=8):
        assert preapprovals.expire_due() == 0


# --- sellers -------------------------------------------------------------------------------------------------------


def signed_event(peer: notary.Paypal, event_type: str, resource: dict[str, Any]) -> dict[str, Any]:
    """As PayPal would tell it; the simulator tells nothing of sellers."""
    event = {"id": f"WH-{event_type}", "event_type": event_type, "resource": resource}
    notification = notary.signed(peer.url, json.dumps(event).encode())
    return {"headers": dict(notification.headers), "body": notification.body.decode()}


@pytest.mark.parametrize(
    ("event_type", "expected"),
    [("MERCHANT.ONBOARDING.COMPLETED", "seller.ready"), ("MERCHANT.PARTNER-CONSENT.REVOKED", "seller.revoked")],
)
def test_what_paypal_tells_of_a_seller_is_told(
    shop: Marketplace, tmp_path: Path, event_type: str, expected: str
) -> None:
    seller = shop.seller(MERCHANT)

    with time_machine.travel(notary.NOW), notary.paypal_with(folder=tmp_path) as peer:
        event = signed_event(peer, event_type, {"merchant_id": MERCHANT, "tracking_id": "t-1"})
        answers = [shop.forward(event) for _ in range(2)]
        events = told(shop, "seller")

    assert [(answer["status"], answer["action"]) for answer in answers] == [("OK", "SELLER"), ("IGNORED", "SELLER")]
    (event,) = events
    assert (event["type"], event["uuid"], event["data"]) == (expected, seller["uuid"], {"provider": "paypal"})
    assert event["resource_uri"].startswith("/paypal/seller/")
    assert MERCHANT not in json.dumps(event)


def test_it_is_told_of_every_seller_with_this_account(shop: Marketplace, tmp_path: Path) -> None:
    uuids = [shop.seller(MERCHANT)["uuid"] for _ in range(3)]
    shop.seller("ANOTHERMERCH1")

    with time_machine.travel(notary.NOW), notary.paypal_with(folder=tmp_path) as peer:
        shop.forward(signed_event(peer, "MERCHANT.PARTNER-CONSENT.REVOKED", {"merchant_id": MERCHANT}))
        events = told(shop, "seller")

    assert [event["uuid"] for event in events] == uuids


def test_a_seller_who_is_changed_is_found_by_the_new_account(shop: Marketplace, tmp_path: Path) -> None:
    seller = shop.seller("OLDMERCHANT01")
    path = shop.get(seller["resource_uri"])["paypal"]["resource_uri"]
    assert shop.patch(path, {"paypal_id": MERCHANT}).status == 202

    with time_machine.travel(notary.NOW), notary.paypal_with(folder=tmp_path) as peer:
        old = shop.forward(signed_event(peer, "MERCHANT.ONBOARDING.COMPLETED", {"merchant_id": "OLDMERCHANT01"}))
        new = shop.forward(signed_event(peer, "MERCHANT.PARTNER-CONSENT.REVOKED", {"merchant_id": MERCHANT}))

    assert (old["status"], old["reason"], new["status"]) == ("IGNORED", "not_of_concern", "OK")


def test_what_is_said_of_a_seller_without_a_signature_is_not_told(shop: Marketplace, tmp_path: Path) -> None:
    shop.seller(MERCHANT)
    with time_machine.travel(notary.NOW), notary.paypal_with(folder=tmp_path) as peer:
        event = signed_event(peer, "MERCHANT.PARTNER-CONSENT.REVOKED", {"merchant_id": MERCHANT})
        forged = shop.forward({**event, "body": event["body"] + " "})
        events = told(shop, "seller")

    assert (forged["status"], forged["reason"], events) == ("ERROR", "bad_signature", [])
