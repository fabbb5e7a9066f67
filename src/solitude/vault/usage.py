"""How many rows still use a key: counted in the database, over every sealed field and every column of hashes."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction
from django.db.models import Count, F, Model, QuerySet, TextField, Value
from django.db.models.functions import Cast, Greatest, StrIndex, Substr

from . import holders
from .keys import KEY_ID

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


def by_key(purpose: str) -> dict[str, dict[str, int]]:
    """By key id and place ("app.model:column"), how many rows were made with it. Looks at every row."""
    counted: dict[str, dict[str, int]] = {}
    with patient():
        for place, rows, head in _places(purpose):
            for key_id, count in _grouped(rows, head):
                # What no key has made (a PIN that was forgotten) is nobody's.
                if KEY_ID.fullmatch(key_id):
                    counted.setdefault(key_id, {})[place] = count
    return counted


def of_key(purpose: str, key_id: str) -> dict[str, int]:
    """By place, what was made with this key and is still there; a key of the hashes may also have made PINs."""
    found: dict[str, int] = {}
    for one in {"hashes": ("hashes", "pepper")}.get(purpose, (purpose,)):
        found |= by_key(one).get(key_id, {})
        found |= {
            other.name: count
            for other in holders.elsewhere()
            if other.purpose == one and (count := other.count(key_id))
        }
    return found


def _places(purpose: str) -> Iterator[tuple[str, QuerySet[Any], str]]:
    if purpose == "fields":
        for model, field in holders.sealed_columns():
            yield field.place, sealed_text(model, field.name), _SEALED_HEAD
    elif purpose in HASHED:
        for column in holders.hash_columns():
            if column.purpose == purpose:
                yield column.place, kept_hashes(column), ""


def _grouped(rows: QuerySet[Any], head: str) -> list[tuple[str, int]]:
    """Key ids and counts: what stands between the head and the next colon."""
    rest = Substr("kept", len(head) + 1)
    # PostgreSQL refuses a negative length, which would come of a text without a colon (a PIN that was forgotten).
    key_id = Substr(rest, 1, Greatest(StrIndex(rest, Value(":")) - 1, Value(0)))
    return list(rows.order_by().values_list(key_id).annotate(count=Count("pk")))


@contextmanager
def patient() -> Iterator[None]:
    """For statements that look at whole tables: PostgreSQL does not end them after the time that a request has."""
    with transaction.atomic():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL statement_timeout = 0")
        yield
