"""A classic payment, from the form to the IPN, against the simulator."""

from decimal import Decimal
from typing import Any

import pytest
from django.test import override_settings
from tests.payments.passing import make_due
from tests.payments.world import LOST_ANSWERS, another_paypal, call_of, end_leases, nothing_happens
from tests.support.marketplace import Answer, Marketplace
from tests.support.simulator import Simulator

from solitude.payments import recovery
from solitude.transactions.models import Transaction

PENDING, COMPLETED, CHECKED, FAILED, CANCELLED = 0, 1, 2, 4, 5
KEY = {"Idempotency-Key": "one"}
CHAINS = ((Decimal("30"), "partner@shop.example"),)


def status(shop: Marketplace, payment: Answer) -> int:
    return int(shop.transaction(payment["transaction"])["status"])


def follow_up() -> None:
    make_due()
    recovery.follow_up(limit=10)


def operations(paypal: Simulator) -> list[str]:
    return [request["operation"] for request in paypal.state()["requests"]]


# --- with the buyer's approval -------------------------------------------------------------------------------------


def test_a_payment_waits_for_its_buyer(shop: Marketplace, begun: Answer) -> None:
    assert (begun.status, begun["status"], begun["use_preapproval"]) == (201, "created", False)
    assert begun["paykey"].startswith("AP-")
    assert begun["pay_url"].endswith(f"/cgi-bin/webscr?cmd=_ap-payment&paykey={begun['paykey']}")
    assert (shop.check(uuid=begun["uuid"])["status"], status(shop, begun)) == ("CREATED", PENDING)


def test_what_a_look_up_sees_paid_is_checked_and_the_ipn_completes_it(
    shop: Marketplace, paypal: Simulator, begun: Answer
) -> None:
    paypal.approve(begun["pay_url"])

    checked = shop.check(pay_key=begun["paykey"])

    assert (checked["status"], status(shop, begun)) == ("COMPLETED", CHECKED)
    (ipn,) = paypal.ipns()
    told = shop.tell(ipn)
    assert (told["status"], told["action"], told["uuid"]) == ("OK", "PAYMENT", begun["uuid"])
    assert status(shop, begun) == COMPLETED
    assert shop.event_types()[-2:] == ["transaction.checked", "transaction.completed"]


def test_an_ipn_is_enough(shop: Marketplace, paypal: Simulator, begun: Answer) -> None:
    paypal.approve(begun["pay_url"])

    told = shop.tell(paypal.ipns()[0])

    assert (told["status"], told["amount"]) == ("OK", {"currency": "USD", "amount": "3.75"})
    assert (status(shop, begun), operations(paypal)) == (COMPLETED, ["classic_pay", "notify_validate"])
    assert shop.tell(paypal.ipns()[0])["status"] == "IGNORED"


def test_an_ipn_that_somebody_changed_is_not_paypals(shop: Marketplace, paypal: Simulator, begun: Answer) -> None:
    paypal.approve(begun["pay_url"])

    told = shop.tell(paypal.ipns()[0].replace("3.75", "3.76"))

    assert (told["status"], told["reason"], status(shop, begun)) == ("IGNORED", "bad_signature", PENDING)


def test_a_pay_key_that_nobody_used_expires(shop: Marketplace, paypal: Simulator, begun: Answer) -> None:
    paypal.advance(3 * 3600 + 1)

    assert (shop.check(uuid=begun["uuid"])["status"], status(shop, begun)) == ("EXPIRED", CANCELLED)


def test_solitudes_own_form_names_where_the_ipn_goes(shop: Marketplace, app_id: str) -> None:
    body = {
        "seller_product": app_id,
        "amount": "3.75",
        "currency": "USD",
        "memo": "Star Map",
        "return_url": "https://shop.example/ok",
        "cancel_url": "https://shop.example/no",
        "ipn_url": "https://shop.example/mine",
    }

    answer = shop.post("/paypal/pay/", body)

    assert (answer.status, answer["status"]) == (201, "CREATED")
    assert call_of(answer["transaction"]).intended.notify_url == "https://shop.example/mine"


def test_a_seller_of_the_classic_interface_needs_an_e_mail_address(shop: Marketplace) -> None:
    answer = shop.pay(shop.product("S8XGHLYDW9T3S"))

    assert (answer.status, answer.json) == (400, {"app_id": ["no_paypal_id"]})


def test_sellers_of_both_interfaces_stand_side_by_side(shop: Marketplace, paypal: Simulator) -> None:
    seller = shop.seller()
    shop.put(str(shop.get(seller["resource_uri"])["paypal"]["resource_uri"]), {"interface": "rest"})

    assert shop.pay(shop.product(seller=seller))["status"] == "created"
    assert shop.pay(shop.product())["status"] == "created"

    assert operations(paypal)[-2:] == ["create_order", "classic_pay"]


def test_what_a_buyer_approves_after_the_marketplace_gave_it_up_is_recorded(
    shop: Marketplace, paypal: Simulator, begun: Answer
) -> None:
    """The classic interface takes it without asking us: there is nothing to be done but to know."""
    assert shop.cancel(uuid=begun["uuid"])["status"] == "CANCELLED"

    paypal.approve(begun["pay_url"])
    told = shop.tell(paypal.ipns()[0])

    assert (told["status"], status(shop, begun)) == ("OK", COMPLETED)
    assert shop.event_types()[-1] == "transaction.corrected"
    assert shop.refund(uuid=begun["uuid"])["status"] == "COMPLETED"


def test_a_payment_that_paypal_took_with_the_approval_is_paid_and_not_cancelled(
    shop: Marketplace, paypal: Simulator, begun: Answer
) -> None:
    """Its IPN is lost, and the marketplace gives it up."""
    paypal.approve(begun["pay_url"])

    cancelled = shop.cancel(uuid=begun["uuid"])

    assert (cancelled.status, cancelled["status"], status(shop, begun)) == (201, "COMPLETED", CHECKED)
    assert shop.event_types()[-1] == "transaction.checked"


def test_a_payment_is_not_given_up_while_paypal_does_not_say_whether_it_has_taken_it(
    shop: Marketplace, paypal: Simulator, begun: Answer
) -> None:
    paypal.fault("classic_payment_details", "error_500")
    assert shop.cancel(uuid=begun["uuid"]).status == 504
    assert status(shop, begun) == PENDING

    assert shop.cancel(uuid=begun["uuid"])["status"] == "CANCELLED"


@pytest.mark.parametrize("given_up_by", ["marketplace", "time"])
def test_what_is_approved_after_it_was_given_up_is_found_without_an_ipn(
    shop: Marketplace, paypal: Simulator, begun: Answer, given_up_by: str
) -> None:
    if given_up_by == "marketplace":
        shop.cancel(uuid=begun["uuid"])
    else:
        with override_settings(SOLITUDE_PAYPAL_ORDER_LIFE_S=0):
            follow_up()
    assert status(shop, begun) == CANCELLED
    paypal.approve(begun["pay_url"])

    follow_up()

    assert status(shop, begun) == CHECKED
    assert shop.event_types()[-1] == "transaction.corrected"
    assert shop.refund(uuid=begun["uuid"])["status"] == "COMPLETED"


def test_a_payment_that_was_given_up_is_asked_about_until_its_link_is_dead(
    shop: Marketplace, paypal: Simulator, begun: Answer
) -> None:
    shop.cancel(uuid=begun["uuid"])
    before = shop.event_types()
    follow_up()
    follow_up()
    paypal.advance(3 * 3600 + 1)
    follow_up()
    assert operations(paypal)[-4:] == ["classic_payment_details"] * 4

    with nothing_happens(paypal):
        follow_up()
        assert shop.check(uuid=begun["uuid"])["status"] == "CANCELLED"

    assert (status(shop, begun), shop.event_types()) == (CANCELLED, before)


# --- shares --------------------------------------------------------------------------------------------------------


def test_the_marketplace_and_its_partners_get_their_shares_out_of_what_the_seller_gets(
    shop: Marketplace, paypal: Simulator, app_id: str
) -> None:
    with override_settings(SOLITUDE_PAYPAL_CLASSIC_EMAIL="own@shop.example", SOLITUDE_PAYPAL_CHAINS=CHAINS):
        payment = shop.pay(app_id, platform_fee="0.50")
    paypal.approve(payment["pay_url"])

    assert shop.tell(paypal.ipns()[0])["amount"] == {"currency": "USD", "amount": "3.75"}
    told = paypal.ipns()[0]
    assert [told.count(f"amount=USD+{share}") for share in ("3.75", "0.50", "1.12")] == [1, 1, 1]
    assert status(shop, payment) == COMPLETED


def test_a_share_without_an_account_for_it_is_refused_before_anything_is_written(
    shop: Marketplace, app_id: str
) -> None:
    answer = shop.pay(app_id, platform_fee="0.50")

    assert (answer.status, list(answer.json)) == (400, ["platform_fee"])
    assert not Transaction.objects.exists()


# --- refusals ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "field"),
    [("539041", "app_id"), ("569042", "app_id"), ("580022", "currency"), ("589023", "amount"), ("520009", "__all__")],
)
def test_what_paypal_refuses_is_told_by_field(
    shop: Marketplace, paypal: Simulator, app_id: str, number: str, field: str
) -> None:
    paypal.fault("classic_pay", f"issue:{number}")

    answer = shop.pay(app_id)

    assert answer.status == 422
    ((error,),) = answer["paypal"].values()
    assert (list(answer["paypal"]), error["code"]) == ([field], number)
    assert status(shop, answer) == FAILED


def test_bad_credentials_are_our_configuration(shop: Marketplace, app_id: str) -> None:
    with another_paypal(SOLITUDE_PAYPAL_CLASSIC_SIGNATURE="another-signature"):
        answer = shop.pay(app_id)

    assert (answer.status, answer["code"]) == (502, "provider_configuration")


# --- lost answers --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", LOST_ANSWERS)
def test_a_payment_whose_answer_got_lost_is_found_and_not_made_again(
    shop: Marketplace, paypal: Simulator, app_id: str, fault: str
) -> None:
    paypal.fault("classic_pay", fault)
    lost = shop.pay(app_id, KEY)
    assert (lost.status, lost["code"]) == (504, "outcome_unknown")

    again = shop.pay(app_id, KEY)

    assert (again.status, again["status"], again["uuid"]) == (201, "created", lost["uuid"])
    assert operations(paypal) == ["classic_pay", "classic_payment_details"]
    paypal.approve(again["pay_url"])
    assert shop.check(uuid=again["uuid"])["status"] == "COMPLETED"


@pytest.mark.parametrize("fault", ["error_500", "disconnect_before"])
def test_a_payment_that_did_not_arrive_is_sent_again_by_recovery_under_the_same_key(
    shop: Marketplace, paypal: Simulator, app_id: str, fault: str
) -> None:
    paypal.fault("classic_pay", fault)
    lost = shop.pay(app_id)
    assert lost.status == 504
    end_leases()
    call = call_of(lost["transaction"])
    type(call).objects.update(next_try_at=call.begun_at)

    assert recovery.run_once() == 1

    assert shop.check(uuid=lost["uuid"])["status"] == "CREATED"
    assert operations(paypal)[:3] == ["classic_pay", "classic_payment_details", "classic_pay"]
    keys = {request["request_id"] for request in paypal.calls("classic_pay") if request["request_id"]}
    assert keys == {call.key}


def test_an_ipn_ends_what_is_not_known(shop: Marketplace, paypal: Simulator, app_id: str) -> None:
    """The buyer cannot approve what nobody knows the key of; but the marketplace may have sent it there by another way."""
    paypal.fault("classic_pay", "disconnect_after")
    lost = shop.pay(app_id)
    (payment,) = paypal.state()["payments"]
    paypal.approve(f"{paypal.url}/cgi-bin/webscr?cmd=_ap-payment&paykey={payment['payKey']}")

    told = shop.tell(paypal.ipns()[0])

    assert (told["status"], status(shop, lost)) == ("OK", COMPLETED)
    assert shop.get("/services/uncertain/")["count"] == 0


# --- what PayPal takes back ----------------------------------------------------------------------------------------


def test_a_chargeback_and_its_end(shop: Marketplace, paypal: Simulator, checked: Answer) -> None:
    paypal.reverse(checked["paykey"])
    reversed_ = shop.tell(paypal.ipns()[-1])
    assert (reversed_["status"], reversed_["action"], reversed_["uuid"]) == ("OK", "REVERSAL", checked["uuid"])
    assert shop.transaction(checked["transaction"])["refunded_amount"] == "3.75"

    paypal.reverse(checked["paykey"], "cancel")
    undone = shop.tell(paypal.ipns()[-1])

    assert (undone["status"], undone["transaction"]) == ("OK", reversed_["transaction"])
    assert shop.transaction(checked["transaction"])["refunded_amount"] == "0.00"


def test_ipns_in_the_wrong_order(shop: Marketplace, paypal: Simulator, begun: Answer) -> None:
    paypal.approve(begun["pay_url"])
    paypal.reverse(begun["paykey"])
    taken, back = paypal.ipns()

    assert shop.tell(back)["reason"] == "parked"
    shop.tell(taken)

    row: dict[str, Any] = shop.transaction(begun["transaction"])
    assert (row["status"], row["captured_amount"], row["refunded_amount"]) == (COMPLETED, "3.75", "3.75")
