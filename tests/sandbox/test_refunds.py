"""POST /v2/payments/captures/{id}/refund and GET /v2/payments/refunds/{id}."""

from typing import Any

import pytest
from tests.sandbox.client import SELLER, Sandbox, assertion, money, order, unit, with_fee

from solitude_sandbox.paypal import accounts

BUYER = "buyer@home.example"


def test_a_refund_without_an_amount_gives_everything_back(sandbox: Sandbox) -> None:
    capture = sandbox.paid_capture(order(unit("100.00", custom_id="c-1")), buyer=BUYER)
    reply = sandbox.refund(capture["id"], {})
    assert reply.status == 201
    assert reply.json["status"] == "COMPLETED"
    assert reply.json["amount"] == money("100.00")
    assert reply.json["custom_id"] == "c-1"
    breakdown = reply.json["seller_payable_breakdown"]
    assert breakdown["gross_amount"] == breakdown["total_refunded_amount"] == money("100.00")
    assert breakdown["paypal_fee"] == money("3.98")
    assert breakdown["net_amount"] == money("96.02")
    assert reply.link("up") == f"{sandbox.paypal}/v2/payments/captures/{capture['id']}"
    assert sandbox.get_capture(capture["id"]).json["status"] == "REFUNDED"
    assert sandbox.balance(SELLER) == sandbox.balance(BUYER) == "0.00"


def test_a_refund_can_be_looked_up(sandbox: Sandbox) -> None:
    refund = sandbox.refund(sandbox.paid_capture()["id"]).json
    assert sandbox.api("GET", f"/v2/payments/refunds/{refund['id']}").json == refund
    assert sandbox.api("GET", "/v2/payments/refunds/NOSUCHREFUND").issue == "INVALID_RESOURCE_ID"


def test_the_order_lists_its_refunds(sandbox: Sandbox) -> None:
    capture = sandbox.paid_capture()
    refunds = [sandbox.refund(capture["id"], {"amount": money("1.00")}).json for _ in range(2)]
    shown = sandbox.order(capture["supplementary_data"]["related_ids"]["order_id"]).json
    payments = shown["purchase_units"][0]["payments"]
    assert payments["refunds"] == refunds
    assert payments["captures"][0]["status"] == "PARTIALLY_REFUNDED"


def test_partial_refunds_add_up_and_the_last_one_brings_the_rest_of_the_fee(sandbox: Sandbox) -> None:
    capture = sandbox.paid_capture(order(unit("10.00")))
    fee = capture["seller_receivable_breakdown"]["paypal_fee"]["value"]
    replies = [sandbox.refund(capture["id"], {"amount": money("3.33")}) for _ in range(3)]
    replies.append(sandbox.refund(capture["id"]))
    breakdowns = [reply.json["seller_payable_breakdown"] for reply in replies]
    assert [b["total_refunded_amount"]["value"] for b in breakdowns] == ["3.33", "6.66", "9.99", "10.00"]
    assert breakdowns[-1]["gross_amount"] == money("0.01")
    assert fee == "0.84"
    assert [b["paypal_fee"]["value"] for b in breakdowns] == ["0.28", "0.28", "0.28", "0.00"]
    assert sandbox.get_capture(capture["id"]).json["status"] == "REFUNDED"
    assert sandbox.balance(SELLER) == "0.00"


def test_a_refund_is_never_more_than_what_is_left(sandbox: Sandbox) -> None:
    capture = sandbox.paid_capture(order(unit("10.00")))
    sandbox.refund(capture["id"], {"amount": money("6.00")})
    reply = sandbox.refund(capture["id"], {"amount": money("4.01")})
    assert (reply.status, reply.issue) == (422, "REFUND_AMOUNT_EXCEEDED")
    assert sandbox.refund(capture["id"], {"amount": money("4.00")}).status == 201


def test_what_is_refunded_is_refunded_once(sandbox: Sandbox) -> None:
    capture = sandbox.paid_capture()
    sandbox.refund(capture["id"])
    assert sandbox.refund(capture["id"]).issue == "CAPTURE_FULLY_REFUNDED"
    assert len(sandbox.state()["refunds"]) == 1


@pytest.mark.parametrize(
    ("body", "status", "issue"),
    [
        ({"amount": money("1.00", "EUR")}, 422, "REFUND_CAPTURE_CURRENCY_MISMATCH"),
        ({"amount": money("1.001")}, 422, "DECIMAL_PRECISION"),
        ({"amount": money("1.0", "JPY")}, 422, "DECIMALS_NOT_SUPPORTED"),
        ({"amount": money("0.00")}, 422, "CANNOT_BE_ZERO_OR_NEGATIVE"),
        ({"amount": money("1.00", "XYZ")}, 422, "INVALID_CURRENCY_CODE"),
        ({"amount": {"value": "1.00"}}, 400, "MISSING_REQUIRED_PARAMETER"),
        ({"amount": "1.00"}, 400, "INVALID_PARAMETER_SYNTAX"),
        ({"note_to_payer": "x" * 256}, 400, "INVALID_STRING_LENGTH"),
        ({"invoice_id": "x" * 128}, 400, "INVALID_STRING_LENGTH"),
        (with_fee("1.00", "EUR"), 422, "CURRENCY_MISMATCH"),
        ([], 400, "MALFORMED_REQUEST_JSON"),
    ],
)
def test_a_wrong_refund_is_refused(sandbox: Sandbox, body: Any, status: int, issue: str) -> None:
    reply = sandbox.refund(sandbox.paid_capture()["id"], body)
    assert (reply.status, reply.issue) == (status, issue)
    assert sandbox.state()["refunds"] == []


def test_only_money_that_has_arrived_can_be_refunded(sandbox: Sandbox) -> None:
    pending, declined = (sandbox.paid_capture(funding=funding)["id"] for funding in ("review", "capture_declined"))
    assert sandbox.refund(pending).issue == "PENDING_CAPTURE"
    assert sandbox.refund(declined).issue == "REFUND_NOT_ALLOWED"
    assert sandbox.refund("NOSUCHCAPTURE").status == 404


def test_a_refund_is_possible_for_180_days(sandbox: Sandbox) -> None:
    capture = sandbox.paid_capture()
    sandbox.advance(days=179)
    sandbox.forget_token()
    assert sandbox.refund(capture["id"], {"amount": money("1.00")}).status == 201
    sandbox.advance(days=2)
    sandbox.forget_token()
    assert sandbox.refund(capture["id"]).issue == "REFUND_TIME_LIMIT_EXCEEDED"


def test_at_most_a_hundred_refunds_are_made_of_a_capture(sandbox: Sandbox) -> None:
    capture = sandbox.paid_capture(order(unit("10.00")))
    for _ in range(100):
        assert sandbox.refund(capture["id"], {"amount": money("0.01")}).status == 201
    assert sandbox.refund(capture["id"]).issue == "MAX_NUMBER_OF_REFUNDS_EXCEEDED"


def test_an_invoice_id_refunds_once(sandbox: Sandbox) -> None:
    capture = sandbox.paid_capture()
    body = {"amount": money("1.00"), "invoice_id": "credit-1"}
    assert sandbox.refund(capture["id"], body).json["invoice_id"] == "credit-1"
    assert sandbox.refund(capture["id"], body).issue == "DUPLICATE_INVOICE_ID"


def test_the_partner_gives_only_the_share_that_it_names(sandbox: Sandbox) -> None:
    capture = sandbox.paid_capture(order(unit("100.00", **with_fee("30.00"))))
    without = sandbox.refund(capture["id"], {"amount": money("10.00")}).json["seller_payable_breakdown"]
    assert "platform_fees" not in without
    assert sandbox.balance(accounts.PARTNER_EMAIL) == "30.00"
    half = sandbox.refund(capture["id"], {"amount": money("50.00"), **with_fee("20.00")}).json
    assert half["seller_payable_breakdown"]["platform_fees"] == [{"amount": money("20.00")}]
    assert sandbox.balance(accounts.PARTNER_EMAIL) == "10.00"
    reply = sandbox.refund(capture["id"], with_fee("10.01"))
    assert (reply.status, reply.issue) == (422, "PLATFORM_FEE_EXCEEDED")
    assert sandbox.refund(capture["id"], with_fee("10.00")).status == 201
    assert sandbox.balance(accounts.PARTNER_EMAIL) == "0.00"


def test_a_share_of_a_fee_that_was_never_taken_is_refused(sandbox: Sandbox) -> None:
    assert sandbox.refund(sandbox.paid_capture()["id"], with_fee("0.01")).issue == "PLATFORM_FEE_EXCEEDED"


def test_a_refund_needs_the_sellers_consent(sandbox: Sandbox) -> None:
    capture = sandbox.paid_capture()
    tokens = {
        "none": "-",
        "another seller": assertion("other@shop.example"),
        "another client": assertion(client="somebody"),
        "another payer id": assertion(payer_id="ABCDEFGH23456"),
        "no seller": assertion(name="x"),
        "signed": f"{assertion()}c2lnbmF0dXJl",
        "cut off": assertion()[:-1],
        "not base64": "!.!.",
        "no JSON": "eA.eA.",
        "no objects": "MQ.MQ.",
        "algorithm": assertion().replace(assertion().split(".")[0], "eyJhbGciOiJIUzI1NiJ9"),
        "too long": f"{'a' * 5000}.{'a'}.",
    }
    for name, token in tokens.items():
        reply = sandbox.refund(capture["id"], seller=None, PayPal_Auth_Assertion=token)
        assert (reply.status, reply.issue) == (403, "PERMISSION_DENIED"), name
    by_id = assertion(payer_id=capture["payee"]["merchant_id"])
    assert sandbox.refund(capture["id"], seller=None, PayPal_Auth_Assertion=by_id).status == 201


def test_the_partner_refunds_its_own_sales_without_anybodys_consent(sandbox: Sandbox) -> None:
    capture = sandbox.paid_capture(order(unit(seller=None)))
    assert sandbox.refund(capture["id"], seller=None).status == 201


@pytest.mark.parametrize(
    ("seller", "status", "issue"),
    [
        ("norefund-x@shop.example", 403, "PERMISSION_DENIED"),
        ("insufficient-x@shop.example", 422, "REFUND_FAILED_INSUFFICIENT_FUNDS"),
    ],
)
def test_some_sellers_cannot_refund(sandbox: Sandbox, seller: str, status: int, issue: str) -> None:
    capture = sandbox.paid_capture(order(unit(seller=seller)))
    reply = sandbox.refund(capture["id"], seller=seller)
    assert (reply.status, reply.issue) == (status, issue)
    assert sandbox.get_capture(capture["id"]).json["status"] == "COMPLETED"


def test_an_echeck_refund_clears_after_three_days(sandbox: Sandbox) -> None:
    seller = "slowrefund-x@shop.example"
    capture = sandbox.paid_capture(order(unit(seller=seller)))
    refund = sandbox.refund(capture["id"], seller=seller).json
    assert refund["status"] == "PENDING"
    assert refund["status_details"] == {"reason": "ECHECK"}
    sandbox.advance(days=3)
    sandbox.forget_token()
    cleared = sandbox.api("GET", f"/v2/payments/refunds/{refund['id']}").json
    assert cleared["status"] == "COMPLETED"
    assert "status_details" not in cleared
    assert cleared["update_time"] > refund["update_time"]


def test_a_minimal_answer_to_a_refund_is_id_status_and_links(sandbox: Sandbox) -> None:
    reply = sandbox.refund(sandbox.paid_capture()["id"], Prefer="return=minimal")
    assert set(reply.json) == {"id", "status", "links"}
