"""PayPal-Auth-Assertion: the unsigned JWT with which a partner acts for a seller.

Form: developer.paypal.com/api/rest/requests/#paypal-auth-assertion - `alg` none, `iss` the caller's client id, and
`payer_id` or `email` of the seller; the third part, the signature, is empty.
"""

import base64
import binascii
import json
from typing import Any

from solitude_sandbox.paypal.accounts import Account

LENGTH_LIMIT = 4096


def names(token: str, client_id: str, seller: Account) -> bool:
    """Whether the token is well-formed, issued by this client, and names this seller."""
    header, claims = _parts(token)
    if header.get("alg") != "none" or claims.get("iss") != client_id:
        return False
    if "payer_id" in claims:
        return bool(claims["payer_id"] == seller.merchant_id)
    email = claims.get("email")
    return isinstance(email, str) and email.lower() == seller.email


def claims_of(token: str) -> dict[str, Any]:
    """What the token says, whoever issued it; nothing if it is not well-formed."""
    return _parts(token)[1]


def _parts(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    parts = token.split(".")
    if len(token) > LENGTH_LIMIT or len(parts) != 3 or parts[2]:
        return {}, {}
    header, claims = (_decoded(part) for part in parts[:2])
    return header, claims


def _decoded(part: str) -> dict[str, Any]:
    try:
        value = json.loads(base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
