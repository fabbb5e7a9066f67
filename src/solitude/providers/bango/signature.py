"""The signature that a payment has at Bango and comes back with: over the transaction's uuid, by a key of ours that nobody else has."""

import hmac

from solitude.vault import hashes

_LABEL = "bango.signature"


def sign(uuid: str) -> str:
    """64 hexadecimal digits, under the current key."""
    return _digits(hashes.keyed_hash(_LABEL, uuid))


def is_signed(uuid: str, signature: str) -> bool:
    """Whether this is the signature of the uuid, under any key of ours. In constant time."""
    given = signature.encode("utf-8", "surrogatepass")
    matches = [hmac.compare_digest(_digits(known).encode(), given) for known in hashes.candidates(_LABEL, uuid)]
    return any(matches)


def _digits(keyed: str) -> str:
    return keyed.rpartition(":")[2]
