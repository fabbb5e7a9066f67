"""Pre-approvals: asked for, approved, kept to, taken back."""

import pytest
from tests.sandbox.classic.client import Classic, simple
from tests.sandbox.client import CANCEL_URL, RETURN_URL, SELLER


def test_a_pre_approval_pays_without_the_sender(classic: Classic) -> None:
    key = classic.preapproved(total="100.00", buyer="anna@home.example")
    assert key.startswith("PA-")
    answer = classic.pay(simple("10.00"), preapprovalKey=key)
    assert (answer["paymentExecStatus"], answer.part(0, "transactionStatus")) == ("COMPLETED", "COMPLETED")
    assert classic.sandbox.balance("anna@home.example") == "-10.00"
    shown = classic.call("AdaptivePayments/PreapprovalDetails", preapprovalKey=key)
    assert (shown["approved"], shown["status"]) == ("true", "ACTIVE")
    assert (shown["curPayments"], shown["curPaymentsAmount"], shown["curPeriodAttempts"]) == ("1", "10.00", "1")
    assert classic.details(answer["payKey"])["preapprovalKey"] == key


def test_it_must_be_approved_first_and_the_sender_may_come_back(classic: Classic) -> None:
    key = classic.preapproval(starts=classic.today(), ends=classic.today(30))["preapprovalKey"]
    assert classic.sandbox.approve(key, action="cancel").json["location"] == CANCEL_URL
    assert classic.pay(preapprovalKey=key).error == "539012"
    assert classic.call("AdaptivePayments/PreapprovalDetails", preapprovalKey=key)["approved"] == "false"
    assert classic.sandbox.approve(key).json["location"] == RETURN_URL
    assert classic.sandbox.approve(key).status == 410
    assert classic.pay(preapprovalKey=key).ack == "Success"


@pytest.mark.parametrize(
    ("terms", "payments", "error"),
    [
        ({"maxAmountPerPayment": "10.00"}, ["10.00", "10.01"], "579028"),
        ({"total": "20.00"}, ["15.00", "5.00", "0.01"], "579031"),
        ({"maxNumberOfPaymentsPerPeriod": "2", "paymentPeriod": "DAILY"}, ["1.00", "1.00", "1.00"], "579030"),
        ({"maxNumberOfPayments": "1"}, ["1.00", "1.00"], "579030"),
    ],
)
def test_it_ends_at_its_limits(classic: Classic, terms: dict[str, str], payments: list[str], error: str) -> None:
    key = classic.preapproved(**terms)
    *within, over = payments
    for amount in within:
        assert classic.pay(simple(amount), preapprovalKey=key).ack == "Success"
    refused = classic.pay(simple(over), preapprovalKey=key, trackingId="over")
    assert (refused.ack, refused.error) == ("Failure", error)
    assert classic.details(trackingId="over").error == "579051"
    assert len(classic.sandbox.state()["payments"]) == len(within)


def test_the_next_day_is_another_period(classic: Classic) -> None:
    key = classic.preapproved(maxNumberOfPaymentsPerPeriod="1", paymentPeriod="DAILY")
    assert classic.pay(preapprovalKey=key).ack == "Success"
    assert classic.pay(preapprovalKey=key).error == "579030"
    classic.sandbox.advance(days=1)
    assert classic.pay(preapprovalKey=key).ack == "Success"


def test_it_is_good_between_its_dates_and_in_its_currency_and_for_its_sender(classic: Classic) -> None:
    key = classic.preapproved(starts=classic.today(2), ends=classic.today(4))
    assert classic.pay(preapprovalKey=key).error == "579024"
    classic.sandbox.advance(days=2)
    assert classic.pay(preapprovalKey=key, currencyCode="EUR").error == "579027"
    assert classic.pay(preapprovalKey=key, senderEmail="other@home.example").error == "579014"
    assert classic.pay(preapprovalKey=key).ack == "Success"
    classic.sandbox.advance(days=3)
    assert classic.pay(preapprovalKey=key).error == "579024"


def test_the_caller_takes_it_back(classic: Classic) -> None:
    key = classic.preapproved()
    for _ in range(2):
        assert classic.call("AdaptivePayments/CancelPreapproval", preapprovalKey=key).ack == "Success"
    assert classic.pay(preapprovalKey=key).error == "569013"
    assert classic.call("AdaptivePayments/PreapprovalDetails", preapprovalKey=key)["status"] == "CANCELED"


@pytest.mark.parametrize(("action", "error"), [("cancel", "569013"), ("suspend", "569017")])
def test_the_sender_takes_it_back_or_paypal_suspends_it(classic: Classic, action: str, error: str) -> None:
    key = classic.preapproved()
    reply = classic.sandbox.control("POST", "preapproval", {"preapproval": key, "action": action})
    assert reply.status == 200
    assert classic.pay(preapprovalKey=key).error == error


def test_a_suspension_ends(classic: Classic) -> None:
    key = classic.preapproved()
    for action in ("suspend", "resume"):
        classic.sandbox.control("POST", "preapproval", {"preapproval": key, "action": action})
    assert classic.pay(preapprovalKey=key).ack == "Success"


def test_declined_funding_refuses_each_payment(classic: Classic) -> None:
    key = classic.preapproved(funding="declined")
    assert classic.pay(preapprovalKey=key, trackingId="again").error == "589009"
    assert classic.details(trackingId="again").error == "579051"
    assert classic.sandbox.balance(SELLER) == "0"


def test_a_payment_with_create_waits_for_its_execution(classic: Classic) -> None:
    key = classic.preapproved(total="10.00")
    pay_key = classic.pay(actionType="CREATE", preapprovalKey=key)["payKey"]
    assert classic.details(pay_key)["status"] == "CREATED"
    assert classic.call("AdaptivePayments/ExecutePayment", payKey=pay_key)["paymentExecStatus"] == "COMPLETED"
    assert classic.pay(simple("0.01"), preapprovalKey=key).error == "579031"


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"starts": "2012-08-07"}, "580022"),
        ({"starts": "tomorrow"}, "580022"),
        ({"ends": "2012-08-07"}, "580022"),
        ({"ends": "2200-01-01"}, "579038"),
        ({"starts": "2200-01-01", "ends": "2200-01-02"}, "570026"),
        ({"ends": ""}, "580029"),
        ({"total": "2000.01"}, "579055"),
        ({"total": ""}, "580029"),
        ({"maxAmountPerPayment": "100.01"}, "580022"),
        ({"pinType": "REQUIRED"}, "580022"),
        ({"returnUrl": "ftp://a.example"}, "580028"),
    ],
)
def test_terms_that_make_no_sense_are_refused(classic: Classic, fields: dict[str, str], error: str) -> None:
    answer = classic.preapproval(**{"starts": classic.today(), "ends": classic.today(30), **fields})
    assert (answer.reply.status, answer.error) == (200, error)


def test_an_unknown_key_is_told_apart(classic: Classic) -> None:
    for operation in ("PreapprovalDetails", "CancelPreapproval"):
        assert classic.call(f"AdaptivePayments/{operation}", preapprovalKey="PA-UNKNOWN").error == "589019"
