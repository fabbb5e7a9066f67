"""The key ring: the secret keys of this installation, by purpose and by key id.

New values are sealed and hashed with the current key of their purpose; the others open and find what was written before
a key change. Where the ring comes from is `sources`' business, how it is written down `ring_document`'s, which one is in
use `current`'s, and that a process takes a changed one without a restart `watching`'s.
"""

import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from .keys import KEY_BYTES, KeyRingError, Keys, Retired, Secrets

__all__ = ["KEY_BYTES", "KeyRing", "KeyRingError", "Keys"]

NUMBERED: Final = ("fields", "hashes", "pepper", "seals")
"""Purposes with keys of our own: encrypted fields, keyed hashes, PINs, and the seals over what was written."""
PARTIES: Final = ("clients", "notifications")
"""Purposes with secrets that somebody else has too: who signs, and who tells us of payments."""
FIRST_KEY_ID: Final = "k1"
FIRST_PEPPER_ID: Final = "p1"


@dataclass(frozen=True, slots=True)
class KeyRing:
    """Keys for encrypted fields (AES-256-GCM), for keyed hashes, PINs and seals (HMAC-SHA256), and shared secrets.

    `pepper` has the keys of `hashes` besides its own, because PINs were once kept under those. A ring of version 1 has
    no pepper of its own, and its seals are derived from its hashes: `ring_document` writes both as keys of their own.
    """

    fields: Keys
    hashes: Keys
    development: bool = False
    """Generated, not given: good for development only."""
    pepper: Keys = None  # type: ignore[assignment]  # never None afterwards
    seals: Keys = None  # type: ignore[assignment]  # as well
    clients: Mapping[str, Secrets] = field(default_factory=dict, repr=False)
    notifications: Mapping[str, Secrets] = field(default_factory=dict, repr=False)
    retired: tuple[Retired, ...] = field(default=(), repr=False)
    version: int = field(default=2, compare=False)

    def __post_init__(self) -> None:
        if self.pepper is None:
            object.__setattr__(self, "pepper", Keys(self.hashes.current, self.hashes.by_id))
        if self.seals is None:
            derived = {key_id: _derived(key) for key_id, key in self.hashes.by_id.items()}
            object.__setattr__(self, "seals", Keys(self.hashes.current, derived))
        for purpose in PARTIES:
            object.__setattr__(self, purpose, MappingProxyType(dict(self.parties(purpose))))

    @classmethod
    def generate(cls, *, development: bool) -> "KeyRing":
        """Return a ring with one new random key for each purpose of our own."""
        fields, hashes, seals = (Keys(FIRST_KEY_ID, {FIRST_KEY_ID: new_key()}) for _ in range(3))
        pepper = Keys(FIRST_PEPPER_ID, {**hashes.by_id, FIRST_PEPPER_ID: new_key()})
        return cls(fields=fields, hashes=hashes, pepper=pepper, seals=seals, development=development)

    def of(self, purpose: str) -> Keys:
        """Return the keys with which values of this purpose are made and recognised: one of `NUMBERED`."""
        return {"fields": self.fields, "hashes": self.hashes, "pepper": self.pepper, "seals": self.seals}[purpose]

    def own_ids(self, purpose: str) -> tuple[str, ...]:
        """Return the ids of the purpose's own keys: of the pepper not those of the hashes."""
        others = self.hashes.by_id if purpose == "pepper" else {}
        return tuple(key_id for key_id in self.of(purpose).by_id if key_id not in others)

    def own(self, purpose: str) -> dict[str, bytes]:
        return {key_id: self.of(purpose).by_id[key_id] for key_id in self.own_ids(purpose)}

    def parties(self, purpose: str) -> Mapping[str, Secrets]:
        """Return by name what is shared with whom: of one of `PARTIES`."""
        return {"clients": self.clients, "notifications": self.notifications}[purpose]

    def ids(self) -> list[tuple[str, str]]:
        """Return purpose and id of everything that the ring holds; the purpose of a shared secret names the party."""
        numbered = [(purpose, key_id) for purpose in NUMBERED for key_id in self.own_ids(purpose)]
        return numbered + [
            (f"{purpose}:{name}", key_id)
            for purpose in PARTIES
            for name, one in self.parties(purpose).items()
            for key_id in one.by_id
        ]


def new_key() -> bytes:
    return secrets.token_bytes(KEY_BYTES)


def _derived(key: bytes) -> bytes:
    """The key of the seals in a ring of version 1: another one than that of the hashes, so that those can be retired."""
    return hmac.digest(key, b"solitude seals", "sha256")
