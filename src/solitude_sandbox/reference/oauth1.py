"""OAuth 1.0a with two legs (RFC 5849): whether a request is signed with the one secret that both sides know.

As in the original, the consumer key is not compared, any token will do but there must be one, and nonce and timestamp are not looked at.
"""

import base64
import hashlib
import hmac
from collections.abc import Iterable
from urllib.parse import parse_qsl, quote, unquote

from werkzeug.wrappers import Request

KEY = "sandbox-zippykey"
SECRET = "sandbox-zippyscr"  # noqa: S105 - the simulator's, known to all
FORM = "application/x-www-form-urlencoded"

_NEEDED = frozenset(
    {
        "oauth_consumer_key",
        "oauth_nonce",
        "oauth_signature",
        "oauth_signature_method",
        "oauth_timestamp",
        "oauth_token",
    }
)
_DEFAULT_PORTS = {"http": 80, "https": 443}
Pairs = Iterable[tuple[str, str]]


def wrong_with(request: Request, secret: str = SECRET) -> str | None:
    """Why the request is not to be believed, in a sentence; None if it is."""
    header = _header(request.headers.get("Authorization", ""))
    if header is None:
        return "An Authorization header of the kind OAuth is needed."
    missing = sorted(_NEEDED - {name for name, value in header.items() if value})
    if missing:
        return f"Authorization lacks {', '.join(missing)}."
    if header["oauth_signature_method"] != "HMAC-SHA1" or header.get("oauth_version", "1.0") != "1.0":
        return "Only HMAC-SHA1 of OAuth 1.0 is spoken here."
    signed = [(name, value) for name, value in header.items() if name not in ("realm", "oauth_signature")]
    signed += parse_qsl(_query(request), keep_blank_values=True)
    if request.mimetype == FORM:
        signed += parse_qsl(request.get_data(as_text=True), keep_blank_values=True)
    expected = signature(request.method, _address(request), signed, secret)
    if not hmac.compare_digest(expected.encode(), header["oauth_signature"].encode()):
        return "The signature does not match."
    return None


def signature(method: str, url: str, pairs: Pairs, secret: str) -> str:
    """RFC 5849, sections 3.4.1 and 3.4.2, without a token secret; `url` without its query."""
    scheme, _, rest = url.partition("://")
    host, _, path = rest.partition("/")
    usual = f":{_DEFAULT_PORTS.get(scheme, '')}"
    address = f"{scheme}://{host.lower().removesuffix(usual)}/{path}"
    normalized = "&".join(
        f"{name}={value}" for name, value in sorted((_quoted(name), _quoted(value)) for name, value in pairs)
    )
    base = "&".join((method.upper(), _quoted(address), _quoted(normalized)))
    digest = hmac.new(f"{_quoted(secret)}&".encode(), base.encode(), hashlib.sha1)
    return base64.b64encode(digest.digest()).decode()


def _address(request: Request) -> str:
    """The URL as the client wrote it, without the query: a path is signed with the escapes that it has."""
    raw = str(request.environ.get("REQUEST_URI", ""))
    path = (
        raw.partition("?")[0]
        if raw.startswith("/")
        else quote(request.root_path + request.path, safe="/:@!$&'()*+,;=~")
    )
    return f"{request.scheme}://{request.host}{path}"


def _query(request: Request) -> str:
    return request.query_string.decode("latin-1")


def _header(text: str) -> dict[str, str] | None:
    """The parameters of an `OAuth` header; None if it is none."""
    kind, _, rest = text.partition(" ")
    if kind.lower() != "oauth":
        return None
    parts = [part.strip().partition("=") for part in rest.split(",")]
    return {unquote(name): unquote(value.strip('"')) for name, _, value in parts}


def _quoted(value: str) -> str:
    return quote(value, safe="~")
