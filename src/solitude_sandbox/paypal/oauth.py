"""Access tokens, of clients and of persons who logged in; they expire by the simulator's clock."""

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from solitude_sandbox.clock import stamp
from solitude_sandbox.paypal import accounts
from solitude_sandbox.paypal.ids import Ids
from solitude_sandbox.paypal.times import ACCESS_TOKEN_LIFE_S
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


ATTRIBUTES_SCOPE = "https://uri.paypal.com/services/paypalattributes"
# Scope of a person's token -> what a person reads on the page.
PERSON_SCOPES = {
    "openid": "who you are",
    "profile": "your name",
    "email": "your e-mail address",
    "address": "your address",
    "phone": "your phone number",
    ATTRIBUTES_SCOPE: "your account's id and kind",
}


@dataclass(frozen=True)
class Login:
    """A person who lets a client know the data of these scopes."""

    client_id: str
    email: str
    payer_id: str
    scopes: tuple[str, ...]

    @property
    def subject(self) -> str:
        """PayPal's name of the person, the same for ever."""
        return f"https://www.paypal.com/webapps/auth/identity/user/{self.payer_id}"


@dataclass(frozen=True)
class Granted:
    """Whose a token is: a client's, or with `person` somebody's who logged in there."""

    client_id: str
    until: datetime
    person: Login | None = None


class AccessTokens:
    """The tokens that were handed out. Not thread-safe: the books' lock is held."""

    def __init__(self, ids: Ids) -> None:
        self._ids = ids
        self._tokens: BoundedStore[str, Granted] = BoundedStore(TOKENS_LIMIT)

    def issue(self, client_id: str, now: datetime) -> dict[str, Any]:
        """A new token for a client, as PayPal's answer."""
        return self._issued(
            Granted(client_id, now + timedelta(seconds=ACCESS_TOKEN_LIFE_S)), SCOPES, ACCESS_TOKEN_LIFE_S, now
        )

    def issue_for(self, person: Login, life_s: int, now: datetime) -> dict[str, Any]:
        """A new token for what a person lets a client know."""
        return self._issued(
            Granted(person.client_id, now + timedelta(seconds=life_s), person), person.scopes, life_s, now
        )

    def granted(self, token: str, now: datetime) -> Granted | None:
        """Whose it is, of a live token, else None."""
        granted = self._tokens.get(token)
        return granted if granted is not None and now < granted.until else None

    def _issued(self, granted: Granted, scopes: tuple[str, ...], life_s: int, now: datetime) -> dict[str, Any]:
        token = self._ids.access_token()
        self._tokens.put(token, granted)
        return {
            "scope": " ".join(scopes),
            "access_token": token,
            "token_type": "Bearer",
            "app_id": APP_ID,
            "expires_in": life_s,
            "nonce": f"{stamp(now)}{self._ids.debug_id()}",
        }


def is_client(client_id: str, secret: str) -> bool:
    """Whether these are the built-in account's credentials."""
    known = hmac.compare_digest(client_id.encode(), accounts.CLIENT_ID.encode())
    return hmac.compare_digest(secret.encode(), accounts.CLIENT_SECRET.encode()) and known
