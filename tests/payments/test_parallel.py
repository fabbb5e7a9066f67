"""Many at once: one capture, one refund, one buyer, one payment for a key."""

from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from tests.support.marketplace import Answer, Marketplace
from tests.support.simulator import CANCEL_URL, RETURN_URL, Simulator
from tests.web.parallel import at_once

from solitude.buyers.models import Buyer
from solitude.payments.models import ProviderCall
from solitude.providers.paypal.models import BuyerPaypal
from solitude.transactions.models import Transaction

pytestmark = pytest.mark.long


def test_ten_checks_at_once_capture_once(shop: Marketplace, paypal: Simulator, app_id: str) -> None:
    payment = shop.pay(app_id)
    paypal.approve(payment["pay_url"])
    # So that all of them are under way while the first is at it.
    paypal.fault("capture_order", "latency", count=0, delay_ms=100)

    answers = at_once(10, lambda _: Marketplace().check(uuid=payment["uuid"]))

    # On a busy machine one of them may not get through to the provider in time, the first included.
    assert all(answer.status in (201, 502, 504) for answer in answers)
    assert shop.check(uuid=payment["uuid"])["status"] == "COMPLETED"
    assert len(paypal.calls("capture_order")) == len(paypal.captured()) == 1
    assert ProviderCall.objects.filter(operation="capture").exclude(outcome="not_sent").count() == 1
    assert shop.event_types().count("transaction.completed") == 1


def test_two_refunds_at_once_have_one_effect(shop: Marketplace, paypal: Simulator, paid: dict[str, Any]) -> None:
    paypal.fault("refund", "latency", count=0, delay_ms=100)

    answers = at_once(2, lambda _: Marketplace().refund(uuid=paid["uuid"]))

    assert sorted(answer.status for answer in answers) == [201, 409]
    assert len(paypal.calls("refund")) == len(paypal.state()["refunds"]) == 1
    row = Transaction.objects.get(uuid=paid["uuid"])
    assert row.refund_claimed_amount == row.refunded_amount == row.captured_amount
    assert Transaction.objects.filter(type=1).count() == 1


def test_twenty_payments_of_one_new_buyer_make_one_buyer(shop: Marketplace, paypal: Simulator, app_id: str) -> None:
    before = Buyer.objects.count()

    answers = at_once(20, lambda number: Marketplace().pay(app_id, user_id="nobody-knows" if number % 2 else "new"))

    assert Counter(answer.status for answer in answers) == {201: 20}
    assert Buyer.objects.count() - before == BuyerPaypal.objects.count() == 2
    assert Transaction.objects.filter(buyer__uuid="new").count() == 10
    assert Transaction.objects.filter(buyer__uuid="nobody-knows").count() == 10


def test_one_key_at_once_is_one_payment(shop: Marketplace, paypal: Simulator, app_id: str) -> None:
    paypal.fault("create_order", "latency", count=0, delay_ms=100)

    answers = at_once(5, lambda _: Marketplace().pay(app_id, headers={"Idempotency-Key": "all-at-once"}))

    assert Counter(answer.status for answer in answers)[201] >= 1
    assert {answer.status for answer in answers} <= {201, 409}
    assert len(paypal.calls("create_order")) == Transaction.objects.count() == 1


MOVES: dict[str, Callable[[Marketplace, dict[str, Any], dict[str, str]], Answer]] = {
    "pay": lambda shop, of, key: shop.pay(of["app_id"], headers=key, user_id=of["buyer"], use_preapproval=True),
    "refund": lambda shop, of, key: shop.refund(key, uuid=of["uuid"], amount="1.00"),
    "pre-approval": lambda shop, of, key: shop.post("/paypal/preapproval/", of["asked"], **key),
}


@pytest.mark.parametrize("move", MOVES)
def test_the_same_key_fifty_times_at_once_has_one_effect_and_one_answer(
    shop: Marketplace, paypal: Simulator, paid: dict[str, Any], preapproved: str, app_id: str, move: str
) -> None:
    asked = {"uuid": preapproved, "return_url": RETURN_URL, "cancel_url": CANCEL_URL}
    of = {"app_id": app_id, "buyer": preapproved, "uuid": paid["uuid"], "asked": asked}
    key = {"Idempotency-Key": f"fifty {move}s"}
    paypal.fault("any", "latency", count=0, delay_ms=20)
    before = ProviderCall.objects.count()

    during = at_once(50, lambda _: MOVES[move](Marketplace(), of, key))
    after = at_once(50, lambda _: MOVES[move](Marketplace(), of, key))

    assert {answer.status for answer in during} <= {201, 409}
    assert {answer["code"] for answer in during if answer.status == 409} <= {"idempotency_in_progress"}
    assert {answer.status for answer in after} == {201}
    assert len({answer.text for answer in (*during, *after) if answer.status == 201}) == 1
    assert ProviderCall.objects.count() == before + 1


def test_ten_refunds_of_a_third_at_once_are_three(shop: Marketplace, paypal: Simulator, paid: dict[str, Any]) -> None:
    answers = at_once(10, lambda _: Marketplace().refund(uuid=paid["uuid"], amount="0.83"))

    assert Counter(answer.status for answer in answers) == {201: 3, 409: 7}
    row = Transaction.objects.get(uuid=paid["uuid"])
    assert row.refund_claimed_amount == row.refunded_amount == row.captured_amount
    assert sum(Decimal(refund["amount"]["value"]) for refund in paypal.state()["refunds"]) == Decimal("2.49")


def test_two_returns_of_one_buyer_make_one_permanent_key(shop: Marketplace, paypal: Simulator) -> None:
    asked = shop.preapproval(shop.buyer()["uuid"])
    paypal.approve(asked["paypal_url"])
    paypal.fault("payment_token", "latency", count=0, delay_ms=100)

    answers = at_once(2, lambda _: Marketplace().put(asked["resource_uri"], {}))

    assert sorted(answer.status for answer in answers) in ([202, 202], [202, 504])
    assert len(paypal.state()["payment_tokens"]) == 1
    assert ProviderCall.objects.filter(operation="store_credential").count() == 1
    assert shop.put(asked["resource_uri"], {}).status == 202
