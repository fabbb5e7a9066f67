"""How many rows still use a key: counted in the database, over every sealed field and every column of hashes.

There is no index for that: it would be as large as the columns, and is wanted once a year. So every row is looked at, by `ranges`.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from django.db.models import Count, F, Model, QuerySet, TextField, Value
from django.db.models.functions import Cast, Greatest, StrIndex, Substr

from solitude.databases.patience import patient

from . import holders, ranges
from .keys import KEY_ID

# Hears how many rows of which place were looked at so far.
Told = Callable[[str, int], None]
HASHED = ("hashes", "pepper", "seals")
_SEALED_HEAD = "v1:"


def sealed_text(model: type[Model], name: str) -> QuerySet[Any]:
    """The rows of the model that have something sealed there, with `kept`, the sealed text itself."""
    rows = model._base_manager.filter(**{f"{name}__isnull": False})
    texts: QuerySet[Any] = rows.annotate(kept=Cast(F(name), TextField()))
    return texts


def kept_hashes(column: holders.HashColumn) -> QuerySet[Any]:
    """The rows of the column's model that have a hash there, with `kept`, the hash."""
    rows = column.model._base_manager.exclude(**{column.name: ""}).filter(**{f"{column.name}__isnull": False})
    hashes: QuerySet[Any] = rows.annotate(kept=F(column.name))
    return hashes


def by_key(purpose: str, told: Told = lambda *_: None) -> dict[str, dict[str, int]]:
    """By key id and place ("app.model:column"), how many rows were made with it. Looks at every row."""
    counted: dict[str, dict[str, int]] = {}
    for place, rows, head in _places(purpose):
        of_place: Counter[str] = Counter()
        for found in _by_range(place, rows, head, told):
            of_place.update(found)
        for key_id, count in of_place.items():
            counted.setdefault(key_id, {})[place] = count
    return counted


def of_key(purpose: str, key_id: str, told: Told = lambda *_: None) -> dict[str, int]:
    """By place, what was made with this key and is still there; a key of the hashes may also have made PINs."""
    found: dict[str, int] = {}
    for one in _purposes(purpose):
        found |= by_key(one, told).get(key_id, {})
        found |= {
            other.name: count
            for other in holders.elsewhere()
            if other.purpose == one and (count := other.count(key_id))
        }
    return found


def is_used(purpose: str, key_id: str, told: Told = lambda *_: None) -> bool:
    """Whether anything is there that was made with this key: looks at every row only where it is not."""
    for one in _purposes(purpose):
        for place, rows, head in _places(one):
            if any(key_id in found for found in _by_range(place, rows, head, told)):
                return True
        if any(other.purpose == one and other.count(key_id) for other in holders.elsewhere()):
            return True
    return False


def _purposes(purpose: str) -> tuple[str, ...]:
    return ("hashes", "pepper") if purpose == "hashes" else (purpose,)


def _places(purpose: str) -> Iterator[tuple[str, QuerySet[Any], str]]:
    if purpose == "fields":
        for model, field in holders.sealed_columns():
            yield field.place, sealed_text(model, field.name), _SEALED_HEAD
    elif purpose in HASHED:
        for column in holders.hash_columns():
            if column.purpose == purpose:
                yield column.place, kept_hashes(column), ""


def _by_range(place: str, rows: QuerySet[Any], head: str, told: Told) -> Iterator[dict[str, int]]:
    """By key id how many rows, range by range. What no key has made (a PIN that was forgotten) is nobody's."""
    for number, condition in enumerate(ranges.of(rows.model), 1):
        with patient():
            found = _grouped(rows.filter(condition), head)
        yield {key_id: count for key_id, count in found if KEY_ID.fullmatch(key_id)}
        told(place, number * ranges.RANGE_ROWS)


def _grouped(rows: QuerySet[Any], head: str) -> list[tuple[str, int]]:
    """Key ids and counts: what stands between the head and the next colon."""
    rest = Substr("kept", len(head) + 1)
    # PostgreSQL refuses a negative length, which would come of a text without a colon (a PIN that was forgotten).
    key_id = Substr(rest, 1, Greatest(StrIndex(rest, Value(":")) - 1, Value(0)))
    return list(rows.order_by().values_list(key_id).annotate(count=Count("pk")))
