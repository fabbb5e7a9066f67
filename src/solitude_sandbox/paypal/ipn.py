"""Instant payment notifications: the older way in which PayPal tells of a change, as a form that is posted.

Whoever receives one sends it back, byte for byte, and is told whether it was PayPal's. Names and values: PayPal's IPN
Guide (2012), and messages that were published.
"""

import hashlib
import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote, quote_plus

from solitude_sandbox.paypal.ids import Ids
from solitude_sandbox.store import BoundedStore

IPNS_LIMIT = 50_000
CHARSET = "windows-1252"
VALIDATE = b"cmd=_notify-validate&"


@dataclass(frozen=True)
class Ipn:
    """`body` is the message as it is sent, ASCII. `number` counts from 1; `url` is where it goes, or None."""

    number: int
    id: str
    type: str
    created: datetime
    resource_id: str
    body: str
    url: str | None
    content_type: str = "application/x-www-form-urlencoded"


class IpnLog:
    """The newest messages, and a memory of what was sent. Not thread-safe: the books' lock is held."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self._last = 0
        self._messages: BoundedStore[int, Ipn] = BoundedStore(IPNS_LIMIT)
        self._sent: BoundedStore[bytes, Ipn] = BoundedStore(IPNS_LIMIT)

    @property
    def last(self) -> int:
        """The number of the newest message, 0 if there is none."""
        return self._last

    def add(
        self, ids: Ids, now: datetime, fields: Mapping[str, str], about: str, url: str | None, *, genuine: bool = True
    ) -> Ipn:
        """Write a message down. One that is not `genuine` will not be known when it is sent back."""
        self._last = next(self._numbers)
        track_id = ids.debug_id()
        # What a message of somebody else has in this place, PayPal has not signed.
        ours = {"verify_sign": ids.signature(), "ipn_track_id": track_id, "test_ipn": "1", "charset": CHARSET}
        whole = {**ours, **fields}
        kind = whole.get("transaction_type") or whole.get("payment_status") or whole.get("txn_type") or "IPN"
        message = Ipn(self._last, track_id, f"IPN {kind}", now, about, write(whole), url)
        self._messages.put(message.number, message)
        if genuine:
            self._sent.put(_digest(message.body.encode()), message)
        return message

    def after(self, number: int, limit: int) -> list[Ipn]:
        """At most `limit` messages that are still kept and newer than `number`, oldest first."""
        first = max(number, self._last - len(self._messages), 0) + 1
        found = (self._messages.get(each) for each in range(first, min(first + limit, self._last + 1)))
        return [message for message in found if message is not None]

    def by_id(self, track_id: str) -> Ipn | None:
        """The message, or None."""
        return next((message for message in self._messages if message.id == track_id), None)

    def knows(self, body: bytes) -> bool:
        """Whether exactly this was sent."""
        return self._sent.get(_digest(body)) is not None


def write(fields: Mapping[str, str]) -> str:
    """The form: names and values in windows-1252, what that cannot write as `?`."""
    return "&".join(f"{quote(name, safe='')}={_value(value)}" for name, value in fields.items())


def _value(value: str) -> str:
    return quote_plus(value, safe="/", encoding="cp1252", errors="replace")


def _digest(body: bytes) -> bytes:
    return hashlib.sha256(body).digest()
