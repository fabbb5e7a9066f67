"""Vault v3: setup tokens, payment tokens, charges by vault id."""

from typing import Any

import pytest
from tests.sandbox.client import CANCEL_URL, SELLER, Reply, Sandbox, money, setup_request, unit

BUYER = "buyer@home.example"


def _charge(sandbox: Sandbox, token: str, *units: dict[str, Any], **headers: str) -> Reply:
    return sandbox.charge(token, *(units or [unit()]), **headers)


def test_a_setup_token_waits_for_the_buyer(sandbox: Sandbox) -> None:
    reply = sandbox.setup_token()
    assert reply.status == 201
    assert reply.json["status"] == "PAYER_ACTION_REQUIRED"
    assert reply.json["customer"]["id"]
    assert reply.json["payment_source"]["paypal"]["description"] == "Apps"
    setup_id = reply.json["id"]
    assert reply.link("approve") == f"{sandbox.paypal}/agreements/approve?approval_session_id={setup_id}"
    assert sandbox.api("GET", f"/v3/vault/setup-tokens/{setup_id}").json == reply.json


def test_an_approved_setup_token_becomes_a_payment_token_of_that_buyer(sandbox: Sandbox) -> None:
    setup = sandbox.setup_token(setup_request() | {"customer": {"id": "ours-7"}}).json
    sandbox.approve(setup["id"], buyer=BUYER)
    assert sandbox.api("GET", f"/v3/vault/setup-tokens/{setup['id']}").json["status"] == "APPROVED"
    reply = sandbox.payment_token(setup["id"])
    assert reply.status == 201
    assert reply.json["customer"] == {"id": "ours-7"}
    assert reply.json["payment_source"]["paypal"]["email_address"] == BUYER
    assert len(reply.json["payment_source"]["paypal"]["payer_id"]) == 13
    token_path = f"/v3/vault/payment-tokens/{reply.json['id']}"
    assert reply.link("self") == reply.link("delete") == f"{sandbox.paypal}{token_path}"
    assert sandbox.api("GET", token_path).json == reply.json


def test_without_the_buyers_approval_there_is_no_payment_token(sandbox: Sandbox) -> None:
    setup = sandbox.setup_token().json["id"]
    reply = sandbox.payment_token(setup)
    assert (reply.status, reply.issue) == (422, "PAYER_ACTION_REQUIRED")
    sandbox.approve(setup, action="cancel")
    assert sandbox.payment_token(setup).issue == "PAYER_ACTION_REQUIRED"


def test_a_setup_token_makes_one_payment_token(sandbox: Sandbox) -> None:
    setup = sandbox.setup_token().json["id"]
    sandbox.approve(setup)
    sandbox.payment_token(setup)
    assert sandbox.payment_token(setup).issue == "SETUP_TOKEN_ALREADY_TOKENIZED"
    assert len(sandbox.state()["payment_tokens"]) == 1


def test_a_setup_token_lives_three_days(sandbox: Sandbox) -> None:
    setup = sandbox.setup_token().json["id"]
    sandbox.approve(setup)
    sandbox.advance(days=3)
    sandbox.forget_token()
    assert sandbox.api("GET", f"/v3/vault/setup-tokens/{setup}").issue == "INVALID_RESOURCE_ID"
    assert sandbox.payment_token(setup).status == 404


def test_a_vault_id_is_charged_at_once(sandbox: Sandbox) -> None:
    reply = _charge(sandbox, sandbox.vaulted(buyer=BUYER), unit("20.00", custom_id="c-9"))
    assert reply.status == 201
    assert reply.json["status"] == "COMPLETED"
    (capture,) = reply.json["purchase_units"][0]["payments"]["captures"]
    assert (capture["status"], capture["amount"], capture["custom_id"]) == ("COMPLETED", money("20.00"), "c-9")
    assert reply.json["payer"]["email_address"] == BUYER
    assert sandbox.balance(BUYER) == "-20.00"


def test_a_token_is_charged_as_often_as_asked(sandbox: Sandbox) -> None:
    token = sandbox.vaulted()
    assert [_charge(sandbox, token).status for _ in range(3)] == [201, 201, 201]


def test_a_charge_needs_a_request_id(sandbox: Sandbox) -> None:
    reply = _charge(sandbox, sandbox.vaulted(), PayPal_Request_Id="-")
    assert (reply.status, reply.issue) == (400, "PAYPAL_REQUEST_ID_REQUIRED")
    assert sandbox.state()["captures"] == []


def test_the_funding_chosen_at_approval_decides_every_later_charge(sandbox: Sandbox) -> None:
    declined = _charge(sandbox, sandbox.vaulted(funding="declined"))
    assert (declined.status, declined.issue) == (422, "INSTRUMENT_DECLINED")
    assert sandbox.state()["orders"] == []
    for funding, status in [("capture_declined", "DECLINED"), ("review", "PENDING")]:
        reply = _charge(sandbox, sandbox.vaulted(funding=funding))
        assert reply.json["status"] == "COMPLETED"
        assert reply.json["purchase_units"][0]["payments"]["captures"][0]["status"] == status


def test_a_charge_with_a_used_invoice_id_is_refused_and_leaves_nothing(sandbox: Sandbox) -> None:
    token = sandbox.vaulted()
    _charge(sandbox, token, unit(invoice_id="inv-1"))
    reply = _charge(sandbox, token, unit(invoice_id="inv-1"))
    assert (reply.status, reply.issue) == (422, "DUPLICATE_INVOICE_ID")
    assert len(sandbox.state()["orders"]) == len(sandbox.state()["captures"]) == 1


def test_a_deleted_token_is_gone_and_charges_no_more(sandbox: Sandbox) -> None:
    token = sandbox.vaulted()
    path = f"/v3/vault/payment-tokens/{token}"
    assert (sandbox.api("DELETE", path).status, sandbox.api("DELETE", path).status) == (204, 204)
    assert sandbox.api("GET", path).status == 404
    reply = _charge(sandbox, token)
    assert (reply.status, reply.issue) == (422, "AGREEMENT_ALREADY_CANCELLED")


def test_a_token_that_never_was_is_not_found(sandbox: Sandbox) -> None:
    assert _charge(sandbox, "nosuchtoken").issue == "BILLING_AGREEMENT_NOT_FOUND"
    assert sandbox.api("GET", "/v3/vault/payment-tokens/nosuchtoken").status == 404
    assert sandbox.api("DELETE", "/v3/vault/payment-tokens/nosuchtoken").status == 404
    assert sandbox.payment_token("NOSUCHSETUP").status == 404


def test_a_customers_tokens_are_listed_in_pages(sandbox: Sandbox) -> None:
    tokens = []
    for _ in range(3):
        setup = sandbox.setup_token(setup_request() | {"customer": {"id": "ours-7"}}).json["id"]
        sandbox.approve(setup)
        tokens.append(sandbox.payment_token(setup).json["id"])
    sandbox.vaulted()  # another customer's
    sandbox.api("DELETE", f"/v3/vault/payment-tokens/{tokens[0]}")
    path = "/v3/vault/payment-tokens?customer_id=ours-7"
    assert [t["id"] for t in sandbox.api("GET", path).json["payment_tokens"]] == tokens[1:]
    second = sandbox.api("GET", f"{path}&page=2&page_size=1&total_required=true").json
    assert [t["id"] for t in second["payment_tokens"]] == tokens[2:]
    assert (second["total_items"], second["total_pages"]) == (2, 2)
    assert sandbox.api("GET", "/v3/vault/payment-tokens").issue == "MISSING_REQUIRED_PARAMETER"
    assert sandbox.api("GET", f"{path}&page=0").issue == "INVALID_PARAMETER_VALUE"


@pytest.mark.parametrize(
    ("body", "issue"),
    [
        ({"customer": {}}, "MISSING_REQUIRED_PARAMETER"),
        ({"payment_source": {"card": {}}}, "NOT_SUPPORTED"),
        ({"payment_source": {"paypal": {}}}, "MISSING_REQUIRED_PARAMETER"),
        (setup_request(usage_type="GIFT"), "INVALID_PARAMETER_VALUE"),
        (setup_request(description="<b>"), "INVALID_PARAMETER_SYNTAX"),
        (setup_request(description="x" * 129), "INVALID_STRING_LENGTH"),
        (setup_request(permit_multiple_payment_tokens="yes"), "INVALID_PARAMETER_SYNTAX"),
        (setup_request(experience_context={"return_url": "ftp://a.example"}), "INVALID_PARAMETER_SYNTAX"),
        (setup_request() | {"customer": {"id": "a b"}}, "INVALID_PARAMETER_SYNTAX"),
    ],
)
def test_a_malformed_setup_token_is_refused(sandbox: Sandbox, body: Any, issue: str) -> None:
    reply = sandbox.setup_token(body)
    assert reply.status == 400
    assert issue in reply.issues


@pytest.mark.parametrize(
    "source",
    [{}, {"token": {}}, {"token": {"id": "X", "type": "BILLING_AGREEMENT"}}, {"token": {"type": "SETUP_TOKEN"}}],
)
def test_a_payment_token_is_made_from_a_setup_token_only(sandbox: Sandbox, source: Any) -> None:
    assert sandbox.api("POST", "/v3/vault/payment-tokens", {"payment_source": source}).status == 400


@pytest.mark.parametrize("path", ["setup-tokens", "payment-tokens"])
def test_the_vault_demands_a_request_id(sandbox: Sandbox, path: str) -> None:
    reply = sandbox.api("POST", f"/v3/vault/{path}", setup_request(), PayPal_Request_Id="-")
    assert (reply.status, reply.issue) == (400, "MISSING_REQUIRED_PARAMETER")
    assert reply.json["details"][0]["field"] == "PayPal-Request-Id"


def test_cancelling_an_agreement_leads_back_to_the_shop(sandbox: Sandbox) -> None:
    setup = sandbox.setup_token().json["id"]
    location = sandbox.approve(setup, action="cancel").json["location"]
    assert location == f"{CANCEL_URL}?approval_token_id={setup}&approval_session_id={setup}"


def test_a_seller_is_paid_from_a_charge_as_from_any_other(sandbox: Sandbox) -> None:
    _charge(sandbox, sandbox.vaulted(), unit("10.00"))
    assert sandbox.balance(SELLER) == "9.16"
