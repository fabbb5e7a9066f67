"""Which columns of provider calls and notifications never change, and when they are fixed."""

from django.db.models import Q

from solitude.audit.kinds import Group, Kind
from solitude.payments.models import OPEN, Notification, ProviderCall

CALLS = Kind(
    "provider_calls",
    ProviderCall,
    began="begun_at",
    layouts={
        1: (
            Group(
                "call",
                (
                    "row_uuid", "key", "provider", "operation", "transaction", "subject", "client", "request_id", "way", "choice",
                    "begun_at",
                ),
            ),
            Group("intent", ("intent",), can_be_emptied=True),
            Group(
                "outcome",
                (
                    "ids", "facts", "ended_at", "outcome", "reason_code", "reason_message", "reason_field", "correlation_id", "tries",
                ),
                at_end=True,
            ),
            Group("exchanges", ("exchanges",), at_end=True, can_be_emptied=True),
        )
    },
    # Who is at it and when it is tried again; and the client's key, which is forgotten in time and goes on to the next call of a payment.
    # What retention leaves of an intent comes into being when that is emptied. A trace is for whoever looks for a fault.
    free=frozenset({"idempotency", "leased_until", "takeovers", "next_try_at", "traceparent", "truncated_at", "essentials"}),
    is_open=Q(outcome__in=OPEN),
)  # fmt: skip

NOTIFICATIONS = Kind(
    "notifications",
    Notification,
    began="received_at",
    layouts={
        1: (
            Group("notification", ("row_uuid", "provider", "fingerprint", "request_id")),
            Group("message", ("headers", "body"), can_be_emptied=True),
        )
    },
    # What we made of it. One that was refused as forged is looked at again when it is delivered again; and whatever it changed in the
    # books is an event.
    free=frozenset(
        {
            "event_id", "event_type", "action", "state", "reason", "transaction", "amount", "currency", "received_at", "ended_at",
            "leased_until", "next_try_at", "tries", "truncated_at",
        }
    ),
)  # fmt: skip
