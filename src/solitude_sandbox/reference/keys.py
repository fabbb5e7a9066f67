"""The key ring with which notices are signed: the newest key signs, older ones still check. Not thread-safe: its owner holds a lock."""

import hashlib
import hmac
import re

from solitude_sandbox.reference.errors import INVALID_ARGUMENT, ZippyError
from solitude_sandbox.reference.ids import Ids

KEYS_LIMIT = 100
MISMATCH = "signature mismatch"
_SIGNED = re.compile(r"(.+)&sig=(\d{1,9}):([^&]*)", re.ASCII | re.DOTALL)


class KeyRing:
    """Secrets by their numbers, at least one."""

    def __init__(self, ids: Ids) -> None:
        self._ids = ids
        self._secrets: dict[int, bytes] = {}
        self.rotate()

    def rotate(self) -> int:
        """A new key, which signs from now on; its number. When there is no more room, the oldest one goes."""
        number = max(self._secrets, default=-1) + 1
        self._secrets[number] = self._ids.signing_secret()
        while len(self._secrets) > KEYS_LIMIT:
            del self._secrets[min(self._secrets)]
        return number

    def forget(self, number: int) -> None:
        """What this key signed is not genuine any more; ValueError if it is unknown, or the only one."""
        if number not in self._secrets or len(self._secrets) == 1:
            raise ValueError("forget must be the number of a key, and not of the only one.")
        del self._secrets[number]

    def sign(self, query: str) -> str:
        """The query with its signature at the end."""
        number = max(self._secrets)
        return f"{query}&sig={number}:{self._digest(number, query)}"

    def verdict(self, signed: str) -> str:
        """Why this text is not genuine, "" if it is; `ZippyError` if it is not of that form at all."""
        found = _SIGNED.fullmatch(signed)
        if found is None:
            raise ZippyError(INVALID_ARGUMENT, "malformed notice: qs must end with &sig=<key id>:<signature>")
        query, number, digest = found[1], int(found[2]), found[3]
        genuine = number in self._secrets and hmac.compare_digest(self._digest(number, query).encode(), digest.encode())
        return "" if genuine else MISMATCH

    def numbers(self) -> list[int]:
        """The keys that check, the one that signs last."""
        return sorted(self._secrets)

    def _digest(self, number: int, query: str) -> str:
        return hmac.new(self._secrets[number], query.encode(), hashlib.sha256).hexdigest()
