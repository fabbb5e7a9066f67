"""What a seller lets the partner do: granted on PayPal's onboarding page, and revoked by the seller whenever it likes.

Features: `rest_endpoint_features_enum` of PayPal's file customer_partner_referrals_v2.
"""

from dataclasses import dataclass
from datetime import datetime

_SERVICES = "https://uri.paypal.com/services"

PARTNER_FEE = "PARTNER_FEE"
REFUND = "REFUND"
MERCHANT_INFORMATION = "ACCESS_MERCHANT_INFORMATION"

# Feature -> the scopes that the partner then has for the seller's account.
FEATURES: dict[str, tuple[str, ...]] = {
    "PAYOUTS": ("https://uri.paypal.com/payments/payouts",),
    "PAYMENT": (f"{_SERVICES}/payments/realtimepayment", f"{_SERVICES}/payments/payment/authcapture"),
    REFUND: (f"{_SERVICES}/payments/refund",),
    "FUTURE_PAYMENT": (f"{_SERVICES}/payments/futurepayments",),
    "DIRECT_PAYMENT": (f"{_SERVICES}/payments/directpayment",),
    PARTNER_FEE: (f"{_SERVICES}/payments/partnerfee",),
    "DELAY_FUNDS_DISBURSEMENT": (f"{_SERVICES}/payments/delay-funds-disbursement",),
    "READ_SELLER_DISPUTE": (f"{_SERVICES}/disputes/read-seller",),
    "UPDATE_SELLER_DISPUTE": (f"{_SERVICES}/disputes/update-seller",),
    "ADVANCED_TRANSACTIONS_SEARCH": (f"{_SERVICES}/reporting/search/read",),
    "SWEEP_FUNDS_EXTERNAL_SINK": (f"{_SERVICES}/funds/sweep",),
    MERCHANT_INFORMATION: (f"{_SERVICES}/customer/merchant-integrations/read",),
    "TRACKING_SHIPMENT_READWRITE": (f"{_SERVICES}/shipping/trackers/readwrite",),
    "INVOICE_READ_WRITE": (f"{_SERVICES}/invoicing",),
    "DISPUTE_READ_BUYER": (f"{_SERVICES}/disputes/read-buyer",),
    "UPDATE_CUSTOMER_DISPUTES": (f"{_SERVICES}/disputes/update-customer",),
    "VAULT": (f"{_SERVICES}/vault/payment-tokens/read", f"{_SERVICES}/vault/payment-tokens/readwrite"),
    "BILLING_AGREEMENT": (f"{_SERVICES}/billing-agreements",),
}


@dataclass
class Consent:
    """What one seller granted to one client, and how its account stands. Without features nothing is left of it."""

    tracking_id: str | None
    client_id: str
    features: frozenset[str]
    email_confirmed: bool
    receivable: bool
    given: datetime

    @property
    def revoked(self) -> bool:
        """Nothing is granted any more."""
        return not self.features

    @property
    def scopes(self) -> list[str]:
        """In the order of PayPal's enumeration."""
        return [scope for feature, scopes in FEATURES.items() if feature in self.features for scope in scopes]

    @property
    def payment_issue(self) -> str | None:
        """Why the seller cannot be paid, as the issue that PayPal names."""
        if not self.receivable:
            return "PAYEE_ACCOUNT_RESTRICTED"
        return None if self.email_confirmed else "PAYEE_ACCOUNT_NOT_VERIFIED"

    def lack(self, feature: str) -> str | None:
        """The issue that PayPal names when the feature is needed, None if it is granted."""
        return None if feature in self.features else "PERMISSION_DENIED"
