"""Access tokens, and what every API answer has in common."""

import json

import pytest
from tests.sandbox.client import Sandbox, order


def test_the_built_in_client_gets_a_token(sandbox: Sandbox) -> None:
    answer = sandbox.ask_token().json
    assert answer["access_token"].startswith("A21AA")
    assert answer["token_type"] == "Bearer"
    assert answer["expires_in"] == 32400
    assert answer["app_id"].startswith("APP-")
    assert answer["scope"]
    assert answer["nonce"]
    assert sandbox.ask_token().json["access_token"] != answer["access_token"]


@pytest.mark.parametrize(("client", "secret"), [("sandbox-client", "wrong"), ("wrong", "sandbox-secret"), ("", "")])
def test_a_wrong_client_is_refused_in_oauths_own_form(sandbox: Sandbox, client: str, secret: str) -> None:
    reply = sandbox.ask_token(client, secret)
    assert reply.status == 401
    assert reply.json == {"error": "invalid_client", "error_description": "Client Authentication failed"}
    assert reply.headers["PayPal-Debug-Id"]


def test_credentials_may_not_be_missing(sandbox: Sandbox) -> None:
    assert sandbox.form("/paypal/v1/oauth2/token", grant_type="client_credentials").status == 401


def test_only_client_credentials_are_granted(sandbox: Sandbox) -> None:
    reply = sandbox.ask_token(grant="password")
    assert (reply.status, reply.json["error"]) == (400, "unsupported_grant_type")


def test_a_token_expires_by_the_simulators_clock(sandbox: Sandbox) -> None:
    sandbox.token()
    sandbox.advance(seconds=32399)
    assert sandbox.create().status == 201
    sandbox.advance(seconds=1)
    reply = sandbox.create()
    assert (reply.status, reply.json["name"]) == (401, "AUTHENTICATION_FAILURE")
    sandbox.forget_token()
    assert sandbox.create().status == 201


@pytest.mark.parametrize("header", ["-", "Bearer", "Bearer nonsense", "Basic c2FuZGJveC1jbGllbnQ6c2FuZGJveC1zZWNyZXQ="])
def test_without_a_good_token_nothing_is_done(sandbox: Sandbox, header: str) -> None:
    reply = sandbox.create(Authorization=header)
    assert (reply.status, reply.json["name"]) == (401, "AUTHENTICATION_FAILURE")
    assert sandbox.state()["orders"] == []


def test_an_error_has_paypals_form(sandbox: Sandbox) -> None:
    reply = sandbox.create(order() | {"intent": "GIFT"})
    body = reply.json
    assert body["name"] == "INVALID_REQUEST"
    assert body["message"] == "Request is not well-formed, syntactically incorrect, or violates schema."
    assert body["debug_id"] == reply.headers["PayPal-Debug-Id"]
    assert body["details"] == [
        {
            "field": "/intent",
            "value": "GIFT",
            "location": "body",
            "issue": "INVALID_PARAMETER_VALUE",
            "description": "A parameter value is not valid.",
        }
    ]
    assert body["links"][0]["rel"] == "information_link"


def test_an_issue_has_the_words_of_its_operation(sandbox: Sandbox) -> None:
    capture = sandbox.paid_capture(order({**order()["purchase_units"][0], "invoice_id": "i"}))
    sandbox.refund(capture["id"], {"amount": {"currency_code": "USD", "value": "1.00"}, "invoice_id": "i"})
    of_refund = sandbox.refund(capture["id"], {"invoice_id": "i"}).json["details"][0]["description"]
    of_capture = sandbox.paid(order({**order()["purchase_units"][0], "invoice_id": "i"})).json["details"][0]
    assert of_refund == "Invoice ID was previously used to refund a capture."
    assert of_capture["description"].startswith("Duplicate Invoice ID detected.")


def test_debug_ids_are_on_every_answer_and_never_the_same(sandbox: Sandbox) -> None:
    order_id = sandbox.create().json["id"]
    paths = [
        f"/paypal/v2/checkout/orders/{order_id}",
        f"/paypal/checkoutnow?token={order_id}",
        "/paypal/checkoutnow",
        "/paypal/sandbox/state",
        "/paypal/nowhere",
        "/paypal",
    ]
    replies = [sandbox.send(method, path) for path in paths for method in ("GET", "PUT")]
    ids = [reply.headers["PayPal-Debug-Id"] for reply in replies]
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize("path", ["/v2/checkout", "/v9/orders", "/v2/checkout/orders/A/B"])
def test_an_unknown_path_is_not_found(sandbox: Sandbox, path: str) -> None:
    reply = sandbox.api("POST", path, {})
    assert (reply.status, reply.json["name"]) == (404, "RESOURCE_NOT_FOUND")


def test_a_wrong_method_says_which_are_right(sandbox: Sandbox) -> None:
    reply = sandbox.api("DELETE", "/v2/checkout/orders")
    assert (reply.status, reply.json["name"]) == (405, "METHOD_NOT_SUPPORTED")
    assert reply.headers["Allow"] == "POST"


@pytest.mark.parametrize("content_type", ["-", "text/plain", "application/x-www-form-urlencoded"])
def test_a_body_must_be_declared_as_json(sandbox: Sandbox, content_type: str) -> None:
    reply = sandbox.create(Content_Type=content_type)
    assert (reply.status, reply.json["name"]) == (415, "UNSUPPORTED_MEDIA_TYPE")
    assert sandbox.create(Content_Type="application/json; charset=utf-8").status == 201


@pytest.mark.parametrize(
    "body", ["{", "nope", '{"a": NaN}', '{"a": 1e999}', "[" * 100_000, b"\xff\xfe", '{"a": ' + "9" * 5000 + "}"]
)
def test_malformed_json_is_refused(sandbox: Sandbox, body: str | bytes) -> None:
    headers = {"Authorization": f"Bearer {sandbox.token()}", "Content_Type": "application/json"}
    reply = sandbox.send("POST", "/paypal/v2/checkout/orders", body, **headers)
    assert (reply.status, reply.issue) == (400, "MALFORMED_REQUEST_JSON")


@pytest.mark.parametrize("body", [[], "text", 5, True])
def test_a_body_must_be_an_object(sandbox: Sandbox, body: object) -> None:
    assert sandbox.api("POST", "/v2/checkout/orders", body).issue == "MALFORMED_REQUEST_JSON"


def test_an_answer_is_plain_json(sandbox: Sandbox) -> None:
    reply = sandbox.create()
    assert reply.headers["Content-Type"] == "application/json"
    assert json.loads(reply.text)["id"]
