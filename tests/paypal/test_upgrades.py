"""Rows of the version before, brought up to date: what that version did not write is filled in from what it did."""

from typing import Any

import pytest
from django.db import connection
from tests.support.marketplace import Marketplace
from tests.support.simulator import Simulator
from tests.support.upgrades import columns, version_before

from solitude.payments.models import ProviderCall
from solitude.providers.paypal.models import BuyerPaypal, SellerPaypal
from solitude.transactions.models import Transaction

pytestmark = pytest.mark.long


def test_stored_credentials_and_sellers_are_found_by_their_hashes(
    shop: Marketplace, paypal: Simulator, preapproved: str
) -> None:
    shop.seller("Ada@Dev.example")
    shop.seller("SELLERMERCH01")
    without = shop.seller(None)
    shop.post("/paypal/seller/", {"seller": without["resource_uri"]})
    keyless = shop.post("/paypal/buyer/", {"buyer": shop.buyer()["resource_uri"]})
    before = (hashes_of_buyers(), hashes_of_sellers())
    assert sorted(map(bool, before[0].values())) == [False, True]
    assert sorted(map(bool, before[1].values())) == [False, True, True]

    with version_before("paypal"):
        assert "key_hash" not in columns("paypal_buyerpaypal")
        assert "paypal_id_hash" not in columns("paypal_sellerpaypal")

    assert (hashes_of_buyers(), hashes_of_sellers()) == before
    assert BuyerPaypal.objects.get(pk=keyless["resource_pk"]).expiry_told is False
    # And so is the credential, by the notification of its end.
    token = paypal.state()["payment_tokens"][0]["id"]
    assert BuyerPaypal.objects.get(buyer__uuid=preapproved).key == token


def hashes_of_buyers() -> dict[int, str]:
    return dict(BuyerPaypal.objects.values_list("pk", "key_hash"))


def hashes_of_sellers() -> dict[int, str]:
    return dict(SellerPaypal.objects.values_list("pk", "paypal_id_hash"))


def test_payments_know_what_took_their_money(
    shop: Marketplace, paypal: Simulator, paid: dict[str, Any], preapproved: str, app_id: str
) -> None:
    """One was captured after its buyer's approval, one at once; one was not captured."""
    at_once = shop.pay(app_id, user_id=preapproved, use_preapproval=True)
    begun = shop.pay(app_id)
    refund = shop.refund(uuid=paid["uuid"], amount="1.00")
    before = dict(Transaction.objects.values_list("pk", "taken_id"))
    assert len([taken for taken in before.values() if taken]) == 2

    with version_before("payments"):
        assert "takeovers" not in columns("payments_providercall")
        assert "payments_notification" not in connection.introspection.table_names()
        Transaction.objects.update(taken_id=None)

    assert dict(Transaction.objects.values_list("pk", "taken_id")) == before
    assert Transaction.objects.get(uuid=begun["uuid"]).taken_id is None
    assert Transaction.objects.get(uuid=refund["uuid"]).taken_id is None
    call = ProviderCall.objects.filter(operation="capture").get()
    assert (call.takeovers, call.client, call.outcome) == (0, "", "succeeded")
    # By it the rest can go back.
    for payment in (paid, at_once):
        assert shop.refund(uuid=payment["uuid"])["status"] == "COMPLETED"
