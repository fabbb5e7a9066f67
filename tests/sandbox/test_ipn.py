"""Instant payment notifications: of both interfaces, pulled and brought, and what is said of them when they come back."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl

import pytest
from tests.sandbox.classic.client import PARTNER, Classic, chain, receiver, simple
from tests.sandbox.client import SELLER, Sandbox, money, order, unit
from tests.sandbox.receiver import Receiver, receiving
from tests.support.waiting import until

from solitude_sandbox.paypal.patience import OF_IPN

FAR = "https://market.example/ipn"


@pytest.fixture
def classic(sandbox: Sandbox) -> Classic:
    return Classic(sandbox)


@pytest.fixture
def addressed(sandbox: Sandbox) -> Sandbox:
    """The accounts have an address for their notifications, of another machine: they are only pulled."""
    assert sandbox.control("POST", "ipn-url", {"url": FAR}).status == 200
    return sandbox


def _pull(sandbox: Sandbox, after: int = 0) -> list[Any]:
    return list(sandbox.control("GET", f"ipns?after={after}").json["ipns"])


def _told(sandbox: Sandbox, after: int = 0) -> list[dict[str, str]]:
    """The notifications, read."""
    return [dict(parse_qsl(each["body"], encoding="windows-1252")) for each in _pull(sandbox, after)]


def _verdict(sandbox: Sandbox, body: str | bytes) -> str:
    raw = body.encode() if isinstance(body, str) else body
    return sandbox.send("POST", "/paypal/cgi-bin/webscr", b"cmd=_notify-validate&" + raw).text


def test_a_payment_is_told_with_each_receiver(classic: Classic) -> None:
    pay_key = classic.paid(
        chain("10.00", "3.00"), ipnNotificationUrl=FAR, trackingId="told-1", memo="Café", feesPayer="SECONDARYONLY"
    )
    (told,) = _told(classic.sandbox)
    expected = {
        "transaction_type": "Adaptive Payment PAY",
        "status": "COMPLETED",
        "pay_key": pay_key,
        "tracking_id": "told-1",
        "memo": "Café",
        "fees_payer": "SECONDARYONLY",
        "action_type": "PAY",
        "sender_email": "buyer@sandbox.example",
        "charset": "windows-1252",
        "test_ipn": "1",
        "transaction[0].status": "Completed",
        "transaction[0].amount": "USD 10.00",
        "transaction[0].receiver": SELLER,
        "transaction[0].is_primary_receiver": "true",
        "transaction[0].pending_reason": "NONE",
        "transaction[1].amount": "USD 3.00",
        "transaction[1].receiver": PARTNER,
        "transaction[1].is_primary_receiver": "false",
    }
    assert expected.items() <= told.items()
    shown = classic.details(pay_key)
    assert told["transaction[0].id"] == shown.part(0, "transactionId")
    assert told["transaction[1].id_for_sender_txn"] == shown.part(1, "senderTransactionId")
    assert "Caf%E9" in _pull(classic.sandbox)[0]["body"]


def test_only_what_was_sent_is_verified_byte_for_byte(classic: Classic) -> None:
    classic.paid(ipnNotificationUrl=FAR, memo="a b/c")
    body = _pull(classic.sandbox)[0]["body"]
    assert _verdict(classic.sandbox, body) == "VERIFIED"
    forged = [
        body.replace("USD+10.00", "USD+1.00"),
        body.replace("a+b/c", "a%20b/c"),
        body.replace("a+b/c", "a+b%2Fc"),
        body + "&",
        "&".join(reversed(body.split("&"))),
        "",
        "status=COMPLETED",
    ]
    assert {_verdict(classic.sandbox, each) for each in forged} == {"INVALID"}
    assert _verdict(classic.sandbox, b"\xff\x00") == "INVALID"


def test_a_refund_is_one_message_also_in_a_chain(classic: Classic) -> None:
    pay_key = classic.paid(chain(), ipnNotificationUrl=FAR)
    answer = classic.call("AdaptivePayments/Refund", payKey=pay_key)
    (told,) = _told(classic.sandbox, after=1)
    assert (told["transaction_type"], told["reason_code"], told["status"]) == ("Adjustment", "Refund", "COMPLETED")
    assert [told[f"transaction[{index}].status"] for index in (0, 1)] == ["Refunded", "Refunded"]
    assert told["transaction[0].refund_amount"] == "USD 10.00"
    assert told["transaction[0].refund_id"] == answer["refundInfoList.refundInfo(0).encryptedRefundTransactionId"]
    assert told["transaction[1].refund_account_charged"] == PARTNER


def test_each_partial_refund_is_told(classic: Classic) -> None:
    pay_key = classic.paid(simple("10.00"), ipnNotificationUrl=FAR)
    for amount in ("3.00", "4.00"):
        classic.send(
            "AdaptivePayments/Refund", {"payKey": pay_key, "currencyCode": "USD", **receiver(0, SELLER, amount)}
        )
    told = _told(classic.sandbox, after=1)
    assert [each["transaction[0].refund_amount"] for each in told] == ["USD 3.00", "USD 4.00"]
    assert len({each["transaction[0].refund_id"] for each in told}) == 2


def test_an_echeck_is_told_when_it_clears(classic: Classic) -> None:
    pay_key = classic.paid(simple(seller="slowrefund-x@shop.example"), ipnNotificationUrl=FAR)
    classic.call("AdaptivePayments/Refund", payKey=pay_key)
    assert _pull(classic.sandbox, after=1) == []
    classic.sandbox.advance(days=3)
    (told,) = _told(classic.sandbox, after=1)
    assert told["transaction[0].status"] == "Refunded"


def test_a_reversal_and_its_end_are_told_and_move_the_money(classic: Classic) -> None:
    pay_key = classic.paid(chain("10.00", "3.00"), ipnNotificationUrl=FAR)
    reply = classic.sandbox.control("POST", "reversal", {"payment": pay_key})
    assert reply.status == 200
    assert classic.details(pay_key).part(0, "transactionStatus") == "REVERSED"
    assert classic.sandbox.balance("buyer@sandbox.example") == "0.00"
    assert classic.sandbox.control("POST", "reversal", {"payment": pay_key}).status == 400
    refused = classic.call("AdaptivePayments/Refund", payKey=pay_key)
    assert refused["refundInfoList.refundInfo(0).refundStatus"] == "ALREADY_REVERSED_OR_REFUNDED"
    assert classic.sandbox.control("POST", "reversal", {"payment": pay_key, "action": "cancel"}).status == 200
    assert classic.sandbox.balance("buyer@sandbox.example") == "-10.00"
    reversal, cancelled = _told(classic.sandbox, after=1)
    assert (reversal["reason_code"], reversal["transaction[0].status"]) == ("Chargeback Settlement", "Reversal")
    assert reversal["transaction[1].status"] == "Completed"
    assert cancelled["transaction[0].status"] == "Canceled_Reversal"


def test_a_pre_approval_is_told_when_it_begins_and_ends(classic: Classic) -> None:
    key = classic.preapproved(ipnNotificationUrl=FAR, maxAmountPerPayment="15.00")
    classic.sandbox.control("POST", "preapproval", {"preapproval": key, "action": "cancel"})
    begun, ended = _told(classic.sandbox)
    assert begun["transaction_type"] == "Adaptive Payment Preapproval"
    assert (begun["preapproval_key"], begun["approved"], begun["status"]) == (key, "true", "ACTIVE")
    assert (begun["max_total_amount_of_all_payments"], begun["max_amount_per_payment"]) == ("100.00", "15.00")
    assert ended["status"] == "CANCELED"


def test_without_an_address_nobody_is_told(classic: Classic) -> None:
    classic.paid()
    classic.sandbox.paid()
    assert _pull(classic.sandbox) == []


def test_todays_payments_are_told_to_the_accounts_address(addressed: Sandbox) -> None:
    capture = addressed.paid_capture(order(unit("10.00", custom_id="ours", invoice_id="i-1")))
    refund = addressed.refund(capture["id"], {"amount": money("4.00")}).json
    dispute = addressed.dispute(capture["id"], amount="2.00")
    addressed.resolve(dispute["dispute_id"], "RESOLVED_BUYER_FAVOUR")
    paid, refunded, reverted = _told(addressed)
    assert (paid["payment_status"], paid["txn_id"], paid["mc_gross"], paid["mc_fee"]) == (
        "Completed",
        capture["id"],
        "10.00",
        "0.84",
    )
    assert (paid["custom"], paid["invoice"], paid["receiver_email"], paid["mc_currency"]) == (
        "ours",
        "i-1",
        SELLER,
        "USD",
    )
    assert (refunded["payment_status"], refunded["txn_id"], refunded["parent_txn_id"], refunded["mc_gross"]) == (
        "Refunded",
        refund["id"],
        capture["id"],
        "-4.00",
    )
    assert (reverted["payment_status"], reverted["parent_txn_id"], reverted["mc_gross"]) == (
        "Reversed",
        capture["id"],
        "-2.00",
    )


def test_a_review_is_told_twice(addressed: Sandbox) -> None:
    capture = addressed.paid_capture(funding="review")
    addressed.control("POST", "review", {"capture": capture["id"], "decision": "deny"})
    assert [each["payment_status"] for each in _told(addressed)] == ["Pending", "Denied"]


def test_a_message_of_any_content_can_be_sent_or_forged(sandbox: Sandbox) -> None:
    fields = {"payment_status": "Canceled_Reversal", "txn_id": "X", "parent_txn_id": "Y"}
    genuine = sandbox.control("POST", "ipn", {"fields": fields})
    forged = sandbox.control("POST", "ipn", {"fields": fields, "genuine": False})
    assert (genuine.status, forged.status) == (201, 201)
    assert _verdict(sandbox, genuine.json["body"]) == "VERIFIED"
    assert _verdict(sandbox, forged.json["body"]) == "INVALID"


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("ipn", {}),
        ("ipn", {"fields": {"a": 1}}),
        ("ipn", {"fields": {}, "url": "ftp://a.example"}),
        ("ipn", {"fields": {}, "genuine": "yes"}),
        ("ipn-url", {"url": "nowhere"}),
        ("reversal", {"payment": "AP-X"}),
        ("reversal", {"payment": "AP-X", "reason": "because"}),
        ("preapproval", {"preapproval": "PA-X", "action": "cancel"}),
    ],
)
def test_control_that_makes_no_sense_is_refused_with_a_sentence(sandbox: Sandbox, name: str, body: Any) -> None:
    reply = sandbox.control("POST", name, body)
    assert (reply.status, reply.json["error"].endswith(".")) == (400, True)


@contextmanager
def _brought(classic: Classic, **fields: str) -> Iterator[Receiver]:
    """A listener to which a payment is told."""
    with receiving() as listener:
        classic.paid(ipnNotificationUrl=listener.url, **fields)
        yield listener


def test_it_is_brought_as_a_form(classic: Classic) -> None:
    with _brought(classic) as listener:
        until(lambda: len(listener.received) == 1)
        (message,) = listener.received
        assert message.headers["Content-Type"] == "application/x-www-form-urlencoded"
        assert not [name for name in message.headers if name.upper().startswith("PAYPAL")]
        assert _verdict(classic.sandbox, message.body) == "VERIFIED"
        assert [message.body] == [each["body"] for each in _pull(classic.sandbox)]


def test_it_is_brought_again_until_it_is_taken(classic: Classic) -> None:
    with receiving() as listener:
        listener.status = 500
        classic.paid(ipnNotificationUrl=listener.url)
        until(lambda: classic.sandbox.control("GET", "delivery").json["failed"] == 1)
        listener.status = 200
        classic.sandbox.advance(seconds=11)
        until(lambda: classic.sandbox.control("GET", "delivery").json["received"] == 1)
        first, second = listener.bodies
        assert first == second


def test_duplicates_are_brought_on_demand(classic: Classic) -> None:
    classic.sandbox.control("POST", "delivery", {"duplicates": 1})
    with _brought(classic) as listener:
        until(lambda: len(listener.received) == 2)
        assert len(set(listener.bodies)) == 1


def test_sixteen_resends_take_four_days() -> None:
    spans = [OF_IPN.back_off(tries) for tries in range(1, OF_IPN.tries)]
    assert len(spans) == 16
    assert timedelta(days=3) < sum(spans, timedelta()) <= timedelta(days=4)


def test_the_answer_to_whether_it_is_genuine_can_fail(classic: Classic) -> None:
    classic.paid(ipnNotificationUrl=FAR)
    body = _pull(classic.sandbox)[0]["body"]
    for fault, status, text in (("error_503", 503, ""), ("garbage_after", 200, "<!DOCTYPE html>")):
        classic.sandbox.fault("notify_validate", fault)
        reply = classic.sandbox.send("POST", "/paypal/cgi-bin/webscr", f"cmd=_notify-validate&{body}")
        assert (reply.status, reply.text[: len(text)]) == (status, text)
    assert _verdict(classic.sandbox, body) == "VERIFIED"
    assert [entry["status"] for entry in classic.sandbox.requests("notify_validate")] == [503, 200, 200]
