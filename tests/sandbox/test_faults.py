"""Faults on demand: before the work, instead of it, after it, and on the way of the answer."""

import time
from functools import partial
from typing import Any

import pytest
import urllib3
from tests.sandbox.client import SELLER, Sandbox, order, unit
from tests.support.waiting import until

LOST = (urllib3.exceptions.ProtocolError, urllib3.exceptions.TimeoutError)


@pytest.mark.parametrize(
    ("fault", "status", "name"),
    [
        ("error_500", 500, "INTERNAL_SERVER_ERROR"),
        ("error_503", 503, "SERVICE_UNAVAILABLE"),
        ("rate_limit_429", 429, "RATE_LIMIT_REACHED"),
    ],
)
def test_a_failing_answer_means_that_nothing_was_done(sandbox: Sandbox, fault: str, status: int, name: str) -> None:
    sandbox.fault("create_order", fault)
    reply = sandbox.create(PayPal_Request_Id="same")
    assert (reply.status, reply.json["name"]) == (status, name)
    assert reply.json["debug_id"] == reply.headers["PayPal-Debug-Id"]
    assert sandbox.state()["orders"] == []
    assert sandbox.create(PayPal_Request_Id="same").status == 201


def test_a_rate_limit_says_when_to_come_back(sandbox: Sandbox) -> None:
    sandbox.fault("get_order", "rate_limit_429", retry_after_s=7)
    assert sandbox.order("X").headers["Retry-After"] == "7"


def _lost(sandbox: Sandbox, order_id: str) -> None:
    with pytest.raises(LOST):
        sandbox.capture(order_id, PayPal_Request_Id="same")


@pytest.mark.parametrize("fault", ["timeout_before", "disconnect_before"])
def test_a_connection_lost_before_the_work_leaves_nothing_done(sandbox: Sandbox, fault: str) -> None:
    order_id = sandbox.create().json["id"]
    sandbox.approve(order_id)
    sandbox.fault("capture_order", fault, delay_ms=100)
    _lost(sandbox, order_id)
    assert sandbox.order(order_id).json["status"] == "APPROVED"
    assert sandbox.capture(order_id, PayPal_Request_Id="same").status == 201


@pytest.mark.parametrize("fault", ["timeout_after", "disconnect_after", "truncated_after"])
def test_a_connection_lost_after_the_work_hides_that_it_was_done(sandbox: Sandbox, fault: str) -> None:
    order_id = sandbox.create().json["id"]
    sandbox.approve(order_id)
    sandbox.fault("capture_order", fault, delay_ms=100)
    _lost(sandbox, order_id)
    assert sandbox.order(order_id).json["status"] == "COMPLETED"
    again = sandbox.capture(order_id, PayPal_Request_Id="same")
    assert (again.status, again.json["status"]) == (200, "COMPLETED")
    assert len(sandbox.state()["captures"]) == 1


def test_an_answer_may_turn_into_a_gateways_html(sandbox: Sandbox) -> None:
    token = sandbox.vaulted()
    sandbox.fault("create_order", "garbage_after")
    reply = sandbox.charge(token, unit(), PayPal_Request_Id="same")
    assert (reply.status, reply.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    with pytest.raises(ValueError):
        _ = reply.json
    assert reply.headers["PayPal-Debug-Id"]
    assert sandbox.charge(token, unit(), PayPal_Request_Id="same").json["status"] == "COMPLETED"
    assert len(sandbox.state()["captures"]) == 1


def test_a_truncated_answer_promises_more_than_it_brings(sandbox: Sandbox) -> None:
    sandbox.fault("create_order", "truncated_after")
    with pytest.raises(urllib3.exceptions.ProtocolError, match="IncompleteRead"):
        sandbox.create()
    assert len(sandbox.state()["orders"]) == 1


def test_a_timeout_holds_the_client_for_the_delay(sandbox: Sandbox) -> None:
    sandbox.fault("create_order", "timeout_before", delay_ms=300)
    start = time.monotonic()
    with pytest.raises(urllib3.exceptions.ProtocolError):
        sandbox.create()
    assert 0.25 < time.monotonic() - start < 5


def test_a_client_that_gives_up_meets_a_server_that_goes_on(sandbox: Sandbox) -> None:
    sandbox.fault("create_order", "timeout_after", delay_ms=60_000)
    pool = urllib3.PoolManager(retries=False, timeout=0.3)
    with pytest.raises(urllib3.exceptions.ReadTimeoutError):
        pool.request(
            "POST",
            f"{sandbox.paypal}/v2/checkout/orders",
            json=order(),
            headers={"Authorization": f"Bearer {sandbox.token()}"},
        )
    pool.clear()
    assert len(sandbox.state()["orders"]) == 1


def test_a_stored_500_comes_back_for_its_request_id(sandbox: Sandbox) -> None:
    token = sandbox.vaulted()
    sandbox.fault("create_order", "stored_500")
    replies = [sandbox.charge(token, unit(), PayPal_Request_Id="same") for _ in range(3)]
    assert [reply.status for reply in replies] == [500, 500, 500]
    assert replies[0].json["name"] == "INTERNAL_SERVER_ERROR"
    assert sandbox.state()["captures"] == []
    assert sandbox.charge(token, unit(), PayPal_Request_Id="other").status == 201


def test_a_stored_500_ends_with_the_memory_of_its_request_id(sandbox: Sandbox) -> None:
    sandbox.fault("create_order", "stored_500")
    assert sandbox.create(PayPal_Request_Id="same").status == 500
    sandbox.advance(hours=6)
    assert sandbox.create(PayPal_Request_Id="same").status == 201


@pytest.mark.parametrize(
    ("operation", "issue", "status"),
    [
        ("capture_order", "TRANSACTION_REFUSED", 422),
        ("capture_order", "CONSENT_NEEDED", 403),
        ("create_order", "INVALID_ACCOUNT_STATUS", 401),
        ("refund", "TRANSACTION_DISPUTED", 422),
        ("refund", "PREVIOUS_REQUEST_IN_PROGRESS", 409),
        ("setup_token", "INVALID_PARAMETER_VALUE", 400),
        ("get_order", "INTERNAL_SERVER_ERROR", 500),
    ],
)
def test_any_issue_can_be_asked_for(sandbox: Sandbox, operation: str, issue: str, status: int) -> None:
    capture = sandbox.paid_capture()
    order_id = sandbox.create().json["id"]
    sandbox.approve(order_id)
    sandbox.fault(operation, f"issue:{issue}")
    calls: dict[str, Any] = {
        "capture_order": lambda: sandbox.capture(order_id),
        "create_order": sandbox.create,
        "refund": lambda: sandbox.refund(capture["id"]),
        "setup_token": sandbox.setup_token,
        "get_order": lambda: sandbox.order(order_id),
    }
    reply = calls[operation]()
    assert reply.status == status
    assert issue in (*reply.issues, reply.json["name"])
    assert calls[operation]().status != status  # once


@pytest.mark.parametrize("fault", ["error_500", "stored_500"])
def test_the_access_token_can_fail_too(sandbox: Sandbox, fault: str) -> None:
    sandbox.fault("token", fault)
    assert [sandbox.ask_token().status for _ in range(2)] == [500, 200]


@pytest.mark.parametrize("fault", ["disconnect_before", "timeout_after", "truncated_after"])
def test_the_access_token_can_get_lost_too(sandbox: Sandbox, fault: str) -> None:
    sandbox.fault("token", fault, delay_ms=10)
    with pytest.raises(LOST):
        sandbox.ask_token()
    assert sandbox.ask_token().status == 200


def test_a_fault_strikes_as_often_as_it_was_asked_to_and_only_its_operation(sandbox: Sandbox) -> None:
    sandbox.fault("create_order", "error_503", count=2)
    assert sandbox.order("X").status == 404
    assert [sandbox.create().status for _ in range(3)] == [503, 503, 201]


def test_faults_strike_in_the_order_in_which_they_were_set(sandbox: Sandbox) -> None:
    sandbox.token()
    sandbox.fault("any", "error_500")
    sandbox.fault("create_order", "error_503")
    assert [sandbox.create().status for _ in range(3)] == [500, 503, 201]


def test_count_zero_lasts_until_cleared(sandbox: Sandbox) -> None:
    sandbox.token()
    sandbox.fault("any", "error_500", count=0)
    assert {sandbox.create().status for _ in range(5)} == {500}
    assert sandbox.control("DELETE", "faults").status == 204
    assert sandbox.create().status == 201


def test_latency_is_added_to_every_answer_until_cleared_and_other_faults_still_strike(sandbox: Sandbox) -> None:
    sandbox.token()
    sandbox.fault("any", "latency", delay_ms=150, count=0)
    sandbox.fault("create_order", "issue:COMPLIANCE_VIOLATION")
    replies = []
    for call in (sandbox.create, partial(sandbox.create, PayPal_Request_Id="same")):
        for _ in range(2):
            start = time.monotonic()
            replies.append(call())
            assert time.monotonic() - start >= 0.15
    assert [reply.status for reply in replies] == [422, 201, 201, 200]
    start = time.monotonic()
    assert sandbox.ask_token().status == 200
    assert sandbox.order("X").status == 404
    assert time.monotonic() - start >= 0.3


def test_pages_and_control_are_spared(sandbox: Sandbox) -> None:
    order_id = sandbox.create().json["id"]
    sandbox.fault("any", "error_500", count=0)
    assert sandbox.send("GET", f"/paypal/checkoutnow?token={order_id}").status == 200
    assert sandbox.control("GET", "state").status == 200


def test_faults_are_listed_with_what_is_left_of_them(sandbox: Sandbox) -> None:
    sandbox.fault("create_order", "timeout_after", count=3, delay_ms=1)
    with pytest.raises(LOST):
        sandbox.create()
    (fault,) = sandbox.control("GET", "faults").json["faults"]
    assert (fault["operation"], fault["fault"], fault["count"], fault["delay_ms"]) == (
        "create_order",
        "timeout_after",
        2,
        1,
    )


@pytest.mark.parametrize(
    "order_for_trouble",
    [
        {"operation": "dance", "fault": "error_500"},
        {"operation": "any", "fault": "earthquake"},
        {"operation": "any", "fault": "issue:NO_SUCH_ISSUE"},
        {"operation": "any"},
        {"operation": "any", "fault": "error_500", "count": -1},
        {"operation": "any", "fault": "error_500", "count": "1"},
        {"operation": "any", "fault": "error_500", "count": True},
        {"operation": "any", "fault": "timeout_after", "delay_ms": 120_001},
        {"operation": "any", "fault": "rate_limit_429", "retry_after_s": 3601},
        {"operation": ["any"], "fault": "error_500"},
    ],
)
def test_a_fault_that_makes_no_sense_is_refused_with_a_sentence(sandbox: Sandbox, order_for_trouble: Any) -> None:
    reply = sandbox.control("POST", "faults", order_for_trouble)
    assert reply.status == 400
    assert reply.json["error"].endswith(".")
    assert sandbox.control("GET", "faults").json == {"faults": []}


def test_at_most_a_hundred_faults_are_kept(sandbox: Sandbox) -> None:
    for _ in range(100):
        sandbox.fault("any", "latency", delay_ms=0)
    assert sandbox.control("POST", "faults", {"operation": "any", "fault": "error_500"}).status == 400


def test_the_log_tells_what_was_sent_and_what_became_of_it(sandbox: Sandbox) -> None:
    sandbox.create(PayPal_Request_Id="one")
    sandbox.fault("create_order", "disconnect_after")
    with pytest.raises(LOST):
        sandbox.create(PayPal_Request_Id="two")
    first, second = sandbox.requests("create_order")
    assert (first["method"], first["path"]) == ("POST", "/v2/checkout/orders")
    assert (first["request_id"], first["status"], first["fault"]) == ("one", 201, None)
    assert len(first["debug_id"]) == 13
    assert (second["request_id"], second["status"], second["fault"]) == ("two", None, "disconnect_after")


def test_the_log_holds_no_secret(sandbox: Sandbox) -> None:
    sandbox.refund(sandbox.paid_capture()["id"])
    sandbox.ask_token()
    text = sandbox.control("GET", "state").text
    for secret in (sandbox.token(), "sandbox-secret", "eyJ"):
        assert secret not in text


@pytest.mark.parametrize(
    ("call", "code", "status"),
    [("create", "DUPLICATE_INVOICE_ID", 422), ("create", "PERMISSION_DENIED", 403), ("refund", "PENDING_CAPTURE", 422)],
)
def test_a_mock_response_header_asks_for_an_error(sandbox: Sandbox, call: str, code: str, status: int) -> None:
    capture = sandbox.paid_capture()
    header = f'{{"mock_application_codes": "{code}"}}'
    calls: dict[str, Any] = {"create": sandbox.create, "refund": partial(sandbox.refund, capture["id"])}
    reply = calls[call](PayPal_Mock_Response=header)
    assert (reply.status, reply.issue) == (status, code)
    assert len(sandbox.state()["orders"]) == 1
    assert sandbox.state()["refunds"] == []


@pytest.mark.parametrize("header", ["x", "{}", "[]", '{"mock_application_codes": "NO_SUCH"}'])
def test_a_mock_response_that_paypal_does_not_know_is_refused(sandbox: Sandbox, header: str) -> None:
    assert sandbox.create(PayPal_Mock_Response=header).issue == "INVALID_PARAMETER_VALUE"


def test_the_vault_takes_no_mock_response(sandbox: Sandbox) -> None:
    header = '{"mock_application_codes": "INTERNAL_SERVER_ERROR"}'
    assert sandbox.setup_token(PayPal_Mock_Response=header).status == 201


def test_a_lost_answer_moves_money_once(sandbox: Sandbox) -> None:
    token = sandbox.vaulted()
    sandbox.fault("create_order", "disconnect_after", count=3)
    for _ in range(3):
        with pytest.raises(LOST):
            sandbox.charge(token, unit("10.00"), PayPal_Request_Id="same")
    until(lambda: len(sandbox.requests("create_order")) == 3)
    assert sandbox.charge(token, unit("10.00"), PayPal_Request_Id="same").status == 200
    assert sandbox.balance(SELLER) == "9.16"


OTHER = "other@shop.example"


def _sold(sandbox: Sandbox, seller: str) -> tuple[str, str]:
    """The ids of an order and its capture."""
    paid = sandbox.paid(order(unit(seller=seller))).json
    return paid["id"], paid["purchase_units"][0]["payments"]["captures"][0]["id"]


def test_a_fault_can_be_meant_for_one_sellers_requests(sandbox: Sandbox) -> None:
    struck, spared = _sold(sandbox, SELLER), _sold(sandbox, OTHER)
    sandbox.fault("any", "error_503", count=0, account=SELLER.upper())
    for order_id, capture_id in (struck, spared):
        expected = 503 if order_id == struck[0] else 200
        assert sandbox.order(order_id).status == expected
        assert sandbox.get_capture(capture_id).status == expected
    assert sandbox.create(order(unit(seller=SELLER))).status == 503
    assert sandbox.create(order(unit(seller=OTHER))).status == 201
    assert sandbox.refund(spared[1], seller=OTHER).status == 201
    assert sandbox.refund(struck[1]).status == 503
    assert sandbox.ask_token().status == 200


def test_a_seller_is_meant_by_either_of_its_names(sandbox: Sandbox) -> None:
    merchant_id = sandbox.paid_capture()["payee"]["merchant_id"]
    sandbox.fault("create_order", "error_500", account=merchant_id)
    assert sandbox.create(order(unit(seller=OTHER))).status == 201
    assert sandbox.create().status == 500
    assert sandbox.state()["faults"] == []
    sandbox.fault("create_order", "error_500", account=SELLER)
    by_id = {"amount": {"currency_code": "USD", "value": "1.00"}, "payee": {"merchant_id": merchant_id}}
    assert sandbox.create(order(by_id)).status == 500


@pytest.mark.parametrize("body", ['{"purchase_units": 1}', "[]", "{", '{"purchase_units": [{"payee": 7}]}'])
def test_a_body_that_makes_no_sense_is_about_nobody(sandbox: Sandbox, body: str) -> None:
    sandbox.fault("any", "error_503", account=SELLER)
    headers = {"Authorization": f"Bearer {sandbox.token()}", "Content_Type": "application/json"}
    assert (
        sandbox.send("POST", "/paypal/v2/checkout/orders", body, PayPal_Auth_Assertion="x.y.z", **headers).status == 400
    )


def test_a_request_can_bring_its_own_fault(sandbox: Sandbox) -> None:
    assert sandbox.create(Sandbox_Fault="issue:TRANSACTION_REFUSED").issue == "TRANSACTION_REFUSED"
    reply = sandbox.create(Sandbox_Fault="rate_limit_429; retry_after_s=7")
    assert (reply.status, reply.headers["Retry-After"]) == (429, "7")
    with pytest.raises(LOST):
        sandbox.create(PayPal_Request_Id="own", Sandbox_Fault="disconnect_after")
    until(lambda: len(sandbox.state()["orders"]) == 1)
    assert sandbox.create(PayPal_Request_Id="own").status == 200
    assert len(sandbox.state()["orders"]) == 1


@pytest.mark.parametrize("header", ["", "no_such", "latency; delay_ms=x", "latency; count=2", "issue:NO_SUCH"])
def test_a_fault_of_its_own_that_makes_no_sense_is_refused(sandbox: Sandbox, header: str) -> None:
    assert sandbox.create(Sandbox_Fault=header).issue == "INVALID_PARAMETER_VALUE"
