"""Limits of a pre-approval, which this server keeps: no payment goes beyond one, however many come at once."""

from collections import Counter
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from tests.payments.world import nothing_happens, paypal_away
from tests.support.marketplace import Answer, Marketplace
from tests.support.simulator import Simulator
from tests.web.parallel import at_once

from solitude.payments.models import ProviderCall
from solitude.providers.paypal.models import BuyerPaypal, Preapproval, PreapprovalUse

LIMIT = {"code": "preapproval_limit", "message": "This goes beyond what the buyer agreed to."}


def approved(shop: Marketplace, paypal: Simulator, **limits: Any) -> str:
    """The uuid of a buyer who has agreed to such limits."""
    buyer = str(shop.buyer()["uuid"])
    begun = shop.preapproval(buyer, **{"currency": "EUR"} | limits)
    assert begun.status == 201, begun
    paypal.approve(begun["paypal_url"])
    assert shop.put(begun["resource_uri"], {}).status == 202
    return buyer


def pay(shop: Marketplace, app_id: str, buyer: str, amount: str, **more: Any) -> Answer:
    return shop.pay(app_id, user_id=buyer, use_preapproval=True, amount=Decimal(amount), **{"fallback": False} | more)


def used(buyer: str) -> Decimal | None:
    return BuyerPaypal.objects.get(buyer__uuid=buyer).used_total


@pytest.mark.parametrize(
    ("limits", "taken", "beyond"),
    [
        ({"max_per_payment": "2.00"}, ["2.00", "1.99", "2.00"], "2.01"),
        ({"max_total": "5.00"}, ["2.00", "2.50"], "0.51"),
        ({"max_per_day": 3}, ["1.00", "2.00"], "0.10"),
        ({"max_total": "100", "max_per_day": "4", "max_per_payment": "3"}, ["3.00"], "1.01"),
    ],
)
def test_a_payment_beyond_a_limit_is_refused_and_nothing_is_sent(
    shop: Marketplace, paypal: Simulator, app_id: str, limits: dict[str, Any], taken: list[str], beyond: str
) -> None:
    buyer = approved(shop, paypal, **limits)
    for amount in taken:
        assert pay(shop, app_id, buyer, amount)["status"] == "completed"

    with nothing_happens(paypal):
        refused = pay(shop, app_id, buyer, beyond)

    assert (refused.status, refused.json) == (422, {"paypal": {"use_preapproval": [LIMIT]}})
    assert PreapprovalUse.objects.count() == len(taken)


def test_with_fallback_the_buyer_is_asked(shop: Marketplace, paypal: Simulator, app_id: str) -> None:
    buyer = approved(shop, paypal, max_per_payment="2.00")

    asked = shop.pay(app_id, user_id=buyer, use_preapproval=True, amount=Decimal("2.01"))

    assert (asked.status, asked["status"], asked["use_preapproval"]) == (201, "created", False)
    paypal.approve(asked["pay_url"])
    assert shop.check(uuid=asked["uuid"])["status"] == "COMPLETED"
    assert used(buyer) == 0


def test_without_a_place_to_come_back_to_nobody_can_be_asked(shop: Marketplace, paypal: Simulator, app_id: str) -> None:
    buyer = approved(shop, paypal, max_per_payment="2.00")

    refused = pay(shop, app_id, buyer, "2.01", fallback=True, return_url=None, cancel_url=None)

    assert refused["paypal"] == {"use_preapproval": [LIMIT]}


def test_what_came_to_nothing_gives_its_part_back_and_a_refund_does_not(
    shop: Marketplace, paypal: Simulator, app_id: str
) -> None:
    buyer = approved(shop, paypal, max_total="5.00")
    paypal.fault("create_order", "issue:INSTRUMENT_DECLINED")
    assert pay(shop, app_id, buyer, "4.00").status == 422

    paid = pay(shop, app_id, buyer, "3.00")
    assert paid["status"] == "completed"
    assert used(buyer) == 3
    assert shop.refund(uuid=paid["uuid"])["status"] == "COMPLETED"

    assert pay(shop, app_id, buyer, "2.01").status == 422
    assert pay(shop, app_id, buyer, "2.00")["status"] == "completed"


def test_what_was_not_sent_and_is_begun_again_without_the_preapproval_does_not_count(
    shop: Marketplace, paypal: Simulator, app_id: str
) -> None:
    buyer = approved(shop, paypal, max_total="5.00")
    order = {"buyer": buyer, "uuid": "order-1", "amount": "4.00", "currency": "EUR"}
    with paypal_away():
        assert shop.pay_for(app_id, **order, use_preapproval=True).status == 502
    begun = shop.pay_for(app_id, **order, use_preapproval=False)
    assert (begun.status, begun["use_preapproval"]) == (201, False)

    assert pay(shop, app_id, buyer, "5.00")["status"] == "completed"
    assert pay(shop, app_id, buyer, "1.00")["paypal"] == {"use_preapproval": [LIMIT]}


def test_what_is_begun_again_with_the_preapproval_counts_once(
    shop: Marketplace, paypal: Simulator, app_id: str
) -> None:
    buyer = approved(shop, paypal, max_total="5.00")
    order = {"buyer": buyer, "uuid": "order-1", "amount": "4.00", "currency": "EUR", "use_preapproval": True}
    with paypal_away():
        assert shop.pay_for(app_id, **order).status == 502
    assert shop.pay_for(app_id, **order).status == 201

    assert pay(shop, app_id, buyer, "1.01")["paypal"] == {"use_preapproval": [LIMIT]}
    assert pay(shop, app_id, buyer, "1.00")["status"] == "completed"


def test_what_is_unknown_counts(shop: Marketplace, paypal: Simulator, app_id: str) -> None:
    buyer = approved(shop, paypal, max_total="5.00")
    paypal.fault("create_order", "disconnect_after")
    assert pay(shop, app_id, buyer, "3.00").status == 504

    assert pay(shop, app_id, buyer, "2.01").status == 422


def test_a_new_day_begins_with_nothing(shop: Marketplace, paypal: Simulator, app_id: str) -> None:
    buyer = approved(shop, paypal, max_per_day="3.00", max_total="5.00")
    assert pay(shop, app_id, buyer, "3.00")["status"] == "completed"
    PreapprovalUse.objects.update(day="2026-01-01")

    assert pay(shop, app_id, buyer, "2.00")["status"] == "completed"
    assert pay(shop, app_id, buyer, "0.10").status == 422


def test_a_new_agreement_begins_with_nothing(shop: Marketplace, paypal: Simulator, app_id: str) -> None:
    buyer = approved(shop, paypal, max_total="5.00")
    assert pay(shop, app_id, buyer, "5.00")["status"] == "completed"

    again = shop.preapproval(buyer, currency="EUR", max_total="4.00")
    paypal.approve(again["paypal_url"])
    shop.put(again["resource_uri"], {})

    assert pay(shop, app_id, buyer, "4.01").status == 422
    assert pay(shop, app_id, buyer, "4.00")["status"] == "completed"


def test_twenty_payments_at_once_never_go_beyond_the_total(shop: Marketplace, paypal: Simulator, app_id: str) -> None:
    buyer = approved(shop, paypal, max_total="5.00")
    paypal.fault("create_order", "latency", count=0, delay_ms=50)

    answers = at_once(20, lambda _: pay(Marketplace(), app_id, buyer, "0.70"))

    assert Counter(answer.status for answer in answers) == {201: 7, 422: 13}
    assert used(buyer) == Decimal("4.90")
    assert [use.amount for use in PreapprovalUse.objects.all()] == [Decimal("0.70")] * 7
    assert sum(Decimal(capture["amount"]["value"]) for capture in paypal.captured()) == Decimal("4.90")


def test_the_database_itself_refuses_to_go_beyond(shop: Marketplace, paypal: Simulator) -> None:
    buyer = approved(shop, paypal, max_total="5.00")

    with pytest.raises(IntegrityError), transaction.atomic():
        BuyerPaypal.objects.filter(buyer__uuid=buyer).update(used_total=Decimal("5.01"))


def test_what_a_buyer_agreed_to_is_kept_shown_and_told_to_paypals_classic_interface(
    shop: Marketplace, paypal: Simulator
) -> None:
    terms = {
        "start": "2026-01-01",
        "end": "2099-12-31",
        "max_total": "20",
        "max_per_payment": 5,
        "max_per_day": "10.50",
    }
    buyer = approved(shop, paypal, **terms)

    shown = shop.get(f"/generic/buyer/?uuid={buyer}")["objects"][0]["paypal"]
    limits = ("max_total", "max_per_payment", "max_per_day")
    assert [shown[name] for name in limits] == ["20.00", "5.00", "10.50"]
    asked = ProviderCall.objects.get(operation="ask_consent").intended
    assert asked.terms == {
        "start": "2026-01-01",
        "end": "2099-12-31",
        "currency": "EUR",
        "max_total": "20.00",
        "max_per_payment": "5.00",
    }
    assert (asked.interface, Preapproval.objects.get().interface) == ("rest", "rest")
    changed = shop.patch(shown["resource_uri"], {"currency": "JPY"})
    assert changed.json == {"currency": ["stays, because the limits are amounts in it"]}


@pytest.mark.parametrize(
    ("given", "wrong"),
    [
        ({"max_total": "5", "currency": None}, "currency"),
        ({"max_total": "5.001"}, "max_total"),
        ({"max_per_day": "1.5", "currency": "JPY"}, "max_per_day"),
        ({"max_per_payment": "0"}, "max_per_payment"),
        ({"max_total": "much"}, "max_total"),
    ],
)
def test_a_limit_that_cannot_be(shop: Marketplace, paypal: Simulator, given: dict[str, Any], wrong: str) -> None:
    buyer = shop.buyer()["uuid"]

    with nothing_happens(paypal):
        refused = shop.preapproval(buyer, **{"currency": "EUR"} | given)

    assert (refused.status, list(refused.json)) == (400, [wrong])
