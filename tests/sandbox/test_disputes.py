"""Disputes: opened by buyers, ended by PayPal or by the seller, and the money that goes back."""

from typing import Any

import pytest
from tests.sandbox.client import SELLER, Sandbox, assertion, money, order, unit, with_fee

from solitude_sandbox.paypal import accounts

BUYER = "buyer@home.example"
DISPUTES = "/v1/customer/disputes"


def _sold(sandbox: Sandbox, value: str = "10.00", **more: Any) -> Any:
    return sandbox.paid_capture(order(unit(value, **more)), buyer=BUYER)


def _accept(sandbox: Sandbox, dispute_id: str, body: Any = None, **headers: str) -> Any:
    return sandbox.api("POST", f"{DISPUTES}/{dispute_id}/accept-claim", body or {"note": "Sorry"}, **headers)


def _last(sandbox: Sandbox, count: int) -> list[str]:
    return [event["event_type"] for event in sandbox.told()][-count:]


def test_a_dispute_names_its_capture_and_is_told_of(sandbox: Sandbox) -> None:
    capture = _sold(sandbox, custom_id="ours-1", invoice_id="inv-1")
    dispute = sandbox.dispute(capture["id"])
    assert dispute["dispute_id"].startswith("PP-D-")
    assert (dispute["status"], dispute["dispute_life_cycle_stage"]) == ("OPEN", "INQUIRY")
    assert dispute["reason"] == "MERCHANDISE_OR_SERVICE_NOT_RECEIVED"
    assert dispute["dispute_amount"] == money("10.00")
    (transaction,) = dispute["disputed_transactions"]
    assert transaction["seller_transaction_id"] == capture["id"]
    assert transaction["buyer_transaction_id"] != capture["id"]
    assert (transaction["custom"], transaction["invoice_number"]) == ("ours-1", "inv-1")
    (event,) = sandbox.told("CUSTOMER.DISPUTE.CREATED")
    assert event["resource"] == dispute
    assert event["resource_type"] == "dispute"
    assert dispute["dispute_id"] in event["summary"]
    assert sandbox.api("GET", f"{DISPUTES}/{dispute['dispute_id']}").json == dispute
    assert sandbox.state()["disputes"] == [dispute]


def test_no_money_moves_while_a_dispute_is_open(sandbox: Sandbox) -> None:
    sandbox.dispute(_sold(sandbox)["id"])
    assert sandbox.balance(BUYER) == "-10.00"


def test_for_the_buyer_the_seller_gives_all_of_it_and_nobody_gives_back_a_fee(sandbox: Sandbox) -> None:
    capture = _sold(sandbox, "100.00", custom_id="ours-1", **with_fee("20.00"))
    dispute = sandbox.dispute(capture["id"])
    resolved = sandbox.resolve(dispute["dispute_id"], "RESOLVED_BUYER_FAVOUR").json
    assert resolved["status"] == "RESOLVED"
    assert resolved["dispute_outcome"] == {
        "outcome_code": "RESOLVED_BUYER_FAVOUR",
        "amount_refunded": money("100.00"),
    }
    assert _last(sandbox, 2) == ["PAYMENT.CAPTURE.REVERSED", "CUSTOMER.DISPUTE.RESOLVED"]
    (reversed_,) = sandbox.told("PAYMENT.CAPTURE.REVERSED")
    (shown,) = sandbox.state()["reversals"]
    assert reversed_["resource"] == shown
    assert reversed_["resource_type"] == "refund"
    assert (shown["amount"], shown["status"], shown["custom_id"]) == (money("100.00"), "COMPLETED", "ours-1")
    assert shown["id"] != capture["id"]
    links = {link["rel"]: link["href"] for link in shown["links"]}
    assert links["up"] == f"{sandbox.paypal}/v2/payments/captures/{capture['id']}"
    assert sandbox.balance(BUYER) == "0.00"
    assert sandbox.balance(SELLER) == "-23.98"
    assert sandbox.balance(accounts.PARTNER_EMAIL) == "20.00"
    assert sandbox.state()["refunds"] == []


def test_a_reversed_capture_counts_as_refunded_and_says_why(sandbox: Sandbox) -> None:
    for amount, status in [("10.00", "REFUNDED"), ("4.00", "PARTIALLY_REFUNDED")]:
        capture = _sold(sandbox)
        sandbox.resolve(sandbox.dispute(capture["id"], amount=amount)["dispute_id"], "RESOLVED_BUYER_FAVOUR")
        shown = sandbox.get_capture(capture["id"]).json
        assert (shown["status"], shown["status_details"]) == (status, {"reason": "BUYER_COMPLAINT"})
        payments = sandbox.order(capture["supplementary_data"]["related_ids"]["order_id"]).json["purchase_units"][0]
        assert payments["payments"]["captures"] == [shown]
        assert "refunds" not in payments["payments"]
        assert sandbox.refund(capture["id"]).issue == "REFUND_NOT_PERMITTED_DUE_TO_CHARGEBACK"


def test_a_reversal_can_be_looked_up_where_its_link_points(sandbox: Sandbox) -> None:
    sandbox.resolve(sandbox.dispute(_sold(sandbox)["id"])["dispute_id"], "RESOLVED_BUYER_FAVOUR")
    (shown,) = sandbox.state()["reversals"]
    assert sandbox.api("GET", f"/v2/payments/refunds/{shown['id']}").json == shown


def test_after_a_refund_a_dispute_may_take_everything_once_more(sandbox: Sandbox) -> None:
    capture = _sold(sandbox)
    sandbox.refund(capture["id"])
    sandbox.resolve(sandbox.dispute(capture["id"])["dispute_id"], "RESOLVED_BUYER_FAVOUR")
    assert sandbox.balance(BUYER) == "10.00"
    assert sandbox.balance(SELLER) == "-10.00"
    assert sandbox.get_capture(capture["id"]).json["status"] == "REFUNDED"


def test_what_the_seller_refunded_while_it_was_open_may_be_all_that_goes_back(sandbox: Sandbox) -> None:
    capture = _sold(sandbox)
    dispute = sandbox.dispute(capture["id"])["dispute_id"]
    sandbox.refund(capture["id"])
    end = {"dispute": dispute, "outcome": "RESOLVED_BUYER_FAVOUR", "refunded_before": True}
    resolved = sandbox.control("POST", "dispute/resolve", end).json
    assert resolved["dispute_outcome"]["amount_refunded"] == money("10.00")
    assert (sandbox.balance(BUYER), sandbox.state()["reversals"]) == ("0.00", [])
    assert sandbox.control("POST", "dispute/resolve", end | {"refunded_before": 1}).status == 400


@pytest.mark.parametrize("outcome", ["RESOLVED_SELLER_FAVOUR", "CANCELED_BY_BUYER", "DENIED", "NONE"])
def test_for_the_seller_nothing_moves(sandbox: Sandbox, outcome: str) -> None:
    capture = _sold(sandbox)
    resolved = sandbox.resolve(sandbox.dispute(capture["id"])["dispute_id"], outcome).json
    assert resolved["dispute_outcome"] == {"outcome_code": outcome}
    assert sandbox.get_capture(capture["id"]).json == capture
    assert (sandbox.balance(BUYER), sandbox.state()["reversals"]) == ("-10.00", [])
    assert sandbox.refund(capture["id"], {"amount": money("1.00")}).status == 201


def test_paypal_may_pay_out_of_its_own_pocket(sandbox: Sandbox) -> None:
    capture = _sold(sandbox)
    sandbox.resolve(sandbox.dispute(capture["id"])["dispute_id"], "RESOLVED_WITH_PAYOUT")
    assert sandbox.get_capture(capture["id"]).json == capture
    assert (sandbox.balance(BUYER), sandbox.balance(SELLER)) == ("0.00", "9.16")
    assert sandbox.balance("fees@paypal.example") == "-9.16"


def test_the_seller_may_give_in_and_then_it_is_a_refund(sandbox: Sandbox) -> None:
    capture = _sold(sandbox)
    dispute = sandbox.dispute(capture["id"])
    (path,) = [link["href"] for link in dispute["links"] if link["rel"] == "accept_claim"]
    assert path == f"{sandbox.paypal}{DISPUTES}/{dispute['dispute_id']}/accept-claim"
    reply = _accept(sandbox, dispute["dispute_id"], PayPal_Auth_Assertion=assertion())
    assert reply.status == 200
    assert reply.link("self") == f"{sandbox.paypal}{DISPUTES}/{dispute['dispute_id']}"
    assert _last(sandbox, 2) == ["PAYMENT.CAPTURE.REFUNDED", "CUSTOMER.DISPUTE.RESOLVED"]
    (refund,) = sandbox.state()["refunds"]
    assert sandbox.told("PAYMENT.CAPTURE.REFUNDED")[0]["resource"] == refund
    assert refund["seller_payable_breakdown"]["paypal_fee"] == money("0.84")
    shown = sandbox.api("GET", f"{DISPUTES}/{dispute['dispute_id']}").json
    assert shown["dispute_outcome"] == {"outcome_code": "ACCEPTED", "amount_refunded": money("10.00")}
    assert [link["rel"] for link in shown["links"]] == ["self"]
    assert sandbox.balance(BUYER) == sandbox.balance(SELLER) == "0.00"
    assert _accept(sandbox, dispute["dispute_id"]).issue == "ACTION_NOT_ALLOWED_IN_CURRENT_DISPUTE_STATE"
    assert len(sandbox.state()["refunds"]) == 1


def test_giving_in_after_a_partial_refund_brings_the_rest(sandbox: Sandbox) -> None:
    capture = _sold(sandbox)
    sandbox.refund(capture["id"], {"amount": money("6.00")})
    dispute = sandbox.dispute(capture["id"])["dispute_id"]
    assert sandbox.resolve(dispute, "ACCEPTED").json["dispute_outcome"]["amount_refunded"] == money("4.00")
    assert (sandbox.balance(BUYER), sandbox.balance(SELLER)) == ("0.00", "0.00")


def test_giving_in_is_no_second_refund_of_the_same_money(sandbox: Sandbox) -> None:
    capture = _sold(sandbox)
    sandbox.refund(capture["id"])
    dispute = sandbox.dispute(capture["id"])["dispute_id"]
    assert _accept(sandbox, dispute).issue == "CAPTURE_FULLY_REFUNDED"
    assert sandbox.resolve(dispute, "ACCEPTED").status == 400
    assert sandbox.balance(BUYER) == "0.00"
    assert sandbox.api("GET", f"{DISPUTES}/{dispute}").json["status"] == "OPEN"


@pytest.mark.parametrize(
    ("body", "issue"),
    [
        ({"refund_amount": money("10.01")}, "REFUND_AMOUNT_EXCEEDED"),
        ({"refund_amount": money("1.00", "EUR")}, "CURRENCY_MISMATCH"),
        ({"refund_amount": money("0.00")}, "CANNOT_BE_ZERO_OR_NEGATIVE"),
        ({"accept_claim_type": "HUG"}, "INVALID_PARAMETER_VALUE"),
        ({"note": "x" * 2001}, "INVALID_STRING_LENGTH"),
    ],
)
def test_a_wrong_surrender_is_refused(sandbox: Sandbox, body: Any, issue: str) -> None:
    dispute = sandbox.dispute(_sold(sandbox)["id"])["dispute_id"]
    assert _accept(sandbox, dispute, body).issue == issue
    assert _accept(sandbox, dispute, {"refund_amount": money("2.50")}).status == 200
    assert sandbox.state()["refunds"][0]["amount"] == money("2.50")


def test_another_seller_cannot_give_in(sandbox: Sandbox) -> None:
    dispute = sandbox.dispute(_sold(sandbox)["id"])["dispute_id"]
    reply = _accept(sandbox, dispute, PayPal_Auth_Assertion=assertion("other@shop.example"))
    assert (reply.status, reply.issue) == (403, "PERMISSION_DENIED")
    assert _accept(sandbox, "PP-D-0").status == 404


def test_while_a_dispute_is_open_only_everything_can_be_refunded(sandbox: Sandbox) -> None:
    capture = _sold(sandbox)
    sandbox.dispute(capture["id"], amount="1.00")
    assert sandbox.refund(capture["id"], {"amount": money("1.00")}).issue == "TRANSACTION_DISPUTED"
    assert sandbox.refund(capture["id"], {"amount": money("10.00")}).status == 201


def test_after_an_appeal_a_dispute_ends_anew(sandbox: Sandbox) -> None:
    capture = _sold(sandbox)
    dispute = {"dispute": sandbox.dispute(capture["id"])["dispute_id"]}
    assert sandbox.control("POST", "dispute/appeal", dispute).status == 400
    sandbox.resolve(dispute["dispute"], "RESOLVED_BUYER_FAVOUR")

    appealed = sandbox.control("POST", "dispute/appeal", dispute).json
    assert (appealed["status"], "dispute_outcome" in appealed) == ("UNDER_REVIEW", False)
    assert _last(sandbox, 1) == ["CUSTOMER.DISPUTE.UPDATED"]
    assert sandbox.balance(BUYER) == "0.00"

    sandbox.resolve(dispute["dispute"], "RESOLVED_SELLER_FAVOUR")
    assert _last(sandbox, 1) == ["CUSTOMER.DISPUTE.RESOLVED"]
    assert sandbox.balance(BUYER) == "-10.00"
    assert sandbox.get_capture(capture["id"]).json["status"] == "COMPLETED"


def test_a_dispute_may_change_before_it_ends(sandbox: Sandbox) -> None:
    dispute = sandbox.dispute(_sold(sandbox)["id"])
    change = {"dispute": dispute["dispute_id"], "status": "UNDER_REVIEW", "stage": "CHARGEBACK", "message": "Well?"}
    changed = sandbox.control("POST", "dispute/update", change).json
    assert (changed["status"], changed["dispute_life_cycle_stage"]) == ("UNDER_REVIEW", "CHARGEBACK")
    assert changed["messages"][0]["content"] == "Well?"
    (event,) = sandbox.told("CUSTOMER.DISPUTE.UPDATED")
    assert event["resource"] == changed


def test_a_capture_has_one_open_dispute_but_may_have_another_later(sandbox: Sandbox) -> None:
    capture = _sold(sandbox)
    first = sandbox.dispute(capture["id"])["dispute_id"]
    assert sandbox.control("POST", "dispute", {"capture": capture["id"]}).status == 400
    sandbox.resolve(first, "CANCELED_BY_BUYER")
    assert sandbox.resolve(first, "RESOLVED_BUYER_FAVOUR").status == 400
    sandbox.dispute(capture["id"])


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("dispute", {}),
        ("dispute", {"amount": "10.01"}),
        ("dispute", {"amount": "1.001"}),
        ("dispute", {"amount": 1}),
        ("dispute", {"amount": "0.00"}),
        ("dispute", {"reason": "BOREDOM"}),
        ("dispute", {"stage": ["INQUIRY"]}),
        ("dispute/resolve", {"outcome": "RESOLVED_BUYER_FAVOUR"}),
        ("dispute/update", {"dispute": "PP-D-0"}),
    ],
)
def test_a_dispute_that_makes_no_sense_is_refused_with_a_sentence(sandbox: Sandbox, path: str, body: Any) -> None:
    capture = {"capture": _sold(sandbox)["id"]} if body and path == "dispute" else {}
    reply = sandbox.control("POST", path, {**capture, **body})
    assert (reply.status, reply.json["error"][-1]) == (400, ".")
    assert sandbox.state()["disputes"] == []


@pytest.mark.parametrize("body", [{"outcome": "DRAW"}, {}, {"outcome": "RESOLVED_BUYER_FAVOUR", "amount": "11.00"}])
def test_an_end_that_makes_no_sense_leaves_the_dispute_open(sandbox: Sandbox, body: Any) -> None:
    dispute = sandbox.dispute(_sold(sandbox)["id"])["dispute_id"]
    assert sandbox.control("POST", "dispute/resolve", {"dispute": dispute, **body}).status == 400
    wrong = {"dispute": dispute, "status": "RESOLVED"}
    assert sandbox.control("POST", "dispute/update", wrong).status == 400
    assert sandbox.control("POST", "dispute/update", {"dispute": dispute, "message": "x" * 2001}).status == 400
    assert sandbox.state()["disputes"][0]["status"] == "OPEN"


def test_only_money_that_has_arrived_can_be_disputed(sandbox: Sandbox) -> None:
    for funding in ("review", "capture_declined"):
        capture = sandbox.paid_capture(funding=funding)
        assert sandbox.control("POST", "dispute", {"capture": capture["id"]}).status == 400


def test_disputes_are_listed_newest_first_in_pages_and_by_filter(sandbox: Sandbox) -> None:
    captures = [_sold(sandbox)["id"] for _ in range(3)]
    opened = [sandbox.dispute(capture)["dispute_id"] for capture in captures]
    sandbox.resolve(opened[0], "DENIED")

    def found(query: str = "") -> list[str]:
        return [item["dispute_id"] for item in sandbox.api("GET", f"{DISPUTES}?{query}").json["items"]]

    assert found() == list(reversed(opened))
    first = sandbox.api("GET", f"{DISPUTES}?page_size=2&dispute_state=OPEN_INQUIRIES,RESOLVED")
    assert "disputed_transactions" not in first.json["items"][0]
    second = sandbox.api("GET", first.link("next").removeprefix(sandbox.paypal))
    assert [item["dispute_id"] for item in second.json["items"]] == opened[:1]
    assert [link["rel"] for link in second.json["links"]] == ["first"]
    assert found(f"disputed_transaction_id={captures[1]}") == [opened[1]]
    assert found("dispute_state=RESOLVED") == [opened[0]]
    assert found("start_time=2100-01-01T00:00:00.000Z") == found("update_time_before=2000-01-01T00:00:00Z") == []
    assert len(found("update_time_after=2000-01-01T00:00:00Z")) == 3
    assert sandbox.api("GET", f"{DISPUTES}?page_size=51").issue == "INVALID_PARAMETER_VALUE"
    both = f"{DISPUTES}?start_time=2000-01-01T00:00:00Z&disputed_transaction_id={captures[0]}"
    assert sandbox.api("GET", both).issue == "INVALID_PARAMETER_VALUE"


def test_dispute_calls_are_in_the_log_and_can_fail(sandbox: Sandbox) -> None:
    dispute = sandbox.dispute(_sold(sandbox)["id"])["dispute_id"]
    sandbox.fault("accept_claim", "garbage_after")
    _accept(sandbox, dispute)
    assert _accept(sandbox, dispute).issue == "ACTION_NOT_ALLOWED_IN_CURRENT_DISPUTE_STATE"
    assert [entry["fault"] for entry in sandbox.requests("accept_claim")] == ["garbage_after", None]
    assert len(sandbox.state()["refunds"]) == 1


def test_the_seller_answers_the_buyer(sandbox: Sandbox) -> None:
    dispute = sandbox.dispute(sandbox.paid_capture()["id"])
    path = f"/v1/customer/disputes/{dispute['dispute_id']}"
    assert sandbox.api("POST", f"{path}/send-message", {"message": "It was sent."}).status == 200
    shown = sandbox.api("GET", path).json
    assert (shown["status"], shown["messages"][-1]["posted_by"]) == ("WAITING_FOR_BUYER_RESPONSE", "SELLER")
    assert shown["messages"][-1]["content"] == "It was sent."
    assert [event["event_type"] for event in sandbox.told()][-1] == "CUSTOMER.DISPUTE.UPDATED"
    assert sandbox.api("POST", f"{path}/send-message", {}).issue == "MISSING_REQUIRED_PARAMETER"


def test_the_seller_escalates_an_inquiry_to_a_claim_once(sandbox: Sandbox) -> None:
    dispute = sandbox.dispute(sandbox.paid_capture()["id"])
    path = f"/v1/customer/disputes/{dispute['dispute_id']}"
    rels = {link["rel"] for link in dispute["links"]}
    assert {"accept_claim", "send_message", "escalate"} <= rels
    assert sandbox.api("POST", f"{path}/escalate", {"note": "He has it."}).status == 200
    shown = sandbox.api("GET", path).json
    assert (shown["dispute_life_cycle_stage"], shown["status"]) == ("CHARGEBACK", "UNDER_REVIEW")
    assert "escalate" not in {link["rel"] for link in shown["links"]}
    for action, body in (("escalate", {"note": "again"}), ("send-message", {"message": "again"})):
        refused = sandbox.api("POST", f"{path}/{action}", body)
        assert (refused.status, refused.issue) == (422, "ACTION_NOT_ALLOWED_IN_CURRENT_DISPUTE_STATE")
