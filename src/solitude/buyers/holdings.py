"""What is held about one buyer, room by room, for the person who asks.

A room above this one says at start what it has. Values that would let somebody act as the buyer or charge it (PINs, keys, tokens) are
not shown: in their place stands whether there is one.
"""

from collections.abc import Callable, Collection, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Model

from solitude.buyers.models import Buyer
from solitude.web.answers import time_text

Held = Callable[[Buyer], Any]
_rooms: dict[str, Held] = {}
SECRET = frozenset({"pin", "new_pin"})
# They tell nothing of the person: by them values are bound to their row, or found.
TECHNICAL = frozenset({"row_uuid", "email_hash"})


def offer(name: str, held: Held) -> None:
    """`held` gives what JSON can say. At start."""
    _rooms[name] = held


def of(buyer: Buyer) -> Mapping[str, Any]:
    """By the name of the room; the account itself first."""
    account = row(buyer, secret=SECRET, without=TECHNICAL)
    return {"account": account, **{name: held(buyer) for name, held in sorted(_rooms.items())}}


def row(held: Model, *, secret: Collection[str] = (), without: Collection[str] = ()) -> dict[str, Any]:
    """All columns of a row, opened where they are sealed. Of a `secret` one only whether it is there."""
    shown: dict[str, Any] = {}
    for field in held._meta.concrete_fields:
        if field.name not in without:
            value = getattr(held, field.attname)
            shown[field.name] = bool(value) if field.name in secret else _plain(value)
    return shown


def _plain(value: Any) -> Any:
    match value:
        case datetime():
            return time_text(value)
        case date():
            return value.isoformat()
        case Decimal():
            return f"{value:f}"
        case UUID():
            return str(value)
        case _:
            return value
