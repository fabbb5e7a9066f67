"""The walk of a payment: asked for, approved or pre-approved, checked, refunded; through the API, against the simulator."""

from decimal import Decimal

from tests.support.marketplace import Marketplace
from tests.support.simulator import Simulator


def test_a_payment_waits_for_the_buyers_approval(shop: Marketplace, paypal: Simulator, app_id: str) -> None:
    answer = shop.pay(app_id, user_id=8812, amount=Decimal("2.49"), currency="EUR", use_preapproval=True)

    assert answer.status == 201
    wiki = {name: answer[name] for name in ("user_id", "app_id", "amount", "currency", "use_preapproval", "status")}
    assert wiki == {
        "user_id": 8812,
        "app_id": app_id,
        "amount": 2.49,
        "currency": "EUR",
        "use_preapproval": False,
        "status": "created",
    }
    assert answer["paykey"] in answer["pay_url"]
    assert shop.transaction(answer["transaction"])["status"] == 0
    assert paypal.captured() == []


def test_an_approved_payment_is_captured_by_the_check(shop: Marketplace, paypal: Simulator, app_id: str) -> None:
    answer = shop.pay(app_id)
    assert shop.check(pay_key=answer["paykey"])["status"] == "CREATED"

    back = paypal.approve(answer["pay_url"])

    assert back.startswith("https://shop.example/paid?token=" + answer["paykey"])
    checked = shop.check(pay_key=answer["paykey"])
    assert checked.status == 201
    assert checked["status"] == "COMPLETED"
    row = shop.transaction(answer["transaction"])
    assert (row["status"], row["outcome"], row["captured_amount"], row["refunded_amount"]) == (
        1, "succeeded", "2.49", "0.00",
    )  # fmt: skip
    assert [capture["amount"]["value"] for capture in paypal.captured()] == ["2.49"]


def test_checking_again_and_again_captures_once(shop: Marketplace, paypal: Simulator, app_id: str) -> None:
    answer = shop.pay(app_id)
    paypal.approve(answer["pay_url"])

    assert {shop.check(uuid=answer["uuid"])["status"] for _ in range(3)} == {"COMPLETED"}

    assert len(paypal.calls("capture_order")) == 1


def test_a_preapproved_payment_is_paid_at_once(shop: Marketplace, app_id: str, preapproved: str) -> None:
    answer = shop.pay(app_id, user_id=preapproved, use_preapproval=True)

    assert answer.status == 201
    assert answer["status"] == "completed"
    assert answer["use_preapproval"] is True
    assert "paykey" not in answer.json
    assert "pay_url" not in answer.json
    assert shop.transaction(answer["transaction"])["captured_amount"] == "2.49"


def test_a_refund_is_a_transaction_of_its_own(shop: Marketplace, paid: dict[str, str]) -> None:
    answer = shop.refund(uuid=paid["uuid"])

    assert answer.status == 201
    assert (answer["status"], answer["amount"], answer["currency"]) == ("COMPLETED", "2.49", "EUR")
    assert answer["related"] == paid["transaction"]
    assert answer["response"][0]["refundStatus"] == "REFUNDED"
    refund = shop.transaction(answer["transaction"])
    assert (refund["type"], refund["status"], refund["amount"]) == (1, 1, "2.49")
    payment = shop.transaction(paid["transaction"])
    assert (payment["status"], payment["refunded_amount"]) == (1, "2.49")
    assert [relation["uuid"] for relation in payment["relations"]] == [answer["uuid"]]
    assert shop.check(uuid=paid["uuid"])["status"] == "REFUNDED"


def test_what_is_refunded_cannot_be_refunded_again(shop: Marketplace, paypal: Simulator, paid: dict[str, str]) -> None:
    shop.refund(uuid=paid["uuid"])

    again = shop.refund(uuid=paid["uuid"])

    assert again.status == 409
    assert (again["code"], again["refundable"]) == ("refund_exceeds_captured", "0.00")
    assert len(paypal.calls("refund")) == 1


def test_every_step_is_an_event(shop: Marketplace, paid: dict[str, str]) -> None:
    shop.refund(uuid=paid["uuid"])

    assert shop.event_types() == [
        "transaction.started",
        "transaction.pending",
        "transaction.completed",
        "refund.pending",
        "refund.completed",
    ]
