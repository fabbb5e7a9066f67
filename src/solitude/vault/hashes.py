"""Keyed hashes: to find a secret value again, or to recognise it, without keeping it.

A hash is `<key id>:<hex of HMAC-SHA256>`. The label names what is hashed, so that the same value in two roles has two
unrelated hashes. Text is hashed as its UTF-8 bytes. `purpose` says whose keys: `hashes`, `pepper` (PINs) or `seals` (the
seals over what was written).
"""

import hmac
import re
from typing import Final

from . import uses
from .current import current_ring
from .keyring import KeyRing

_LABEL: Final = re.compile(r"[a-z0-9._-]{1,64}", re.ASCII)
HASHES: Final = "hashes"


def keyed_hash(label: str, value: str | bytes, ring: KeyRing | None = None, *, purpose: str = HASHES) -> str:
    """Return the hash under the current key, for keeping. `label` is 1 to 64 of a-z, 0-9, dot, dash and underscore."""
    keys = (ring or current_ring()).of(purpose)
    uses.note(purpose, keys.current)
    return _hash(keys.current, keys.current_key, label, value)


def under(
    key_id: str, label: str, value: str | bytes, ring: KeyRing | None = None, *, purpose: str = HASHES
) -> str | None:
    """Return the hash under this very key, as it would have been when that one was current; None if it is not there."""
    key = (ring or current_ring()).of(purpose).by_id.get(key_id)
    if key is None and ring is None and uses.missed(purpose, key_id):
        key = current_ring().of(purpose).by_id.get(key_id)
    return None if key is None else _hash(key_id, key, label, value)


def candidates(label: str, value: str | bytes, ring: KeyRing | None = None) -> list[str]:
    """Return the hashes under every key, the current one first: a look-up with `IN` these survives a change of key."""
    keys = (ring or current_ring()).hashes
    order = sorted(keys.by_id, key=lambda key_id: (key_id != keys.current, key_id))
    return [_hash(key_id, keys.by_id[key_id], label, value) for key_id in order]


def matches(label: str, value: str | bytes, stored: str, ring: KeyRing | None = None, *, purpose: str = HASHES) -> bool:
    """Tell, in constant time, whether `stored` is a hash of the value under any key of the ring."""
    expected = under(stored.partition(":")[0], label, value, ring, purpose=purpose)
    return expected is not None and hmac.compare_digest(expected.encode(), stored.encode())


def _hash(key_id: str, key: bytes, label: str, value: str | bytes) -> str:
    if not _LABEL.fullmatch(label):
        raise ValueError("the label of a hash is 1 to 64 of a-z, 0-9, dot, dash and underscore")
    # Lone surrogates can come out of JSON: they too must hash to something, and not stop the request that only asks.
    content = value.encode("utf-8", "surrogatepass") if isinstance(value, str) else value
    # A label has no NUL byte, so the first one ends it: no other pair of label and value gives the same message.
    message = label.encode() + b"\0" + content
    return f"{key_id}:{hmac.digest(key, message, 'sha256').hex()}"
