"""Calls of PayPal's REST platform that the kit does not make: what our client says seldom, and what its operator says by hand.

They are here so that PayPal's own files are held against them too (`test_validated.py`).
"""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import override_settings
from tests.payments.passing import after, make_due
from tests.payments.world import call_of
from tests.support.marketplace import Marketplace
from tests.support.simulator import CANCEL_URL, RETURN_URL, Simulator

from solitude.payments import recovery
from solitude.payments.models import ProviderCall
from solitude.providers.paypal.provider import paypal as provider
from solitude.providers.paypal.rest.wire import Ask, Reply
from solitude_sandbox.paypal.accounts import PARTNER_ID

WEBHOOKS, EVENTS = "/v1/notifications/webhooks", "/v1/notifications/webhooks-events"
ORDERS, DISPUTES = "/v2/checkout/orders", "/v1/customer/disputes"
ACCOUNT_HOOK = {"url": "https://127.0.0.1:9/hook", "event_types": [{"name": "PAYMENT.CAPTURE.COMPLETED"}]}
REFERRALS = "/v2/customer/partner-referrals"
INTEGRATIONS = f"/v1/customer/partners/{PARTNER_ID}/merchant-integrations"
REFERRAL = {
    "tracking_id": "seller-7",
    "operations": [
        {
            "operation": "API_INTEGRATION",
            "api_integration_preference": {
                "rest_api_integration": {
                    "integration_method": "PAYPAL",
                    "integration_type": "THIRD_PARTY",
                    "third_party_details": {"features": ["PAYMENT", "REFUND", "PARTNER_FEE"]},
                }
            },
        }
    ],
    "products": ["EXPRESS_CHECKOUT"],
    "legal_consents": [{"type": "SHARE_DATA_CONSENT", "granted": True}],
    "partner_config_override": {"return_url": RETURN_URL},
}
Say = Callable[..., Reply]


@pytest.fixture
def say(shop: Marketplace) -> Say:
    """Asks PayPal as our client does, and expects that it is done."""

    def ask(method: str, path: str, body: Any = None) -> Reply:
        reply = provider().rest.wire.ask(Ask(method, path, "look_up", body))
        assert isinstance(reply, Reply)
        assert reply.status in (200, 201, 202, 204), reply
        return reply

    return ask


def capture_of(paypal: Simulator) -> dict[str, Any]:
    (capture,) = paypal.captured()
    return capture


@override_settings(SOLITUDE_PAYPAL_VERIFY_ONLINE=True)
def test_paypal_is_asked_whether_a_notification_is_genuine(shop: Marketplace, paypal: Simulator, app_id: str) -> None:
    payment = shop.pay(app_id, memo="Star Map")
    paypal.approve(payment["pay_url"])

    (event,) = paypal.told("CHECKOUT.ORDER.APPROVED")

    assert shop.forward(event)["status"] == "OK"
    assert len(paypal.calls("verify_webhook")) == 1


def test_a_stored_credential_is_looked_for_when_paypal_has_forgotten_our_key(
    say: Say, shop: Marketplace, paypal: Simulator
) -> None:
    asked = shop.preapproval(shop.buyer()["uuid"])
    paypal.approve(asked["paypal_url"])
    paypal.fault("payment_token", "disconnect_after")
    assert shop.put(asked["resource_uri"], {}).status == 504

    with after(hours=4):
        make_due()
        recovery.run_once()

    assert ProviderCall.objects.get(operation="store_credential").outcome == "succeeded"
    assert len(paypal.calls("list_payment_tokens")) == 1
    (token,) = paypal.state()["payment_tokens"]
    assert say("GET", f"/v3/vault/payment-tokens/{token['id']}").body["customer"] == token["customer"]


def test_a_refund_under_way_is_looked_at(shop: Marketplace, paypal: Simulator) -> None:
    payment = shop.pay(shop.product("slowrefund-seller@dev.example"))
    paypal.approve(payment["pay_url"])
    shop.check(uuid=payment["uuid"])
    refund = shop.refund(uuid=payment["uuid"], reason="It does not start.")

    shop.check(uuid=refund["uuid"])

    assert call_of(refund["transaction"], "refund").outcome == "pending"
    assert len(paypal.calls("get_refund")) == 1


def test_a_capture_is_shown_and_an_order_changed(say: Say, shop: Marketplace, paypal: Simulator, app_id: str) -> None:
    payment = shop.pay(app_id)
    step = {"op": "replace", "path": "/purchase_units/@reference_id=='default'/description", "value": "A star map"}
    say("PATCH", f"{ORDERS}/{payment['paykey']}", [step])
    paypal.approve(payment["pay_url"])
    shop.check(uuid=payment["uuid"])

    shown = say("GET", f"/v2/payments/captures/{capture_of(paypal)['id']}").body

    assert shown["amount"] == {"currency_code": "EUR", "value": "2.49"}
    assert say("GET", "/v1/reporting/balances").body["balances"]


def test_the_payment_source_of_an_order_is_named_later(say: Say) -> None:
    unit = {"amount": {"currency_code": "EUR", "value": "2.49"}, "payee": {"email_address": "dev@dev.example"}}
    order = say("POST", ORDERS, {"intent": "CAPTURE", "purchase_units": [unit]}).body["id"]
    urls = {"return_url": RETURN_URL, "cancel_url": CANCEL_URL}
    source = {"payment_source": {"paypal": {"experience_context": urls}}}

    confirmed = say("POST", f"{ORDERS}/{order}/confirm-payment-source", source).body

    assert confirmed["status"] == "PAYER_ACTION_REQUIRED"


def test_an_operator_registers_a_webhook_and_looks_at_what_was_told(
    say: Say, paypal: Simulator, paid: dict[str, str]
) -> None:
    made = say("POST", WEBHOOKS, ACCOUNT_HOOK).body
    here = f"{WEBHOOKS}/{made['id']}"
    assert say("GET", here).body["url"] == ACCOUNT_HOOK["url"]
    assert len(say("GET", WEBHOOKS).body["webhooks"]) == 1
    refunded = {"op": "replace", "path": "/event_types", "value": [{"name": "PAYMENT.CAPTURE.REFUNDED"}]}
    assert say("PATCH", here, [refunded]).body["event_types"][0]["name"] == "PAYMENT.CAPTURE.REFUNDED"
    assert [each["name"] for each in say("GET", f"{here}/event-types").body["event_types"]] == [
        "PAYMENT.CAPTURE.REFUNDED"
    ]
    assert say("GET", "/v1/notifications/webhooks-event-types").body["event_types"]

    assert say("GET", f"{EVENTS}?page_size=10").body["count"] > 0
    mock = {"webhook_id": made["id"], "event_type": "PAYMENT.CAPTURE.COMPLETED"}
    say("POST", "/v1/notifications/simulate-event", mock)
    say("DELETE", here)


def test_a_dispute_is_listed_shown_and_escalated(say: Say, paypal: Simulator, paid: dict[str, str]) -> None:
    dispute = paypal.dispute(capture_of(paypal)["id"])
    assert [each["dispute_id"] for each in say("GET", DISPUTES).body["items"]] == [dispute]
    assert say("GET", f"{DISPUTES}/{dispute}").body["status"] == "OPEN"
    say("POST", f"{DISPUTES}/{dispute}/escalate", {"note": "Both of us have said all."})
    assert say("GET", f"{DISPUTES}/{dispute}").body["status"] == "UNDER_REVIEW"


def test_a_seller_is_asked_to_grant_and_looked_up(say: Say, paypal: Simulator) -> None:
    made = say("POST", REFERRALS, REFERRAL).body
    here = made["links"][0]["href"].removeprefix(paypal.url)
    assert say("GET", here).body["referral_data"]["tracking_id"] == "seller-7"

    paypal.onboard(here.rpartition("/")[2], email="dev@dev.example")

    merchant = say("GET", f"{INTEGRATIONS}?tracking_id=seller-7").body["merchant_id"]
    assert say("GET", f"{INTEGRATIONS}/{merchant}").body["payments_receivable"] is True
