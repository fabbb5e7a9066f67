"""The detailed provider log: every call with what was asked and answered, and nothing in it that is a person's or a secret."""

import io
from datetime import timedelta

from django.db import connection
from django.utils import timezone
from tests.payments.world import Elsewhere, another_paypal, call_of
from tests.support.marketplace import Marketplace
from tests.support.simulator import Simulator
from tests.support.written import everything_kept

from solitude.payments import calls, registry
from solitude.payments.contract import Outcome, Reason, Result
from solitude.payments.models import ProviderCall
from solitude.providers.paypal.models import BuyerPaypal
from solitude.telemetry import redaction

BUYER_EMAIL, SELLER_EMAIL = "bea.bloom@canary-buyer.example", "sam.stone@canary-seller.example"
NAME_OF_EVERY_BUYER = '"Sandbox"'
KEPT_OF_A_CALL = {
    "operation", "method", "path", "sent", "status", "error", "sent_at", "answered_at", "duration_ms", "correlation_id",
    "request", "answer", "recovering", "request_id",
}  # fmt: skip


def test_a_call_is_logged_with_all_that_support_asks_for(shop: Marketplace, paypal: Simulator, app_id: str) -> None:
    before = timezone.now()

    answer = shop.pay(app_id)

    (request,) = paypal.calls("create_order")
    call = call_of(answer["transaction"])
    assert (call.provider, call.operation, call.outcome, call.tries) == ("paypal", "pay", "pending", 1)
    assert call.key == request["request_id"]
    assert call.ids == {"payment": answer["paykey"]}
    assert call.correlation_id == request["debug_id"] == shop.transaction(answer["transaction"])["uid_support"]
    assert call.ended_at is not None
    assert before - timedelta(seconds=2) <= call.begun_at <= call.ended_at + timedelta(seconds=2)
    assert call.leased_until is None
    (exchange,) = call.exchanges
    assert set(exchange) == KEPT_OF_A_CALL
    assert (exchange["operation"], exchange["method"], exchange["path"]) == (
        "pay", "POST", "/paypal/v2/checkout/orders",
    )  # fmt: skip
    assert (exchange["sent"], exchange["status"], exchange["correlation_id"]) == (True, 200, request["debug_id"])
    asked = exchange["request"]["body"]["purchase_units"][0]
    # A key may happen to look like a card number, which is masked wherever it stands.
    assert (asked["amount"], asked["custom_id"]) == (
        {"currency_code": "EUR", "value": "2.49"}, redaction.mask(call.key),
    )  # fmt: skip
    assert asked["payee"] == {"email_address": "[redacted]"}
    assert exchange["request"]["headers"]["paypal-request-id"] == call.key
    assert "authorization" not in exchange["request"]["headers"]
    assert exchange["answer"]["body"]["status"] == "PAYER_ACTION_REQUIRED"


def test_every_try_of_a_call_is_in_its_one_row(
    shop: Marketplace, paypal: Simulator, app_id: str, preapproved: str
) -> None:
    paypal.fault("create_order", "disconnect_after")
    answer = shop.pay(app_id, user_id=preapproved, use_preapproval=True)
    shop.check(uuid=answer["uuid"])

    call = ProviderCall.objects.get(operation="pay")

    assert call.tries == 2
    assert [(exchange["status"], exchange["error"]) for exchange in call.exchanges] == [
        (None, "connection_lost"), (200, None),
    ]  # fmt: skip


def test_a_call_remembers_a_limited_number_of_tries(shop: Marketplace, paypal: Simulator, app_id: str) -> None:
    paypal.fault("create_order", "error_500", count=30)
    answer = shop.pay(app_id)

    for _ in range(24):
        assert shop.check(uuid=answer["uuid"]).status == 504

    call = call_of(answer["transaction"])
    assert (call.tries, len(call.exchanges)) == (25, 20)


def test_each_operation_is_one_row(shop: Marketplace, paypal: Simulator, app_id: str, preapproved: str) -> None:
    payment = shop.pay(app_id)
    paypal.approve(payment["pay_url"])
    shop.check(uuid=payment["uuid"])
    shop.refund(uuid=payment["uuid"])
    row = BuyerPaypal.objects.get(buyer__uuid=preapproved)
    shop.delete(row.resource_uri)

    operations = list(ProviderCall.objects.order_by("pk").values_list("operation", flat=True))

    assert operations == [
        "ask_consent", "store_credential", "pay", "look_up", "capture", "refund", "delete_credential",
    ]  # fmt: skip
    # What changes something goes to PayPal under the row's own key.
    arrived = {request["request_id"] for request in paypal.state()["requests"] if request["request_id"]}
    changing = ProviderCall.objects.exclude(operation__in=["look_up", "delete_credential"])
    assert arrived == set(changing.values_list("key", flat=True))


def test_nothing_of_a_person_and_no_secret_is_kept_or_logged(
    shop: Marketplace, paypal: Simulator, log_lines: io.StringIO
) -> None:
    """A day with everything that can happen, and then every table and every log line is searched."""
    app_id = shop.product(SELLER_EMAIL)
    buyer = shop.buyer()["uuid"]
    with another_paypal() as provider:
        asked = shop.preapproval(buyer)
        shop.put(asked["resource_uri"], {})  # not approved yet
        paypal.approve(asked["paypal_url"], buyer=BUYER_EMAIL)
        paypal.fault("payment_token", "garbage_after")
        shop.put(asked["resource_uri"], {})
        assert shop.put(asked["resource_uri"], {}).status == 202
        for fault in (None, "garbage_after", "truncated_after", "error_500", "issue:COMPLIANCE_VIOLATION"):
            if fault:
                paypal.fault("create_order", fault)
            paid = shop.pay(app_id, user_id=buyer, use_preapproval=True)
            shop.check(uuid=paid["uuid"])
        refund = shop.refund(uuid=shop.pay(app_id, user_id=buyer, use_preapproval=True)["uuid"])
        assert refund["response"][0]["receiver.email"] == SELLER_EMAIL  # the answer itself may tell it
        approved = shop.pay(app_id)
        paypal.approve(approved["pay_url"], buyer=BUYER_EMAIL)
        assert shop.check(uuid=approved["uuid"])["status"] == "COMPLETED"
        # A key that PayPal does not know is repeated in its errors.
        (token,) = paypal.state()["payment_tokens"]
        shop.delete(BuyerPaypal.objects.get(buyer__uuid=buyer).resource_uri)
        identity = provider.rest.wire.identity
        assert identity
        access_token = identity.tokens.get().reveal()
    with another_paypal(SOLITUDE_PAYPAL_CLIENT_SECRET="a-wrong-secret-canary"):
        shop.pay(app_id)

    payer_id = next(
        account["merchant_id"] for account in paypal.state()["accounts"] if account["email_address"] == BUYER_EMAIL
    )
    canaries = {
        "buyer's e-mail": BUYER_EMAIL,
        "seller's e-mail": SELLER_EMAIL,
        "buyer's id at PayPal": payer_id,
        "buyer's name": NAME_OF_EVERY_BUYER,
        "temporary key": asked["key"],
        "permanent key": token["id"],
        "access token": access_token,
        "our secret": "sandbox-secret",
        "our wrong secret": "a-wrong-secret-canary",
        "marketplace's secret": shop.secret,
    }
    kept, logged = everything_kept(), log_lines.getvalue()
    assert app_id in kept
    assert "provider_call" in logged
    found = [f"{name} in {where}" for where, text in (("the database", kept), ("the logs", logged))
             for name, canary in canaries.items() if canary in text]  # fmt: skip
    assert found == []


def test_a_value_that_paypal_repeats_in_an_error_is_not_kept(
    shop: Marketplace, paypal: Simulator, app_id: str, preapproved: str
) -> None:
    """PayPal's errors name the value at fault; for a setup token that is the key itself."""
    asked = shop.preapproval(preapproved)
    paypal.approve(asked["paypal_url"])
    Elsewhere(paypal).post(
        "/v3/vault/payment-tokens",
        {"payment_source": {"token": {"id": asked["key"], "type": "SETUP_TOKEN"}}},
        **{"PayPal-Request-Id": "somebody-else"},
    )

    answer = shop.put(asked["resource_uri"], {})

    assert answer.status == 422
    call = ProviderCall.objects.filter(operation="store_credential").order_by("-pk").first()
    assert call is not None
    assert call.exchanges[0]["answer"]["body"]["details"][0]["issue"] == "SETUP_TOKEN_ALREADY_TOKENIZED"
    assert asked["key"] not in everything_kept()


def test_a_value_that_any_provider_repeats_in_its_reason_is_not_kept() -> None:
    call = ProviderCall(provider="bango", operation="pay")
    said = f"{BUYER_EMAIL} may not pay with 4111 1111 1111 1111"

    calls._write_down(call, Result(Outcome.DECLINED, reason=Reason("INVALID_BUYER", said)))

    assert (call.reason_code, call.reason_message) == ("INVALID_BUYER", "[redacted] may not pay with [redacted]")


def test_the_intent_of_a_call_is_encrypted(shop: Marketplace, paypal: Simulator, app_id: str) -> None:
    answer = shop.pay(app_id, memo="Something private")

    call = call_of(answer["transaction"])
    assert call.intended.description == "Something private"
    with connection.cursor() as cursor:
        cursor.execute("SELECT intent FROM payments_providercall WHERE id = %s", [call.pk])
        (sealed,) = cursor.fetchone()
    assert "Something private" not in sealed
    assert "shop.example" not in sealed


def test_a_provider_is_known_by_its_name() -> None:
    assert registry.provider("paypal").name == "paypal"
