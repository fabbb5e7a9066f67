"""OAuth 1.0a headers by the letter of RFC 5849, without any library: right ones, and ones with any parameter left out or wrong."""

import base64
import hashlib
import hmac
import time
import uuid
from typing import Any
from urllib.parse import parse_qsl, quote

from tests.support.marketplace import KEY, SECRET
from tests.web.tokens import LEFT_OUT

BASE_URL = "https://payments.example:2602"


def encoded(text: str) -> str:
    return quote(text, safe="-._~")


def parameters(**changed: Any) -> dict[str, str]:
    """The parameters of a right request but for those `changed`, without `oauth_`; LEFT_OUT leaves one out."""
    right = {
        "consumer_key": KEY,
        "signature_method": "HMAC-SHA1",
        "timestamp": str(int(time.time())),
        "nonce": uuid.uuid4().hex,
        "version": "1.0",
    }
    return {f"oauth_{name}": value for name, value in (right | changed).items() if value is not LEFT_OUT}


def signature(
    method: str, target: str, given: dict[str, str], secret: str = SECRET, algorithm: str = "sha1", base: str = BASE_URL
) -> str:
    path, _, query = target.partition("?")
    pairs = [*parse_qsl(query, keep_blank_values=True), *given.items()]
    normalized = "&".join(f"{name}={value}" for name, value in sorted((encoded(a), encoded(b)) for a, b in pairs))
    text = "&".join((method, encoded(base + path), encoded(normalized)))
    return base64.b64encode(hmac.digest(f"{encoded(secret)}&".encode(), text.encode(), algorithm)).decode()


def header(given: dict[str, str], signed: str | None = None) -> str:
    whole = given if signed is None else given | {"oauth_signature": signed}
    return "OAuth " + ", ".join(f'{encoded(name)}="{encoded(value)}"' for name, value in whole.items())


def authorization(method: str, target: str, *, secret: str = SECRET, base: str = BASE_URL, **changed: Any) -> str:
    """A header whose signature is over all that it says, right or wrong."""
    given = parameters(**changed)
    algorithm = "sha256" if given.get("oauth_signature_method") == "HMAC-SHA256" else "sha1"
    return header(given, signature(method, target, given, secret, algorithm, base))


def body_hash(body: bytes, algorithm: str = "sha1") -> str:
    return base64.b64encode(hashlib.new(algorithm, body).digest()).decode()
