"""POST /v1/oauth2/token: client credentials for an access token that expires by the simulator's clock."""

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from solitude_sandbox.paypal import accounts
from solitude_sandbox.paypal.ids import Ids
from solitude_sandbox.paypal.times import ACCESS_TOKEN_LIFE_S, stamp
from solitude_sandbox.store import BoundedStore

TOKENS_LIMIT = 10_000
APP_ID = "APP-80W284485P519543T"  # PayPal's published sandbox application id
SCOPES = (
    "https://uri.paypal.com/services/payments/realtimepayment",
    "https://uri.paypal.com/services/payments/payment/authcapture",
    "https://uri.paypal.com/services/payments/refund",
    "https://uri.paypal.com/services/payments/partnerfee",
    "https://uri.paypal.com/services/vault/payment-tokens/read",
    "https://uri.paypal.com/services/vault/payment-tokens/readwrite",
)


@dataclass(frozen=True)
class _Granted:
    client_id: str
    until: datetime


class AccessTokens:
    """The tokens that were handed out. Not thread-safe: the books' lock is held."""

    def __init__(self, ids: Ids) -> None:
        self._ids = ids
        self._tokens: BoundedStore[str, _Granted] = BoundedStore(TOKENS_LIMIT)

    def issue(self, client_id: str, now: datetime) -> dict[str, Any]:
        """A new token, as PayPal's answer."""
        token = self._ids.access_token()
        self._tokens.put(token, _Granted(client_id, now + timedelta(seconds=ACCESS_TOKEN_LIFE_S)))
        return {
            "scope": " ".join(SCOPES),
            "access_token": token,
            "token_type": "Bearer",
            "app_id": APP_ID,
            "expires_in": ACCESS_TOKEN_LIFE_S,
            "nonce": f"{stamp(now)}{self._ids.debug_id()}",
        }

    def client_of(self, token: str, now: datetime) -> str | None:
        """The client id of a live token, else None."""
        granted = self._tokens.get(token)
        return granted.client_id if granted is not None and now < granted.until else None


def is_client(client_id: str, secret: str) -> bool:
    """Whether these are the built-in account's credentials."""
    known = hmac.compare_digest(client_id.encode(), accounts.CLIENT_ID.encode())
    return hmac.compare_digest(secret.encode(), accounts.CLIENT_SECRET.encode()) and known
