"""Tokens as no decent client makes them: any claim left out or wrong, any algorithm, any secret."""

import base64
import hashlib
import json
import time
import uuid
from typing import Any

import jwt
from tests.support.marketplace import KEY, SECRET

LEFT_OUT = object()


def claims(method: str, target: str, body: bytes = b"", **changed: Any) -> dict[str, Any]:
    """The claims of a right token for this request, but for those `changed`; LEFT_OUT leaves one out."""
    now = int(time.time())
    right = {
        "iss": KEY,
        "aud": "solitude",
        "iat": now,
        "exp": now + 60,
        "jti": uuid.uuid4().hex,
        "htm": method,
        "htu": target,
    }
    if body:
        right["bsh"] = base64.urlsafe_b64encode(hashlib.sha256(body).digest()).rstrip(b"=").decode()
    return {name: value for name, value in (right | changed).items() if value is not LEFT_OUT}


def bearer(given: dict[str, Any], secret: Any = SECRET, algorithm: str = "HS256", **headers: Any) -> str:
    return f"Bearer {jwt.encode(given, secret, algorithm=algorithm, headers=headers or None)}"


def by_hand(header: Any, payload: Any, signature: bytes = b"") -> str:
    """A token that no library would make."""
    parts = [part if isinstance(part, bytes) else json.dumps(part).encode() for part in (header, payload)]
    return "Bearer " + ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in (*parts, signature))
