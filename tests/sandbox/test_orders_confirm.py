"""POST /v2/checkout/orders/{id}/confirm-payment-source."""

from typing import Any

import pytest
from tests.sandbox.client import RETURN_URL, Reply, Sandbox, wallet


def _confirm(sandbox: Sandbox, order_id: str, source: Any = None) -> Reply:
    return sandbox.api("POST", f"/v2/checkout/orders/{order_id}/confirm-payment-source", source or wallet())


def test_an_order_without_a_source_gets_one_and_leads_its_buyer_back(sandbox: Sandbox) -> None:
    order_id = sandbox.create().json["id"]

    confirmed = _confirm(sandbox, order_id)

    assert (confirmed.status, confirmed.json["status"]) == (200, "PAYER_ACTION_REQUIRED")
    assert confirmed.link("payer-action").endswith(f"token={order_id}")
    back = sandbox.approve(order_id).json["location"]
    assert back.startswith(f"{RETURN_URL}&token={order_id}")
    assert sandbox.capture(order_id).status == 201


@pytest.mark.parametrize(
    ("source", "status", "issue"),
    [
        ({"payment_source": {"card": {}}}, 400, "NOT_SUPPORTED"),
        ({"payment_source": {}}, 422, "NO_PAYMENT_SOURCE_PROVIDED"),
        ({"payment_source": {"paypal": {"vault_id": "8kk8451t"}}}, 422, "PAYMENT_SOURCE_CANNOT_BE_USED"),
        ({"intent": "CAPTURE"}, 400, "MISSING_REQUIRED_PARAMETER"),
    ],
)
def test_a_source_that_is_none_is_refused(sandbox: Sandbox, source: Any, status: int, issue: str) -> None:
    created = sandbox.create()
    refused = _confirm(sandbox, created.json["id"], source)
    assert (refused.status, refused.issue) == (status, issue)
    assert sandbox.order(created.json["id"]).json == created.json


def test_what_was_approved_is_not_confirmed_again(sandbox: Sandbox) -> None:
    order_id = sandbox.create().json["id"]
    sandbox.approve(order_id)
    assert _confirm(sandbox, order_id).issue == "PAYMENT_ALREADY_APPROVED"

    sandbox.capture(order_id)
    assert _confirm(sandbox, order_id).issue == "ORDER_CANNOT_BE_CONFIRMED"
