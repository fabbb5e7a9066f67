"""Pre-approval in the classic interface: the buyer's consent makes the key, and PayPal watches over its terms as well."""

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from tests.payments.passing import make_due
from tests.payments.world import LOST_ANSWERS, another_paypal, call_of, nothing_happens
from tests.support.marketplace import Answer, Marketplace
from tests.support.simulator import Simulator

from solitude.payments import recovery
from solitude.providers.paypal.models import BuyerPaypal

COMPLETED = 1
KEY = {"Idempotency-Key": "one"}


@pytest.fixture
def asked(shop: Marketplace) -> Answer:
    """A pre-approval that waits for its buyer."""
    return shop.preapproval(shop.buyer()["uuid"])


def by_key(shop: Marketplace, app_id: str, buyer: str, **more: Any) -> Answer:
    return shop.pay(app_id, user_id=buyer, use_preapproval=True, **more)


def known_to_paypal(paypal: Simulator) -> dict[str, Any]:
    (preapproval,) = paypal.state()["preapprovals"]
    return dict(preapproval)


def test_what_the_request_does_not_say_is_what_it_always_was(
    shop: Marketplace, paypal: Simulator, asked: Answer
) -> None:
    today = datetime.now(UTC).date()

    assert asked.status == 201
    assert asked["key"].startswith("PA-")
    assert parse_qs(urlsplit(asked["paypal_url"]).query) == {
        "cmd": ["_ap-preapproval"],
        "preapprovalkey": [asked["key"]],
    }
    terms = known_to_paypal(paypal)
    assert (terms["currencyCode"], terms["maxTotalAmountOfAllPayments"]) == ("USD", "2000.00")
    assert terms["startingDate"].startswith(today.isoformat())
    assert terms["endingDate"].startswith((today + timedelta(days=364)).isoformat())


def test_the_terms_of_the_request_are_those_that_the_buyer_agrees_to(shop: Marketplace, paypal: Simulator) -> None:
    shop.preapproval(shop.buyer()["uuid"], currency="EUR", max_total="150", max_per_payment="15.00", max_per_day="30")

    terms = known_to_paypal(paypal)
    told = [terms[name] for name in ("currencyCode", "maxTotalAmountOfAllPayments", "maxAmountPerPayment")]
    assert told == ["EUR", "150.00", "15.00"]


def test_in_another_currency_the_most_must_be_named(shop: Marketplace, paypal: Simulator) -> None:
    buyer = shop.buyer()["uuid"]
    with nothing_happens(paypal):
        answer = shop.preapproval(buyer, currency="EUR")

    assert (answer.status, list(answer.json)) == (400, ["max_total"])


def test_the_buyer_agrees_and_later_payments_are_taken_at_once(
    shop: Marketplace, paypal: Simulator, app_id: str, asked: Answer
) -> None:
    assert shop.put(asked["resource_uri"], {})["code"] == "not_approved"
    paypal.approve(asked["paypal_url"])
    given = shop.put(asked["resource_uri"], {})
    assert (given.status, given["active"]) == (202, True)
    assert BuyerPaypal.objects.get().key == asked["key"]

    payment = by_key(shop, app_id, asked["uuid"])

    assert (payment.status, payment["status"], payment["use_preapproval"]) == (201, "completed", True)
    row = shop.transaction(payment["transaction"])
    assert (row["status"], row["captured_amount"]) == (COMPLETED, "3.75")
    assert shop.tell(paypal.ipns()[-1])["reason"] == "known_already"
    assert shop.refund(uuid=payment["uuid"])["status"] == "COMPLETED"


@pytest.fixture
def agreed(shop: Marketplace, paypal: Simulator, asked: Answer) -> Answer:
    paypal.approve(asked["paypal_url"])
    shop.put(asked["resource_uri"], {})
    return asked


@pytest.mark.parametrize("fault", LOST_ANSWERS)
def test_a_charge_whose_answer_got_lost_is_made_once(
    shop: Marketplace, paypal: Simulator, app_id: str, agreed: Answer, fault: str
) -> None:
    paypal.fault("classic_pay", fault)
    lost = by_key(shop, app_id, agreed["uuid"], headers=KEY)
    assert lost.status == 504

    again = by_key(shop, app_id, agreed["uuid"], headers=KEY)

    assert (again.status, again["status"], again["uuid"]) == (201, "completed", lost["uuid"])
    assert len(paypal.state()["payments"]) == 1
    assert shop.transaction(again["transaction"])["status"] == COMPLETED


@pytest.mark.parametrize("fault", LOST_ANSWERS)
def test_a_pre_approval_whose_answer_got_lost_is_asked_for_anew(
    shop: Marketplace, paypal: Simulator, fault: str
) -> None:
    buyer = shop.buyer()["uuid"]
    body = {"uuid": buyer, "return_url": "https://shop.example/ok", "cancel_url": "https://shop.example/no"}
    paypal.fault("classic_preapproval", fault)
    assert shop.post("/paypal/preapproval/", body, **KEY).status == 504

    again = shop.post("/paypal/preapproval/", body, **KEY)

    assert again.status == 201
    paypal.approve(again["paypal_url"])
    assert shop.put(again["resource_uri"], {}).status == 202


def test_what_paypal_refuses_names_the_pre_approval(
    shop: Marketplace, paypal: Simulator, app_id: str, agreed: Answer
) -> None:
    paypal.fault("classic_pay", "issue:579031")

    answer = by_key(shop, app_id, agreed["uuid"], fallback=False)

    assert answer.status == 422
    assert answer["paypal"]["use_preapproval"][0]["code"] == "579031"
    assert call_of(answer["transaction"]).correlation_id


@pytest.mark.parametrize(("number", "stays"), [("579031", True), ("569013", False)])
def test_where_it_is_refused_the_buyer_may_approve_instead(
    shop: Marketplace, paypal: Simulator, app_id: str, agreed: Answer, number: str, *, stays: bool
) -> None:
    paypal.fault("classic_pay", f"issue:{number}")

    answer = by_key(shop, app_id, agreed["uuid"])

    assert (answer.status, answer["status"], answer["use_preapproval"]) == (201, "created", False)
    paypal.approve(answer["pay_url"])
    assert shop.tell(paypal.ipns()[-1])["status"] == "OK"
    assert shop.transaction(answer["transaction"])["status"] == COMPLETED
    assert bool(BuyerPaypal.objects.get().key) is stays


def test_a_pre_approval_that_the_buyer_cancels_at_paypal_is_forgotten(
    shop: Marketplace, paypal: Simulator, agreed: Answer
) -> None:
    paypal.end_preapproval(agreed["key"])

    told = shop.tell(paypal.ipns()[-1])

    assert (told["status"], told["action"]) == ("OK", "PREAPPROVAL")
    assert BuyerPaypal.objects.get().key is None
    assert shop.event_types()[-1] == "preapproval.revoked"


def test_a_pre_approval_that_is_deleted_here_is_cancelled_at_paypal(
    shop: Marketplace, paypal: Simulator, agreed: Answer
) -> None:
    row = BuyerPaypal.objects.get()

    assert shop.delete(row.resource_uri).status == 204

    assert known_to_paypal(paypal)["status"] == "CANCELED"


def test_a_pre_approval_that_our_credentials_do_not_cancel_now_is_cancelled_when_paypal_takes_them_again(
    shop: Marketplace, paypal: Simulator, agreed: Answer
) -> None:
    with another_paypal(SOLITUDE_PAYPAL_CLASSIC_PASSWORD="not-any-more"):
        assert shop.delete(BuyerPaypal.objects.get().resource_uri).status == 204
    assert known_to_paypal(paypal)["status"] == "ACTIVE"

    make_due()
    assert recovery.run_once() == 1

    assert known_to_paypal(paypal)["status"] == "CANCELED"


def test_one_of_the_classic_interface_is_not_used_in_rest(shop: Marketplace, paypal: Simulator, agreed: Answer) -> None:
    seller = shop.seller()
    shop.put(str(shop.get(seller["resource_uri"])["paypal"]["resource_uri"]), {"interface": "rest"})

    answer = by_key(shop, shop.product(seller=seller), agreed["uuid"])

    assert (answer["status"], answer["use_preapproval"]) == ("created", False)
