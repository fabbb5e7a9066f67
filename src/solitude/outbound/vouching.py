"""How the two ends of the hop between database process and proxy prove to each other what they say.

A request is signed by the profile of docs/signature.md, with an audience of its own and one claim more (`hsh`), which binds the headers
that are passed on. An answer is signed too: the mark that says whether it is the provider's or the proxy's own, its status, headers and
body, and the name (`jti`) of the request that it answers. So nobody between them can change either, or say "not sent" of what was sent.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import jwt

DATABASE: Final = "solitude-database"
PROXY: Final = "solitude-proxy"

# Where the request is to go; for a provider below /proxy/provider/ what its URLs begin with.
SERVICE: Final = "x-solitude-service"
SOAP_ACTION: Final = "x-solitude-soapaction"
# Which way of the service, where it has several.
WAY: Final = "x-solitude-way"
# For the logs of the proxy: our name of the call, and how much of the URL's end is a secret.
OPERATION: Final = "x-solitude-operation"
SECRET_TAIL: Final = "x-solitude-secret-tail"  # noqa: S105  # it is none
REQUEST_ID: Final = "transaction-id"
# What every request may carry; besides these only what a way names.
CARRIED: Final = frozenset({SERVICE, SOAP_ACTION, WAY, OPERATION, SECRET_TAIL, REQUEST_ID, "content-type", "accept"})

MARK: Final = "x-solitude-proxy"
REASON: Final = "x-solitude-proxy-reason"
PROOF: Final = "x-solitude-proxy-signature"
CORRELATION_ID: Final = "x-solitude-correlation-id"
# What an answer has of the provider's headers; the rest stays at the proxy.
RETURNED: Final = frozenset({MARK, REASON, CORRELATION_ID, "content-type", "retry-after"})

HEADERS_CLAIM: Final = "hsh"
LIFE_S: Final = 60
_ALGORITHM: Final = "HS256"
_PROOF_MAX_CHARS = 4096


class Mark(StrEnum):
    """Whose answer it is, and what became of the request."""

    ANSWERED = "answered"
    """The provider's own, whatever its status."""
    NOT_SENT = "not_sent"
    """It is certain that the provider received nothing that it could act on."""
    NO_ANSWER = "no_answer"
    """The provider may have acted."""
    REFUSED = "refused"
    """The proxy does not pass such a request on; nothing was sent."""


class NotProven(Exception):
    """An answer that does not prove that the proxy gave it, and gave it to this request."""


@dataclass(frozen=True, slots=True)
class Said:
    """What an answer of the proxy says: all of it is signed."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def digest(headers: Mapping[str, str], names: Collection[str]) -> str:
    """Of the headers with these names (in small letters), in whatever order they come and case they are in; an empty one is none."""
    found = {name.lower(): value.strip() for name, value in headers.items()}
    told = sorted((name, found[name]) for name in names if found.get(name))
    return _hash(json.dumps(told).encode())


def authorization(
    secret: str,
    jti: str,
    method: str,
    target: str,
    body: bytes,
    headers: Mapping[str, str],
    names: Collection[str],
    life_s: int = LIFE_S,
) -> str:
    """The header Authorization of a request to the proxy, which passes it on within `life_s` seconds, or not at all. Raises ValueError for
    a target that cannot be signed."""
    # Only here, because the whole client comes with it, and most servers have no proxy.
    from solitude.client import signing

    return signing.authorization(
        key=DATABASE,
        secret=secret,
        method=method,
        target=target,
        body=body,
        life_s=life_s,
        jti=jti,
        audience=PROXY,
        more={HEADERS_CLAIM: digest(headers, names)},
    )


def proof(secret: str, jti: str, said: Said) -> str:
    """What the proxy puts into the header PROOF of an answer to the request of this name."""
    return jwt.encode(_claims(jti, said), secret, algorithm=_ALGORITHM)


def check(secrets: Iterable[str], jti: str, said: Said) -> None:
    """Raises NotProven unless the answer is the proxy's, to the request of this name."""
    token = said.headers.get(PROOF, "")
    if not token or len(token) > _PROOF_MAX_CHARS:
        raise NotProven
    expected = json.dumps(_claims(jti, said), sort_keys=True)
    for secret in secrets:
        try:
            found = jwt.decode(token, secret, algorithms=[_ALGORITHM], options={"verify_aud": False})
        except (jwt.InvalidTokenError, RecursionError):
            continue
        if hmac.compare_digest(json.dumps(found, sort_keys=True), expected):
            return
    raise NotProven


def _claims(jti: str, said: Said) -> dict[str, Any]:
    return {
        "iss": PROXY,
        "aud": DATABASE,
        "jti": jti,
        "status": said.status,
        "bsh": _hash(said.body),
        HEADERS_CLAIM: digest(said.headers, RETURNED),
    }


def _hash(data: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
