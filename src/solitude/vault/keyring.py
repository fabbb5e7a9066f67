"""The key ring: the secret keys of this installation, by purpose and by key id.

The file is JSON, readable by its owner only:

    {"version": 1, "development": false, "purposes": {
        "fields": {"current": "k2", "keys": {"k1": "<base64 of 32 bytes>", "k2": "<base64 of 32 bytes>"}},
        "hashes": {"current": "k1", "keys": {"k1": "<base64 of 32 bytes>"}}}}

New values are sealed and hashed with the current key; the others open what was written before a key change. A process
reads the file once: after a change, restart it. No message of this module contains key material.
"""

import base64
import binascii
import contextlib
import json
import os
import re
import secrets
import stat
import tempfile
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Final

from django.conf import settings

VERSION: Final = 1
KEY_BYTES: Final = 32
KEYS_MAX: Final = 32
"""Keys per purpose. Whoever changes keys monthly and keeps two years of them stays below."""
FILE_BYTES_MAX: Final = 16_384
FIRST_KEY_ID: Final = "k1"
PURPOSES: Final = ("fields", "hashes")

_KEY_ID: Final = re.compile(r"[a-z0-9-]{1,16}", re.ASCII)
_DISTINCT_BYTES_MIN: Final = 12  # 32 random bytes have about 30; fewer than 12 comes by chance in less than 1 of 10^20


class KeyRingError(Exception):
    """The key ring cannot be used. The text names the file and what is wrong with it, for the operator."""


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys of one purpose. Neither `repr` nor an error shows one."""

    current: str
    by_id: Mapping[str, bytes] = field(repr=False)

    def __post_init__(self) -> None:
        if not 1 <= len(self.by_id) <= KEYS_MAX:
            raise KeyRingError(f"there must be 1 to {KEYS_MAX} keys")
        for key_id, key in self.by_id.items():
            if not _KEY_ID.fullmatch(key_id):
                raise KeyRingError("a key id must be 1 to 16 of a-z, 0-9 and -")
            if len(key) != KEY_BYTES:
                raise KeyRingError(f"key {key_id!r} must have {KEY_BYTES} bytes, not {len(key)}")
        if self.current not in self.by_id:
            raise KeyRingError("the current key is not among the keys")
        object.__setattr__(self, "by_id", MappingProxyType(dict(self.by_id)))

    @property
    def current_key(self) -> bytes:
        return self.by_id[self.current]


@dataclass(frozen=True, slots=True)
class KeyRing:
    """Keys for encrypted fields (AES-256-GCM) and for keyed hashes (HMAC-SHA256)."""

    fields: Keys
    hashes: Keys
    development: bool = False
    """Generated, not given: good for development only."""

    @classmethod
    def generate(cls, *, development: bool) -> "KeyRing":
        """Return a ring with one new random key for each purpose."""
        fields, hashes = (Keys(FIRST_KEY_ID, {FIRST_KEY_ID: secrets.token_bytes(KEY_BYTES)}) for _ in PURPOSES)
        return cls(fields=fields, hashes=hashes, development=development)

    def to_json(self) -> str:
        """Return the ring as it is written to a file. This IS the key material."""
        purposes = {
            purpose: {
                "current": keys.current,
                "keys": {key_id: base64.b64encode(key).decode() for key_id, key in keys.by_id.items()},
            }
            for purpose, keys in (("fields", self.fields), ("hashes", self.hashes))
        }
        return json.dumps({"version": VERSION, "development": self.development, "purposes": purposes}, indent=2) + "\n"


def load(path: Path) -> KeyRing:
    """Read the key ring. Raises `KeyRingError` if it is missing, malformed, or open to others than its owner."""
    try:
        return _parsed(_private_bytes(path))
    except KeyRingError as problem:
        # `from None`, here and below: the errors underneath may hold pieces of the file.
        raise KeyRingError(f"Key ring {path}: {problem}.") from None


def ensure(path: Path) -> KeyRing:
    """Read the key ring, after generating one for development if there is none.

    Processes that start together end with the same ring: each writes one of its own beside it and links it to the name,
    which only the first can do. Raises `KeyRingError`.
    """
    try:
        if not path.exists():
            _create(path, KeyRing.generate(development=True))
    except OSError as error:
        raise KeyRingError(f"Key ring {path}: cannot be created ({error.strerror}).") from error
    return load(path)


def current_ring() -> KeyRing:
    """Return the ring of `use_ring`, else that of the file in the settings (`SOLITUDE_KEYS_FILE`).

    With `SOLITUDE_DEBUG` a missing file is generated; without it, a generated one is refused. Raises `KeyRingError`.
    """
    return _in_use.get() or _of_settings(Path(settings.SOLITUDE_KEYS_FILE), bool(settings.SOLITUDE_DEBUG))


@contextlib.contextmanager
def use_ring(ring: KeyRing) -> Iterator[KeyRing]:
    """Make `ring` the current one within the block, in this thread or task alone: threads do not inherit it."""
    token = _in_use.set(ring)
    try:
        yield ring
    finally:
        _in_use.reset(token)


_in_use: ContextVar[KeyRing | None] = ContextVar("solitude_key_ring", default=None)


@lru_cache(maxsize=4)
def _of_settings(path: Path, debug: bool) -> KeyRing:  # noqa: FBT001  # lru_cache keys on it
    ring = ensure(path) if debug else load(path)
    if ring.development and not debug:
        raise KeyRingError(f"Key ring {path}: it was generated for development and is refused when debug is off.")
    return ring


def _private_bytes(path: Path) -> bytes:
    """Read the file, having made sure, on the open file itself, that it is one that others cannot read."""
    try:
        with path.open("rb") as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise KeyRingError("is not a file")
            if status.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
                raise KeyRingError(
                    f"others than its owner may use it (mode {stat.S_IMODE(status.st_mode):04o}); set mode 0600"
                )
            content = file.read(FILE_BYTES_MAX + 1)
    except OSError as error:
        raise KeyRingError(f"cannot be read ({error.strerror})") from None
    if len(content) > FILE_BYTES_MAX:
        raise KeyRingError(f"is larger than {FILE_BYTES_MAX} bytes")
    return content


def _parsed(content: bytes) -> KeyRing:
    try:
        document = json.loads(content)
    except (ValueError, RecursionError):
        raise KeyRingError("is not JSON") from None
    if not isinstance(document, dict) or set(document) != {"version", "development", "purposes"}:
        raise KeyRingError('must be an object with "version", "development" and "purposes"')
    if type(document["version"]) is not int or document["version"] != VERSION:
        raise KeyRingError(f'"version" must be {VERSION}')
    if not isinstance(document["development"], bool):
        raise KeyRingError('"development" must be true or false')
    purposes = document["purposes"]
    if not isinstance(purposes, dict) or set(purposes) != set(PURPOSES):
        raise KeyRingError(f'"purposes" must be an object with {" and ".join(PURPOSES)}')
    parsed = {purpose: _parsed_keys(purpose, purposes[purpose]) for purpose in PURPOSES}
    everything = [key for keys in parsed.values() for key in keys.by_id.values()]
    if len(set(everything)) != len(everything):
        raise KeyRingError("the same key stands in two places")
    return KeyRing(development=document["development"], fields=parsed["fields"], hashes=parsed["hashes"])


def _parsed_keys(purpose: str, document: object) -> Keys:
    if not isinstance(document, dict) or set(document) != {"current", "keys"}:
        raise KeyRingError(f'purpose {purpose} must be an object with "current" and "keys"')
    current, keys = document["current"], document["keys"]
    if not isinstance(current, str) or not isinstance(keys, dict):
        raise KeyRingError(f'in purpose {purpose}, "current" must be a key id and "keys" an object')
    try:
        return Keys(current, {key_id: _decoded(key_id, text) for key_id, text in keys.items()})
    except KeyRingError as problem:
        raise KeyRingError(f"in purpose {purpose}, {problem}") from None


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


def _create(path: Path, ring: KeyRing) -> None:
    """Write the ring to a name that nobody has yet; leave an existing file alone."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=".keys-")  # mode 0600
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(ring.to_json())
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):  # another process was first: its ring is the one
            os.link(temporary, path)
    finally:
        Path(temporary).unlink()
    # The name must be as durable as what will be sealed with the keys behind it.
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
