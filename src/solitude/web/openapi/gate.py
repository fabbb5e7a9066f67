"""What holds for every operation, whatever its route does: who may call, the headers of both ways, and the answers of the gate."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, get_origin

from solitude.web import idempotency
from solitude.web.admission import UNSIGNED_PATHS
from solitude.web.openapi.operations import Described
from solitude.web.openapi.routes import UNCONDITIONAL
from solitude.web.openapi.shapes import Page
from solitude.web.requests import REPLAYED, REQUEST_ID_HEADER

SECURITY: list[dict[str, list[str]]] = [{"signature": []}, {"oauth1": []}]
SECURITY_SCHEMES: dict[str, Any] = {
    "signature": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": (
            "A JSON Web Token (HS256) made for this one request. Claims: `iss` the client's key, `aud` = `solitude`, `iat` and `exp` at "
            "most 300 s apart, `jti` never used before, `htm` the method, `htu` path and query as they are sent, and `bsh`, where there "
            "is a body, the SHA-256 of its bytes in base64url without padding."
        ),
    },
    "oauth1": {
        "type": "apiKey",
        "in": "header",
        "name": "Authorization",
        "description": (
            "OAuth 1.0a, two-legged, HMAC-SHA1: `OAuth oauth_consumer_key=…, oauth_signature=…`. For clients of the old server; off "
            "unless `SOLITUDE_OAUTH1` is true."
        ),
    },
}
PARAMETERS: dict[str, Any] = {
    "TransactionId": {
        "in": "header",
        "name": REQUEST_ID_HEADER,
        "description": (
            "The caller's own name for this request: it stands in every line of the log, and comes back. 1 to 64 of letters, digits and "
            "`.` `_` `:` `-`; in place of any other one is made."
        ),
        "schema": {"type": "string"},
    },
    "IdempotencyKey": {
        "in": "header",
        "name": idempotency.HEADER,
        "description": (
            "A name that the caller gives to what it wants done. The same request under the same key is done once and has one answer, "
            "for 24 hours; another request under it is 422."
        ),
        "schema": {"type": "string", "maxLength": idempotency.KEY_MAX_CHARS, "pattern": r"\S"},
    },
    "IfMatch": {
        "in": "header",
        "name": "If-Match",
        "description": "The `ETag` of what the caller has seen, or `*`. When it has changed since, the answer is 412 and nothing is done.",
        "schema": {"type": "string"},
    },
    "IfNoneMatch": {
        "in": "header",
        "name": "If-None-Match",
        "description": "The `ETag` of what the caller has. When that is still the answer, it is 304 without a body.",
        "schema": {"type": "string"},
    },
}
HEADERS: dict[str, Any] = {
    "TransactionId": {
        "description": "The request's id, the caller's own or one that was made: ask for it in the logs.",
        "required": True,
        "schema": {"type": "string"},
    },
    "ETag": {
        "description": "Names this state of what is shown, for `If-Match` and `If-None-Match`.",
        "required": True,
        "schema": {"type": "string"},
    },
    "ETagOfKept": {
        "description": (
            "Names this state of what is shown, for `If-Match` and `If-None-Match`. A version up to 0.8 has kept no tags: its answers are "
            "replayed without."
        ),
        "schema": {"type": "string"},
    },
    "Location": {"description": "The path of what was made.", "schema": {"type": "string"}},
    "IdempotencyReplayed": {
        "description": "`true`: this is the kept answer to an earlier request with the same key.",
        "schema": {"type": "string", "const": "true"},
    },
    "RetryAfter": {
        "description": "Seconds after which it is worth asking again.",
        "schema": {"type": "string", "pattern": "^[0-9]+$"},
    },
    "WWWAuthenticate": {
        "description": "The scheme that was tried, and that it failed.",
        "required": True,
        "schema": {"type": "string"},
    },
}
_MEANINGS = {
    304: "The caller has this answer already. No body.",
    400: "The request is wrong as it stands: what is wrong, by field, or in words. Nothing was written.",
    401: "The signature was refused; `detail` says which check failed.",
    403: "This client may not do that, or may not call from where it is.",
    404: "There is no such thing; `{}`: there is no such path.",
    406: "The caller accepts no JSON.",
    409: "The state of things does not allow it, or a request with the same idempotency key is still running (`code`).",
    411: "The body came without its length.",
    412: "What was to be changed or read is no longer what the caller has seen. No body; nothing was done.",
    413: "The body is too large.",
    415: "The body is not `application/json`.",
    422: "Refused by a rule or by the provider (`code`), or the idempotency key was used with another request.",
    500: "A fault of this server.",
    502: "It could not be sent to the provider; nothing was charged.",
    503: "Too much is in progress, here or at the provider, or the database is not available (`code`): ask again after `Retry-After`.",
    504: "The provider was asked, and its answer is not known. Ask again, or read the feed.",
}
_RETRY_AFTER = (409, 503)


def is_signed(described: Described) -> bool:
    return described.path not in UNSIGNED_PATHS


def is_conditional(described: Described) -> bool:
    """Whether If-Match counts."""
    if 412 in described.answers:
        return True
    if UNCONDITIONAL in described.extra:
        return False
    if described.method == "get" and any(get_origin(shape) is Page for shape in described.answers.values()):
        return True
    return "{" in described.path and described.method != "post"


def takes_key(described: Described) -> bool:
    return described.method == "post" and described.path not in idempotency.KEYLESS_PATHS


def parameters(described: Described) -> list[dict[str, str]]:
    names = {
        "TransactionId": True,
        "IdempotencyKey": takes_key(described),
        "IfMatch": is_conditional(described),
        "IfNoneMatch": described.method == "get",
    }
    return [{"$ref": f"#/components/parameters/{name}"} for name, is_there in names.items() if is_there]


def statuses(described: Described) -> list[int]:
    """What may be answered besides what the route says of itself."""
    found = {400, 403, 406, 500, 503}
    found |= {401} if is_signed(described) else set()
    found |= {404} if "{" in described.path else set()
    found |= {412} if is_conditional(described) else set()
    found |= {304} if described.method == "get" else set()
    found |= {411, 413, 415} if described.method in ("post", "put", "patch") or described.body is not None else set()
    found |= {409, 422} if takes_key(described) else set()
    return sorted(found)


def answer_name(status: int) -> str:
    """The component of an answer that is the same everywhere, such as `NotFound`."""
    return "".join(word.title() for word in HTTPStatus(status).phrase.replace("-", " ").split())


def meaning(status: int) -> str:
    return _MEANINGS.get(status) or f"{HTTPStatus(status).phrase}."


def headers(status: int, *, shows_path: bool = False, is_replayed: bool = False) -> dict[str, Any]:
    """Of an answer. `shows_path`: its body has a `resource_uri`; `is_replayed`: it may be kept under an idempotency key."""
    names: Mapping[str, tuple[str, bool]] = {
        REQUEST_ID_HEADER: ("TransactionId", True),
        "ETag": ("ETagOfKept" if is_replayed else "ETag", (200 <= status < 300 and status != 204) or status == 304),
        "Location": ("Location", status == 201 and shows_path),
        REPLAYED: ("IdempotencyReplayed", is_replayed),
        "Retry-After": ("RetryAfter", status in _RETRY_AFTER),
        "WWW-Authenticate": ("WWWAuthenticate", status == 401),
    }
    return {header: {"$ref": f"#/components/headers/{name}"} for header, (name, is_there) in names.items() if is_there}
