"""The vault's own examination, for the status page and for the start."""

import secrets

from . import cipher, hashes
from .current import current_ring
from .keyring import KeyRing

_PLACE = b"solitude.vault:self_test"
_LABEL = "vault.self-test"


class VaultBroken(Exception):
    """The vault does not do what it is for; the text says what failed."""


def self_test(ring: KeyRing | None = None) -> bool:
    """Seal and open, hash and recognise a random value with the current keys; return True.

    Raises `KeyRingError` if there is no usable key ring, `VaultBroken` if one of the four does not work.
    """
    ring = ring or current_ring()
    value = secrets.token_bytes(32)
    sealed = cipher.seal(value, _PLACE, ring)
    try:
        opened = cipher.unseal(sealed, _PLACE, ring)
    except cipher.Unsealable as error:
        raise VaultBroken(f"A value just sealed cannot be opened: {error}") from error
    if opened != value:
        raise VaultBroken("A value just sealed opened as another.")
    if _opens(sealed, _PLACE + b"-elsewhere", ring):
        raise VaultBroken("A sealed value opened in a place that it does not belong to.")
    stored = hashes.keyed_hash(_LABEL, value, ring)
    if not hashes.matches(_LABEL, value, stored, ring) or hashes.matches(_LABEL, value + b"!", stored, ring):
        raise VaultBroken("A keyed hash does not tell values apart.")
    return True


def _opens(sealed: str, place: bytes, ring: KeyRing) -> bool:
    try:
        cipher.unseal(sealed, place, ring)
    except cipher.Unsealable:
        return False
    return True
