"""What the postman carries: one message to one address, and what has become of it."""

from dataclasses import dataclass, field
from datetime import datetime

from solitude_sandbox.paypal.call import Json
from solitude_sandbox.paypal.events import Event
from solitude_sandbox.paypal.times import stamp

WAITING = "waiting"
RECEIVED = "received"
GIVEN_UP = "given up"
DROPPED = "dropped"  # the webhook was deleted, or too much was waiting


@dataclass
class Addressee:
    """Whom to bring it: `webhook_id` is what the signature is for. Nobody is served once `gone`."""

    webhook_id: str
    url: str
    base: str
    gone: bool = False


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
    event: Event = field(compare=False)
    to: Addressee = field(compare=False)
    tries: int = field(default=0, compare=False)
    last: str = field(default="", compare=False)
    ended: str = field(default="", compare=False)

    @property
    def status(self) -> str:
        """What has become of it."""
        return self.ended or (DROPPED if self.to.gone else WAITING)

    def as_json(self) -> Json:
        """For the state page and the console."""
        return {
            "number": self.number,
            "event": self.event.id,
            "event_type": self.event.type,
            "resource": self.event.resource_id,
            "url": self.to.url,
            "webhook": self.to.webhook_id,
            "created": stamp(self.event.created),
            "status": self.status,
            "tries": self.tries,
            "last_answer": self.last,
            "due": stamp(self.due) if self.status == WAITING else None,
        }
