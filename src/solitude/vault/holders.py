"""Where keyed hashes are kept. Rooms that have columns of them say so when they start.

What has its value beside it in the row (`of`) is made anew after a change of keys; of the rest it can only be counted how
many are left under a key, until they are used up, renewed or forgotten. `vault.hashed.KeyedHashField` needs no entry.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db.models import Model

from .fields import SealedField
from .hashed import KeyedHashField
from .hashes import HASHES, keyed_hash


@dataclass(frozen=True, slots=True)
class HashColumn:
    """A column of hashes of one purpose. `make` gives the hash of what the field `of` of the same row holds."""

    model: type[Model]
    name: str
    purpose: str = HASHES
    of: str = ""
    make: Callable[[str], str] | None = None

    @property
    def place(self) -> str:
        return f"{self.model._meta.label_lower}:{self.name}"


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """What was made with a key and is in no column: `count` tells how much of it may still be about."""

    name: str
    count: Callable[[str], int]
    purpose: str = HASHES


_columns: list[HashColumn] = []
_elsewhere: list[Elsewhere] = []


def register(*columns: HashColumn) -> None:
    _columns.extend(one for one in columns if one not in _columns)


def register_elsewhere(one: Elsewhere) -> None:
    _elsewhere.append(one)


def hash_columns() -> list[HashColumn]:
    """All that there are, those of `KeyedHashField` too, in the order of their names."""
    of_fields = [
        HashColumn(model, field.name, of=field.of, make=_maker(field.label))
        for model in apps.get_models()
        for field in model._meta.local_concrete_fields
        if isinstance(field, KeyedHashField)
    ]
    return sorted([*of_fields, *_columns], key=lambda column: column.place)


def elsewhere() -> list[Elsewhere]:
    return list(_elsewhere)


def sealed_columns() -> Iterator[tuple[type[Model], SealedField[Any]]]:
    """Every model and sealed field of it."""
    for model in sorted(apps.get_models(), key=lambda one: one._meta.label_lower):
        for field in model._meta.local_concrete_fields:
            if isinstance(field, SealedField):
                yield model, field


def _maker(label: str) -> Callable[[str], str]:
    return lambda value: keyed_hash(label, value)
