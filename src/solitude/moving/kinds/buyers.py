"""Buyers, with their PINs: plain ones are hashed here, which takes its time; hashes move between servers of one key ring."""

import re
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID, uuid4

from pydantic import BeforeValidator

from solitude.buyers import hashing
from solitude.buyers.api import BuyerIn
from solitude.buyers.models import PIN_HASH_MAX_CHARS, Buyer
from solitude.moving.fields import Count, Moment, OfEveryRow
from solitude.moving.kind import OF_ACCOUNTS, Column, Key, Kind, moment, same
from solitude.vault.current import current_ring

_HASH = re.compile(r"([a-z0-9-]{1,16}):\$argon2id\$[A-Za-z0-9+/=,$]+", re.ASCII)
PINS = ("pin", "new_pin")


def _pin_hash(value: Any) -> Any:
    if value is None or value == hashing.FORGOTTEN:
        return value
    found = _HASH.fullmatch(value) if isinstance(value, str) and len(value) <= PIN_HASH_MAX_CHARS else None
    if not found:
        raise ValueError("must be a PIN's hash as export writes it")
    if found[1] not in current_ring().pepper.by_id:
        raise ValueError("was made with a key that is not in this key ring")
    return value


def _row_uuid(value: Any) -> Any:
    try:
        return None if value is None else UUID(value)
    except (AttributeError, TypeError, ValueError):
        raise ValueError("must be a UUID") from None


PinHash = Annotated[str | None, BeforeValidator(_pin_hash)]


class BuyerLine(BuyerIn, OfEveryRow):
    pin_hash: PinHash = None
    new_pin_hash: PinHash = None
    row_uuid: Annotated[UUID | None, BeforeValidator(_row_uuid)] = None
    pin_failures: Count = 0
    pin_locked_at: Moment = None


def rules(line: BuyerLine) -> Iterator[tuple[str, str]]:
    for name in PINS:
        kept = getattr(line, f"{name}_hash")
        if kept and getattr(line, name):
            yield name, f"and {name}_hash are two ways to say one thing"
        if kept and line.row_uuid is None:
            yield f"{name}_hash", "needs row_uuid"


def make(line: BuyerLine, _found: Mapping[str, int], now: datetime) -> Buyer:
    return Buyer(
        row_uuid=line.row_uuid or uuid4(),
        uuid=line.uuid,
        active=line.active,
        authenticated=line.authenticated,
        email=line.email,
        locale=line.locale,
        pin=line.pin_hash,
        new_pin=line.new_pin_hash,
        pin_confirmed=line.pin_confirmed,
        pin_failures=line.pin_failures,
        pin_locked_at=line.pin_locked_at,
        pin_was_locked_out=line.pin_was_locked_out,
        needs_pin_reset=line.needs_pin_reset,
        **line.stamps_of_account(now),
    )


def complete(made: Sequence[tuple[BuyerLine, Buyer]]) -> None:
    """Hashes the plain PINs, on several cores."""
    plain = [(row, name, pin) for line, row in made for name in PINS if (pin := getattr(line, name))]
    if not plain:
        return
    with ThreadPoolExecutor(hashing.HASHES_AT_ONCE) as pool:
        kept = pool.map(lambda one: hashing.kept_form(one[2], one[0].row_uuid), plain)
        for (row, name, _), value in zip(plain, kept, strict=True):
            setattr(row, name, value)


BUYERS = Kind(
    name="buyers",
    model=Buyer,
    line=BuyerLine,
    rules=rules,
    columns=(
        same("uuid", "The marketplace's own name of the buyer. Required, and no other buyer's."),
        same("active", "True (the default) or false."),
        same("authenticated", "Whether the buyer came from a trusted login: true (the default) or false."),
        same("email", "Any text of at most 255 characters. Kept encrypted."),
        same("locale", "Such as the value of an Accept-Language header."),
        Column("pin", "The PIN as the buyer types it, four digits."),
        Column("new_pin", "The PIN that is to take its place once the buyer confirms it."),
        Column("pin_hash", "A PIN's hash, from another server's export.", lambda row: row.pin, secret=True),
        Column("new_pin_hash", "The same of the new PIN.", lambda row: row.new_pin, secret=True),
        Column("row_uuid", "What those hashes are bound to; they need it.", lambda row: str(row.row_uuid), secret=True),
        same("pin_confirmed", "Whether the buyer has confirmed the PIN: true or false (the default)."),
        same("pin_failures", "Wrong PINs since the last right one; 0 if it is not given."),
        moment("pin_locked_at", "When these locked the buyer out; nothing for one who is not."),
        same("pin_was_locked_out", "Whether that has happened: true or false (the default)."),
        same("needs_pin_reset", "True or false (the default)."),
        *OF_ACCOUNTS,
    ),
    keys=(Key(("uuid",), ("uuid",)),),
    make=make,
    complete=complete,
)
