"""Who calls: the API credentials, or a permission token with a signature.

The rule of the signature is that of PayPal's own libraries: base64 of HMAC-SHA1 over method, URL and the sorted OAuth
parameters, with the API password and the token's secret as key.
"""

import base64
import hashlib
import hmac
import re
from typing import TYPE_CHECKING

from werkzeug.wrappers import Request

from solitude_sandbox.paypal.classic.errors import BAD_APPLICATION, BAD_CREDENTIALS, INVALID_REQUEST, ClassicError
from solitude_sandbox.paypal.oauth import APP_ID

if TYPE_CHECKING:
    from solitude_sandbox.paypal.books import Books
    from solitude_sandbox.paypal.classic.permission import Permission

USER = "sandbox-api-user"
PASSWORD = "sandbox-api-password"  # noqa: S105 - the published secret of a simulator
SIGNATURE = "sandbox-api-signature"

FORMATS = ("X-PAYPAL-REQUEST-DATA-FORMAT", "X-PAYPAL-RESPONSE-DATA-FORMAT")
KEYS = {
    "X-PAYPAL-SECURITY-USERID": USER,
    "X-PAYPAL-SECURITY-PASSWORD": PASSWORD,
    "X-PAYPAL-SECURITY-SIGNATURE": SIGNATURE,
}
AUTHORIZATION = "X-PAYPAL-AUTHORIZATION"
HEADER_LENGTH = 1_024


def caller(books: "Books", request: Request) -> "Permission | None":
    """The permission that the caller acts by, None if it acts for itself; `ClassicError` if it is nobody."""
    for header in FORMATS:
        if request.headers.get(header) != "NV":
            raise ClassicError(INVALID_REQUEST, header)
    if request.headers.get("X-PAYPAL-APPLICATION-ID") != APP_ID:
        raise ClassicError(BAD_APPLICATION)
    authorization = request.headers.get(AUTHORIZATION)
    if authorization is not None:
        return _permission(books, request, authorization)
    if not all(_same(request.headers.get(header, ""), value) for header, value in KEYS.items()):
        raise ClassicError(BAD_CREDENTIALS)
    return None


def _permission(books: "Books", request: Request, header: str) -> "Permission":
    """The live permission that the header names and is signed for."""
    parts = dict(part.strip().partition("=")[::2] for part in header[:HEADER_LENGTH].split(","))
    token, timestamp = parts.get("token", ""), parts.get("timestamp", "")
    permission = books.permissions.get(token)
    if permission is None or permission.cancelled:
        raise ClassicError(BAD_CREDENTIALS)
    due = signature(PASSWORD, permission.secret, request.method, request.base_url, USER, token, timestamp)
    if not _same(parts.get("signature", ""), due):
        raise ClassicError(BAD_CREDENTIALS)
    return permission


def signature(password: str, secret: str, method: str, url: str, user: str, token: str, timestamp: str) -> str:
    """The signature of a request to `url`."""
    parameters = {
        "oauth_consumer_key": user,
        "oauth_signature_method": "HMAC-SHA1",
        "oauth_timestamp": timestamp,
        "oauth_token": token,
        "oauth_version": "1.0",
    }
    query = "&".join(f"{name}={value}" for name, value in parameters.items())
    text = f"{method}&{escape(url)}&{escape(query)}"
    key = f"{password}&{escape(secret)}"
    return base64.b64encode(hmac.digest(key.encode(), text.encode(), hashlib.sha1)).decode()


def escape(text: str) -> str:
    """PayPal's own: everything but letters, digits and `_` as `%` and two small hexadecimal digits."""
    return re.sub(rb"[^A-Za-z0-9_]", lambda found: b"%%%02x" % ord(found[0]), text.encode()).decode()


def _same(given: str, due: str) -> bool:
    return hmac.compare_digest(given.encode(), due.encode())
