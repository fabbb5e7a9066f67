"""Times in PayPal's form, and the life spans that its documents name."""

from datetime import datetime, timedelta

ACCESS_TOKEN_LIFE_S = 32_400

ORDER_UNAPPROVED_LIFE = timedelta(hours=6)
# "Default 3 hours to capture after approval": checkout_orders_v2.
ORDER_APPROVED_LIFE = timedelta(hours=3)
SETUP_TOKEN_LIFE = timedelta(days=3)
REFUND_PERIOD = timedelta(days=180)
ECHECK_CLEARS_AFTER = timedelta(days=3)
# "It takes a maximum of three hours for executed transactions to appear": reporting_transactions_v1.
REPORT_LAG = timedelta(hours=3)
REPORT_SPAN = timedelta(days=31)
DISPUTE_RESPONSE_TIME = timedelta(days=10)

# "The authorization code is very short-lived" and "the refresh token is long-lived (currently 10 years)": PayPal's guide to
# profile sharing; ten minutes is what RFC 6749 recommends.
AUTHORIZATION_CODE_LIFE = timedelta(minutes=10)
PERSON_TOKEN_LIFE_S = 28_800
REFRESH_TOKEN_LIFE = timedelta(days=3650)

# How long a PayPal-Request-Id is remembered: parameter `paypal_request_id` of the three OpenAPI files.
ORDERS_MEMORY = timedelta(hours=6)
PAYMENTS_MEMORY = timedelta(days=45)
VAULT_MEMORY = timedelta(hours=3)


def stamp_ms(time: datetime) -> str:
    """2026-11-23T12:34:56.789Z, for events and disputes."""
    return f"{time:%Y-%m-%dT%H:%M:%S}.{time.microsecond // 1000:03d}Z"
