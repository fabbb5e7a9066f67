"""What Bango is asked of payments and refunds: the fields of each operation, by Bango's names."""

from collections.abc import Mapping
from typing import Any, Final

from django.conf import settings

from solitude.payments.contract import Call, Intent
from solitude.providers.bango import signature

CREATE_BILLING, DO_REFUND, REFUND_STATUS = "CreateBillingConfiguration", "DoRefund", "GetRefundStatus"
# Games, the only one that Bango has given us.
CATEGORY_ID: Final = "18"
REFUND_ID: Final = "refundTransactionId"
REFUND_TYPE: Final = "OPERATOR"
# The page ends so much later than we stop to wait for its buyer, who may just be on the way back.
PAGE_OUTLIVES_S: Final = 60
MICRO: Final = ("OPERATOR", "PSMS", "INTERNET")
WITH_CARD: Final = (*MICRO, "CARD")
# Names among the terms of a payment's intent: what only Bango must be told.
UUID, USER, ICON_URL, SIZE_KB, IS_MICRO = "uuid", "user", "icon_url", "size_kb", "micro"
YES: Final = "true"


def billing(intent: Intent) -> dict[str, Any]:
    """Of a payment that its buyer is to make on Bango's page. The transaction's uuid goes with it: with that the buyer comes back."""
    return {
        "bango": intent.payee,
        "pageTitle": intent.description,
        "externalTransactionId": intent.terms[UUID],
        "priceList": [{"amount": price.amount, "currency": price.currency} for price in intent.prices],
        "typeFilter": list(MICRO if intent.terms.get(IS_MICRO) == YES else WITH_CARD),
        "configurationOptions": _options(intent),
    }


def refund(call: Call) -> dict[str, Any]:
    """Of the whole payment: Bango knows no parts."""
    return {
        "bango": call.intent.payee,
        "transactionId": int(call.ids["capture"]),
        "refundType": REFUND_TYPE,
        "externalTransactionId": call.key,
    }


def refund_status(call: Call) -> dict[str, Any]:
    return {REFUND_ID: int(call.ids["refund"])}


def _options(intent: Intent) -> list[tuple[str, str]]:
    terms: Mapping[str, str] = intent.terms
    life_s = settings.SOLITUDE_BANGO_TRANSACTION_EXPIRY_S + PAGE_OUTLIVES_S
    options = [
        ("APPLICATION_CATEGORY_ID", CATEGORY_ID),
        ("BILLING_CONFIGURATION_TIME_OUT", str(life_s)),
        ("REDIRECT_URL_ONSUCCESS", intent.return_url),
        ("REDIRECT_URL_ONERROR", intent.cancel_url),
        ("REQUEST_SIGNATURE", signature.sign(terms[UUID])),
    ]
    if terms.get(SIZE_KB):
        options.append(("APPLICATION_SIZE_KB", terms[SIZE_KB]))
    if terms.get(USER) and settings.SOLITUDE_BANGO_SEND_USER_ID:
        options.append(("MOZ_USER_ID", terms[USER]))
    if terms.get(ICON_URL) and settings.SOLITUDE_BANGO_ICON_URLS:
        options.append(("APPLICATION_LOGO_URL", terms[ICON_URL]))
    return options
