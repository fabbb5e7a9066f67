"""The control API."""

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


def test_sellers_and_buyers_act_on_paypals_own_pages_without_the_partner(sandbox: Sandbox) -> None:
    capture, token = sandbox.paid_capture()["id"], sandbox.vaulted()
    refund = sandbox.control("POST", "refund", {"capture": capture, "amount": "4.00"})
    assert (refund.status, refund.json["amount"]["value"]) == (201, "4.00")
    assert sandbox.get_capture(capture).json["status"] == "PARTIALLY_REFUNDED"
    ended = sandbox.control("POST", "end-agreement", {"token": token})
    assert (ended.status, ended.json["deleted"]) == (200, True)
    assert sandbox.charge(token).issue == "AGREEMENT_ALREADY_CANCELLED"
    told = {event["event_type"] for event in sandbox.told()}
    assert {"PAYMENT.CAPTURE.REFUNDED", "VAULT.PAYMENT-TOKEN.DELETED"} <= told


@pytest.mark.parametrize("body", ["", "[]", "{", "[" * 100_000])
def test_a_control_body_must_be_an_object(sandbox: Sandbox, body: str) -> None:
    reply = sandbox.send("POST", "/paypal/sandbox/faults", body, Content_Type="application/json")
    assert reply.status == 400
    assert "error" in reply.json
