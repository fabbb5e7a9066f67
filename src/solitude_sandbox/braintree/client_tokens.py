"""Client tokens: with one a buyer's browser may turn a card into a nonce, and nothing else."""

import base64
import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from solitude_sandbox.braintree.accounts import MERCHANT_ID
from solitude_sandbox.braintree.books import Books
from solitude_sandbox.braintree.call import Answer, Call
from solitude_sandbox.braintree.errors import invalid

LIFE = timedelta(hours=24)
VERSIONS = ("1", "2", "3")
LENGTH_LIMIT = 8_000


@dataclass(frozen=True)
class ClientToken:
    """What is kept of one, by its fingerprint."""

    made: datetime
    customer_id: str | None


def create_client_token(books: Books, call: Call) -> Answer:
    """POST /client_token."""
    version, customer_id = call.text("version") or "2", call.text("customer_id")
    if version not in VERSIONS:
        raise invalid("client_token", "version", "92806")
    if customer_id is not None and books.customers.get(customer_id) is None:
        raise invalid("client_token", "customer_id", "92804")
    fingerprint = books.ids.fingerprint()
    books.client_tokens.put(fingerprint, ClientToken(call.now, customer_id))
    merchant = f"{call.base}/merchants/{MERCHANT_ID}"
    content = {
        "version": int(version),
        "authorizationFingerprint": fingerprint,
        "configUrl": f"{merchant}/client_api/v1/configuration",
        "clientApiUrl": f"{merchant}/client_api",
        "merchantId": MERCHANT_ID,
        "environment": "sandbox",
        "challenges": [],
        "paypalEnabled": False,
        "threeDSecureEnabled": False,
    }
    plain = json.dumps(content, separators=(",", ":"))
    # Only those of version 2 are wrapped.
    value = base64.b64encode(plain.encode()).decode() if version == "2" else plain
    return Answer("client_token", {"value": value}, 201)


def is_good(books: Books, token: str) -> bool:
    """Whether a browser may make a nonce with it. The books' lock is held."""
    known = books.client_tokens.get(_fingerprint(token))
    return known is not None and books.clock.now() - known.made <= LIFE


def _fingerprint(token: str) -> str:
    """What the token authorizes with; "" of something else."""
    text = token[:LENGTH_LIMIT]
    try:
        content = json.loads(text if text.startswith("{") else base64.b64decode(text, validate=True))
    except (ValueError, RecursionError):
        return ""
    found = content.get("authorizationFingerprint") if isinstance(content, dict) else None
    return found if isinstance(found, str) else ""
