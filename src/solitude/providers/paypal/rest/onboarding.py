"""Onboarding: a seller lets us act for it at PayPal, and PayPal tells what it has granted.

Partner referrals v2 and merchant integrations v1 of PayPal's OpenAPI files.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from django.conf import settings

from solitude.providers.paypal.rest.answered import asked, unlike
from solitude.providers.paypal.rest.wire import Ask, Reply, Wire
from solitude.providers.paypal.sellers.permission_names import REFUND
from solitude.providers.paypal.unanswered import not_ours
from solitude.telemetry.redaction import Secret

REFERRALS, PARTNERS = "/v2/customer/partner-referrals", "/v1/customer/partners"
# PayPal's own limit.
RETURN_URL_MAX_CHARS = 127
_SERVICES = "https://uri.paypal.com/services"
_ID_MAX_CHARS = 64


@dataclass(frozen=True, slots=True)
class Feature:
    """What REST calls a permission: the feature that is asked for, and the scope that is there once it is granted."""

    name: str
    scope: str


PAYMENT = Feature("PAYMENT", f"{_SERVICES}/payments/realtimepayment")
_REPORTS = Feature("ADVANCED_TRANSACTIONS_SEARCH", f"{_SERVICES}/reporting/search/read")
_AGREEMENTS = Feature("BILLING_AGREEMENT", f"{_SERVICES}/billing-agreements")
# Permission -> feature. What is not here has no counterpart in REST.
FEATURES: Mapping[str, Feature] = {
    REFUND: Feature("REFUND", f"{_SERVICES}/payments/refund"),
    "EXPRESS_CHECKOUT": PAYMENT,
    "AUTH_CAPTURE": PAYMENT,
    "DIRECT_PAYMENT": Feature("DIRECT_PAYMENT", f"{_SERVICES}/payments/directpayment"),
    "BILLING_AGREEMENT": _AGREEMENTS,
    "REFERENCE_TRANSACTION": _AGREEMENTS,
    "RECURRING_PAYMENTS": _AGREEMENTS,
    "ACCOUNT_BALANCE": _REPORTS,
    "TRANSACTION_SEARCH": _REPORTS,
    "TRANSACTION_DETAILS": _REPORTS,
    "SETTLEMENT_REPORTING": _REPORTS,
    "SETTLEMENT_CONSOLIDATION": _REPORTS,
    "RECURRING_PAYMENT_REPORT": _REPORTS,
    "EXTENDED_PRO_PROCESSING_REPORT": _REPORTS,
    "EXCEPTION_PROCESSING_REPORT": _REPORTS,
    "INVOICING": Feature("INVOICE_READ_WRITE", f"{_SERVICES}/invoicing"),
    "MASS_PAY": Feature("PAYOUTS", "https://uri.paypal.com/payments/payouts"),
    "ACCOUNT_MANAGEMENT_PERMISSION": Feature(
        "ACCESS_MERCHANT_INFORMATION", f"{_SERVICES}/customer/merchant-integrations/read"
    ),
}
# Asked for in any case: to be paid, to give us our share, to let us see how the account stands.
ALWAYS = ("PAYMENT", "PARTNER_FEE", "ACCESS_MERCHANT_INFORMATION")


@dataclass(frozen=True, slots=True)
class Integration:
    """How a seller's account stands, and what it has granted us."""

    is_receivable: bool
    is_email_confirmed: bool
    is_connected: bool
    scopes: frozenset[str]

    def grants(self, permissions: Iterable[str]) -> bool:
        """Whether it has granted all of these."""
        wanted = [FEATURES.get(name) for name in permissions]
        return all(feature is not None and feature.scope in self.scopes for feature in wanted)


def refer(wire: Wire, tracking_id: str, return_url: str, permissions: Iterable[str]) -> str:
    """Where the seller grants these permissions. Raises NotDone."""
    _partner()
    features = dict.fromkeys((*ALWAYS, *(FEATURES[name].name for name in permissions)))
    body = {
        "tracking_id": tracking_id,
        "operations": [{"operation": "API_INTEGRATION", "api_integration_preference": _integration_of(list(features))}],
        "products": ["EXPRESS_CHECKOUT"],
        "legal_consents": [{"type": "SHARE_DATA_CONSENT", "granted": True}],
        "partner_config_override": {"return_url": return_url},
    }
    reply = asked(wire, Ask("POST", REFERRALS, "refer_seller", body))
    url = reply.link("action_url")
    if reply.status == 404 or not url.startswith(f"{settings.SOLITUDE_PAYPAL_WEB_URL}/"):
        raise unlike(reply)
    return url


def merchant_of(wire: Wire, tracking_id: str) -> str | None:
    """PayPal's id of the seller who came through the page of this tracking id; None while nobody has. Raises NotDone."""
    path = f"{_integrations()}?tracking_id={quote(tracking_id, safe='')}"
    reply = asked(wire, Ask("GET", path, "find_seller", vault=True))
    merchant = reply.body.get("merchant_id")
    if reply.status == 404:
        return None
    if not isinstance(merchant, str) or not 0 < len(merchant) <= _ID_MAX_CHARS:
        raise unlike(reply)
    return merchant


def integration(wire: Wire, merchant_id: str) -> Integration | None:
    """How the seller stands; None where PayPal knows nothing between it and us. Raises NotDone."""
    named = Secret(quote(merchant_id, safe=""))
    ask = Ask("GET", f"{_integrations()}/", "look_up_seller", vault=True, secret_in_path=named)
    reply = asked(wire, ask)
    return None if reply.status == 404 else _read(reply)


def _integrations() -> str:
    return f"{PARTNERS}/{quote(_partner(), safe='')}/merchant-integrations"


def _partner() -> str:
    """Our own id at PayPal. Raises NotDone where nobody has set it, or by which id sellers let us in."""
    if not settings.SOLITUDE_PAYPAL_PARTNER_ID or not settings.SOLITUDE_PAYPAL_CLIENT_ID:
        raise not_ours((), "onboarding")
    return str(settings.SOLITUDE_PAYPAL_PARTNER_ID)


def _integration_of(features: list[str]) -> dict[str, Any]:
    return {
        "rest_api_integration": {
            "integration_method": "PAYPAL",
            "integration_type": "THIRD_PARTY",
            "third_party_details": {"features": features},
        }
    }


def _read(reply: Reply) -> Integration:
    body = reply.body
    if not isinstance(body.get("payments_receivable"), bool) or not isinstance(
        body.get("primary_email_confirmed"), bool
    ):
        raise unlike(reply)
    ours = [
        granted
        for integration in _objects(body.get("oauth_integrations"))
        for granted in _objects(integration.get("oauth_third_party"))
        if granted.get("partner_client_id") == settings.SOLITUDE_PAYPAL_CLIENT_ID
    ]
    scopes = [scope for granted in ours for scope in granted.get("scopes") or [] if isinstance(scope, str)]
    return Integration(
        is_receivable=body["payments_receivable"],
        is_email_confirmed=body["primary_email_confirmed"],
        is_connected=bool(ours),
        scopes=frozenset(scopes),
    )


def _objects(value: Any) -> list[Mapping[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
