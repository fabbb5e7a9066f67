"""What the gateway is asked for: the fields of each call, by Braintree's names."""

from typing import Any, Final

from solitude.payments.contract import Call

# Names among the terms of an intent: what its credential is, by which of our accounts there it is paid, and whose card it becomes.
PAYS_BY, TOKEN, NONCE = "pays_by", "token", "nonce"
MERCHANT_ACCOUNT: Final = "merchant_account"
CUSTOMER: Final = "customer"
# Of a subscription: its plan, and what its buyer's statement says, for which the gateway has so much room.
PLAN, DESCRIBED, URL = "plan", "described", "url"
DESCRIBED_MAX_CHARS: Final = 22
# Of what must be done whatever happens: while the gateway cannot be asked, its outcome stays open.
UNTIL_DONE: Final = "until_done"


def sale(call: Call) -> dict[str, Any]:
    """One by a card that is kept there, or by one that its buyer has just told Braintree. Our key is its order id: by that it is found."""
    intent = call.intent
    assert intent.amount is not None and intent.credential is not None  # noqa: PT018, S101  # a sale has both
    fields: dict[str, Any] = {
        "amount": intent.amount.text,
        "order_id": call.key,
        f"payment_method_{intent.terms[PAYS_BY]}": intent.credential.reveal(),
        "options": {"submit_for_settlement": True},
    }
    if MERCHANT_ACCOUNT in intent.terms:
        fields["merchant_account_id"] = intent.terms[MERCHANT_ACCOUNT]
    return fields


def refund(call: Call) -> dict[str, Any]:
    assert call.intent.amount is not None  # noqa: S101  # a refund has one
    return {"amount": call.intent.amount.text, "order_id": call.key}


def payment_method(call: Call) -> dict[str, Any]:
    """A card for the vault, which the bank is asked about at once. Our key is its token: by that it is found."""
    assert call.intent.credential is not None  # noqa: S101  # a nonce
    return {
        "customer_id": call.intent.terms[CUSTOMER],
        "payment_method_nonce": call.intent.credential.reveal(),
        "token": call.key,
        "options": {"verify_card": True},
    }


def subscription(call: Call) -> dict[str, Any]:
    """Our key is its id: by that it is found. Without a price it costs what the plan says."""
    intent = call.intent
    assert intent.credential is not None  # noqa: S101  # a card's token
    descriptor = {"name": intent.terms.get(DESCRIBED), "url": intent.terms[URL]}
    fields: dict[str, Any] = {
        "id": call.key,
        "payment_method_token": intent.credential.reveal(),
        "plan_id": intent.terms[PLAN],
        "trial_period": False,
        "descriptor": {name: text for name, text in descriptor.items() if text},
    }
    if intent.amount is not None:
        fields["price"] = intent.amount.text
    if MERCHANT_ACCOUNT in intent.terms:
        fields["merchant_account_id"] = intent.terms[MERCHANT_ACCOUNT]
    return fields
