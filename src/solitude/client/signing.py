"""Signs requests to a Solitude server: a compact JWS (HS256) that binds client, method, target, body and time.

The profile is that of docs/signature.md; the token goes into the header `Authorization: Bearer <token>`.
"""

import base64
import hashlib
import time
import uuid
from collections.abc import Mapping

import jwt

ALGORITHM = "HS256"
AUDIENCE = "solitude"
LIFE_MAX_S = 300
JTI_MAX_CHARS = 255


def sign(
    *,
    key: str,
    secret: str | bytes,
    method: str,
    target: str,
    body: bytes = b"",
    now: float | None = None,
    life_s: int = 60,
    jti: str | None = None,
    audience: str = AUDIENCE,
    more: Mapping[str, str] | None = None,
) -> str:
    """The token for one request, good for one use within `life_s` seconds (1 to 300) from `now` (Unix seconds).

    `target` is path and query exactly as they are sent, without scheme and host; `body` the bytes as they are sent.
    `jti` names this request and is remembered by the server: leave it out and each token gets a new one. `audience` is who is to
    take it, where that is no server, and `more` what it binds besides.
    Raises ValueError for what the server would refuse anyway.
    """
    if not key or not secret:
        raise ValueError("A request is signed with a key and a secret; one of them is empty.")
    if not target.startswith("/") or not target.isascii() or any(sign in target for sign in " #"):
        raise ValueError("The target is path and query as sent: percent-encoded, with a slash first and no fragment.")
    if not 1 <= life_s <= LIFE_MAX_S:
        raise ValueError(f"life_s must be 1 to {LIFE_MAX_S} seconds.")
    if jti is not None and not 1 <= len(jti) <= JTI_MAX_CHARS:
        raise ValueError(f"jti must have 1 to {JTI_MAX_CHARS} characters.")
    issued = int(time.time() if now is None else now)
    claims: dict[str, str | int] = {
        "iss": key,
        "aud": audience,
        "iat": issued,
        "exp": issued + life_s,
        "jti": jti or uuid.uuid4().hex,
        "htm": method.upper(),
        "htu": target,
        **(more or {}),
    }
    if body:
        claims["bsh"] = body_hash(body)
    return jwt.encode(claims, secret, algorithm=ALGORITHM)


def body_hash(body: bytes) -> str:
    """SHA-256 of the body as the claim `bsh` wants it: base64url without padding."""
    return base64.urlsafe_b64encode(hashlib.sha256(body).digest()).rstrip(b"=").decode("ascii")


def authorization(
    *,
    key: str,
    secret: str | bytes,
    method: str,
    target: str,
    body: bytes = b"",
    now: float | None = None,
    life_s: int = 60,
    jti: str | None = None,
    audience: str = AUDIENCE,
    more: Mapping[str, str] | None = None,
) -> str:
    """The value of the header Authorization for one request; arguments and errors as for `sign`."""
    token = sign(
        key=key,
        secret=secret,
        method=method,
        target=target,
        body=body,
        now=now,
        life_s=life_s,
        jti=jti,
        audience=audience,
        more=more,
    )
    return f"Bearer {token}"
