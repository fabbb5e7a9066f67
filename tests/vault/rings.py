"""Key rings for the tests."""

import secrets
from pathlib import Path

from solitude.vault.keyring import KEY_BYTES, KeyRing, Keys
from solitude.vault.ring_document import written


def ring_of(*key_ids: str) -> KeyRing:
    """A ring with these keys for both purposes; the last is the current one."""
    return KeyRing(fields=_keys(key_ids), hashes=_keys(key_ids))


def with_new_key(ring: KeyRing, key_id: str) -> KeyRing:
    """The ring after a change of keys: the old ones still there, the new one current."""
    fields, hashes = (
        Keys(key_id, {**keys.by_id, key_id: secrets.token_bytes(KEY_BYTES)}) for keys in (ring.fields, ring.hashes)
    )
    return KeyRing(fields=fields, hashes=hashes)


def kept(ring: KeyRing, path: Path) -> Path:
    """The ring in a file as an operator has it."""
    path.touch(mode=0o600)
    path.write_text(written(ring), encoding="utf-8")
    return path


def _keys(key_ids: tuple[str, ...]) -> Keys:
    return Keys(key_ids[-1], {key_id: secrets.token_bytes(KEY_BYTES) for key_id in key_ids})
