"""A permission: what an account lets the caller do for it, once its owner has agreed."""

from dataclasses import dataclass
from datetime import datetime

from solitude_sandbox.paypal.accounts import Account

# The group ids of PayPal's Permissions service.
SCOPES = (
    "EXPRESS_CHECKOUT",
    "DIRECT_PAYMENT",
    "SETTLEMENT_CONSOLIDATION",
    "SETTLEMENT_REPORTING",
    "AUTH_CAPTURE",
    "MOBILE_CHECKOUT",
    "BILLING_AGREEMENT",
    "REFERENCE_TRANSACTION",
    "AIR_TRAVEL",
    "MASS_PAY",
    "TRANSACTION_DETAILS",
    "TRANSACTION_SEARCH",
    "RECURRING_PAYMENTS",
    "ACCOUNT_BALANCE",
    "ENCRYPTED_WEBSITE_PAYMENTS",
    "REFUND",
    "NON_REFERENCED_CREDIT",
    "BUTTON_MANAGER",
    "MANAGE_PENDING_TRANSACTION_STATUS",
    "RECURRING_PAYMENT_REPORT",
    "EXTENDED_PRO_PROCESSING_REPORT",
    "EXCEPTION_PROCESSING_REPORT",
    "ACCOUNT_MANAGEMENT_PERMISSION",
    "ACCESS_BASIC_PERSONAL_DATA",
    "ACCESS_ADVANCED_PERSONAL_DATA",
    "INVOICING",
)


@dataclass(eq=False)
class Permission:
    """`token` and `secret` sign requests for `account`."""

    token: str
    secret: str
    account: Account
    scopes: tuple[str, ...]
    granted: datetime
    cancelled: bool = False

    def allows(self, scope: str) -> bool:
        """Whether this is among what was granted, and still is."""
        return not self.cancelled and scope in self.scopes
