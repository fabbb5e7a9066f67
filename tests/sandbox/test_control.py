"""The control API and the console."""

from typing import Any

import pytest
from tests.sandbox.client import SELLER, Sandbox, order, unit, wallet

from solitude_sandbox.paypal import accounts


def test_the_clock_moves_forward_on_demand(sandbox: Sandbox) -> None:
    before = sandbox.control("GET", "clock").json
    after = sandbox.control("POST", "clock", {"advance_s": 3600}).json
    assert (before["advanced_s"], after["advanced_s"]) == (0, 3600)
    assert after["now"] > before["now"]
    assert sandbox.create().json["create_time"] >= after["now"]


@pytest.mark.parametrize("seconds", [-1, "60", 1.5, True, None, 10**12])
def test_the_clock_takes_whole_seconds_forward_only(sandbox: Sandbox, seconds: Any) -> None:
    assert sandbox.control("POST", "clock", {"advance_s": seconds}).status == 400
    assert sandbox.control("GET", "clock").json["advanced_s"] == 0


def test_a_reset_empties_the_books_but_leaves_access_tokens(sandbox: Sandbox) -> None:
    sandbox.refund(sandbox.paid_capture()["id"])
    sandbox.vaulted()
    sandbox.advance(hours=1)
    sandbox.fault("any", "error_500")
    assert sandbox.control("POST", "reset").json == {"reset": True}
    state = sandbox.state()
    for key in (
        "orders",
        "captures",
        "refunds",
        "reversals",
        "disputes",
        "setup_tokens",
        "payment_tokens",
        "requests",
        "faults",
    ):
        assert state[key] == [], key
    assert state["clock"]["advanced_s"] == 0
    assert all(account["balances"] == [] for account in state["accounts"])
    assert sandbox.create().status == 201


def test_the_state_shows_everything(sandbox: Sandbox) -> None:
    capture = sandbox.paid_capture()
    refund = sandbox.refund(capture["id"]).json
    token = sandbox.vaulted()
    state = sandbox.state()
    assert [shown["id"] for shown in state["captures"]] == [capture["id"]]
    assert state["refunds"] == [refund]
    assert [(shown["id"], shown["deleted"]) for shown in state["payment_tokens"]] == [(token, False)]
    assert [shown["status"] for shown in state["setup_tokens"]] == ["TOKENIZED"]
    assert state["orders"][0]["purchase_units"][0]["payments"]["refunds"] == [refund]
    emails = {account["email_address"] for account in state["accounts"]}
    assert {SELLER, accounts.PARTNER_EMAIL} <= emails


def test_the_state_may_be_limited_to_the_newest(sandbox: Sandbox) -> None:
    orders = [sandbox.create().json["id"] for _ in range(3)]
    shown = sandbox.control("GET", "state?newest=2").json
    assert [each["id"] for each in shown["orders"]] == orders[1:]
    assert len(shown["requests"]) == 2
    assert sandbox.control("GET", "state?newest=0").json["orders"] == []


def test_a_click_can_be_made_without_the_page(sandbox: Sandbox) -> None:
    order_id = sandbox.create(order(unit(), **wallet())).json["id"]
    assert sandbox.approve(order_id, funding="ok", buyer="a@b.example").json["location"].startswith("https://market")
    assert sandbox.approve("NOSUCHTOKEN").status == 404
    assert sandbox.approve(order_id, funding="gold").status == 400


@pytest.mark.parametrize("body", ["", "[]", "{", "[" * 100_000])
def test_a_control_body_must_be_an_object(sandbox: Sandbox, body: str) -> None:
    reply = sandbox.send("POST", "/paypal/sandbox/faults", body, Content_Type="application/json")
    assert reply.status == 400
    assert "error" in reply.json


def test_the_console_lists_what_happened_and_escapes_it(sandbox: Sandbox) -> None:
    sandbox.paid(order(unit(custom_id="<script>alert(1)</script>")))
    waiting = sandbox.create(order(unit(), **wallet())).json["id"]
    text = sandbox.send("GET", "/").text
    for shown in (SELLER, waiting, "COMPLETED", "/v2/checkout/orders", "&lt;script&gt;"):
        assert shown in text
    assert "<script" not in text
    assert f'href="{sandbox.paypal}/checkoutnow?token={waiting}"' in text


def test_beside_the_console_and_the_providers_there_is_nothing(sandbox: Sandbox) -> None:
    assert sandbox.send("GET", "/stripe").status == 404
    assert sandbox.send("POST", "/").status == 405


def test_the_console_sets_and_clears_faults_moves_the_clock_and_resets(sandbox: Sandbox) -> None:
    path = "/paypal/sandbox/console"
    numbers = {"count": "2", "delay_ms": "5", "retry_after_s": "1"}
    reply = sandbox.form(path, action="fault", operation="refund", fault="error_503", **numbers)
    assert (reply.status, reply.headers["Location"]) == (303, "/")
    (fault,) = sandbox.control("GET", "faults").json["faults"]
    assert (fault["operation"], fault["fault"], fault["count"]) == ("refund", "error_503", 2)
    assert sandbox.form(path, action="clear").status == 303
    assert sandbox.control("GET", "faults").json["faults"] == []
    assert sandbox.form(path, action="advance", advance_s="60").status == 303
    assert sandbox.control("GET", "clock").json["advanced_s"] == 60
    sandbox.create()
    assert sandbox.form(path, action="reset").status == 303
    assert sandbox.state()["orders"] == []


@pytest.mark.parametrize("decision", ["accept", "deny"])
def test_the_console_ends_a_review(sandbox: Sandbox, decision: str) -> None:
    capture = sandbox.paid_capture(funding="review")
    assert f'value="{capture["id"]}"' in sandbox.send("GET", "/").text
    sandbox.form("/paypal/sandbox/console", action=decision, capture=capture["id"])
    wanted = {"accept": "COMPLETED", "deny": "DECLINED"}
    assert sandbox.get_capture(capture["id"]).json["status"] == wanted[decision]


@pytest.mark.parametrize(
    "outcome",
    ["RESOLVED_BUYER_FAVOUR", "RESOLVED_SELLER_FAVOUR", "ACCEPTED", "CANCELED_BY_BUYER", "RESOLVED_WITH_PAYOUT"],
)
def test_the_console_opens_and_resolves_a_dispute(sandbox: Sandbox, outcome: str) -> None:
    capture = sandbox.paid_capture()
    assert sandbox.form("/paypal/sandbox/console", action="dispute", capture=capture["id"]).status == 303
    (dispute,) = sandbox.state()["disputes"]
    text = sandbox.send("GET", "/").text
    for shown in (f'value="{dispute["dispute_id"]}"', f'value="{outcome}"', "MERCHANDISE_OR_SERVICE_NOT_RECEIVED"):
        assert shown in text
    sandbox.form("/paypal/sandbox/console", action=outcome, dispute=dispute["dispute_id"])
    assert sandbox.state()["disputes"][0]["dispute_outcome"]["outcome_code"] == outcome
    text = sandbox.send("GET", "/").text
    assert f'value="{outcome}"' not in text
    for event in sandbox.told():
        assert event["id"] in text


def test_the_console_says_why_a_claim_cannot_be_accepted(sandbox: Sandbox) -> None:
    capture = sandbox.paid_capture()
    sandbox.refund(capture["id"])
    dispute = sandbox.dispute(capture["id"])["dispute_id"]
    reply = sandbox.form("/paypal/sandbox/console", action="ACCEPTED", dispute=dispute)
    assert (reply.status, "CAPTURE_FULLY_REFUNDED" in reply.text) == (400, True)


@pytest.mark.parametrize(
    "fields",
    [
        {"action": "fault", "operation": "<script>", "fault": "error_500"},
        {"action": "fault", "operation": "any", "fault": "error_500", "count": "many"},
        {"action": "advance", "advance_s": ""},
        {"action": "accept", "capture": "X"},
        {"action": "dispute", "capture": "<script>"},
        {"action": "ACCEPTED", "dispute": "X"},
        {"action": "dance"},
        {},
    ],
)
def test_the_console_says_what_was_wrong(sandbox: Sandbox, fields: dict[str, str]) -> None:
    reply = sandbox.form("/paypal/sandbox/console", **fields)
    assert reply.status == 400
    assert 'role="alert"' in reply.text
    assert "<script" not in reply.text
