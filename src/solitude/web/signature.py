"""The signature of a request: a compact JWS (HS256) that binds client, method, target, body and time.

The profile is documented in docs/signature.md. Pure but for the clock: what was seen before is `admission`'s business.
"""

import base64
import hashlib
import hmac
import json
import re
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


def _spelt(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


# How libraries write the first part of such a token.
_HEADERS = {
    _spelt(header) for header in (b'{"alg":"HS256","typ":"JWT"}', b'{"typ":"JWT","alg":"HS256"}', b'{"alg":"HS256"}')
}
# Long enough for HS256, and in no spelling the public key of somebody: PEM has spaces, DER other bytes, JSON braces, and OpenSSH begins so.
_PLAIN_SECRET = re.compile(rb"(?!ssh-|ecdsa-)[A-Za-z0-9._~+/=-]{32,}")


def verify(request: HttpRequest, clients: dict[str, Client], now: float | None = None) -> Signed:
    """The signature of `request`. Raises BadSignature."""
    return verified(request, clients, AUDIENCE, now)[0]


def verified(
    request: HttpRequest, clients: dict[str, Client], audience: str, now: float | None = None
) -> tuple[Signed, dict[str, Any]]:
    """The same, signed for somebody, and all claims. Raises BadSignature."""
    token = _token(request)
    said = _said(token)
    client = _client(token, said, clients)
    claims = _claims(token, said, client, audience)
    expires = _times(claims, time.time() if now is None else now)
    _name(claims)
    _target(claims, request)
    _body(claims, request.body)
    return Signed(client, claims["jti"], expires + LEEWAY_S, BadSignature("The token was used before.")), claims


def _token(request: HttpRequest) -> str:
    scheme, _, token = str(request.META.get("HTTP_AUTHORIZATION", "")).partition(" ")
    if not scheme:
        raise BadSignature("The Authorization header is missing.")
    if scheme.lower() != "bearer" or not token or len(token) > TOKEN_MAX_CHARS:
        raise BadSignature("The Authorization header is malformed.")
    return token.strip()


def _said(token: str) -> dict[str, Any]:
    """What the middle part of the token says, not yet believed; nothing where that cannot be read.

    Read by hand, because PyJWT takes as long to read a token as to prove it; whatever is wrong with this one it finds then.
    """
    _, _, rest = token.partition(".")
    claims, _, _ = rest.partition(".")
    try:
        said = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


def _client(token: str, said: dict[str, Any], clients: dict[str, Client]) -> Client:
    """The client that the token says it is from: by this claim nothing is chosen but whose secret the token has to fit."""
    issuer = said.get("iss")
    client = clients.get(issuer) if isinstance(issuer, str) else None
    if client is None:
        try:
            jwt.decode(token, options={"verify_signature": False}, algorithms=[ALGORITHM])
        except (jwt.InvalidTokenError, RecursionError):
            raise BadSignature("The token is malformed.") from None
        raise BadSignature("The claim iss names no client.")
    return client


def _claims(token: str, said: dict[str, Any], client: Client, audience: str) -> dict[str, Any]:
    """The claims under the first of the client's secrets that fits. PyJWT checks the algorithm against our list of one."""
    for secret in client.secrets:
        try:
            if _is_proved(token, said, secret, audience):
                claims = said
            else:
                claims = jwt.decode(token, secret, algorithms=[ALGORITHM], audience=audience, options=_OPTIONS)
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


def _is_proved(token: str, said: dict[str, Any], secret: bytes, audience: str) -> bool:
    """Whether PyJWT would take this token, where that can be told in a moment: False says nothing, and PyJWT says what is wrong.

    Clients' tokens are alike but for their claims. PyJWT looks each time what kind of key the secret might be instead of one, and reads
    three parts letter by letter, which takes longer than all else about a signature.
    """
    signed, _, signature = token.rpartition(".")
    header, _, claims = signed.partition(".")
    if header not in _HEADERS or "." in claims or not _PLAIN_SECRET.fullmatch(secret):
        return False
    if said.get("aud") != audience or any(said.get(name) is None for name in CLAIMS):
        return False
    # Of several spellings of the same bytes one is right; whatever says something has one.
    if claims != _spelt(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4))):
        return False
    proof = _spelt(hmac.digest(secret, signed.encode(), "sha256"))
    return hmac.compare_digest(proof.encode(), signature.encode())


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
    if given != _spelt(hashlib.sha256(body).digest()):
        raise BadSignature("The claim bsh is not this body.")


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**53
