"""What PayPal's classic interface is asked, from our intents."""

from collections.abc import Mapping
from typing import Any

from solitude.money.money import Money
from solitude.payments.contract import Call, Intent
from solitude.providers.paypal import currencies
from solitude.providers.paypal.names import INVOICE

MEMO_MAX_CHARS = 1000

Fields = Mapping[str, Any]

# The terms of a pre-approval: our names, and PayPal's.
_TERMS = {
    "currency": "currencyCode",
    "start": "startingDate",
    "end": "endingDate",
    "max_total": "maxTotalAmountOfAllPayments",
    "max_per_payment": "maxAmountPerPayment",
}


def pay(call: Call) -> Fields:
    """A payment to the seller; a chained one where others get a share, which PayPal takes out of what the seller gets.

    `trackingId` is our key: PayPal takes it once, and finds the payment by it.
    """
    intent = call.intent
    assert intent.amount is not None  # noqa: S101  # a payment has one
    fields: dict[str, Any] = {
        "actionType": "PAY",
        "trackingId": call.key,
        "currencyCode": intent.amount.currency,
        "returnUrl": intent.return_url,
        "cancelUrl": intent.cancel_url,
        "receiverList": {"receiver": receivers(call)},
    }
    if intent.description:
        fields["memo"] = intent.description[:MEMO_MAX_CHARS]
    if intent.notify_url:
        fields["ipnNotificationUrl"] = intent.notify_url
    if intent.credential:
        fields["preapprovalKey"] = intent.credential.reveal()
    if intent.shares:
        fields["feesPayer"] = "SECONDARYONLY"
    return fields


def receivers(call: Call) -> list[dict[str, str]]:
    """The seller with the full amount, and then whoever gets a share of it."""
    intent = call.intent
    assert intent.amount is not None  # noqa: S101
    first = {"email": intent.payee, "amount": amount(intent.amount), "invoiceID": f"{INVOICE}{call.key}"}
    others = [{"email": share.payee, "amount": amount(share.amount)} for share in intent.shares]
    if others:
        first["primary"] = "true"
        for other in others:
            other["primary"] = "false"
    # PayPal refuses a kind of payment together with a pre-approval.
    kind = {} if intent.credential else {"paymentType": "DIGITALGOODS"}
    return [receiver | kind for receiver in (first, *others)]


def details(call: Call) -> Fields:
    """Of the payment that the call is about: by its key at PayPal, else by ours."""
    pay_key = call.ids.get("payment")
    return {"payKey": pay_key} if pay_key else {"trackingId": call.key}


def refund(call: Call, *, whole: bool) -> Fields:
    """All of the payment, from everybody who got some of it; or a part, from the seller."""
    intent = call.intent
    assert intent.amount is not None  # noqa: S101  # a refund has one
    fields: dict[str, Any] = {"payKey": call.ids["payment"], "currencyCode": intent.amount.currency}
    if not whole:
        fields["receiverList"] = {"receiver": [{"email": intent.payee, "amount": amount(intent.amount)}]}
    return fields


def preapproval(intent: Intent) -> Fields:
    """What the buyer is to agree to. PayPal watches over these terms as well; it knows no limit for a day."""
    terms = intent.terms
    fields = {"returnUrl": intent.return_url, "cancelUrl": intent.cancel_url}
    fields |= {theirs: terms[ours] for ours, theirs in _TERMS.items() if terms.get(ours)}
    if intent.description:
        fields["memo"] = intent.description[:MEMO_MAX_CHARS]
    if intent.notify_url:
        fields["ipnNotificationUrl"] = intent.notify_url
    return fields


def by_preapproval_key(intent: Intent) -> Fields:
    assert intent.credential  # noqa: S101  # the key of the pre-approval
    return {"preapprovalKey": intent.credential.reveal()}


def amount(value: Money) -> str:
    """Our amount as PayPal wants it."""
    return value.text_with(currencies.digits(value.currency))
