"""Refunds in the classic interface: by receiver, never twice, and found out by how much went back."""

import json
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db.models.functions import Now
from django.test import override_settings
from tests.payments.world import LOST_ANSWERS, call_of
from tests.support.marketplace import Answer, Marketplace
from tests.support.simulator import Simulator

from solitude.payments import notifications
from solitude.payments.models import Notification, ProviderCall

PENDING, COMPLETED, FAILED, ERRORED = 0, 1, 4, 7
REFUND = "classic_refund"


def refunded(shop: Marketplace, payment: Answer) -> str:
    return str(shop.transaction(payment["transaction"])["refunded_amount"])


def paid_to(shop: Marketplace, paypal: Simulator, payee: str) -> Answer:
    payment = shop.pay(shop.product(payee))
    paypal.approve(payment["pay_url"])
    shop.check(uuid=payment["uuid"])
    return payment


def two_hours_later() -> None:
    """As if so much time had passed since our calls."""
    for call in ProviderCall.objects.all():
        ProviderCall.objects.filter(pk=call.pk).update(begun_at=call.begun_at - timedelta(hours=2))


# --- what is asked for ---------------------------------------------------------------------------------------------


def test_all_of_a_payment_goes_back(shop: Marketplace, checked: Answer) -> None:
    answer = shop.refund(uuid=checked["uuid"])

    assert answer.status == 201
    (receiver,) = answer["response"]
    assert {**receiver, "receiver.email": ""} == {
        "receiver.email": "",
        "receiver.amount": "3.75",
        "refundStatus": "REFUNDED",
        "refundGrossAmount": "3.75",
        "refundNetAmount": receiver["refundNetAmount"],
        "refundFeeAmount": receiver["refundFeeAmount"],
    }
    assert Decimal(receiver["refundNetAmount"]) + Decimal(receiver["refundFeeAmount"]) == Decimal("3.75")
    assert receiver["receiver.email"].endswith("@dev.example")
    assert (answer["status"], answer["amount"], refunded(shop, checked)) == ("COMPLETED", "3.75", "3.75")


def test_parts_go_back_until_nothing_is_left(shop: Marketplace, checked: Answer) -> None:
    parts = [shop.refund(uuid=checked["uuid"], amount="1.00") for _ in range(2)]
    rest = shop.refund(uuid=checked["uuid"])
    more = shop.refund(uuid=checked["uuid"], amount="0.01")

    assert [part["amount"] for part in (*parts, rest)] == ["1.00", "1.00", "1.75"]
    assert (more.status, more["code"]) == (409, "refund_exceeds_captured")
    assert refunded(shop, checked) == "3.75"


def test_of_a_payment_with_shares_everybody_gives_back_and_only_all_of_it(
    shop: Marketplace, paypal: Simulator, app_id: str
) -> None:
    with override_settings(SOLITUDE_PAYPAL_CHAINS=((Decimal("30"), "partner@shop.example"),)):
        payment = shop.pay(app_id)
    paypal.approve(payment["pay_url"])
    shop.check(uuid=payment["uuid"])

    part = shop.refund(uuid=payment["uuid"], amount="1.00")
    whole = shop.refund(uuid=payment["uuid"])

    assert part.status == 422
    assert part["paypal"]["amount"][0]["code"] == "589041"
    assert [(one["receiver.email"].partition("@")[2], one["refundStatus"]) for one in whole["response"]] == [
        ("dev.example", "REFUNDED"),
        ("shop.example", "REFUNDED"),
    ]
    assert whole["response"][1]["receiver.amount"] == "1.12"
    assert refunded(shop, payment) == "3.75"
    assert shop.tell(paypal.ipns()[-1])["status"] == "IGNORED"
    assert refunded(shop, payment) == "3.75"


def test_no_address_of_anybody_is_kept_in_the_call_log(shop: Marketplace, paypal: Simulator, checked: Answer) -> None:
    shop.refund(uuid=checked["uuid"])
    shop.tell(paypal.ipns()[-1])

    kept = [[call.exchanges, call.facts, call.ids] for call in ProviderCall.objects.all()]

    assert len(kept) >= 3
    assert "@" not in json.dumps(kept)
    assert "shop.example" not in json.dumps(kept)


def test_a_seller_who_gave_no_permission(shop: Marketplace, paypal: Simulator) -> None:
    payment = paid_to(shop, paypal, "norefund-1@dev.example")

    answer = shop.refund(uuid=payment["uuid"])

    assert (answer.status, answer["status"]) == (201, "FAILED")
    assert answer["response"][0]["refundStatus"] == "NO_API_ACCESS_TO_RECEIVER"
    assert refunded(shop, payment) == "0.00"


def test_a_seller_without_money(shop: Marketplace, paypal: Simulator) -> None:
    payment = paid_to(shop, paypal, "insufficient-1@dev.example")

    answer = shop.refund(uuid=payment["uuid"])

    assert answer.status == 422
    assert answer["paypal"]["__all__"][0]["code"] == "INSUFFICIENT_BALANCE"


def test_a_refund_by_echeck_is_done_when_it_clears(shop: Marketplace, paypal: Simulator) -> None:
    payment = paid_to(shop, paypal, "slowrefund-1@dev.example")
    answer = shop.refund(uuid=payment["uuid"], amount="1.00")
    assert (answer["status"], answer["response"][0]["refundStatus"]) == ("PENDING", "REFUNDED_PENDING")
    assert shop.check(uuid=answer["uuid"])["status"] == "PENDING"

    paypal.advance(4 * 24 * 3600)

    assert shop.check(uuid=answer["uuid"])["status"] == "COMPLETED"
    assert refunded(shop, payment) == "1.00"
    assert shop.tell(paypal.ipns()[-1])["status"] == "IGNORED"


# --- lost answers --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", LOST_ANSWERS)
def test_a_refund_whose_answer_got_lost_is_found_by_what_went_back(
    shop: Marketplace, paypal: Simulator, checked: Answer, fault: str
) -> None:
    shop.refund(uuid=checked["uuid"], amount="0.50")
    paypal.fault(REFUND, fault)
    lost = shop.refund(uuid=checked["uuid"], amount="1.00")
    assert (lost.status, lost["code"]) == (504, "outcome_unknown")

    found = shop.check(uuid=lost["uuid"])

    assert (found["status"], refunded(shop, checked)) == ("COMPLETED", "1.50")
    assert len(paypal.calls(REFUND)) == 2
    told = shop.tell(paypal.ipns()[-1])
    assert (told["transaction"], refunded(shop, checked)) == (lost["transaction"], "1.50")
    assert shop.transaction(lost["transaction"])["uid_pay"]


@pytest.mark.parametrize("fault", ["error_500", "disconnect_before"])
def test_a_refund_that_did_not_arrive_is_not_sent_again_and_is_free_after_a_while(
    shop: Marketplace, paypal: Simulator, checked: Answer, fault: str
) -> None:
    paypal.fault(REFUND, fault)
    lost = shop.refund(uuid=checked["uuid"], amount="2.00")
    assert shop.check(uuid=lost["uuid"]).status == 504
    while_unknown = shop.refund(uuid=checked["uuid"], amount="1.00")
    assert (while_unknown.status, while_unknown["code"], while_unknown["refundable"]) == (
        409,
        "refund_under_way",
        "1.75",
    )

    two_hours_later()

    assert shop.check(uuid=lost["uuid"])["status"] == "FAILED"
    assert len(paypal.calls(REFUND)) <= 1
    assert shop.refund(uuid=checked["uuid"])["status"] == "COMPLETED"
    assert refunded(shop, checked) == "3.75"


def test_when_somebody_else_refunds_as_well_only_the_ipns_tell(
    shop: Marketplace, paypal: Simulator, checked: Answer
) -> None:
    """The sum grew by more than our refund, or by another's instead of ours: that is not for us to guess."""
    paypal.fault(REFUND, "disconnect_after")
    lost = shop.refund(uuid=checked["uuid"], amount="1.00")
    other = ProviderCall.objects.get(transaction__uuid=lost["uuid"])
    ProviderCall.objects.filter(pk=other.pk).update(ids={**other.ids, "refunded_before": "0.50"})
    two_hours_later()
    assert shop.check(uuid=lost["uuid"]).status == 504

    told = shop.tell(paypal.ipns()[-1])

    assert (told["status"], told["transaction"]) == ("OK", lost["transaction"])
    assert shop.check(uuid=lost["uuid"])["status"] == "COMPLETED"
    assert refunded(shop, checked) == "1.00"


def test_an_ipn_that_is_faster_than_the_answer_waits_for_it(
    shop: Marketplace, paypal: Simulator, checked: Answer
) -> None:
    paypal.fault(REFUND, "disconnect_after")
    lost = shop.refund(uuid=checked["uuid"], amount="1.00")
    call = call_of(lost["transaction"], "refund")
    ProviderCall.objects.filter(pk=call.pk).update(outcome="none")

    early = shop.tell(paypal.ipns()[-1])
    assert (early["reason"], refunded(shop, checked)) == ("parked", "0.00")
    shop.check(uuid=lost["uuid"])
    Notification.objects.update(next_try_at=Now())
    notifications.handle_due(10)

    assert refunded(shop, checked) == "1.00"
    assert shop.transaction(lost["transaction"])["uid_pay"]
    assert len(shop.transaction(checked["transaction"])["relations"]) == 1


def test_without_a_look_before_nothing_is_written(shop: Marketplace, paypal: Simulator, checked: Answer) -> None:
    paypal.fault("classic_payment_details", "error_503")

    answer = shop.refund(uuid=checked["uuid"])

    assert (answer.status, answer["code"]) == (502, "provider_unreachable")
    assert not ProviderCall.objects.filter(operation="refund").exists()
