"""What a seal lists, as bytes: rows with the digests of their groups, or ids alone. Each row has the same length, and they are in order."""

import hashlib
import struct
from collections.abc import Iterable, Mapping

from solitude.audit.digests import DIGEST_BYTES

# Of a group that may still change, because its row has not come to its end.
UNKNOWN = bytes(DIGEST_BYTES)
_ID = struct.Struct(">q")

Digests = tuple[bytes, ...]


def of_rows(rows: Mapping[int, Digests]) -> bytes:
    return b"".join(_ID.pack(pk) + b"".join(rows[pk]) for pk in sorted(rows))


def rows_of(listing: bytes, groups: int) -> dict[int, Digests]:
    """The digests by id. Raises ValueError where the length does not fit."""
    size = _ID.size + groups * DIGEST_BYTES
    if len(listing) % size:
        raise ValueError("the listing has no whole number of rows")
    found = {}
    for start in range(0, len(listing), size):
        (pk,) = _ID.unpack_from(listing, start)
        body = listing[start + _ID.size : start + size]
        found[pk] = tuple(body[at : at + DIGEST_BYTES] for at in range(0, len(body), DIGEST_BYTES))
    return found


def of_ids(pks: Iterable[int]) -> bytes:
    return b"".join(map(_ID.pack, sorted(pks)))


def ids_of(listing: bytes) -> set[int]:
    return {pk for (pk,) in _ID.iter_unpack(listing)}


def digest(listing: bytes) -> str:
    return hashlib.sha256(listing).hexdigest()
