"""What the provider tells of a payment's end: a signed query, by the buyer's browser and in the background by itself."""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from solitude_sandbox.clock import stamp
from solitude_sandbox.control import Json
from solitude_sandbox.reference.oauth1 import FORM
from solitude_sandbox.store import BoundedStore

NOTICES_LIMIT = 50_000
SUCCESS, ERROR = "success", "error"


@dataclass(frozen=True)
class Notice:
    """`signed` is what goes both ways; `type` says of which callback `url` is. `number` counts from 1."""

    number: int
    type: str
    created: datetime
    resource_id: str
    url: str
    signed: str
    content_type: str = FORM

    @property
    def id(self) -> str:
        """For the postman."""
        return f"notice-{self.number}"

    @property
    def body(self) -> str:
        """The form that is posted."""
        return urlencode({"signed_notice": self.signed})

    def as_json(self) -> Json:
        """For the control API."""
        return {
            "number": self.number,
            "type": self.type,
            "created": stamp(self.created),
            "transaction": self.resource_id,
            "url": self.url,
            "signed_notice": self.signed,
        }


class NoticeLog:
    """The newest notices. Not thread-safe: its owner holds a lock."""

    def __init__(self) -> None:
        self._kept: BoundedStore[int, Notice] = BoundedStore(NOTICES_LIMIT)
        self.last = 0

    def add(self, kind: str, now: datetime, uuid: str, url: str, signed: str) -> Notice:
        """Write one down."""
        self.last += 1
        notice = Notice(self.last, kind, now, uuid, url, signed)
        self._kept.put(notice.number, notice)
        return notice

    def by_number(self, number: int) -> Notice | None:
        """That notice, if it is still known."""
        return self._kept.get(number)

    def after(self, number: int, limit: int) -> list[Notice]:
        """The next notices after this one, oldest first."""
        found = (self._kept.get(each) for each in range(max(number, 0) + 1, min(number + limit, self.last) + 1))
        return [notice for notice in found if notice is not None]
