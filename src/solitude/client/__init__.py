"""The Python client of a Solitude server: `Solitude`, and what its methods give and raise; see docs/client.md.

It needs PyJWT and urllib3, nothing else of this project, and works under any package name when the folder is copied.
"""

from .answers import (
    Buyer,
    Check,
    Event,
    EventPage,
    FinishedPreapproval,
    Payment,
    PayPalBuyer,
    PayPalSeller,
    Preapproval,
    Product,
    Receiver,
    Refund,
    Seller,
    ServerStatus,
    Transaction,
)
from .client import Solitude
from .errors import (
    Conflict,
    CursorExpired,
    Declined,
    FieldError,
    Forbidden,
    IdempotencyKeyReused,
    InvalidRequest,
    NoAnswer,
    NotFound,
    NotSigned,
    OutcomeUnknown,
    ProviderUnavailable,
    ServerError,
    SolitudeError,
)
from .retries import Clock, Retries
from .signing import authorization, sign

__all__ = [
    "Buyer",
    "Check",
    "Clock",
    "Conflict",
    "CursorExpired",
    "Declined",
    "Event",
    "EventPage",
    "FieldError",
    "FinishedPreapproval",
    "Forbidden",
    "IdempotencyKeyReused",
    "InvalidRequest",
    "NoAnswer",
    "NotFound",
    "NotSigned",
    "OutcomeUnknown",
    "PayPalBuyer",
    "PayPalSeller",
    "Payment",
    "Preapproval",
    "Product",
    "ProviderUnavailable",
    "Receiver",
    "Refund",
    "Retries",
    "Seller",
    "ServerError",
    "ServerStatus",
    "Solitude",
    "SolitudeError",
    "Transaction",
    "authorization",
    "sign",
]
