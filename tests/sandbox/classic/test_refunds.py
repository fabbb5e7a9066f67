"""Refund: all of a payment, or of named receivers a part."""

from decimal import Decimal

import pytest
from tests.sandbox.classic.client import PARTNER, Answer, Classic, chain, receiver, simple
from tests.sandbox.client import SELLER


def _refund(classic: Classic, pay_key: str, *receivers: dict[str, str], **fields: str) -> Answer:
    named = {key: value for each in receivers for key, value in each.items()}
    currency = {"currencyCode": "USD"} if receivers else {}
    return classic.send("AdaptivePayments/Refund", {"payKey": pay_key, **currency, **named, **fields})


def _status(answer: Answer, index: int = 0, name: str = "refundStatus") -> str:
    return answer[f"refundInfoList.refundInfo({index}).{name}"]


def test_all_of_it_goes_back(classic: Classic) -> None:
    pay_key = classic.paid(simple("10.00"))
    answer = _refund(classic, pay_key)
    assert (answer.ack, _status(answer), _status(answer, name="receiver.email")) == ("Success", "REFUNDED", SELLER)
    amounts = [_status(answer, name=f"refund{name}Amount") for name in ("Gross", "Net", "Fee")]
    assert amounts == ["10.00", "9.16", "0.84"]
    assert _status(answer, name="totalOfAllRefunds") == "10.00"
    assert (classic.sandbox.balance(SELLER), classic.sandbox.balance("buyer@sandbox.example")) == ("0.00", "0.00")
    shown = classic.details(pay_key)
    assert shown["status"] == "COMPLETED"
    assert (shown.part(0, "transactionStatus"), shown.part(0, "refundedAmount")) == ("REFUNDED", "10.00")


def test_parts_go_back_until_nothing_is_left(classic: Classic) -> None:
    pay_key = classic.paid(simple("10.00"))
    fees = []
    for amount in ("3.00", "3.00", "4.00"):
        answer = _refund(classic, pay_key, receiver(0, SELLER, amount))
        assert _status(answer) == "REFUNDED"
        fees.append(Decimal(_status(answer, name="refundFeeAmount")))
    assert sum(fees) == Decimal("0.84")
    assert _status(answer, name="refundHasBecomeFull") == "true"
    assert classic.sandbox.balance(SELLER) == "0.00"
    assert _refund(classic, pay_key, receiver(0, SELLER, "0.01")).error == "570015"
    assert _status(_refund(classic, pay_key)) == "ALREADY_REVERSED_OR_REFUNDED"


@pytest.mark.parametrize(
    ("receivers", "fields", "error"),
    [
        ([], {}, "570012"),  # all of it, after a part
        ([receiver(0, SELLER, "10.01")], {}, "570013"),
        ([receiver(0, SELLER, "6.01")], {}, "570014"),
        ([receiver(0, PARTNER, "1.00")], {}, "589037"),
        ([receiver(0, SELLER, "1.00")], {"currencyCode": "EUR"}, "589036"),
        ([receiver(0, SELLER, "")], {}, "589038"),
        ([receiver(0, SELLER, "1.001")], {}, "589023"),
        ([receiver(0, SELLER, "1.00"), receiver(1, SELLER, "1.00")], {}, "580022"),
    ],
)
def test_what_cannot_go_back_is_refused(
    classic: Classic, receivers: list[dict[str, str]], fields: dict[str, str], error: str
) -> None:
    pay_key = classic.paid(simple("10.00"))
    assert _status(_refund(classic, pay_key, receiver(0, SELLER, "4.00"))) == "REFUNDED"
    assert _refund(classic, pay_key, *receivers, **fields).error == error
    shown = classic.details(pay_key)
    assert (shown.part(0, "transactionStatus"), shown.part(0, "refundedAmount")) == ("PARTIALLY_REFUNDED", "4.00")


def test_a_chain_goes_back_whole_or_not_at_all(classic: Classic) -> None:
    pay_key = classic.paid(chain("10.00", "3.00"), feesPayer="SECONDARYONLY")
    assert _refund(classic, pay_key, receiver(0, SELLER, "5.00")).error == "589041"
    assert _refund(classic, pay_key, receiver(0, SELLER, "10.00")).error == "589041"
    answer = _refund(classic, pay_key)
    assert [_status(answer, index) for index in (0, 1)] == ["REFUNDED", "REFUNDED"]
    assert {classic.sandbox.balance(each) for each in (SELLER, PARTNER, "buyer@sandbox.example")} == {"0.00"}


def test_named_in_full_a_chain_goes_back_too(classic: Classic) -> None:
    pay_key = classic.paid(chain("10.00", "3.00"))
    answer = _refund(classic, pay_key, receiver(0, SELLER, "10.00"), receiver(1, PARTNER, "3.00"))
    assert _status(answer, 1) == "REFUNDED"


@pytest.mark.parametrize(
    ("seller", "status"),
    [
        ("norefund-x@shop.example", "NO_API_ACCESS_TO_RECEIVER"),
        ("insufficient-x@shop.example", "INSUFFICIENT_BALANCE"),
    ],
)
def test_a_receiver_that_cannot_give_back_stops_a_chain(classic: Classic, seller: str, status: str) -> None:
    answer = _refund(classic, classic.paid(chain(seller=seller)))
    assert (answer.ack, _status(answer, 0), _status(answer, 1)) == ("Success", status, "NOT_PROCESSED")
    assert classic.sandbox.balance(PARTNER) == "2.41"


def test_of_parallel_receivers_each_answers_for_itself(classic: Classic) -> None:
    both = receiver(0, "norefund-x@shop.example", "5.00") | receiver(1, PARTNER, "5.00")
    answer = _refund(classic, classic.paid(both))
    assert [_status(answer, index) for index in (0, 1)] == ["NO_API_ACCESS_TO_RECEIVER", "REFUNDED"]


def test_an_echeck_takes_three_days(classic: Classic) -> None:
    pay_key = classic.paid(simple(seller="slowrefund-x@shop.example"))
    answer = _refund(classic, pay_key)
    assert (_status(answer), _status(answer, name="refundTransactionStatus")) == ("REFUNDED_PENDING", "PENDING")
    waiting = classic.details(pay_key)
    assert (waiting.part(0, "pendingRefund"), waiting.part(0, "refundedAmount")) == ("true", "0.00")
    assert _status(_refund(classic, pay_key)) == "PREVIOUS_REFUND_PENDING"
    classic.sandbox.advance(days=3)
    cleared = classic.details(pay_key)
    assert (cleared.part(0, "pendingRefund"), cleared.part(0, "refundedAmount")) == ("false", "10.00")


@pytest.mark.parametrize(("funding", "status"), [("review", "REFUND_NOT_ALLOWED"), ("capture_declined", "NOT_PAID")])
def test_what_was_not_paid_cannot_go_back(classic: Classic, funding: str, status: str) -> None:
    assert _status(_refund(classic, classic.paid(funding=funding))) == status
    assert _status(_refund(classic, classic.pay()["payKey"])) == "NOT_PAID"


def test_after_half_a_year_nothing_goes_back(classic: Classic) -> None:
    pay_key = classic.paid()
    classic.sandbox.advance(days=181)
    assert _refund(classic, pay_key).error == "570017"


def test_a_refund_whose_answer_is_lost_was_made(classic: Classic) -> None:
    pay_key = classic.paid(trackingId="lost-refund")
    classic.sandbox.fault("classic_refund", "garbage_after")
    assert _refund(classic, pay_key).reply.text.startswith("<!DOCTYPE")
    assert classic.details(trackingId="lost-refund").part(0, "refundedAmount") == "10.00"
    assert classic.call("AdaptivePayments/Refund", trackingId="unknown").error == "579051"


def test_a_receiver_refunds_on_paypals_own_pages_without_a_permission(classic: Classic) -> None:
    seller = "norefund-x@shop.example"
    pay_key = classic.paid(simple("10.00", seller=seller), ipnNotificationUrl="https://market.example/ipn")
    by_hand = {"payment": pay_key, "amount": "4.00"}
    assert classic.sandbox.control("POST", "payment/refund", by_hand).status == 201
    assert classic.details(pay_key).part(0, "refundedAmount") == "4.00"
    assert classic.sandbox.control("POST", "payment/refund", {"payment": pay_key, "amount": "6.01"}).status == 400
    assert classic.sandbox.control("POST", "payment/refund", {"payment": pay_key}).status == 201
    assert classic.sandbox.balance(seller) == "0.00"
    assert classic.sandbox.control("POST", "payment/refund", {"payment": pay_key}).status == 400
    told = classic.sandbox.control("GET", "ipns").json["ipns"]
    assert [message["type"] for message in told] == ["IPN Adaptive Payment PAY", "IPN Adjustment", "IPN Adjustment"]


@pytest.mark.parametrize("amount", ["0", "1.001", "all", -1, {}])
def test_by_hand_too_an_amount_must_make_sense(classic: Classic, amount: object) -> None:
    body = {"payment": classic.paid(), "amount": amount}
    reply = classic.sandbox.control("POST", "payment/refund", body)
    assert (reply.status, reply.json["error"]) == (400, 'amount must be a text such as "1.00".')
