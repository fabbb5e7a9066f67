"""Solitude's own form of a payment: who is paid, and perhaps a buyer who is known."""

from typing import Any

import pytest
from tests.payments.world import call_of, nothing_happens, written
from tests.support.marketplace import Answer, Marketplace
from tests.support.simulator import CANCEL_URL, RETURN_URL, Simulator
from tests.web.parallel import at_once

from solitude.transactions.models import Status, Transaction

OWN = {"pay_key", "status", "use_preapproval", "uuid", "transaction", "correlation_id", "resource_pk", "resource_uri"}


def refused(paypal: Simulator, shop: Marketplace, sold: str, **more: Any) -> dict[str, Any]:
    """The fields that a payment is refused for; nothing was written and nothing was sent."""
    with nothing_happens(paypal):
        answer = shop.pay_for(sold, **more)
    assert answer.status == 400, answer
    return dict(answer.json)


def of(shop: Marketplace, payment: Answer) -> dict[str, Any]:
    return shop.transaction(payment["transaction"])


def test_a_payment_waits_for_its_buyer_and_is_taken_when_checked(
    shop: Marketplace, paypal: Simulator, app_id: str
) -> None:
    payment = shop.pay_for(app_id, source="web", uuid="order:501")

    assert (payment.status, payment["status"], payment["uuid"]) == (201, "CREATED", "order:501")
    assert set(payment.json) == OWN | {"pay_url"}
    assert payment["correlation_id"] == of(shop, payment)["uid_support"]
    (unit,) = paypal.state()["orders"][0]["purchase_units"]
    assert (unit["amount"]["value"], unit["description"]) == ("3.75", "Star Map")
    paypal.approve(payment["pay_url"])
    assert shop.check(pay_key=payment["pay_key"])["status"] == "COMPLETED"
    paid = of(shop, payment)
    assert (paid["source"], paid["buyer"], paid["captured_amount"]) == ("web", None, "3.75")


def test_where_paypal_is_to_notify_is_kept_with_the_intent(shop: Marketplace, app_id: str) -> None:
    payment = shop.pay_for(app_id, ipn_url=RETURN_URL + "/ipn/7")

    assert call_of(payment["transaction"]).intended.notify_url == RETURN_URL + "/ipn/7"


def test_who_is_paid_is_named_by_the_sellers_uuid_or_by_what_is_sold(shop: Marketplace, paypal: Simulator) -> None:
    seller = shop.seller()
    app_id = shop.product(seller=seller)
    product = shop.get(f"/generic/product/?public_id={app_id}")["objects"][0]["resource_uri"]

    for name in (seller["uuid"], product, f"https://pay.example{product}", app_id):
        paid = of(shop, shop.pay_for(name))
        assert (paid["seller"], paid["seller_product"]) == (seller["resource_uri"], product)

    shop.product(seller=seller)
    paid = of(shop, shop.pay_for(seller["uuid"]))
    assert (paid["seller"], paid["seller_product"]) == (seller["resource_uri"], None)


def test_who_cannot_be_paid(shop: Marketplace, paypal: Simulator) -> None:
    nobody = shop.product(seller=shop.seller(paypal_id=None))
    gone = shop.product(seller=shop.seller(active=False))
    for sold, why in (
        ("nothing", "unknown"),
        ("/generic/product/999/", "unknown"),
        (nobody, "No seller email found."),
        (gone, "inactive"),
        (shop.product(access=2), "simulate"),
    ):
        assert refused(paypal, shop, sold) == {"seller_product": [why]}


def test_a_known_buyer_is_recorded_and_an_unknown_one_is_left_out(
    shop: Marketplace, paypal: Simulator, app_id: str
) -> None:
    buyer = shop.buyer()
    before = written()

    assert of(shop, shop.pay_for(app_id, buyer=buyer["uuid"]))["buyer"] == buyer["resource_uri"]
    assert of(shop, shop.pay_for(app_id, buyer="nobody"))["buyer"] is None
    assert written()["Buyer"] == before["Buyer"]


def test_a_preapproval_is_used_only_where_it_is_asked_for(
    shop: Marketplace, paypal: Simulator, app_id: str, preapproved: str
) -> None:
    assert shop.pay_for(app_id, buyer=preapproved)["use_preapproval"] is False

    payment = shop.pay_for(app_id, buyer=preapproved, use_preapproval=True)

    assert (payment["status"], payment["use_preapproval"]) == ("COMPLETED", True)
    assert set(payment.json) == OWN


@pytest.mark.parametrize("missing", ["amount", "currency", "memo", "return_url", "cancel_url", "ipn_url"])
def test_a_field_that_is_missing(shop: Marketplace, paypal: Simulator, app_id: str, missing: str) -> None:
    assert refused(paypal, shop, app_id, **{missing: None}) == {missing: ["FIELD_REQUIRED"]}


def test_what_is_wrong_is_told_by_its_field(shop: Marketplace, paypal: Simulator) -> None:
    away = "https://evil.example/"
    fields = refused(paypal, shop, "nothing", amount="5000.01", return_url=away, cancel_url=away, ipn_url=away)
    assert set(fields) == {"seller_product", "amount", "return_url", "cancel_url", "ipn_url"}
    assert set(refused(paypal, shop, "nothing", memo="", uuid=True)) == {"memo", "uuid"}
    assert refused(paypal, shop, shop.product(), uuid="u" * 201) == {"uuid": ["must have at most 200 characters"]}


def test_what_paypal_refuses_is_told_by_this_forms_names(shop: Marketplace, paypal: Simulator, app_id: str) -> None:
    paypal.fault("create_order", "issue:PAYEE_ACCOUNT_RESTRICTED")

    answer = shop.pay_for(app_id)

    assert answer.status == 422
    assert answer["paypal"]["seller_product"][0]["code"] == "PAYEE_ACCOUNT_RESTRICTED"


def test_one_uuid_is_one_transaction_even_for_two_at_once(shop: Marketplace, paypal: Simulator, app_id: str) -> None:
    shop.pay_for(app_id, uuid="order:1")
    assert refused(paypal, shop, app_id, uuid="order:1") == {"uuid": ["Unique uuid needed."]}

    answers = at_once(4, lambda _: Marketplace().pay_for(app_id, uuid="order:2"))

    assert sorted(answer.status for answer in answers) == [201, 400, 400, 400]
    assert Transaction.objects.filter(uuid="order:2").count() == 1
    assert len(paypal.state()["orders"]) == 2


def test_the_same_key_gives_the_same_answer(shop: Marketplace, paypal: Simulator, app_id: str) -> None:
    key = {"Idempotency-Key": "order-501"}

    first, again = (shop.pay_for(app_id, headers=key, uuid="order:501") for _ in range(2))

    assert (again.status, again.json) == (201, first.json)
    assert again.headers["Idempotency-Replayed"] == "true"


@pytest.mark.parametrize("key", [{}, {"Idempotency-Key": "order-7"}])
def test_what_was_not_sent_begins_again_under_its_uuid(
    shop: Marketplace, paypal: Simulator, app_id: str, key: dict[str, str]
) -> None:
    paypal.fault("create_order", "rate_limit_429")
    away = shop.pay_for(app_id, headers=key, uuid="order:7")
    assert (away.status, away["code"]) == (503, "provider_busy")

    again = shop.pay_for(app_id, headers=key, uuid="order:7")

    assert (again.status, again["uuid"], again["transaction"]) == (201, "order:7", away["transaction"])
    row = shop.transaction(again["transaction"])
    assert (row["status"], row["status_reason"], row["amount"]) == (Status.PENDING, None, "3.75")
    told = ["started", "errored", "started", "pending"]
    assert shop.event_types() == [f"transaction.{state}" for state in told]


def test_what_was_not_sent_begins_again_once_even_for_four_at_once(
    shop: Marketplace, paypal: Simulator, app_id: str
) -> None:
    paypal.fault("create_order", "rate_limit_429")
    shop.pay_for(app_id, uuid="order:8")

    answers = at_once(4, lambda _: Marketplace().pay_for(app_id, uuid="order:8"))

    assert sorted(answer.status for answer in answers) == [201, 400, 400, 400]
    assert len(paypal.state()["orders"]) == 1


def test_a_form_that_is_both_or_neither(shop: Marketplace, paypal: Simulator, app_id: str) -> None:
    both = refused(paypal, shop, app_id, user_id=1)
    assert both == {"__all__": ["user_id and app_id do not go with seller_product"]}
    with nothing_happens(paypal):
        neither = shop.post("/paypal/pay/", {"amount": "1", "return_url": RETURN_URL, "cancel_url": CANCEL_URL})
    assert neither.json == {"__all__": ["user_id and app_id, or seller_product, are required"]}
