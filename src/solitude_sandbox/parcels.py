"""What the postman carries: one message to one address, and what has become of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from solitude_sandbox.clock import stamp

WAITING = "waiting"
RECEIVED = "received"
GIVEN_UP = "given up"
DROPPED = "dropped"  # the webhook was deleted, or too much was waiting


FIRST_BACK_OFF_S = 10
ANY_SUCCESS = range(200, 300)


@dataclass(frozen=True)
class Patience:
    """How often a message is brought to somebody who does not take it, and how long it takes to come again."""

    tries: int
    back_off_limit_s: int

    def back_off(self, tries: int) -> timedelta:
        """How long to wait after so many tries."""
        return timedelta(seconds=min(FIRST_BACK_OFF_S * 2 ** (tries - 1), self.back_off_limit_s))


class Message(Protocol):
    """What can be carried: whatever a provider has to tell a marketplace."""

    @property
    def id(self) -> str: ...
    @property
    def type(self) -> str: ...
    @property
    def created(self) -> datetime: ...
    @property
    def resource_id(self) -> str: ...
    @property
    def body(self) -> str: ...
    @property
    def content_type(self) -> str: ...


@dataclass
class Addressee:
    """Whom to bring it: `name` is what the provider calls whoever wants it. Nobody is served once `gone`.

    `headers` makes the header fields of a message to this addressee, such as a signature. `taken` are the statuses that mean received.
    """

    url: str
    patience: Patience
    name: str = ""
    headers: Callable[[Message], Mapping[str, str]] = field(default=lambda _: {})
    gone: bool = False
    taken: range = ANY_SUCCESS


@dataclass(frozen=True)
class Manner:
    """How the post is brought: each message so many times more, in no order, late, or not for now."""

    duplicates: int = 0
    shuffle: bool = False
    delay_ms: int = 0
    paused: bool = False


@dataclass(order=True)
class Parcel:
    """Ordered by when it is due. `last` is what the last try came to: a status, or the name of an error."""

    due: datetime
    number: int
    event: Message = field(compare=False)
    to: Addressee = field(compare=False)
    tries: int = field(default=0, compare=False)
    last: str = field(default="", compare=False)
    ended: str = field(default="", compare=False)

    @property
    def status(self) -> str:
        """What has become of it."""
        return self.ended or (DROPPED if self.to.gone else WAITING)

    def as_json(self) -> dict[str, Any]:
        """For the state page and the console."""
        return {
            "number": self.number,
            "event": self.event.id,
            "event_type": self.event.type,
            "resource": self.event.resource_id,
            "url": self.to.url,
            "webhook": self.to.name,
            "created": stamp(self.event.created),
            "status": self.status,
            "tries": self.tries,
            "last_answer": self.last,
            "due": stamp(self.due) if self.status == WAITING else None,
        }
