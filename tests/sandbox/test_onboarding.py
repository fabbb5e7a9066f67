"""Onboarding: the partner asks, a seller grants on PayPal's page, and the partner looks at what it has."""

import json
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import pytest
from tests.sandbox.client import SELLER, Sandbox, order, unit, with_fee

from solitude_sandbox.paypal.accounts import PARTNER_ID

BACK = "https://market.example/onboarded?seller=7"
FEATURES = ["PAYMENT", "REFUND", "PARTNER_FEE", "ACCESS_MERCHANT_INFORMATION"]
INTEGRATIONS = f"/v1/customer/partners/{PARTNER_ID}/merchant-integrations"
REFUND_SCOPE = "https://uri.paypal.com/services/payments/refund"


def referral(*features: str, **more: Any) -> dict[str, Any]:
    rest = {
        "integration_method": "PAYPAL",
        "integration_type": "THIRD_PARTY",
        "third_party_details": {"features": list(features) or FEATURES},
    }
    return {
        "tracking_id": "seller-7",
        "operations": [{"operation": "API_INTEGRATION", "api_integration_preference": {"rest_api_integration": rest}}],
        "products": ["EXPRESS_CHECKOUT"],
        "legal_consents": [{"type": "SHARE_DATA_CONSENT", "granted": True}],
        "partner_config_override": {"return_url": BACK},
        **more,
    }


def _page(sandbox: Sandbox, *features: str, **more: Any) -> str:
    """The address of a page that waits for its seller."""
    reply = sandbox.api("POST", "/v2/customer/partner-referrals", referral(*features, **more))
    assert reply.status == 201, reply.text
    return reply.link("action_url")


def _answer(sandbox: Sandbox, page: str, action: str = "grant", **more: Any) -> Any:
    """Submits the page; where the seller comes back to, with what, in order."""
    fields = {"email": SELLER, "features": FEATURES, "account": ["confirmed", "receivable"], "action": action} | more
    body = urlencode(fields, doseq=True)
    return sandbox.send("POST", page, body, Content_Type="application/x-www-form-urlencoded")


def _onboarded(sandbox: Sandbox, **more: Any) -> str:
    """The merchant id of a seller who has granted."""
    reply = _answer(sandbox, _page(sandbox), **more)
    assert reply.status == 302, reply.text
    return str(parse_qs(urlsplit(reply.headers["Location"]).query)["merchantIdInPayPal"][0])


def test_a_seller_who_grants_comes_back_and_is_there(sandbox: Sandbox) -> None:
    reply = _answer(sandbox, _page(sandbox))
    back = urlsplit(reply.headers["Location"])
    merchant = dict(parse_qsl(back.query))["merchantIdInPayPal"]
    assert f"{back.scheme}://{back.netloc}{back.path}" == "https://market.example/onboarded"
    assert dict(parse_qsl(back.query)) == {
        "seller": "7",
        "merchantId": "seller-7",
        "merchantIdInPayPal": merchant,
        "permissionsGranted": "true",
        "accountStatus": "BUSINESS_ACCOUNT",
        "consentStatus": "true",
        "productIntentId": "addipmt",
        "isEmailConfirmed": "true",
        "riskStatus": "SUBSCRIBED",
    }
    found = sandbox.api("GET", f"{INTEGRATIONS}?tracking_id=seller-7").json
    assert (found["merchant_id"], found["tracking_id"]) == (merchant, "seller-7")
    shown = sandbox.send("GET", found["links"][0]["href"], Authorization=f"Bearer {sandbox.token()}").json
    assert shown["primary_email"] == SELLER
    assert (shown["payments_receivable"], shown["primary_email_confirmed"]) == (True, True)
    ((granted,),) = [each["oauth_third_party"] for each in shown["oauth_integrations"]]
    assert granted["partner_client_id"] == "sandbox-client"
    assert REFUND_SCOPE in granted["scopes"]
    (told,) = sandbox.told("MERCHANT.ONBOARDING.COMPLETED")
    assert told["resource"] == {
        "merchant_id": merchant,
        "partner_client_id": "sandbox-client",
        "tracking_id": "seller-7",
    }


def test_what_is_not_granted_is_refused_where_it_is_needed(sandbox: Sandbox) -> None:
    merchant = _onboarded(sandbox, features=["PAYMENT"])
    shown = sandbox.api("GET", f"{INTEGRATIONS}/{merchant}").json
    assert REFUND_SCOPE not in json.dumps(shown)
    assert "primary_email" not in shown
    assert sandbox.create(order(unit(**with_fee("1.00")))).issue == "PERMISSION_DENIED"
    capture = sandbox.paid_capture()
    assert sandbox.refund(capture["id"]).issue == "PERMISSION_DENIED"


def test_a_grant_helps_against_the_want_of_it_alone(sandbox: Sandbox) -> None:
    for email, issue in (
        ("norefund-x@shop.example", None),
        ("insufficient-x@shop.example", "REFUND_FAILED_INSUFFICIENT_FUNDS"),
    ):
        _onboarded(sandbox, email=email)
        refunded = sandbox.refund(sandbox.paid_capture(order(unit(seller=email)))["id"], seller=email)
        assert refunded.status == 201 if issue is None else refunded.issue == issue


@pytest.mark.parametrize(
    ("account", "issue"),
    [(["receivable"], "PAYEE_ACCOUNT_NOT_VERIFIED"), (["confirmed"], "PAYEE_ACCOUNT_RESTRICTED")],
)
def test_an_account_that_is_not_in_order_cannot_be_paid(sandbox: Sandbox, account: list[str], issue: str) -> None:
    merchant = _onboarded(sandbox, account=account)
    shown = sandbox.api("GET", f"{INTEGRATIONS}/{merchant}").json
    assert shown["primary_email_confirmed"] is ("confirmed" in account)
    assert shown["payments_receivable"] is ("receivable" in account)
    assert sandbox.create().issue == issue


def test_a_seller_who_refuses_comes_back_with_nothing_and_may_still_grant(sandbox: Sandbox) -> None:
    page = _page(sandbox)
    back = _answer(sandbox, page, "refuse", email="", features=[]).headers["Location"]
    assert back == f"{BACK}&merchantId=seller-7&permissionsGranted=false&consentStatus=false"
    assert sandbox.api("GET", f"{INTEGRATIONS}?tracking_id=seller-7").status == 404
    assert sandbox.told("MERCHANT.ONBOARDING.COMPLETED") == []
    assert _answer(sandbox, page).status == 302
    assert _answer(sandbox, page).status == 410


def test_the_page_asks_again_when_nothing_is_granted(sandbox: Sandbox) -> None:
    page = _page(sandbox, "REFUND", email="Anna@Shop.Example")
    shown = sandbox.send("GET", page)
    assert 'value="anna@shop.example"' in shown.text
    assert 'value="REFUND"' in shown.text
    assert "PARTNER_FEE" not in shown.text
    # What was not asked for cannot be granted either.
    again = _answer(sandbox, page, features=["PARTNER_FEE"])
    assert again.status == 400
    assert "at least one" in again.text
    assert sandbox.send("GET", "/paypal/bizsignup/partner/entry?referralToken=nobody").status == 404


def test_a_seller_takes_everything_back(sandbox: Sandbox) -> None:
    merchant = _onboarded(sandbox)
    capture = sandbox.paid_capture()
    assert sandbox.control("POST", "revoke", {"merchant": merchant}).status == 200
    assert sandbox.api("GET", f"{INTEGRATIONS}/{merchant}").json["oauth_integrations"] == []
    assert sandbox.refund(capture["id"]).issue == "PERMISSION_DENIED"
    (told,) = sandbox.told("MERCHANT.PARTNER-CONSENT.REVOKED")
    assert told["resource"]["merchant_id"] == merchant
    again = sandbox.control("POST", "revoke", {"merchant": merchant})
    assert (again.status, "granted something" in again.json["error"]) == (400, True)


def test_the_console_revokes_too(sandbox: Sandbox) -> None:
    merchant = _onboarded(sandbox)
    assert sandbox.form("/paypal/sandbox/console", action="take_back", merchant=merchant).status == 303
    assert sandbox.told("MERCHANT.PARTNER-CONSENT.REVOKED")


def test_the_control_api_grants_without_the_page(sandbox: Sandbox) -> None:
    token = parse_qs(urlsplit(_page(sandbox)).query)["referralToken"][0]
    wrong = sandbox.control("POST", "onboard", {"referral": token, "features": "REFUND"})
    assert (wrong.status, wrong.json["error"]) == (400, "features must be a list of names.")
    granted = sandbox.control("POST", "onboard", {"referral": token, "features": ["REFUND"], "email": SELLER})
    assert "consentStatus=false" in granted.json["location"]
    (account,) = [each for each in sandbox.state()["accounts"] if each["email_address"] == SELLER]
    assert account["consent"] == {"tracking_id": "seller-7", "features": ["REFUND"], "revoked": False}
    assert sandbox.control("POST", "onboard", {"referral": token}).status == 410


@pytest.mark.parametrize(
    ("body", "issue", "field"),
    [
        (referral(tracking_id="x" * 128), "INVALID_STRING_LENGTH", "/tracking_id"),
        (referral(email="nobody"), "INVALID_PARAMETER_SYNTAX", "/email"),
        (referral(products=["GIFTS"]), "INVALID_PARAMETER_VALUE", "/products/0"),
        (referral(operations=[]), "INVALID_ARRAY_LENGTH", "/operations"),
        (referral(legal_consents=None), "INVALID_PARAMETER_VALUE", "/legal_consents"),
        (referral("GIFTS"), "INVALID_PARAMETER_VALUE", None),
        (
            referral(partner_config_override={"return_url": "https://market.example/" + "x" * 120}),
            "INVALID_STRING_LENGTH",
            "/partner_config_override/return_url",
        ),
    ],
)
def test_a_referral_is_held_to_paypals_schema(sandbox: Sandbox, body: Any, issue: str, field: str | None) -> None:
    reply = sandbox.api("POST", "/v2/customer/partner-referrals", body)
    assert (reply.status, reply.issue) == (400, issue)
    if field:
        assert reply.json["details"][0]["field"] == field


def test_a_referral_is_shown_as_it_was_sent(sandbox: Sandbox) -> None:
    reply = sandbox.api("POST", "/v2/customer/partner-referrals", referral())
    shown = sandbox.send("GET", reply.link("self"), Authorization=f"Bearer {sandbox.token()}").json
    assert shown["referral_data"] == referral()
    assert shown["submitter_payer_id"] == PARTNER_ID
    assert sandbox.api("GET", "/v2/customer/partner-referrals/nobody").status == 404


def test_onboarding_meets_the_faults_that_are_set(sandbox: Sandbox) -> None:
    sandbox.fault("create_referral", "issue:PRODUCT_PPCP_UNAUTHORIZED")
    assert sandbox.api("POST", "/v2/customer/partner-referrals", referral()).status == 422
    sandbox.fault("find_integration", "error_503")
    assert sandbox.api("GET", f"{INTEGRATIONS}?tracking_id=seller-7").status == 503
    assert [entry["fault"] for entry in sandbox.requests("find_integration")] == ["error_503"]
