"""The digests of rows and of the chain: keyed, so that whoever can write to the database but has no keys can make none.

They are over plain values, not over what encryption makes of them: another key for the fields changes no digest. Being keyed, they also
tell nothing of a value that retention has removed. Each names the key that it was made with.
"""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import DataError
from django.db.models import Model

from solitude.audit.kinds import Group
from solitude.vault import hashes, keyring

# HMAC-SHA256 cut to its first half; RFC 2104, section 5, allows no less than half.
DIGEST_BYTES = 16
# What reading a row raises in which a column holds what its kind cannot: SQLite keeps anything, PostgreSQL has times without end.
UNREADABLE = (ValueError, TypeError, DataError)
_ROW, _HEAD = "audit-row", "audit-head"
_SEALS = "seals"
# Seals have keys of their own where the ring has them.
_KEYS: Mapping[str, Any] = {"purpose": _SEALS} if hasattr(keyring.KeyRing, "of") else {}


class KeyGone(Exception):
    """The key that a seal was made with is not in the ring. The text is its id."""


def head_under(key_id: str, content: bytes) -> str:
    """The keyed hash of an entry: `<key id>:<hex>`. Raises KeyGone."""
    return _under(key_id, _HEAD, content)


def key_id_of(head: str) -> str:
    return head.partition(":")[0]


def current_key_id() -> str:
    return key_id_of(hashes.keyed_hash(_HEAD, b"", **_KEYS))


def of_group(key_id: str, kind: str, row: Model, group: Group) -> bytes:
    """The digest of one group of a row. Raises KeyGone, and what opening an encrypted column raises."""
    values = [[name, value_of(row, name)] for name in group.columns]
    content = canonical([kind, row.pk, group.name, values])
    return bytes.fromhex(_under(key_id, _ROW, content).partition(":")[2])[:DIGEST_BYTES]


def value_of(row: Model, column: str) -> Any:
    """The plain value; of a reference the key that it has."""
    field: Any = row._meta.get_field(column)
    return getattr(row, field.attname)


def canonical(value: Any) -> bytes:
    """The same bytes for the same value, whatever the database gives it as: JSON with sorted names, times in UTC."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), default=_plain).encode()


def _under(key_id: str, label: str, content: bytes) -> str:
    hashed = hashes.under(key_id, label, content, **_KEYS)
    if hashed is None:
        raise KeyGone(key_id)
    return hashed


def _plain(value: Any) -> str:
    for kind, written in _WRITTEN.items():
        if isinstance(value, kind):
            return written(value)
    raise TypeError(f"a sealed column holds a {type(value).__name__}")


_WRITTEN: dict[type, Callable[[Any], str]] = {
    datetime: lambda moment: moment.astimezone(UTC).isoformat(timespec="microseconds"),
    date: lambda day: day.isoformat(),
    Decimal: lambda number: format(number.normalize(), "f"),
    UUID: str,
}
