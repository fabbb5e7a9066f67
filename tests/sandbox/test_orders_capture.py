"""Approval by the buyer, capture, and what the seller gets."""

from typing import Any

import pytest
from tests.sandbox.client import SELLER, Sandbox, assertion, money, order, unit, wallet, with_fee

from solitude_sandbox.paypal import accounts

BUYER = "buyer@home.example"


def test_an_approved_order_is_captured_and_the_money_is_divided(sandbox: Sandbox) -> None:
    created = sandbox.create(order(unit("100.00", custom_id="c-1", invoice_id="i-1", **with_fee("30.00")), **wallet()))
    order_id = created.json["id"]
    sandbox.approve(order_id, buyer=BUYER)
    approved = sandbox.order(order_id).json
    assert approved["status"] == "APPROVED"
    assert approved["payer"]["email_address"] == BUYER
    reply = sandbox.capture(order_id)
    assert reply.status == 201
    assert reply.json["status"] == "COMPLETED"
    (capture,) = reply.json["purchase_units"][0]["payments"]["captures"]
    assert capture["status"] == "COMPLETED"
    assert capture["final_capture"] is True
    assert (capture["custom_id"], capture["invoice_id"]) == ("c-1", "i-1")
    assert capture["supplementary_data"] == {"related_ids": {"order_id": order_id}}
    breakdown = capture["seller_receivable_breakdown"]
    assert breakdown["gross_amount"] == money("100.00")
    assert breakdown["paypal_fee"] == money("3.98")  # 3.49 % + 0.49
    assert breakdown["platform_fees"][0]["amount"] == money("30.00")
    assert breakdown["platform_fees"][0]["payee"]["merchant_id"] == accounts.PARTNER_ID
    assert breakdown["net_amount"] == money("66.02")
    assert sandbox.balance(SELLER) == "66.02"
    assert sandbox.balance(accounts.PARTNER_EMAIL) == "30.00"
    assert sandbox.balance(BUYER) == "-100.00"


def test_a_capture_can_be_looked_up_and_links_to_its_order_and_refund(sandbox: Sandbox) -> None:
    capture = sandbox.paid_capture()
    reply = sandbox.get_capture(capture["id"])
    assert reply.json == capture
    assert reply.link("self") == f"{sandbox.paypal}/v2/payments/captures/{capture['id']}"
    assert reply.link("refund") == f"{sandbox.paypal}/v2/payments/captures/{capture['id']}/refund"
    order_id = capture["supplementary_data"]["related_ids"]["order_id"]
    assert reply.link("up") == f"{sandbox.paypal}/v2/checkout/orders/{order_id}"


def test_an_unknown_capture_is_not_found(sandbox: Sandbox) -> None:
    reply = sandbox.get_capture("NOSUCHCAPTURE")
    assert (reply.status, reply.issue) == (404, "INVALID_RESOURCE_ID")


def test_a_minimal_answer_to_a_capture_is_id_status_and_links(sandbox: Sandbox) -> None:
    order_id = sandbox.create().json["id"]
    sandbox.approve(order_id)
    assert set(sandbox.capture(order_id, Prefer="return=minimal").json) == {"id", "status", "links"}


def test_every_purchase_unit_gets_a_capture_of_its_own(sandbox: Sandbox) -> None:
    units = [unit("1.00", reference_id="a"), unit("2.00", reference_id="b", seller="other@shop.example")]
    shown = sandbox.paid(order(*units)).json["purchase_units"]
    assert [u["payments"]["captures"][0]["amount"] for u in shown] == [money("1.00"), money("2.00")]
    assert [u["payments"]["captures"][0]["payee"]["email_address"] for u in shown] == [SELLER, "other@shop.example"]


def test_an_order_that_the_buyer_has_not_approved_is_not_captured(sandbox: Sandbox) -> None:
    reply = sandbox.capture(sandbox.create().json["id"])
    assert (reply.status, reply.issue) == (422, "ORDER_NOT_APPROVED")


def test_an_order_is_captured_once(sandbox: Sandbox) -> None:
    order_id = sandbox.paid().json["id"]
    reply = sandbox.capture(order_id)
    assert (reply.status, reply.issue) == (422, "ORDER_ALREADY_CAPTURED")
    assert len(sandbox.state()["captures"]) == 1


def test_a_declined_instrument_sends_the_buyer_back_to_choose_another(sandbox: Sandbox) -> None:
    order_id = sandbox.create(order(unit(), **wallet())).json["id"]
    sandbox.approve(order_id, funding="declined")
    reply = sandbox.capture(order_id)
    assert (reply.status, reply.issue) == (422, "INSTRUMENT_DECLINED")
    assert reply.link("redirect") == f"{sandbox.paypal}/checkoutnow?token={order_id}"
    assert sandbox.order(order_id).json["status"] == "PAYER_ACTION_REQUIRED"
    assert sandbox.capture(order_id).issue == "ORDER_NOT_APPROVED"
    sandbox.approve(order_id, funding="ok")
    assert sandbox.capture(order_id).json["status"] == "COMPLETED"


def test_the_request_id_of_a_declined_capture_may_be_used_again(sandbox: Sandbox) -> None:
    order_id = sandbox.create(order(unit(), **wallet())).json["id"]
    sandbox.approve(order_id, funding="declined")
    assert sandbox.capture(order_id, PayPal_Request_Id="same").status == 422
    sandbox.approve(order_id)
    assert sandbox.capture(order_id, PayPal_Request_Id="same").status == 201


def test_after_five_declined_attempts_no_more_are_allowed(sandbox: Sandbox) -> None:
    order_id = sandbox.create().json["id"]
    for _ in range(5):
        sandbox.approve(order_id, funding="declined")
        assert sandbox.capture(order_id).issue == "INSTRUMENT_DECLINED"
    sandbox.approve(order_id, funding="ok")
    assert sandbox.capture(order_id).issue == "MAX_NUMBER_OF_PAYMENT_ATTEMPTS_EXCEEDED"


def test_a_completed_order_may_hold_a_declined_capture_and_then_no_money_moves(sandbox: Sandbox) -> None:
    reply = sandbox.paid(funding="capture_declined")
    assert (reply.status, reply.json["status"]) == (201, "COMPLETED")
    (capture,) = reply.json["purchase_units"][0]["payments"]["captures"]
    assert capture["status"] == "DECLINED"
    assert "seller_receivable_breakdown" not in capture
    assert sandbox.balance(SELLER) == "0"


def test_a_capture_under_review_is_pending_until_it_is_decided(sandbox: Sandbox) -> None:
    accepted, denied = (sandbox.paid_capture(funding="review") for _ in range(2))
    assert accepted["status"] == "PENDING"
    assert accepted["status_details"] == {"reason": "PENDING_REVIEW"}
    assert sandbox.balance(SELLER) == "0"
    sandbox.control("POST", "review", {"capture": accepted["id"], "decision": "accept"})
    sandbox.control("POST", "review", {"capture": denied["id"], "decision": "deny"})
    assert sandbox.get_capture(accepted["id"]).json["status"] == "COMPLETED"
    assert sandbox.get_capture(denied["id"]).json["status"] == "DECLINED"
    assert sandbox.balance(SELLER) == "9.16"


def test_a_review_is_decided_once(sandbox: Sandbox) -> None:
    capture = sandbox.paid_capture(funding="review")
    decision = {"capture": capture["id"], "decision": "accept"}
    assert sandbox.control("POST", "review", decision).json == {"status": "COMPLETED"}
    assert sandbox.control("POST", "review", decision).status == 400
    assert sandbox.control("POST", "review", {"capture": capture["id"], "decision": "perhaps"}).status == 400


def test_an_invoice_id_is_captured_once_per_seller(sandbox: Sandbox) -> None:
    sandbox.paid(order(unit(invoice_id="inv-1")))
    reply = sandbox.paid(order(unit(invoice_id="inv-1")))
    assert (reply.status, reply.issue) == (422, "DUPLICATE_INVOICE_ID")
    assert sandbox.paid(order(unit(invoice_id="inv-1", seller="other@shop.example"))).status == 201
    assert len(sandbox.state()["captures"]) == 2


def test_an_invoice_id_counts_once_within_an_order_too(sandbox: Sandbox) -> None:
    units = [unit(reference_id=name, invoice_id="inv-1") for name in ("a", "b")]
    assert sandbox.paid(order(*units)).issue == "DUPLICATE_INVOICE_ID"
    assert sandbox.state()["captures"] == []


def test_a_declined_capture_does_not_use_up_its_invoice_id(sandbox: Sandbox) -> None:
    sandbox.paid(order(unit(invoice_id="inv-1")), funding="capture_declined")
    assert sandbox.paid(order(unit(invoice_id="inv-1"))).status == 201


def test_nobody_pays_himself(sandbox: Sandbox) -> None:
    assert sandbox.paid(buyer=SELLER).issue == "PAYER_CANNOT_PAY"


def test_an_approved_order_is_gone_after_three_hours(sandbox: Sandbox) -> None:
    order_id = sandbox.create().json["id"]
    sandbox.advance(hours=5)
    sandbox.approve(order_id)
    sandbox.advance(hours=2, minutes=59)
    assert sandbox.order(order_id).json["status"] == "APPROVED"
    sandbox.advance(minutes=1)
    assert sandbox.order(order_id).status == 404
    assert sandbox.capture(order_id).status == 404


def test_a_completed_order_stays(sandbox: Sandbox) -> None:
    order_id = sandbox.paid().json["id"]
    sandbox.advance(days=300)
    sandbox.forget_token()
    assert sandbox.order(order_id).json["status"] == "COMPLETED"


@pytest.mark.parametrize("assert_for", ["somebody@else.example", SELLER])
def test_an_assertion_on_a_capture_must_name_the_seller(sandbox: Sandbox, assert_for: str) -> None:
    order_id = sandbox.create().json["id"]
    sandbox.approve(order_id)
    reply = sandbox.capture(order_id, PayPal_Auth_Assertion=assertion(assert_for))
    assert reply.status == (201 if assert_for == SELLER else 403)


def test_a_capture_in_yen_has_no_decimals(sandbox: Sandbox) -> None:
    breakdown = sandbox.paid_capture(order(unit("1000", "JPY", **with_fee("100", "JPY"))))[
        "seller_receivable_breakdown"
    ]
    assert breakdown["paypal_fee"] == money("84", "JPY")  # 34.9 + 49, half up
    assert breakdown["net_amount"] == money("816", "JPY")


def test_paypals_fee_never_makes_the_sellers_net_negative(sandbox: Sandbox) -> None:
    breakdown = sandbox.paid_capture(order(unit("1.00", **with_fee("0.90"))))["seller_receivable_breakdown"]
    assert breakdown["paypal_fee"] == money("0.10")
    assert breakdown["net_amount"] == money("0.00")


def test_a_capture_takes_no_body_or_an_empty_object(sandbox: Sandbox) -> None:
    bodies: list[tuple[Any, int]] = [(None, 201), ({}, 201), ([], 400)]
    for body, status in bodies:
        order_id = sandbox.create().json["id"]
        sandbox.approve(order_id)
        assert sandbox.api("POST", f"/v2/checkout/orders/{order_id}/capture", body).status == status
