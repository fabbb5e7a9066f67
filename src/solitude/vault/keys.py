"""Keys by purpose and by id, and the secrets that are shared with one other party. None of it shows what it holds."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

KEY_BYTES: Final = 32
KEYS_MAX: Final = 32
"""Keys per purpose. Whoever changes keys monthly and keeps two years of them stays below."""
SECRETS_MAX: Final = 2
"""Secrets of one party that are valid at once: the one that it has, and the one that it is to have."""
SECRET_MIN_BYTES, SECRET_MAX_BYTES = 32, 255

KEY_ID: Final = re.compile(r"[a-z0-9-]{1,16}", re.ASCII)
_PARTY: Final = re.compile(r"[A-Za-z0-9._:@-]{1,64}", re.ASCII)
_DIGEST_CHARS: Final = 16


class KeyRingError(Exception):
    """The key ring cannot be used. The text names where it came from and what is wrong with it, for the operator."""


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys of one purpose. `added` and `current_since` are times in ISO 8601, UTC, where they are known."""

    current: str
    by_id: Mapping[str, bytes] = field(repr=False)
    added: Mapping[str, str] = field(default_factory=dict, repr=False)
    current_since: str | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if not self.by_id:
            raise KeyRingError(f"there must be 1 to {KEYS_MAX} keys")
        for key_id, key in self.by_id.items():
            check_id(key_id)
            if len(key) != KEY_BYTES:
                raise KeyRingError(f"key {key_id!r} must have {KEY_BYTES} bytes, not {len(key)}")
        if self.current not in self.by_id:
            raise KeyRingError("the current key is not among the keys")
        object.__setattr__(self, "by_id", MappingProxyType(dict(self.by_id)))
        object.__setattr__(self, "added", MappingProxyType(dict(self.added)))

    @property
    def current_key(self) -> bytes:
        return self.by_id[self.current]


@dataclass(frozen=True, slots=True)
class Secrets:
    """What is shared with one party: an API client that signs, or a provider that tells us something.

    All of them are believed; the current one is what we ourselves sign with or give out. `allow` is a client's, as in
    `SOLITUDE_CLIENTS`; None allows everything.
    """

    current: str
    by_id: Mapping[str, bytes] = field(repr=False)
    added: Mapping[str, str] = field(default_factory=dict, repr=False)
    current_since: str | None = field(default=None, repr=False)
    allow: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        if not 1 <= len(self.by_id) <= SECRETS_MAX:
            raise KeyRingError(f"there must be 1 to {SECRETS_MAX} secrets")
        for key_id, secret in self.by_id.items():
            check_id(key_id)
            if not SECRET_MIN_BYTES <= len(secret) <= SECRET_MAX_BYTES:
                raise KeyRingError(f"secret {key_id!r} must have {SECRET_MIN_BYTES} to {SECRET_MAX_BYTES} bytes")
        if self.current not in self.by_id:
            raise KeyRingError("the current secret is not among the secrets")
        object.__setattr__(self, "by_id", MappingProxyType(dict(self.by_id)))
        object.__setattr__(self, "added", MappingProxyType(dict(self.added)))

    @property
    def in_order(self) -> tuple[tuple[str, bytes], ...]:
        """Ids and secrets, the current one first."""
        return tuple(sorted(self.by_id.items(), key=lambda one: (one[0] != self.current, one[0])))


@dataclass(frozen=True, slots=True)
class Retired:
    """A key that is gone. Its id never returns: what is still marked with it shall not meet another key."""

    purpose: str
    id: str
    digest: str
    at: str


def check_id(key_id: str) -> None:
    if not KEY_ID.fullmatch(key_id):
        raise KeyRingError("a key id must be 1 to 16 of a-z, 0-9 and -")


def check_party(name: str) -> None:
    if not _PARTY.fullmatch(name):
        raise KeyRingError("the name of a client or provider is 1 to 64 of letters, digits and . _ : @ -")


def digest_of(key: bytes) -> str:
    """By which a key is recognised without being told: keys are random, so nobody finds one by its digest."""
    return hashlib.sha256(b"solitude key\0" + key).hexdigest()[:_DIGEST_CHARS]
