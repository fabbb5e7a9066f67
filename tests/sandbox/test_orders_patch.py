"""PATCH /v2/checkout/orders/{id}."""

from typing import Any

import pytest
from tests.sandbox.client import Reply, Sandbox, money, order, unit, with_fee


def _patch(sandbox: Sandbox, order_id: str, *steps: Any) -> Reply:
    return sandbox.api("PATCH", f"/v2/checkout/orders/{order_id}", list(steps))


def _step(key: str, value: Any = None, op: str = "replace", reference: str = "default") -> dict[str, Any]:
    path = f"/purchase_units/@reference_id=='{reference}'/{key}"
    return {"op": op, "path": path, **({"value": value} if value is not None else {})}


def test_amount_and_texts_change_before_the_capture(sandbox: Sandbox) -> None:
    order_id = sandbox.create(order(unit("10.00", custom_id="old"))).json["id"]
    steps = [_step("amount", money("12.00")), _step("invoice_id", "i-2", "add"), _step("custom_id", op="remove")]
    reply = _patch(sandbox, order_id, *steps)
    assert (reply.status, reply.text) == (204, "")
    shown = sandbox.order(order_id).json["purchase_units"][0]
    assert shown["amount"] == money("12.00")
    assert shown["invoice_id"] == "i-2"
    assert "custom_id" not in shown
    sandbox.approve(order_id)
    captured = sandbox.capture(order_id).json["purchase_units"][0]["payments"]["captures"][0]
    assert captured["amount"] == money("12.00")


def test_who_gets_the_money_and_how_changes_too(sandbox: Sandbox) -> None:
    order_id = sandbox.create(order(unit("10.00"))).json["id"]
    fees = [{"amount": money("2.00")}]
    steps = [
        {"op": "replace", "path": "/intent", "value": "CAPTURE"},
        _step("payee/email", "other@shop.example"),
        _step("payment_instruction/platform_fees", fees, "add"),
        _step("payment_instruction/disbursement_mode", "DELAYED"),
        _step("soft_descriptor", "SONGS"),
    ]
    assert _patch(sandbox, order_id, *steps).status == 204
    shown = sandbox.order(order_id).json["purchase_units"][0]
    assert (shown["payee"]["email_address"], shown["soft_descriptor"]) == ("other@shop.example", "SONGS")
    assert shown["payment_instruction"]["disbursement_mode"] == "DELAYED"
    assert shown["payment_instruction"]["platform_fees"][0]["amount"] == money("2.00")
    sandbox.approve(order_id)
    sandbox.capture(order_id)
    assert sandbox.balance("other@shop.example") == "7.16"
    again = sandbox.create(order(unit("10.00", **with_fee("2.00")))).json["id"]
    assert _patch(sandbox, again, _step("payment_instruction/platform_fees", op="remove")).status == 204
    assert "platform_fees" not in sandbox.order(again).json["purchase_units"][0]["payment_instruction"]


def test_a_patch_is_applied_whole_or_not_at_all(sandbox: Sandbox) -> None:
    created = sandbox.create()
    reply = _patch(sandbox, created.json["id"], _step("description", "new"), _step("amount", money("-1.00")))
    assert reply.issue == "CANNOT_BE_ZERO_OR_NEGATIVE"
    assert sandbox.order(created.json["id"]).json == created.json


@pytest.mark.parametrize(
    ("steps", "status", "issue"),
    [
        ([], 400, "INVALID_PARAMETER_SYNTAX"),
        (["x"], 400, "INVALID_PARAMETER_SYNTAX"),
        ([_step("description", "x")] * 51, 400, "INVALID_ARRAY_MAX_ITEMS"),
        ([{"op": "replace", "value": "x"}], 422, "PATCH_PATH_REQUIRED"),
        ([_step("description", "x", op="move")], 400, "INVALID_PATCH_OPERATION"),
        ([_step("amount", op="remove")], 400, "INVALID_PATCH_OPERATION"),
        ([_step("description")], 422, "PATCH_VALUE_REQUIRED"),
        ([_step("description", "x" * 128)], 400, "INVALID_STRING_LENGTH"),
        ([_step("shipping/name", {"full_name": "A"})], 422, "NOT_PATCHABLE"),
        ([_step("amount", money("9.00"), op="add")], 400, "INVALID_PATCH_OPERATION"),
        ([_step("payee/email", "nonsense")], 400, "INVALID_PARAMETER_SYNTAX"),
        ([_step("payee/email", "closed-x@shop.example")], 422, "PAYEE_ACCOUNT_LOCKED_OR_CLOSED"),
        ([_step("soft_descriptor", "x" * 23)], 400, "INVALID_STRING_LENGTH"),
        ([_step("payment_instruction/disbursement_mode", "LATER")], 400, "INVALID_PARAMETER_VALUE"),
        (
            [_step("payment_instruction/platform_fees", [{"amount": money("10.01")}])],
            422,
            "INVALID_PLATFORM_FEES_AMOUNT",
        ),
        ([{"op": "replace", "path": "/intent", "value": "AUTHORIZE"}], 400, "NOT_SUPPORTED"),
        ([{"op": "remove", "path": "/intent"}], 400, "INVALID_PATCH_OPERATION"),
        ([_step("amount", money("1.00"), reference="other")], 422, "REFERENCE_ID_NOT_FOUND"),
        ([_step("amount", money("1", "JPY"))], 422, "MULTI_CURRENCY_ORDER"),
        ([_step("amount", money("1.00"))], 422, "INVALID_PLATFORM_FEES_AMOUNT"),
    ],
)
def test_a_wrong_patch_is_refused(sandbox: Sandbox, steps: list[Any], status: int, issue: str) -> None:
    order_id = sandbox.create(order(unit("10.00", **with_fee("2.00")))).json["id"]
    reply = _patch(sandbox, order_id, *steps)
    assert (reply.status, reply.issue) == (status, issue)


def test_what_the_buyer_approved_keeps_its_amount(sandbox: Sandbox) -> None:
    order_id = sandbox.create(order(unit("10.00"))).json["id"]
    sandbox.approve(order_id)
    assert _patch(sandbox, order_id, _step("amount", money("11.00"))).issue == "AMOUNT_CHANGE_NOT_ALLOWED"
    assert _patch(sandbox, order_id, _step("description", "still allowed")).status == 204


def test_a_completed_order_does_not_change(sandbox: Sandbox) -> None:
    order_id = sandbox.paid().json["id"]
    assert _patch(sandbox, order_id, _step("description", "late")).issue == "ORDER_ALREADY_COMPLETED"


def test_an_unknown_order_cannot_be_patched(sandbox: Sandbox) -> None:
    assert _patch(sandbox, "NOSUCHORDER", _step("description", "x")).status == 404
