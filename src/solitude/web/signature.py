"""The signature of a request: a compact JWS (HS256) that binds client, method, target, body and time.

The profile is documented in docs/signature.md. Pure but for the clock: what was seen before is `admission`'s business.
"""

import base64
import hashlib
import json
import time
from typing import Any
from urllib.parse import unquote

import jwt
from django.http import HttpRequest

from solitude.web import known_clients
from solitude.web.clients import Client
from solitude.web.signed import BadSignature, Signed

ALGORITHM = "HS256"
AUDIENCE = "solitude"
LIFE_MAX_S = 300
LEEWAY_S = 30
JTI_MAX_CHARS = 255
TOKEN_MAX_CHARS = 8192
CLAIMS = ("iss", "aud", "iat", "exp", "jti", "htm", "htu")
# PyJWT checks signature, algorithm and audience. Times are checked here, with our own limits, and so are all other claims.
_OPTIONS: Any = {"require": list(CLAIMS), "strict_aud": True} | {
    f"verify_{claim}": False for claim in ("exp", "iat", "nbf", "iss", "sub", "jti")
}


def verify(request: HttpRequest, clients: dict[str, Client], now: float | None = None) -> Signed:
    """The signature of `request`. Raises BadSignature."""
    return verified(request, clients, AUDIENCE, now)[0]


def verified(
    request: HttpRequest, clients: dict[str, Client], audience: str, now: float | None = None
) -> tuple[Signed, dict[str, Any]]:
    """The same, signed for somebody, and all claims. Raises BadSignature."""
    token = _token(request)
    client = _client(token, clients)
    claims = _claims(token, client, audience)
    expires = _times(claims, time.time() if now is None else now)
    _name(claims)
    _target(claims, request)
    _body(claims, request.body)
    return Signed(client, claims["jti"], expires + LEEWAY_S, BadSignature("The token was used before.")), claims


def _token(request: HttpRequest) -> str:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if not scheme:
        raise BadSignature("The Authorization header is missing.")
    if scheme.lower() != "bearer" or not token or len(token) > TOKEN_MAX_CHARS:
        raise BadSignature("The Authorization header is malformed.")
    return token.strip()


def _client(token: str, clients: dict[str, Client]) -> Client:
    """The client that the token says it is from, not yet believed."""
    client = clients.get(_issuer(token))
    if client is None:
        try:
            jwt.decode(token, options={"verify_signature": False}, algorithms=[ALGORITHM])
        except (jwt.InvalidTokenError, RecursionError):
            raise BadSignature("The token is malformed.") from None
        raise BadSignature("The claim iss names no client.")
    return client


def _issuer(token: str) -> str:
    """Whom the middle part of the token names; empty where that cannot be read.

    Read by hand, because PyJWT takes as long to read a token as to prove it, and proves this one in a moment: whatever is wrong with the
    token it finds then, and by this claim nothing is chosen but whose secret it has to fit.
    """
    _, _, rest = token.partition(".")
    claims, _, _ = rest.partition(".")
    try:
        issuer = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))["iss"]
    except (ValueError, LookupError, TypeError, RecursionError):
        return ""
    return issuer if isinstance(issuer, str) else ""


def _claims(token: str, client: Client, audience: str) -> dict[str, Any]:
    """The claims under the first of the client's secrets that fits. PyJWT checks the algorithm against our list of one."""
    for secret in client.secrets:
        try:
            claims: dict[str, Any] = jwt.decode(
                token, secret, algorithms=[ALGORITHM], audience=audience, options=_OPTIONS
            )
            known_clients.note_use(client, secret)
            return claims
        except jwt.InvalidSignatureError:
            continue
        except jwt.MissingRequiredClaimError as error:
            raise BadSignature(f"The claim {error.claim} is missing.") from None
        except jwt.InvalidAudienceError:
            raise BadSignature("The claim aud is wrong.") from None
        except jwt.InvalidAlgorithmError:
            raise BadSignature("The algorithm is not HS256.") from None
        except (jwt.InvalidTokenError, RecursionError):
            raise BadSignature("The token is malformed.") from None
    raise BadSignature("The signature does not fit.")


def _times(claims: dict[str, Any], now: float) -> int:
    issued, expires = claims["iat"], claims["exp"]
    if not _is_whole(issued) or not _is_whole(expires):
        raise BadSignature("The claims iat and exp must be whole seconds.")
    if expires - issued > LIFE_MAX_S or expires < issued:
        raise BadSignature(f"The claim exp must be at most {LIFE_MAX_S} s after iat.")
    if issued > now + LEEWAY_S:
        raise BadSignature("The claim iat is in the future.")
    if expires < now - LEEWAY_S:
        raise BadSignature("The token has expired.")
    return int(expires)


def _name(claims: dict[str, Any]) -> None:
    jti = claims["jti"]
    # Neither NUL nor half of a surrogate pair is printable, and no database keeps them.
    if not isinstance(jti, str) or not 1 <= len(jti) <= JTI_MAX_CHARS or not jti.isprintable():
        raise BadSignature(f"The claim jti must be a text of 1 to {JTI_MAX_CHARS} printable characters.")


def _target(claims: dict[str, Any], request: HttpRequest) -> None:
    if claims["htm"] != request.META["REQUEST_METHOD"]:  # `method` is GET for a HEAD
        raise BadSignature("The claim htm is not this method.")
    target = claims["htu"]
    if not isinstance(target, str):
        raise BadSignature("The claim htu must be a text.")
    path, _, query = target.partition("?")
    # A proxy may normalise the percent-encoding of a path, so the decoded ones are compared; nobody touches a query.
    # WSGI hands its bytes over as Latin-1.
    sent = request.META.get("QUERY_STRING", "").encode("latin-1")
    if unquote(path) != request.path or query.encode("utf-8", "surrogatepass") != sent:
        raise BadSignature("The claim htu is not this path and query.")


def _body(claims: dict[str, Any], body: bytes) -> None:
    given = claims.get("bsh")
    if not body:
        if given is not None:
            raise BadSignature("The claim bsh stands without a body.")
        return
    if given is None:
        raise BadSignature("The claim bsh is missing.")
    expected = base64.urlsafe_b64encode(hashlib.sha256(body).digest()).rstrip(b"=").decode()
    if given != expected:
        raise BadSignature("The claim bsh is not this body.")


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**53
