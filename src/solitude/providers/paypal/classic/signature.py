"""Who calls: this server by its own credentials, or for a seller who gave it a permission (X-PAYPAL-AUTHORIZATION).

The signature is OAuth 1.0's over PayPal's own idea of escaping: every character but letters, digits and the underscore, in
lower-case hexadecimal.
"""

import base64
import hashlib
import hmac
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import parse_qs, urlencode

from django.conf import settings

from solitude.outbound.http import Answer, NotSent, Reason, Request
from solitude.outbound.ways import Sender
from solitude.providers.paypal import configured
from solitude.providers.paypal.names import TOKEN
from solitude.telemetry.redaction import Secret

_ESCAPED = re.compile(rb"[^A-Za-z0-9_]")


@dataclass(frozen=True, slots=True)
class Permission:
    """What a seller gave us: the access token and its secret."""

    token: Secret = field(repr=False)
    secret: Secret = field(repr=False)


class Signing:
    """A sender that says on the way who calls. `by` leads to PayPal."""

    def __init__(self, by: Sender) -> None:
        self._by = by

    def send(self, request: Request) -> Answer:
        """Raises NotSent and NoAnswer."""
        if not configured.has_classic_credentials():
            raise NotSent(Reason.CREDENTIALS_REFUSED)
        named = {name: value for name, value in request.headers.items() if name != TOKEN}
        return self._by.send(replace(request, headers={**named, **_signed(request)}))


def on_behalf_of(permission: Permission | None) -> dict[str, str]:
    """How a request names, until it is signed, the permission of the seller that it acts for."""
    if permission is None:
        return {}
    return {TOKEN: urlencode({"token": permission.token.reveal(), "secret": permission.secret.reveal()})}


def _signed(request: Request) -> dict[str, str]:
    """The header fields that say who posts this. Raises NotSent."""
    return {
        "X-PAYPAL-APPLICATION-ID": settings.SOLITUDE_PAYPAL_CLASSIC_APP_ID,
        "X-PAYPAL-REQUEST-DATA-FORMAT": "NV",
        "X-PAYPAL-RESPONSE-DATA-FORMAT": "NV",
        **headers(request.url, _permission(request.headers), int(time.time())),
    }


def headers(url: str, permission: Permission | None, timestamp: int) -> dict[str, str]:
    """The header fields that say who posts to this URL."""
    if permission is not None:
        return {"X-PAYPAL-AUTHORIZATION": _authorization(url, permission, timestamp)}
    return {
        "X-PAYPAL-SECURITY-USERID": settings.SOLITUDE_PAYPAL_CLASSIC_USER,
        "X-PAYPAL-SECURITY-PASSWORD": settings.SOLITUDE_PAYPAL_CLASSIC_PASSWORD,
        "X-PAYPAL-SECURITY-SIGNATURE": settings.SOLITUDE_PAYPAL_CLASSIC_SIGNATURE,
    }


def _permission(named: Mapping[str, str]) -> Permission | None:
    """Raises NotSent for what names none."""
    if TOKEN not in named:
        return None
    found = parse_qs(named[TOKEN], keep_blank_values=True)
    if [len(found.get(name, [])) for name in ("token", "secret")] != [1, 1]:
        raise NotSent(Reason.INVALID_REQUEST)
    return Permission(Secret(found["token"][0]), Secret(found["secret"][0]))


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
