"""Who may use the gateway, and the merchant's accounts, each with its currency."""

import hmac

MERCHANT_ID = "sandbox-merchant"
PUBLIC_KEY, PRIVATE_KEY = "sandbox-public-key", "sandbox-private-key"
# The first is the one that takes what names none.
MERCHANT_ACCOUNTS = {
    "sandbox_usd": "USD",
    "sandbox_eur": "EUR",
    "sandbox_gbp": "GBP",
    "sandbox_cad": "CAD",
    "sandbox_aud": "AUD",
}
DEFAULT_ACCOUNT = "sandbox_usd"


def knows(merchant: str, public_key: str, private_key: str) -> bool:
    """Whether these are the merchant and the keys of this gateway."""
    given, known = (merchant, public_key, private_key), (MERCHANT_ID, PUBLIC_KEY, PRIVATE_KEY)
    return hmac.compare_digest("\0".join(given).encode(), "\0".join(known).encode())
