"""What the parts of this provider call the same."""

from typing import Final, Literal

NAME: Final = "paypal"
NUMBER: Final = 0

# PayPal's two interfaces: the platform of today, and the Adaptive one of 2012.
Interface = Literal["rest", "classic"]
REST: Final = "rest"
CLASSIC: Final = "classic"

# How the invoice of a classic payment begins, before our key.
INVOICE: Final = "solitude-"

# Codes of ours.
NOT_APPROVED: Final = "not_approved"
PREAPPROVAL_LIMIT: Final = "preapproval_limit"
