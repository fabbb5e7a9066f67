"""OAuth 1.0a without a user's token (two-legged), for clients of the old server: off unless SOLITUDE_OAUTH1 is true.

RFC 5849, the parameters in the Authorization header only. The method, the URL and the query are signed; a body is covered only
if the client sends `oauth_body_hash` (draft-eaton-oauth-bodyhash). Pure but for the clock, as `signature` is.
"""

import base64
import hashlib
import hmac
import re
import time
from urllib.parse import parse_qsl, unquote

from django.http import HttpRequest
from django.utils.encoding import escape_uri_path
from oauthlib.oauth1.rfc5849 import signature as rfc5849
from oauthlib.oauth1.rfc5849.utils import escape

from solitude.web import known_clients
from solitude.web.clients import Client
from solitude.web.signed import BadSignature, Signed

HASHES = {"HMAC-SHA1": "sha1", "HMAC-SHA256": "sha256"}
CLOCKS_APART_MAX_S = 300
HEADER_MAX_CHARS = 8192
# With its timestamp it must fit into SeenToken.jti.
NONCE_MAX_CHARS = 200
REQUIRED = ("consumer_key", "signature_method", "timestamp", "nonce", "signature")
_PARAMETER = r'([A-Za-z0-9._~%-]+)="([^"]*)"'
_HEADER = re.compile(rf"oauth[ \t]+{_PARAMETER}(?:[ \t]*,[ \t]*{_PARAMETER})*[ \t]*", re.IGNORECASE | re.ASCII)
_SECONDS = re.compile(r"[0-9]{1,12}", re.ASCII)

Parameters = list[tuple[str, str]]


class BadOAuth(BadSignature):
    challenge = 'OAuth realm="solitude"'


def is_tried(request: HttpRequest) -> bool:
    """Whether the request wants to be signed in this way, be it in the wrong place."""
    scheme = request.headers.get("Authorization", "").partition(" ")[0]
    return scheme.lower() == "oauth" or (not scheme and "oauth_" in request.META.get("QUERY_STRING", ""))


def verify(request: HttpRequest, clients: dict[str, Client], base_url: str, now: float | None = None) -> Signed:
    """The signature of `request`, whose URL the client knows as `base_url` and the path. Raises BadOAuth."""
    query = _query(request)
    parameters = _parameters(request.headers.get("Authorization", ""))
    given = {name.removeprefix("oauth_"): value for name, value in parameters if name.startswith("oauth_")}
    for name in REQUIRED:
        if not given.get(name):
            raise BadOAuth(f"The parameter oauth_{name} is missing.")
    _kind(given)
    client = clients.get(given["consumer_key"])
    if client is None:
        raise BadOAuth("The parameter oauth_consumer_key names no client.")
    signed = _base_string(request, base_url, query + [pair for pair in parameters if pair[0] != "oauth_signature"])
    fitting = next((secret for secret in client.secrets if _fits(secret, signed, given)), None)
    if fitting is None:
        raise BadOAuth("The signature does not fit.")
    known_clients.note_use(client, fitting)
    sent = _sent(given["timestamp"], time.time() if now is None else now)
    _nonce(given["nonce"])
    _body(given.get("body_hash"), request)
    # RFC 5849: a nonce is used up together with its timestamp. No jti has a line end, so none can be the same.
    name = f"oauth1\n{sent}\n{given['nonce']}"
    return Signed(client, name, sent + CLOCKS_APART_MAX_S, BadOAuth("The parameter oauth_nonce was used before."))


def _query(request: HttpRequest) -> Parameters:
    try:
        # WSGI hands its bytes over as Latin-1.
        text = request.META.get("QUERY_STRING", "").encode("latin-1").decode()
        query = parse_qsl(text, keep_blank_values=True, errors="strict")
    except UnicodeDecodeError:
        raise BadOAuth("The query is not UTF-8.") from None
    if any(name.startswith("oauth_") for name, _ in query):
        raise BadOAuth("The OAuth parameters must be in the Authorization header.")
    return query


def _parameters(header: str) -> Parameters:
    """The header's parameters without `realm`, decoded. (oauthlib's own reader keeps one of two that have the same name.)"""
    if len(header) > HEADER_MAX_CHARS or not _HEADER.fullmatch(header):
        raise BadOAuth("The Authorization header is malformed.")
    try:
        found = [
            (unquote(name, errors="strict"), unquote(value, errors="strict"))
            for name, value in re.findall(_PARAMETER, header)
        ]
    except UnicodeDecodeError:
        raise BadOAuth("The Authorization header is malformed.") from None
    if len({name for name, _ in found}) < len(found):
        raise BadOAuth("A parameter stands twice in the Authorization header.")
    return [(name, value) for name, value in found if name != "realm"]


def _kind(given: dict[str, str]) -> None:
    if given.get("version", "1.0") != "1.0":
        raise BadOAuth("The parameter oauth_version is not 1.0.")
    if given["signature_method"] not in HASHES:
        raise BadOAuth(f"The parameter oauth_signature_method is not one of {', '.join(HASHES)}.")
    if given.get("token"):
        raise BadOAuth("The parameter oauth_token must be empty: there are no tokens here.")


def _base_string(request: HttpRequest, base_url: str, parameters: Parameters) -> str:
    # The Host header is anybody's, so what the server is called is a setting.
    url = rfc5849.base_string_uri(base_url + escape_uri_path(request.path))
    normalized = rfc5849.normalize_parameters(parameters)
    return str(rfc5849.signature_base_string(request.META["REQUEST_METHOD"], url, normalized))


def _fits(secret: bytes, signed: str, given: dict[str, str]) -> bool:
    key = f"{escape(secret.decode())}&".encode()
    expected = base64.b64encode(hmac.digest(key, signed.encode(), HASHES[given["signature_method"]]))
    return hmac.compare_digest(expected, given["signature"].encode())


def _sent(timestamp: str, now: float) -> int:
    if not _SECONDS.fullmatch(timestamp):
        raise BadOAuth("The parameter oauth_timestamp must be whole seconds.")
    sent = int(timestamp)
    if abs(now - sent) > CLOCKS_APART_MAX_S:
        raise BadOAuth(f"The parameter oauth_timestamp is more than {CLOCKS_APART_MAX_S} s from the server's time.")
    return sent


def _nonce(nonce: str) -> None:
    if len(nonce) > NONCE_MAX_CHARS or not nonce.isprintable():
        raise BadOAuth(f"The parameter oauth_nonce must have 1 to {NONCE_MAX_CHARS} printable characters.")


def _body(given: str | None, request: HttpRequest) -> None:
    if given is None:
        return
    # The draft has SHA-1; clients that sign with SHA-256 use one or the other.
    digests = (hashlib.sha1(request.body).digest(), hashlib.sha256(request.body).digest())  # noqa: S324
    if given.encode() not in map(base64.b64encode, digests):
        raise BadOAuth("The parameter oauth_body_hash is not this body.")
