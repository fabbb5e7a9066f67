"""How the gateway proves that a webhook is its own, and asks an address whether it can tell.

As the official SDK checks it (braintree/webhook_notification_gateway.py, braintree/util/crypto.py).
"""

import hashlib
import hmac
from base64 import encodebytes

from solitude_sandbox.braintree.accounts import PRIVATE_KEY, PUBLIC_KEY

# Whoever has several pairs of keys gets a signature by each.
ANOTHER_PUBLIC_KEY, ANOTHER_PRIVATE_KEY = "another-public-key", "another-private-key"


def signed(document: str) -> dict[str, str]:
    """The form that is posted: the document in base64 with its line breaks, and what each pair of keys makes of that text."""
    payload = encodebytes(document.encode()).decode()
    pairs = [(ANOTHER_PUBLIC_KEY, ANOTHER_PRIVATE_KEY), (PUBLIC_KEY, PRIVATE_KEY)]
    signature = "&".join(f"{public}|{_digest(private, payload)}" for public, private in pairs)
    return {"bt_signature": signature, "bt_payload": payload}


def answer_to(challenge: str) -> str:
    """What an address answers that knows the private key."""
    return f"{PUBLIC_KEY}|{_digest(PRIVATE_KEY, challenge)}"


def _digest(private_key: str, text: str) -> str:
    return hmac.new(hashlib.sha1(private_key.encode()).digest(), text.encode(), hashlib.sha1).hexdigest()  # noqa: S324
