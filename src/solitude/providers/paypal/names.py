"""What the parts of this provider call the same."""

from typing import Final, Literal

NAME: Final = "paypal"
NUMBER: Final = 0

# PayPal's two interfaces: the platform of today, and the Adaptive one of 2012.
Interface = Literal["rest", "classic"]
REST: Final = "rest"
CLASSIC: Final = "classic"

# The ways out of the house: each has its connections, its breaker and its place at the proxy.
CLASSIC_WAY: Final = "paypal-classic"
IPN_WAY: Final = "paypal-ipn"
CERTIFICATES_WAY: Final = "paypal-certificates"
VERIFICATION_WAY: Final = "paypal-verification"

# How a request names for whom it is, until it is signed: the seller that we act for, and what a seller or a person gave us.
SELLER: Final = "x-solitude-seller"
TOKEN: Final = "x-solitude-token"  # noqa: S105  # it is none

# How the invoice of a classic payment begins, before our key.
INVOICE: Final = "solitude-"

# Codes of ours.
NOT_APPROVED: Final = "not_approved"
PREAPPROVAL_LIMIT: Final = "preapproval_limit"
