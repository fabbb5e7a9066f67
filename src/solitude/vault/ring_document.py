"""The key ring as a JSON document. Version 2 is written; version 1, which knew `fields` and `hashes` alone, is read too.

    {"version": 2, "development": false, "purposes": {
        "fields": {"current": "k2", "keys": {"k1": {"key": "<base64 of 32 bytes>", "added": "2026-11-28T10:00:00Z"}, …}},
        "hashes": {…}, "pepper": {…}, "seals": {…},
        "clients": {"shop": {"current": "c1", "allow": null, "keys": {"c1": {"key": "<the secret as it is>"}}}},
        "notifications": {"bango": {…}}},
     "retired": [{"purpose": "hashes", "id": "k1", "digest": "…", "at": "…"}]}

No message of this module holds key material.
"""

import base64
import binascii
import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from .keyring import NUMBERED, PARTIES, KeyRing
from .keys import KEY_BYTES, KEYS_MAX, KeyRingError, Keys, Retired, Secrets, check_id, check_party

VERSION: Final = 2
DOCUMENT_MAX_BYTES: Final = 262_144
PARTIES_MAX: Final = 256
RETIRED_MAX: Final = 1000
FIRST_PURPOSES: Final = ("fields", "hashes")
# 32 random bytes have about 30 different ones; fewer than 12 comes by chance in less than 1 of 10^20.
_DISTINCT_BYTES_MIN: Final = 12
_PLACEHOLDERS: Final = (b"changeme", b"change-me", b"placeholder", b"a-common-secret-of-at-least-32-bytes")
_TIME_MAX_CHARS: Final = 40
_DIGEST_CHARS: Final = 16


def written(ring: KeyRing) -> str:
    """The document. This IS the key material."""
    own = {purpose: ring.of(purpose) for purpose in NUMBERED}
    purposes: dict[str, Any] = {
        purpose: _written(keys, ring.own_ids(purpose), lambda key: base64.b64encode(key).decode())
        for purpose, keys in own.items()
    }
    for purpose in PARTIES:
        purposes[purpose] = {
            name: {**_written(secrets, tuple(secrets.by_id), bytes.decode), "allow": _listed(secrets.allow)}
            for name, secrets in sorted(ring.parties(purpose).items())
        }
    retired = [{"purpose": one.purpose, "id": one.id, "digest": one.digest, "at": one.at} for one in ring.retired]
    document = {"version": VERSION, "development": ring.development, "purposes": purposes, "retired": retired}
    return json.dumps(document, indent=2) + "\n"


def parsed(content: bytes) -> KeyRing:
    """Read a document of either version. Raises `KeyRingError`."""
    if len(content) > DOCUMENT_MAX_BYTES:
        raise KeyRingError(f"is larger than {DOCUMENT_MAX_BYTES} bytes")
    try:
        document = json.loads(content)
    except (ValueError, RecursionError):
        raise KeyRingError("is not JSON") from None
    ring = _first(document) if isinstance(document, dict) and "retired" not in document else _second(document)
    _refuse_twins(ring)
    return ring


def digest(ring: KeyRing) -> str:
    """By which two processes see that they have the same ring. Nothing can be learned from it, for keys are random."""
    return hashlib.sha256(written(ring).encode()).hexdigest()[:_DIGEST_CHARS]


def _first(document: dict[str, Any]) -> KeyRing:
    if set(document) != {"version", "development", "purposes"}:
        raise KeyRingError('must be an object with "version", "development" and "purposes"')
    _check_head(document, 1)
    purposes = document["purposes"]
    if not isinstance(purposes, dict) or set(purposes) != set(FIRST_PURPOSES):
        raise KeyRingError(f'"purposes" must be an object with {" and ".join(FIRST_PURPOSES)}')
    fields, hashes = (_keys(purpose, purposes[purpose], timed=False) for purpose in FIRST_PURPOSES)
    return KeyRing(development=document["development"], fields=fields, hashes=hashes, version=1)


def _second(document: Any) -> KeyRing:
    if not isinstance(document, dict) or set(document) != {"version", "development", "purposes", "retired"}:
        raise KeyRingError('must be an object with "version", "development", "purposes" and "retired"')
    _check_head(document, VERSION)
    purposes = document["purposes"]
    if not isinstance(purposes, dict) or set(purposes) != {*NUMBERED, *PARTIES}:
        raise KeyRingError(f'"purposes" must be an object with {", ".join((*NUMBERED, *PARTIES))}')
    hashes = _keys("hashes", purposes["hashes"], timed=True)
    return KeyRing(
        development=document["development"],
        fields=_keys("fields", purposes["fields"], timed=True),
        hashes=hashes,
        # PINs were once kept under a key of the hashes, and may be still.
        pepper=_keys("pepper", purposes["pepper"], timed=True, besides=hashes.by_id),
        seals=_keys("seals", purposes["seals"], timed=True),
        clients=_parties("clients", purposes["clients"]),
        notifications=_parties("notifications", purposes["notifications"]),
        retired=_retired(document["retired"]),
        version=VERSION,
    )


def _check_head(document: dict[str, Any], version: int) -> None:
    if type(document["version"]) is not int or document["version"] != version:
        raise KeyRingError(f'"version" must be {version}')
    if not isinstance(document["development"], bool):
        raise KeyRingError('"development" must be true or false')


def _keys(purpose: str, document: object, *, timed: bool, besides: Mapping[str, bytes] | None = None) -> Keys:
    current, keys, since = _head(f"purpose {purpose}", document, timed=timed)
    if len(keys) > KEYS_MAX:
        raise KeyRingError(f"in purpose {purpose}, there must be 1 to {KEYS_MAX} keys")
    try:
        own = {key_id: _decoded(key_id, _text(one, timed=timed)) for key_id, one in keys.items()}
        if besides and set(besides) & set(own):
            raise KeyRingError("a key has the id of a key of hashes")
        return Keys(current, {**(besides or {}), **own}, _added(keys, timed=timed), since)
    except KeyRingError as problem:
        raise KeyRingError(f"in purpose {purpose}, {problem}") from None


def _parties(purpose: str, document: object) -> dict[str, Secrets]:
    if not isinstance(document, dict) or len(document) > PARTIES_MAX:
        raise KeyRingError(f"purpose {purpose} must be an object with at most {PARTIES_MAX} names")
    for name in document:
        check_party(name)
    return {name: _secrets(f"{purpose} of {name}", one) for name, one in document.items()}


def _secrets(where: str, document: object) -> Secrets:
    given = dict(document) if isinstance(document, dict) else {}
    allow = given.pop("allow", None)
    current, keys, since = _head(where, given, timed=True)
    if allow is not None and not (isinstance(allow, list) and all(isinstance(one, str) and one for one in allow)):
        raise KeyRingError(f'in {where}, "allow" must be null or a list of texts')
    try:
        by_id = {key_id: _secret(key_id, _text(one, timed=True)) for key_id, one in keys.items()}
        return Secrets(current, by_id, _added(keys, timed=True), since, None if allow is None else tuple(allow))
    except KeyRingError as problem:
        raise KeyRingError(f"in {where}, {problem}") from None


def _head(where: str, document: object, *, timed: bool) -> tuple[str, dict[str, Any], str | None]:
    if not isinstance(document, dict) or set(document) - ({"since"} if timed else set()) != {"current", "keys"}:
        raise KeyRingError(f'{where} must be an object with "current" and "keys"')
    current, keys = document["current"], document["keys"]
    if not isinstance(current, str) or not isinstance(keys, dict):
        raise KeyRingError(f'in {where}, "current" must be a key id and "keys" an object')
    return current, keys, _time(document.get("since"))


def _text(one: object, *, timed: bool) -> object:
    """The key's text: version 1 had it alone, version 2 has it beside when it was added."""
    if not timed:
        return one
    return one.get("key") if isinstance(one, dict) and set(one) <= {"key", "added"} else None


def _added(keys: Mapping[str, Any], *, timed: bool) -> dict[str, str]:
    found = {key_id: _time(one.get("added")) for key_id, one in keys.items()} if timed else {}
    return {key_id: time for key_id, time in found.items() if time is not None}


def _time(value: object) -> str | None:
    if value is None or (isinstance(value, str) and len(value) <= _TIME_MAX_CHARS):
        return value
    raise KeyRingError("a time must be a text such as 2026-11-28T10:00:00Z")


def _decoded(key_id: str, text: object) -> bytes:
    try:
        key = base64.b64decode(text, validate=True) if isinstance(text, str) else None
    except (binascii.Error, ValueError):
        key = None
    if key is None:
        raise KeyRingError(f"key {key_id[:16]!r} is not base64")
    if len(key) == KEY_BYTES and len(set(key)) < _DISTINCT_BYTES_MIN:
        raise KeyRingError(f"key {key_id[:16]!r} is a placeholder, not a random key")
    return key


def _secret(key_id: str, text: object) -> bytes:
    if not isinstance(text, str) or not text.isascii() or not text.isprintable():
        raise KeyRingError(f"secret {key_id[:16]!r} must be printable ASCII")
    secret = text.encode()
    if len(set(secret)) < _DISTINCT_BYTES_MIN or any(one in secret.lower() for one in _PLACEHOLDERS):
        raise KeyRingError(f"secret {key_id[:16]!r} is a placeholder, not a random secret")
    return secret


def _retired(document: object) -> tuple[Retired, ...]:
    if not isinstance(document, list) or len(document) > RETIRED_MAX:
        raise KeyRingError(f'"retired" must be a list of at most {RETIRED_MAX}')
    names = {"purpose", "id", "digest", "at"}
    for one in document:
        texts = isinstance(one, dict) and set(one) == names and all(isinstance(text, str) for text in one.values())
        if not texts:
            raise KeyRingError('each of "retired" must have the texts "purpose", "id", "digest" and "at"')
        check_id(one["id"])
    return tuple(Retired(**one) for one in document)


def _refuse_twins(ring: KeyRing) -> None:
    everything = [key for purpose in NUMBERED for key in ring.own(purpose).values()]
    everything += [
        secret for purpose in PARTIES for one in ring.parties(purpose).values() for secret in one.by_id.values()
    ]
    if len(set(everything)) != len(everything):
        raise KeyRingError("the same key stands in two places")
    gone = {(one.purpose, one.id) for one in ring.retired}
    back = sorted({f"{purpose} {key_id}" for purpose, key_id in ring.ids() if (purpose, key_id) in gone})
    if back:
        raise KeyRingError(f"{back[0]} was retired, and an id never returns")


def _written(keys: Keys | Secrets, ids: tuple[str, ...], encoded: Callable[[bytes], str]) -> dict[str, Any]:
    since = {} if keys.current_since is None else {"since": keys.current_since}
    return {"current": keys.current, **since, "keys": {key_id: _one(keys, key_id, encoded) for key_id in ids}}


def _one(keys: Keys | Secrets, key_id: str, encoded: Callable[[bytes], str]) -> dict[str, str]:
    added = {} if key_id not in keys.added else {"added": keys.added[key_id]}
    return {"key": encoded(keys.by_id[key_id]), **added}


def _listed(allow: tuple[str, ...] | None) -> list[str] | None:
    return None if allow is None else list(allow)
