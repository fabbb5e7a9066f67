"""The bodies of what PayPal is asked, from our intents."""

from typing import Any

from solitude.payments.contract import Intent
from solitude.providers.paypal.rest import reading

DESCRIPTION_MAX_CHARS = 127
NOTE_MAX_CHARS = 255


def order(key: str, intent: Intent) -> dict[str, Any]:
    """The body of an order. `key` is our reference in it, and its invoice id: PayPal itself then refuses to take it twice."""
    assert intent.amount is not None  # noqa: S101  # a payment has one
    payee = {"email_address": intent.payee} if "@" in intent.payee else {"merchant_id": intent.payee}
    unit: dict[str, Any] = {
        "custom_id": key,
        "invoice_id": key,
        "amount": reading.amount(intent.amount),
        "payee": payee,
    }
    if intent.description:
        unit["description"] = intent.description[:DESCRIPTION_MAX_CHARS]
    if intent.fee is not None or intent.delayed:
        unit["payment_instruction"] = _instruction(intent)
    return {"intent": "CAPTURE", "purchase_units": [unit], "payment_source": {"paypal": _source(intent)}}


def _instruction(intent: Intent) -> dict[str, Any]:
    """Who gets what part of it, and when the seller does."""
    instruction: dict[str, Any] = {"disbursement_mode": "DELAYED" if intent.delayed else "INSTANT"}
    if intent.fee is not None:
        instruction["platform_fees"] = [{"amount": reading.amount(intent.fee)}]
    return instruction


def _source(intent: Intent) -> dict[str, Any]:
    if intent.credential:
        return {"vault_id": intent.credential.reveal()}
    return {
        "experience_context": {
            "return_url": intent.return_url,
            "cancel_url": intent.cancel_url,
            "user_action": "PAY_NOW",
            "shipping_preference": "NO_SHIPPING",
        }
    }


def refund(key: str, intent: Intent) -> dict[str, Any]:
    """The amount is always named: a refund of "all" would take whatever is left by the time it arrives."""
    assert intent.amount is not None  # noqa: S101  # a refund has one
    body: dict[str, Any] = {"amount": reading.amount(intent.amount), "custom_id": key}
    if intent.note:
        body["note_to_payer"] = intent.note[:NOTE_MAX_CHARS]
    if intent.fee is not None:
        body["payment_instruction"] = {"platform_fees": [{"amount": reading.amount(intent.fee)}]}
    return body


def setup_token(intent: Intent) -> dict[str, Any]:
    source = {
        "description": intent.description,
        "usage_type": "MERCHANT",
        "experience_context": {
            "return_url": intent.return_url,
            "cancel_url": intent.cancel_url,
            "shipping_preference": "NO_SHIPPING",
        },
    }
    return {"payment_source": {"paypal": source}}


def payment_token(intent: Intent) -> dict[str, Any]:
    assert intent.credential  # noqa: S101  # the setup token
    return {"payment_source": {"token": {"id": intent.credential.reveal(), "type": "SETUP_TOKEN"}}}
