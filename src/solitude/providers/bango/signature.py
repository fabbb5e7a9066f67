"""The signature that a payment has at Bango and comes back with: over the transaction's uuid, by a key of ours that nobody else has."""

import hmac
from datetime import datetime, timedelta

from solitude.providers.bango.names import NUMBER
from solitude.transactions.models import Status, Transaction
from solitude.vault import hashes
from solitude.vault.current import current_ring

_LABEL = "bango.signature"
# Within this time every process has taken a new ring.
TAKEN_WITHIN = timedelta(minutes=2)


def sign(uuid: str) -> str:
    """64 hexadecimal digits, under the current key."""
    return _digits(hashes.keyed_hash(_LABEL, uuid))


def is_signed(uuid: str, signature: str) -> bool:
    """Whether this is the signature of the uuid, under any key of ours. In constant time."""
    given = signature.encode("utf-8", "surrogatepass")
    matches = [hmac.compare_digest(_digits(known).encode(), given) for known in hashes.candidates(_LABEL, uuid)]
    return any(matches)


def open_under(key_id: str) -> int:
    """How many payments are open that may come back with a signature by this key: those that began while it was current."""
    hashes_of_ring = current_ring().hashes
    if key_id not in hashes_of_ring.by_id or key_id == hashes_of_ring.current:
        return 0
    still_open = Transaction.objects.filter(provider=NUMBER, status__in=(Status.STARTED, Status.PENDING))
    if hashes_of_ring.current_since is not None:
        took_it_until = datetime.fromisoformat(hashes_of_ring.current_since) + TAKEN_WITHIN
        still_open = still_open.filter(created__lt=took_it_until)
    return still_open.count()


def _digits(keyed: str) -> str:
    return keyed.rpartition(":")[2]
