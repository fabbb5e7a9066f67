"""PayPal-Request-Id: one effect, however often and however many at a time."""

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from tests.sandbox.client import SELLER, Reply, Sandbox, money, order, unit, wallet
from tests.support.waiting import until


def test_a_repeated_create_gets_the_same_order_with_200(sandbox: Sandbox) -> None:
    first = sandbox.create(PayPal_Request_Id="same")
    second = sandbox.create(PayPal_Request_Id="same")
    assert (first.status, second.status) == (201, 200)
    assert first.json == second.json
    assert len(sandbox.state()["orders"]) == 1


def test_a_repeated_request_gets_the_latest_state(sandbox: Sandbox) -> None:
    order_id = sandbox.create(order(**wallet()), PayPal_Request_Id="same").json["id"]
    sandbox.approve(order_id)
    sandbox.capture(order_id)
    again = sandbox.create(order(**wallet()), PayPal_Request_Id="same")
    assert (again.json["id"], again.json["status"]) == (order_id, "COMPLETED")


def test_a_repeated_request_may_prefer_another_form(sandbox: Sandbox) -> None:
    sandbox.create(PayPal_Request_Id="same", Prefer="return=minimal")
    assert "purchase_units" in sandbox.create(PayPal_Request_Id="same").json


def test_a_repeated_capture_refund_charge_and_token_have_one_effect(sandbox: Sandbox) -> None:
    order_id = sandbox.create().json["id"]
    sandbox.approve(order_id)
    captures = [sandbox.capture(order_id, PayPal_Request_Id="c") for _ in range(2)]
    assert [reply.status for reply in captures] == [201, 200]
    capture_id = captures[0].json["purchase_units"][0]["payments"]["captures"][0]["id"]
    body = {"amount": money("4.00")}
    refunds = [sandbox.refund(capture_id, body, PayPal_Request_Id="r") for _ in range(2)]
    assert [reply.status for reply in refunds] == [201, 200]
    assert refunds[0].json == refunds[1].json
    setups = [sandbox.setup_token(PayPal_Request_Id="s") for _ in range(2)]
    assert setups[0].json["id"] == setups[1].json["id"]
    sandbox.approve(setups[0].json["id"])
    tokens = [sandbox.payment_token(setups[0].json["id"], PayPal_Request_Id="p") for _ in range(2)]
    assert [reply.status for reply in tokens] == [201, 200]
    charges = [sandbox.charge(tokens[0].json["id"], unit(), PayPal_Request_Id="v") for _ in range(2)]
    assert charges[0].json == charges[1].json
    state = sandbox.state()
    counts = {key: len(state[key]) for key in ("orders", "captures", "refunds", "setup_tokens", "payment_tokens")}
    assert counts == {"orders": 2, "captures": 2, "refunds": 1, "setup_tokens": 1, "payment_tokens": 1}


def test_another_body_under_the_same_request_id_is_refused(sandbox: Sandbox) -> None:
    sandbox.create(order(unit("1.00")), PayPal_Request_Id="same")
    reply = sandbox.create(order(unit("2.00")), PayPal_Request_Id="same")
    assert (reply.status, reply.issue) == (422, "DUPLICATE_REQUEST_ID")
    assert len(sandbox.state()["orders"]) == 1


def test_the_order_of_keys_and_the_spacing_make_no_other_body(sandbox: Sandbox) -> None:
    body = order(unit("1.00"))
    first = sandbox.create(body, PayPal_Request_Id="same")
    second = sandbox.create(dict(reversed(body.items())), PayPal_Request_Id="same")
    assert first.json["id"] == second.json["id"]


def test_no_body_and_an_empty_object_are_the_same_body(sandbox: Sandbox) -> None:
    capture = sandbox.paid_capture()
    first = sandbox.refund(capture["id"], None, PayPal_Request_Id="same")
    assert sandbox.refund(capture["id"], {}, PayPal_Request_Id="same").json == first.json


def test_a_request_id_belongs_to_its_path(sandbox: Sandbox) -> None:
    first, second = (sandbox.paid_capture(order(unit()))["id"] for _ in range(2))
    refunds = [sandbox.refund(capture, PayPal_Request_Id="same") for capture in (first, second)]
    assert [reply.status for reply in refunds] == [201, 201]


def test_a_refused_request_leaves_its_request_id_free(sandbox: Sandbox) -> None:
    assert sandbox.create(order(unit("0.00")), PayPal_Request_Id="same").status == 422
    assert sandbox.create(order(unit("1.00")), PayPal_Request_Id="same").status == 201


def test_a_request_id_has_at_most_108_characters(sandbox: Sandbox) -> None:
    assert sandbox.create(PayPal_Request_Id="x" * 108).status == 201
    assert sandbox.create(PayPal_Request_Id="x" * 109).issue == "INVALID_STRING_LENGTH"


def test_orders_are_remembered_for_six_hours(sandbox: Sandbox) -> None:
    token = sandbox.vaulted()
    first = sandbox.charge(token, unit(), PayPal_Request_Id="same").json["id"]
    sandbox.advance(hours=5, minutes=59)
    assert sandbox.charge(token, unit(), PayPal_Request_Id="same").json["id"] == first
    sandbox.advance(minutes=1)
    assert sandbox.charge(token, unit(), PayPal_Request_Id="same").json["id"] != first


def test_refunds_are_remembered_for_45_days(sandbox: Sandbox) -> None:
    capture = sandbox.paid_capture()
    body = {"amount": money("1.00")}
    first = sandbox.refund(capture["id"], body, PayPal_Request_Id="same").json["id"]
    sandbox.advance(days=44)
    sandbox.forget_token()
    assert sandbox.refund(capture["id"], body, PayPal_Request_Id="same").json["id"] == first
    sandbox.advance(days=1)
    sandbox.forget_token()
    assert sandbox.refund(capture["id"], body, PayPal_Request_Id="same").json["id"] != first


def test_the_vault_remembers_for_three_hours(sandbox: Sandbox) -> None:
    first = sandbox.setup_token(PayPal_Request_Id="same").json["id"]
    sandbox.advance(hours=2, minutes=59)
    assert sandbox.setup_token(PayPal_Request_Id="same").json["id"] == first
    sandbox.advance(minutes=1)
    assert sandbox.setup_token(PayPal_Request_Id="same").json["id"] != first


def test_a_repeat_of_an_order_that_is_gone_still_names_it(sandbox: Sandbox) -> None:
    order_id = sandbox.create(PayPal_Request_Id="same").json["id"]
    sandbox.approve(order_id)
    sandbox.advance(hours=4)
    assert sandbox.order(order_id).status == 404
    again = sandbox.create(PayPal_Request_Id="same")
    assert (again.json["id"], again.json["status"]) == (order_id, "APPROVED")


def _at_once(sandbox: Sandbox, count: int, send: Callable[[], Reply]) -> list[Reply]:
    """Call `send` in so many threads at the same moment."""
    sandbox.token()
    gate = threading.Barrier(count)

    def go(_: int) -> Reply:
        gate.wait(10)
        return send()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(go, range(count)))


def test_fifty_threads_with_one_request_id_charge_once(sandbox: Sandbox) -> None:
    token = sandbox.vaulted()
    replies = _at_once(sandbox, 50, lambda: sandbox.charge(token, unit("10.00"), PayPal_Request_Id="same"))
    statuses = Counter(reply.status for reply in replies)
    assert statuses[201] == 1
    assert set(statuses) <= {200, 201, 409}
    assert len({reply.json["id"] for reply in replies if reply.status != 409}) == 1
    assert {reply.issue for reply in replies if reply.status == 409} <= {"PREVIOUS_REQUEST_IN_PROGRESS"}
    assert len(sandbox.state()["captures"]) == 1
    assert sandbox.balance(SELLER) == "9.16"


def test_fifty_threads_with_fifty_request_ids_refund_no_more_than_was_paid(sandbox: Sandbox) -> None:
    capture = sandbox.paid_capture(order(unit("10.00")))
    replies = _at_once(sandbox, 50, lambda: sandbox.refund(capture["id"], {"amount": money("1.00")}))
    assert Counter(reply.status for reply in replies) == {201: 10, 422: 40}
    assert sandbox.balance(SELLER) == "0.00"


def test_fifty_threads_capture_an_order_once(sandbox: Sandbox) -> None:
    order_id = sandbox.create().json["id"]
    sandbox.approve(order_id)
    replies = _at_once(sandbox, 50, lambda: sandbox.capture(order_id))
    assert Counter(reply.status for reply in replies) == {201: 1, 422: 49}


def test_while_a_request_is_worked_on_its_repeat_is_a_conflict(sandbox: Sandbox) -> None:
    sandbox.token()
    sandbox.fault("setup_token", "latency", count=2, delay_ms=1000)
    with ThreadPoolExecutor(1) as pool:
        other = pool.submit(sandbox.setup_token, PayPal_Request_Id="same")
        until(lambda: len(sandbox.requests("setup_token")) == 1)
        replies = [sandbox.setup_token(PayPal_Request_Id="same"), other.result(10)]
    conflict, created = sorted(replies, key=lambda reply: -reply.status)
    assert (conflict.status, conflict.json["name"]) == (409, "RESOURCE_CONFLICT")
    assert conflict.issue == "PREVIOUS_REQUEST_IN_PROGRESS"
    assert created.status == 201
    assert sandbox.setup_token(PayPal_Request_Id="same").json == created.json
