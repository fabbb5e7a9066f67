"""Webhooks v1: registration, delivery and its troubles, the check of a signature, events once more."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from tests.sandbox.client import Reply, Sandbox, money
from tests.sandbox.receiver import Receiver, receiving
from tests.support.waiting import until

from solitude_sandbox import make_server
from solitude_sandbox.delivery import is_here
from solitude_sandbox.paypal import webhooks
from solitude_sandbox.paypal.patience import OF_WEBHOOKS

WEBHOOKS = "/v1/notifications/webhooks"
EVENTS = "/v1/notifications/webhooks-events"
VERIFY = "/v1/notifications/verify-webhook-signature"
SIMULATE = "/v1/notifications/simulate-event"


def _register(sandbox: Sandbox, url: str, *types: str) -> Reply:
    return sandbox.api("POST", WEBHOOKS, {"url": url, "event_types": [{"name": name} for name in types or ("*",)]})


def _delivery(sandbox: Sandbox, **manner: Any) -> Any:
    reply = sandbox.control("POST", "delivery", manner)
    assert reply.status == 200, reply.text
    return reply.json


@contextmanager
def _registered(sandbox: Sandbox, *types: str) -> Iterator[tuple[Receiver, str]]:
    """A listener that is told of events, and the id of its webhook."""
    with receiving() as receiver:
        reply = _register(sandbox, receiver.url, *types)
        assert reply.status == 201, reply.text
        yield receiver, reply.json["id"]
        sandbox.api("DELETE", f"{WEBHOOKS}/{reply.json['id']}")


def _has_failed(sandbox: Sandbox, times: int) -> bool:
    return bool(sandbox.control("GET", "delivery").json["failed"] == times)


def _has_received(receiver: Receiver, messages: int) -> bool:
    return len(receiver.received) == messages


def _question(message: Any, webhook_id: str = webhooks.BUILT_IN, **other: str) -> str:
    """The body of a question whether the message is genuine, with the event's bytes pasted in."""
    headers = {name.upper(): value for name, value in message["headers"].items()}
    asked = {
        "auth_algo": headers["PAYPAL-AUTH-ALGO"],
        "cert_url": headers["PAYPAL-CERT-URL"],
        "transmission_id": headers["PAYPAL-TRANSMISSION-ID"],
        "transmission_sig": headers["PAYPAL-TRANSMISSION-SIG"],
        "transmission_time": headers["PAYPAL-TRANSMISSION-TIME"],
        "webhook_id": webhook_id,
        **other,
    }
    return f'{{ "webhook_event" : {message["body"]} , {json.dumps(asked)[1:-1]} }}'


def _verified(sandbox: Sandbox, question: str) -> str:
    bearer = f"Bearer {sandbox.token()}"
    reply = sandbox.send(
        "POST", f"/paypal{VERIFY}", question.encode(), Authorization=bearer, Content_Type="application/json"
    )
    assert reply.status == 200, reply.text
    return str(reply.json["verification_status"])


def test_a_webhook_is_registered_shown_listed_and_deleted(sandbox: Sandbox) -> None:
    reply = _register(sandbox, "http://127.0.0.1:9/hook", "PAYMENT.CAPTURE.COMPLETED")
    assert reply.status == 201
    shown = reply.json
    assert shown["url"] == "http://127.0.0.1:9/hook"
    assert [each["name"] for each in shown["event_types"]] == ["PAYMENT.CAPTURE.COMPLETED"]
    path = f"{WEBHOOKS}/{shown['id']}"
    assert reply.link("self") == f"{sandbox.paypal}{path}"
    assert sandbox.api("GET", path).json == shown
    assert sandbox.api("GET", WEBHOOKS).json == {"webhooks": [shown]}
    assert sandbox.api("DELETE", path).status == 204
    assert sandbox.api("GET", path).issue == "INVALID_RESOURCE_ID"
    assert sandbox.api("DELETE", path).status == 404
    assert sandbox.api("GET", WEBHOOKS).json == {"webhooks": []}


@pytest.mark.parametrize(
    ("url", "issue"),
    [
        ("https://market.example/hook", "URL_NOT_ON_THIS_MACHINE"),
        ("http://10.0.0.1/hook", "URL_NOT_ON_THIS_MACHINE"),
        ("http://127.0.0.1.market.example/hook", "URL_NOT_ON_THIS_MACHINE"),
        ("http://127.0.0.1@market.example/hook", "URL_NOT_ON_THIS_MACHINE"),
        ("http://market.example\\@127.0.0.1/hook", "URL_NOT_ON_THIS_MACHINE"),
        ("ftp://127.0.0.1/hook", "INVALID_PARAMETER_SYNTAX"),
        ("http://127.0.0.1/" + "x" * 2048, "INVALID_STRING_LENGTH"),
        (None, "MISSING_REQUIRED_PARAMETER"),
    ],
)
def test_only_urls_of_this_machine_can_be_registered(sandbox: Sandbox, url: str | None, issue: str) -> None:
    reply = sandbox.api("POST", WEBHOOKS, {"url": url, "event_types": [{"name": "*"}]})
    assert (reply.status, reply.issue) == (400, issue)
    assert sandbox.api("GET", WEBHOOKS).json == {"webhooks": []}


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:8000", "127.1.2.3", "[::1]:8000"])
def test_this_machine_has_several_names(host: str) -> None:
    assert is_here(f"http://{host}/hook")


@pytest.mark.parametrize("types", [None, [], [{}], ["*"], [{"name": "a b"}], [{"name": "*"}] * 501])
def test_event_types_must_be_named(sandbox: Sandbox, types: Any) -> None:
    body = {"url": "http://127.0.0.1:9/hook", "event_types": types}
    assert sandbox.api("POST", WEBHOOKS, body).status == 400


def test_at_most_ten_webhooks_each_with_a_url_of_its_own(sandbox: Sandbox) -> None:
    assert [_register(sandbox, f"http://127.0.0.1:9/{number}").status for number in range(10)] == [201] * 10
    assert _register(sandbox, "http://127.0.0.1:9/10").issue == "WEBHOOK_NUMBER_LIMIT_EXCEEDED"
    assert _register(sandbox, "http://127.0.0.1:9/1").issue == "WEBHOOK_URL_ALREADY_EXISTS"
    sandbox.control("POST", "reset")
    assert sandbox.api("GET", WEBHOOKS).json == {"webhooks": []}


def test_events_are_brought_as_they_happen_signed_for_that_webhook(sandbox: Sandbox) -> None:
    with _registered(sandbox) as (receiver, webhook_id):
        sandbox.paid_capture()
        until(lambda: len(receiver.received) == 3)
        pulled = {message["body"]: message for message in sandbox.events(webhook=webhook_id)}
        for message in receiver.received:
            expected = pulled[message.body]["headers"]
            sent = {name.upper(): value for name, value in message.headers.items()}
            assert expected.items() <= sent.items()
            assert sent["CONTENT-TYPE"] == "application/json"
            question = _question({"headers": sent, "body": message.body}, webhook_id)
            assert _verified(sandbox, question) == "SUCCESS"
            assert _verified(sandbox, _question({"headers": sent, "body": message.body})) == "FAILURE"


def test_a_webhook_is_told_only_of_what_it_subscribed_to(sandbox: Sandbox) -> None:
    with _registered(sandbox, "PAYMENT.CAPTURE.REFUNDED", "MERCHANT.ONBOARDING.COMPLETED") as (receiver, _):
        refund = sandbox.refund(sandbox.paid_capture()["id"]).json
        until(lambda: len(receiver.received) == 1)
        assert json.loads(receiver.bodies[0])["resource"]["id"] == refund["id"]
        assert sandbox.control("GET", "delivery").json["waiting"] == 0


@pytest.mark.parametrize("status", [500, 404, 302])
def test_what_is_not_received_is_brought_again_later(sandbox: Sandbox, status: int) -> None:
    with _registered(sandbox) as (receiver, _):
        receiver.status = status
        sandbox.vaulted()
        until(lambda: sandbox.control("GET", "delivery").json["failed"] == 1)
        receiver.status = 204
        sandbox.advance(seconds=11)
        until(lambda: sandbox.control("GET", "delivery").json["received"] == 1)
        first, second = receiver.received
        assert (first.body, first.headers) == (second.body, second.headers)
        assert sandbox.control("GET", "delivery").json["waiting"] == 0


def test_after_25_tries_in_three_days_it_is_given_up(sandbox: Sandbox) -> None:
    assert _register(sandbox, "http://127.0.0.1:9/hook").status == 201  # nobody listens there
    sandbox.vaulted()
    for tries in range(1, 25):
        until(partial(_has_failed, sandbox, tries))
        sandbox.advance(seconds=int(OF_WEBHOOKS.back_off(tries).total_seconds()) + 1)
    until(lambda: sandbox.control("GET", "delivery").json["given_up"] == 1)
    assert sandbox.control("GET", "delivery").json["waiting"] == 0
    spans = [OF_WEBHOOKS.back_off(tries) for tries in range(1, OF_WEBHOOKS.tries)]
    assert spans == sorted(spans)
    assert timedelta(days=2) < sum(spans, timedelta()) <= timedelta(days=3)


def test_duplicates_are_brought_on_demand(sandbox: Sandbox) -> None:
    with _registered(sandbox) as (receiver, _):
        _delivery(sandbox, duplicates=2)
        sandbox.vaulted()
        until(lambda: len(receiver.received) == 3)
        assert len(set(receiver.bodies)) == 1


def test_paused_post_waits_and_may_come_in_another_order(sandbox: Sandbox) -> None:
    with _registered(sandbox) as (receiver, _):
        assert _delivery(sandbox, paused=True, shuffle=True)["paused"] is True
        for _ in range(20):
            sandbox.vaulted()
        assert sandbox.control("GET", "delivery").json["waiting"] == 20
        assert receiver.received == []
        _delivery(sandbox, paused=False)
        until(lambda: len(receiver.received) == 20)
        happened = [message["body"] for message in sandbox.events()]
        assert sorted(receiver.bodies) == sorted(happened)
        assert receiver.bodies != happened


def test_late_post_comes_when_the_clock_gets_there(sandbox: Sandbox) -> None:
    with _registered(sandbox) as (receiver, _):
        _delivery(sandbox, delay_ms=3_600_000)
        sandbox.vaulted()
        assert sandbox.control("GET", "delivery").json["waiting"] == 1
        assert receiver.received == []
        sandbox.advance(hours=1)
        until(lambda: len(receiver.received) == 1)


def test_what_only_the_clock_brings_about_is_brought_though_nobody_asks(sandbox: Sandbox) -> None:
    with _registered(sandbox, "CHECKOUT.PAYMENT-APPROVAL.REVERSED") as (receiver, _):
        sandbox.approve(sandbox.create().json["id"])
        sandbox.advance(hours=3)
        until(lambda: len(receiver.received) == 1)
        (own,) = [link["href"] for link in json.loads(receiver.bodies[0])["links"] if link["rel"] == "self"]
        assert own.startswith(sandbox.paypal)


@pytest.mark.parametrize("end", ["delete", "reset"])
def test_a_webhook_that_is_gone_gets_nothing_more(sandbox: Sandbox, end: str) -> None:
    with _registered(sandbox) as (receiver, webhook_id):
        _delivery(sandbox, paused=True)
        sandbox.vaulted()
        if end == "delete":
            sandbox.api("DELETE", f"{WEBHOOKS}/{webhook_id}")
        else:
            sandbox.control("POST", "reset")
        _delivery(sandbox, paused=False)
        sandbox.vaulted()
        state = sandbox.control("GET", "delivery").json
        assert (state["waiting"], state["received"], receiver.received) == (0, 0, [])


@pytest.mark.parametrize(
    "manner",
    [{"duplicates": 11}, {"duplicates": True}, {"shuffle": 1}, {"paused": "no"}, {"delay_ms": -1}, {"speed": 1}, []],
)
def test_a_manner_that_makes_no_sense_is_refused_with_a_sentence(sandbox: Sandbox, manner: Any) -> None:
    reply = sandbox.control("POST", "delivery", manner)
    assert (reply.status, reply.json["error"][-1]) == (400, ".")


def test_the_postman_starts_with_the_first_webhook_and_ends_with_the_server() -> None:
    def postmen() -> int:
        return sum(thread.name == "sandbox-delivery" for thread in threading.enumerate())

    before = postmen()
    server = make_server()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    client = Sandbox(f"http://127.0.0.1:{server.port}")
    client.vaulted()
    assert postmen() == before
    _register(client, "http://127.0.0.1:9/hook")
    assert postmen() == before + 1
    server.shutdown()
    thread.join(10)
    client.close()
    until(lambda: postmen() == before)


def test_the_built_in_webhooks_messages_verify(sandbox: Sandbox) -> None:
    sandbox.paid_capture()
    for message in sandbox.events():
        assert _verified(sandbox, _question(message)) == "SUCCESS"


@pytest.mark.parametrize(
    "other",
    [
        {"webhook_id": "WH-NOBODYS"},
        {"auth_algo": "none"},
        {"cert_url": "https://api.paypal.com/v1/notifications/certs/CERT-1"},
        {"transmission_id": "another"},
        {"transmission_time": "2030-01-01T00:00:00Z"},
        {"transmission_sig": "bm8="},
        {"transmission_sig": "not base64"},
    ],
)
def test_a_message_with_one_thing_changed_does_not_verify(sandbox: Sandbox, other: dict[str, str]) -> None:
    sandbox.vaulted()
    assert _verified(sandbox, _question(sandbox.events()[-1], **other)) == "FAILURE"


def test_an_event_that_was_spelled_anew_does_not_verify(sandbox: Sandbox) -> None:
    sandbox.vaulted()
    message = sandbox.events()[-1]
    message["body"] = json.dumps(json.loads(message["body"]))
    assert _verified(sandbox, _question(message)) == "FAILURE"


def test_a_question_with_something_missing_is_refused(sandbox: Sandbox) -> None:
    sandbox.vaulted()
    for left_out in json.loads(_question(sandbox.events()[-1])):
        body = json.loads(_question(sandbox.events()[-1]))
        del body[left_out]
        reply = sandbox.api("POST", VERIFY, body)
        assert (reply.status, reply.issue) == (400, "MISSING_REQUIRED_PARAMETER"), left_out


@pytest.mark.parametrize(
    ("text", "raw"),
    [
        ('{"a":1,"e":{"x": [1, "}"]}}', '{"x": [1, "}"]}'),
        (' {\n "e" :\t{ } , "a":"\\"e\\":{}"}\n', "{ }"),
        ('{"e":{"first":1},"e":{"last":2}}', '{"last":2}'),
        ('{"a":{"e":{"inner":1}},"e":{"ü":"\\u00fc"}}', '{"ü":"\\u00fc"}'),
        ('{"a":1}', ""),
        ("{}", ""),
    ],
)
def test_the_bytes_of_a_member_are_cut_out_as_they_stand(text: str, raw: str) -> None:
    assert webhooks.raw_member(text.encode(), "e") == raw.encode()


def test_events_can_be_looked_up_afterwards(sandbox: Sandbox) -> None:
    capture = sandbox.paid_capture()
    sandbox.refund(capture["id"], {"amount": money("1.00")})
    told = sandbox.told()
    assert sandbox.api("GET", f"{EVENTS}/{told[0]['id']}").json == told[0]
    assert sandbox.api("GET", f"{EVENTS}/WH-NEVER-WAS").issue == "INVALID_RESOURCE_ID"
    listed = sandbox.api("GET", EVENTS).json
    assert (listed["events"], listed["count"]) == (list(reversed(told)), 4)

    def found(query: str) -> list[str]:
        return [event["id"] for event in sandbox.api("GET", f"{EVENTS}?{query}").json["events"]]

    assert found("page_size=1") == [told[3]["id"]]
    assert found(f"transaction_id={capture['id']}") == [told[2]["id"]]
    assert found("event_type=CHECKOUT.ORDER.APPROVED") == [told[0]["id"]]
    assert found("start_time=2100-01-01T00:00:00Z") == found("end_time=2000-01-01T00:00:00%2B01:00") == []
    assert len(found("start_time=2000-01-01T00:00:00Z&end_time=2100-01-01T00:00:00Z")) == 4
    assert sandbox.api("GET", f"{EVENTS}?start_time=yesterday").issue == "INVALID_PARAMETER_SYNTAX"
    assert sandbox.api("GET", f"{EVENTS}?page_size=301").issue == "INVALID_PARAMETER_VALUE"


def test_an_event_is_brought_again_on_request(sandbox: Sandbox) -> None:
    with _registered(sandbox) as (receiver, webhook_id):
        sandbox.vaulted()
        (event,) = sandbox.told()
        for number, body in enumerate([{}, {"webhook_ids": [webhook_id]}], 2):
            reply = sandbox.api("POST", f"{EVENTS}/{event['id']}/resend", body)
            assert (reply.status, reply.json) == (202, event)
            until(partial(_has_received, receiver, number))
        assert len(set(receiver.bodies)) == 1
    path = f"{EVENTS}/{event['id']}/resend"
    assert sandbox.api("POST", path, {"webhook_ids": ["NOSUCH"]}).status == 404
    assert sandbox.api("POST", path, {"webhook_ids": "all"}).status == 400


@pytest.mark.parametrize("event_type", sorted(webhooks.KINDS))
def test_a_simulated_event_is_brought_but_cannot_be_verified(sandbox: Sandbox, event_type: str) -> None:
    with receiving() as receiver:
        reply = sandbox.api("POST", SIMULATE, {"url": receiver.url, "event_type": event_type})
        assert (reply.status, reply.json["event_type"]) == (202, event_type)
        until(lambda: len(receiver.received) == 1)
        (message,) = receiver.received
        assert json.loads(message.body) == reply.json
        question = _question({"headers": message.headers, "body": message.body})
        assert _verified(sandbox, question) == "FAILURE"
    assert sandbox.told() == []


def test_a_simulated_event_needs_an_address_and_a_type_that_is_known(sandbox: Sandbox) -> None:
    known = "PAYMENT.CAPTURE.COMPLETED"
    with _registered(sandbox) as (receiver, webhook_id):
        assert sandbox.api("POST", SIMULATE, {"webhook_id": webhook_id, "event_type": known}).status == 202
        until(lambda: len(receiver.received) == 1)
    assert sandbox.api("POST", SIMULATE, {"event_type": known}).issue == "MISSING_REQUIRED_PARAMETER"
    assert sandbox.api("POST", SIMULATE, {"webhook_id": "NOSUCH", "event_type": known}).status == 404
    far = {"url": "http://market.example/", "event_type": known}
    assert sandbox.api("POST", SIMULATE, far).issue == "URL_NOT_ON_THIS_MACHINE"
    odd = {"url": "http://127.0.0.1:9/", "event_type": "SUN.RISEN"}
    assert sandbox.api("POST", SIMULATE, odd).issue == "INVALID_PARAMETER_VALUE"


def test_webhook_calls_are_in_the_log_and_can_fail(sandbox: Sandbox) -> None:
    sandbox.vaulted()
    question = _question(sandbox.events()[-1])
    sandbox.fault("verify_webhook", "error_500")
    assert sandbox.api("POST", VERIFY, json.loads(question)).status == 500
    assert _verified(sandbox, question) == "SUCCESS"
    assert [entry["status"] for entry in sandbox.requests("verify_webhook")] == [500, 200]


def test_a_webhook_gets_another_address_and_other_events(sandbox: Sandbox) -> None:
    with receiving() as first, receiving() as second:
        webhook = _register(sandbox, first.url, "SUN.RISEN").json["id"]
        sandbox.vaulted()
        changes = [
            {"op": "replace", "path": "/url", "value": second.url},
            {"op": "replace", "path": "/event_types", "value": [{"name": "VAULT.PAYMENT-TOKEN.CREATED"}]},
        ]
        reply = sandbox.api("PATCH", f"{WEBHOOKS}/{webhook}", changes)
        assert (reply.status, reply.json["url"]) == (200, second.url)
        types = sandbox.api("GET", f"{WEBHOOKS}/{webhook}/event-types").json["event_types"]
        assert [each["name"] for each in types] == ["VAULT.PAYMENT-TOKEN.CREATED"]
        sandbox.vaulted()
        until(lambda: len(second.received) == 1)
        assert first.received == []


@pytest.mark.parametrize(
    ("steps", "issue"),
    [
        ({}, "INVALID_PARAMETER_SYNTAX"),
        ([{"op": "add", "path": "/url", "value": "http://127.0.0.1:9/x"}], "INVALID_PARAMETER_VALUE"),
        ([{"op": "replace", "path": "/id", "value": "x"}], "INVALID_PARAMETER_VALUE"),
        ([{"op": "replace", "path": "/url"}], "MISSING_REQUIRED_PARAMETER"),
        ([{"op": "replace", "path": "/url", "value": "https://far.example/x"}], "URL_NOT_ON_THIS_MACHINE"),
        ([{"op": "replace", "path": "/url", "value": "http://127.0.0.1:9/other"}], "WEBHOOK_URL_ALREADY_EXISTS"),
        ([{"op": "replace", "path": "/event_types", "value": []}], "INVALID_ARRAY_MIN_ITEMS"),
    ],
)
def test_a_change_of_a_webhook_that_makes_no_sense_is_refused(sandbox: Sandbox, steps: Any, issue: str) -> None:
    shown = _register(sandbox, "http://127.0.0.1:9/hook").json
    _register(sandbox, "http://127.0.0.1:9/other")
    assert sandbox.api("PATCH", f"{WEBHOOKS}/{shown['id']}", steps).issue == issue
    assert sandbox.api("GET", f"{WEBHOOKS}/{shown['id']}").json == shown


def test_the_event_types_are_listed(sandbox: Sandbox) -> None:
    types = sandbox.api("GET", "/v1/notifications/webhooks-event-types").json["event_types"]
    assert {"CHECKOUT.ORDER.COMPLETED", "PAYMENT.CAPTURE.REVERSED"} <= {each["name"] for each in types}
