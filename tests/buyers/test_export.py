"""Everything that is held about one buyer, in one document, and nothing by which one could act as the buyer."""

import json

import pytest
from tests.payments.world import written
from tests.retention.world import EMAIL
from tests.support.marketplace import Marketplace
from tests.support.simulator import Simulator

from solitude.buyers import exporting
from solitude.buyers.models import Buyer
from solitude.providers.paypal.models import BuyerPaypal

pytestmark = pytest.mark.long

PIN = "4711"


def test_all_that_is_held_is_in_it(shop: Marketplace, paypal: Simulator, app_id: str, preapproved: str) -> None:
    (shown,) = shop.get(f"/generic/buyer/?uuid={preapproved}")["objects"]
    shop.patch(shown["resource_uri"], {"email": EMAIL, "locale": "nl", "pin": PIN, "pin_confirmed": True})
    payment = shop.pay(app_id, user_id=preapproved, use_preapproval=True)
    assert payment["status"] == "completed", payment
    shop.patch(payment["transaction"], {"notes": "rang twice"})
    (captured,) = paypal.told("PAYMENT.CAPTURE.COMPLETED")
    shop.forward(captured)
    other = shop.pay(app_id, user_id="somebody-else")
    before = written()

    document = exporting.document(Buyer.objects.get(uuid=preapproved))

    text = json.dumps(document)
    assert (document["format"], document["version"]) == ("solitude-buyer", 1)
    assert (document["account"]["uuid"], document["account"]["email"]) == (preapproved, EMAIL)
    assert document["account"]["pin"] is True
    (transaction,) = document["transactions"]
    assert (transaction["uuid"], transaction["amount"], transaction["notes"]) == (
        payment["uuid"],
        "2.4900",
        "rang twice",
    )
    assert {event["type"] for event in document["events"]} >= {"transaction.started", "transaction.completed"}
    assert {event["type"] for event in document["paypal"]["events"]} == {"preapproval.active"}
    assert {call["operation"] for call in document["provider_calls"]} >= {"pay", "ask_consent", "store_credential"}
    (notification,) = document["notifications"]
    assert notification["body"] == captured["body"]
    assert document["paypal"]["preapproval"][0]["key"] is True
    kept = BuyerPaypal.objects.get(buyer__uuid=preapproved)
    assert kept.key
    assert kept.key not in text
    assert str(Buyer.objects.get(uuid=preapproved).pin) not in text
    assert other["uuid"] not in text
    assert written() == before


def test_who_saw_the_buyer_is_in_it_and_nobody_else_who_was_on_the_page(shop: Marketplace) -> None:
    buyer, other = shop.buyer("shop:1"), shop.buyer("shop:2")
    shop.get("/generic/buyer/?limit=2")
    shop.get(other["resource_uri"])

    seen = exporting.document(Buyer.objects.get(pk=buyer["resource_pk"]))["accesses"]

    assert [(one["does"], one["client"], one["route"]) for one in seen] == [
        ("created", "marketplace", "/generic/buyer/"),
        ("read", "marketplace", "/generic/buyer/"),
    ]
    assert other["resource_uri"] not in json.dumps(seen)


def test_each_provider_has_its_part(shop: Marketplace) -> None:
    document = exporting.document(Buyer.objects.get(pk=shop.buyer()["resource_pk"]))
    assert list(document) == [
        "format", "version", "exported_at", "account", "accesses", "braintree", "events",
        "notifications", "paypal", "provider_calls", "transactions",
    ]  # fmt: skip
