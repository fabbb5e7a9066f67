"""Sealing: authenticated encryption (AES-256-GCM) of one value, bound to the place that it belongs to.

Sealed text is `v1:<key id>:<base64url of nonce, ciphertext and tag>`. The nonce is 96 random bits, which NIST SP
800-38D (8.3) allows for 2^32 values under one key: change the key before.
"""

import base64
import binascii
import os
import re
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from . import uses
from .current import current_ring
from .keyring import KeyRing

NONCE_BYTES: Final = 12
TAG_BYTES: Final = 16
_SEALED: Final = re.compile(r"v1:([a-z0-9-]{1,16}):([A-Za-z0-9_=-]+)", re.ASCII)


class Unsealable(Exception):
    """A sealed value that cannot be opened: damaged, moved here from elsewhere, or sealed with a key that is not there.

    The text names the field and the key id, never anything of the value.
    """

    def __init__(self, label: str, problem: str) -> None:
        super().__init__(label, problem)

    def __str__(self) -> str:
        return "{}: {}.".format(*self.args)


def seal(plaintext: bytes, associated: bytes, ring: KeyRing | None = None) -> str:
    """Encrypt with the current key of the ring, by default the current ring. Only the same `associated` opens it."""
    keys = (ring or current_ring()).fields
    uses.note("fields", keys.current)
    nonce = os.urandom(NONCE_BYTES)
    body = nonce + AESGCM(keys.current_key).encrypt(nonce, plaintext, associated)
    return f"v1:{keys.current}:{base64.urlsafe_b64encode(body).decode()}"


def unseal(text: str, associated: bytes, ring: KeyRing | None = None, *, label: str = "sealed value") -> bytes:
    """Decrypt sealed text with the key that it names. Raises `Unsealable`, whose text begins with `label`."""
    key_id, body = _parts(text, label)
    key = (ring or current_ring()).fields.by_id.get(key_id)
    if key is None and ring is None and uses.missed("fields", key_id):
        key = current_ring().fields.by_id.get(key_id)
    if key is None:
        raise Unsealable(label, f"key {key_id!r} is not in the key ring")
    try:
        return AESGCM(key).decrypt(body[:NONCE_BYTES], body[NONCE_BYTES:], associated)
    except InvalidTag:
        problem = f"does not open with key {key_id!r}: it was altered or moved, or the key is another"
        raise Unsealable(label, problem) from None


def key_id_of(text: str, *, label: str = "sealed value") -> str:
    """Return the id of the key that sealed this text. Raises `Unsealable` if it is not sealed text."""
    return _parts(text, label)[0]


def _parts(text: str, label: str) -> tuple[str, bytes]:
    found = _SEALED.fullmatch(text)
    if found is None:
        raise Unsealable(label, "is not sealed text")
    key_id, encoded = found.groups()
    try:
        body = base64.urlsafe_b64decode(encoded)
    except binascii.Error:
        raise Unsealable(label, "is not sealed text") from None
    # The decoder overlooks stray padding and trailing bits: one value shall have one spelling.
    if len(body) < NONCE_BYTES + TAG_BYTES or base64.urlsafe_b64encode(body).decode() != encoded:
        raise Unsealable(label, "is not sealed text")
    return key_id, body
