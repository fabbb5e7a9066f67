"""PayPal's own Python SDK drives the simulator: an independent reading of the same documents."""

# mypy: disable-error-code="import-untyped"

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from apimatic_core.exceptions.auth_validation_exception import AuthValidationException
from paypalserversdk.configuration import Configuration, Environment, Server
from paypalserversdk.exceptions.api_exception import ApiException
from paypalserversdk.http.auth.o_auth_2 import ClientCredentialsAuthCredentials
from paypalserversdk.models.amount_with_breakdown import AmountWithBreakdown
from paypalserversdk.models.checkout_payment_intent import CheckoutPaymentIntent
from paypalserversdk.models.money import Money
from paypalserversdk.models.order_request import OrderRequest
from paypalserversdk.models.payee_base import PayeeBase
from paypalserversdk.models.payment_instruction import PaymentInstruction
from paypalserversdk.models.payment_source import PaymentSource
from paypalserversdk.models.payment_token_request import PaymentTokenRequest
from paypalserversdk.models.payment_token_request_payment_source import PaymentTokenRequestPaymentSource
from paypalserversdk.models.paypal_payment_token_usage_type import PaypalPaymentTokenUsageType
from paypalserversdk.models.paypal_wallet import PaypalWallet
from paypalserversdk.models.paypal_wallet_experience_context import PaypalWalletExperienceContext
from paypalserversdk.models.platform_fee import PlatformFee
from paypalserversdk.models.purchase_unit_request import PurchaseUnitRequest
from paypalserversdk.models.refund_request import RefundRequest
from paypalserversdk.models.setup_token_request import SetupTokenRequest
from paypalserversdk.models.setup_token_request_payment_source import SetupTokenRequestPaymentSource
from paypalserversdk.models.vault_experience_context import VaultExperienceContext
from paypalserversdk.models.vault_paypal_wallet_request import VaultPaypalWalletRequest
from paypalserversdk.models.vault_token_request import VaultTokenRequest
from paypalserversdk.models.vault_token_request_type import VaultTokenRequestType
from paypalserversdk.paypal_serversdk_client import PaypalServersdkClient
from tests.sandbox.client import CANCEL_URL, RETURN_URL, SELLER, Sandbox, assertion, new_request_id

from solitude_sandbox.paypal import accounts

REPRESENTATION = "return=representation"


def _client(secret: str = accounts.CLIENT_SECRET) -> Any:
    credentials = ClientCredentialsAuthCredentials(o_auth_client_id=accounts.CLIENT_ID, o_auth_client_secret=secret)
    return PaypalServersdkClient(client_credentials_auth_credentials=credentials, environment=Environment.SANDBOX)


@pytest.fixture
def sdk(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setitem(Configuration.environments, Environment.SANDBOX, {Server.DEFAULT: sandbox.paypal})
    client = _client()
    yield client
    client.config.http_client.session.close()


def _order(source: PaypalWallet, value: str = "20.00", fee: str = "5.00") -> OrderRequest:
    fees = [PlatformFee(amount=Money(currency_code="USD", value=fee))]
    unit = PurchaseUnitRequest(
        amount=AmountWithBreakdown(currency_code="USD", value=value),
        payee=PayeeBase(email_address=SELLER),
        payment_instruction=PaymentInstruction(platform_fees=fees),
        custom_id="ours-1",
    )
    return OrderRequest(
        intent=CheckoutPaymentIntent.CAPTURE, purchase_units=[unit], payment_source=PaymentSource(paypal=source)
    )


def _click(sandbox: Sandbox, page: str, action: str = "approve") -> dict[str, list[str]]:
    """What a buyer does in a browser: look at the page, press the button; returns the query of the way back."""
    assert sandbox.send("GET", page).status == 200
    reply = sandbox.form(page, action=action, funding="ok", buyer="anna@home.example")
    assert reply.status == 302
    return parse_qs(urlsplit(reply.headers["Location"]).query)


def _link(body: Any, rel: str) -> str:
    return next(str(link.href) for link in body.links if link.rel == rel)


def test_the_sdk_takes_a_payment_and_refunds_it(sandbox: Sandbox, sdk: Any) -> None:
    wallet = PaypalWallet(
        experience_context=PaypalWalletExperienceContext(return_url=RETURN_URL, cancel_url=CANCEL_URL)
    )
    created = sdk.orders.create_order(
        {"body": _order(wallet), "paypal_request_id": new_request_id(), "prefer": REPRESENTATION}
    )
    assert created.body.status == "PAYER_ACTION_REQUIRED"
    assert created.body.purchase_units[0].payment_instruction.platform_fees[0].amount.value == "5.00"

    back = _click(sandbox, _link(created.body, "payer-action"))
    assert back["token"] == [created.body.id]
    approved = sdk.orders.get_order({"id": created.body.id}).body
    assert approved.status == "APPROVED"
    assert back["PayerID"] == [approved.payer.payer_id]
    assert approved.payment_source.paypal.email_address == "anna@home.example"

    captured = sdk.orders.capture_order(
        {"id": created.body.id, "paypal_request_id": new_request_id(), "prefer": REPRESENTATION}
    )
    assert (captured.status_code, captured.body.status) == (201, "COMPLETED")
    capture = sdk.payments.get_captured_payment(
        {"capture_id": captured.body.purchase_units[0].payments.captures[0].id}
    ).body
    assert (capture.status, capture.amount.value, capture.custom_id) == ("COMPLETED", "20.00", "ours-1")
    assert capture.seller_receivable_breakdown.paypal_fee.value == "1.19"
    assert capture.seller_receivable_breakdown.net_amount.value == "13.81"

    part = RefundRequest(amount=Money(currency_code="USD", value="8.00"), note_to_payer="Sorry")
    for body, value, status in [(part, "8.00", "PARTIALLY_REFUNDED"), (RefundRequest(), "12.00", "REFUNDED")]:
        refunded = sdk.payments.refund_captured_payment(
            {
                "capture_id": capture.id,
                "body": body,
                "paypal_request_id": new_request_id(),
                "prefer": REPRESENTATION,
                "paypal_auth_assertion": assertion(),
            }
        ).body
        assert (refunded.status, refunded.amount.value) == ("COMPLETED", value)
        assert sdk.payments.get_refund({"refund_id": refunded.id}).body.id == refunded.id
        assert sdk.payments.get_captured_payment({"capture_id": capture.id}).body.status == status


def test_the_sdk_saves_a_wallet_and_charges_it(sandbox: Sandbox, sdk: Any) -> None:
    context = VaultExperienceContext(return_url=RETURN_URL, cancel_url=CANCEL_URL)
    wallet = VaultPaypalWalletRequest(
        description="Apps", usage_type=PaypalPaymentTokenUsageType.MERCHANT, experience_context=context
    )
    setup = sdk.vault.create_setup_token(
        {
            "paypal_request_id": new_request_id(),
            "body": SetupTokenRequest(payment_source=SetupTokenRequestPaymentSource(paypal=wallet)),
        }
    ).body
    assert setup.status == "PAYER_ACTION_REQUIRED"

    back = _click(sandbox, _link(setup, "approve"))
    assert back["approval_token_id"] == back["approval_session_id"] == [setup.id]
    assert sdk.vault.get_setup_token(setup.id).body.status == "APPROVED"

    named = VaultTokenRequest(id=setup.id, mtype=VaultTokenRequestType.SETUP_TOKEN)
    request = PaymentTokenRequest(payment_source=PaymentTokenRequestPaymentSource(token=named))
    token = sdk.vault.create_payment_token({"paypal_request_id": new_request_id(), "body": request}).body
    assert token.payment_source.paypal.email_address == "anna@home.example"
    assert sdk.vault.get_payment_token(token.id).body.id == token.id
    listed = sdk.vault.list_customer_payment_tokens({"customer_id": token.customer.id}).body
    assert [each.id for each in listed.payment_tokens] == [token.id]

    charge = {"body": _order(PaypalWallet(vault_id=token.id)), "prefer": REPRESENTATION}
    charged = sdk.orders.create_order({**charge, "paypal_request_id": "charge-1"})
    assert (charged.status_code, charged.body.status) == (201, "COMPLETED")
    assert charged.body.purchase_units[0].payments.captures[0].status == "COMPLETED"
    again = sdk.orders.create_order({**charge, "paypal_request_id": "charge-1"})
    assert (again.status_code, again.body.id) == (200, charged.body.id)

    assert sdk.vault.delete_payment_token(token.id).status_code == 204
    with pytest.raises(ApiException) as refused:
        sdk.orders.create_order({**charge, "paypal_request_id": "charge-2"})
    assert refused.value.response_code == 422


def test_the_sdk_reads_the_simulators_errors(sdk: Any) -> None:
    with pytest.raises(ApiException) as missing:
        sdk.orders.get_order({"id": "NOSUCHORDER"})
    assert missing.value.response_code == 404
    assert missing.value.name == "RESOURCE_NOT_FOUND"
    assert missing.value.details[0].issue == "INVALID_RESOURCE_ID"
    assert missing.value.debug_id


def test_the_sdk_with_a_wrong_secret_gets_no_token(sandbox: Sandbox, sdk: Any) -> None:
    client = _client("wrong")
    with pytest.raises(AuthValidationException):
        client.orders.get_order({"id": "X"})
    client.config.http_client.session.close()
    assert [entry["status"] for entry in sandbox.requests("token")] == [401]
    assert sandbox.requests("get_order") == []
