"""Who calls: this server by its own credentials, or for a seller who gave it a permission (X-PAYPAL-AUTHORIZATION).

The signature is OAuth 1.0's over PayPal's own idea of escaping: every character but letters, digits and the underscore, in
lower-case hexadecimal.
"""

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass, field

from django.conf import settings

from solitude.telemetry.redaction import Secret

_ESCAPED = re.compile(rb"[^A-Za-z0-9_]")


@dataclass(frozen=True, slots=True)
class Permission:
    """What a seller gave us: the access token and its secret."""

    token: Secret = field(repr=False)
    secret: Secret = field(repr=False)


def headers(url: str, permission: Permission | None, timestamp: int) -> dict[str, str]:
    """The header fields that say who posts to this URL."""
    if permission is not None:
        return {"X-PAYPAL-AUTHORIZATION": _authorization(url, permission, timestamp)}
    return {
        "X-PAYPAL-SECURITY-USERID": settings.SOLITUDE_PAYPAL_CLASSIC_USER,
        "X-PAYPAL-SECURITY-PASSWORD": settings.SOLITUDE_PAYPAL_CLASSIC_PASSWORD,
        "X-PAYPAL-SECURITY-SIGNATURE": settings.SOLITUDE_PAYPAL_CLASSIC_SIGNATURE,
    }


def is_configured() -> bool:
    return all(
        (
            settings.SOLITUDE_PAYPAL_CLASSIC_APP_ID,
            settings.SOLITUDE_PAYPAL_CLASSIC_USER,
            settings.SOLITUDE_PAYPAL_CLASSIC_PASSWORD,
            settings.SOLITUDE_PAYPAL_CLASSIC_SIGNATURE,
        )
    )


def _authorization(url: str, permission: Permission, timestamp: int) -> str:
    token = permission.token.reveal()
    signed = signature(
        url,
        user=settings.SOLITUDE_PAYPAL_CLASSIC_USER,
        password=settings.SOLITUDE_PAYPAL_CLASSIC_PASSWORD,
        token=token,
        secret=permission.secret.reveal(),
        timestamp=timestamp,
    )
    return f"timestamp={timestamp},token={token},signature={signed}"


def signature(url: str, *, user: str, password: str, token: str, secret: str, timestamp: int) -> str:
    parameters = (
        f"oauth_consumer_key={user}&oauth_signature_method=HMAC-SHA1&oauth_timestamp={timestamp}"
        f"&oauth_token={token}&oauth_version=1.0"
    )
    text = f"POST&{escaped(url)}&{escaped(parameters)}"
    key = f"{password}&{escaped(secret)}"
    return base64.b64encode(hmac.digest(key.encode(), text.encode(), hashlib.sha1)).decode()


def escaped(text: str) -> str:
    return _ESCAPED.sub(lambda found: b"%%%02x" % found.group()[0], text.encode()).decode()
