"""The statements of the few requests that come most: written by Django once, and then run with other values.

To write a statement takes Django longer than PostgreSQL to run it. Here its text is kept, on PostgreSQL it is prepared by the server, and
what it finds are the same objects that the ORM makes, so that nothing downstream knows the difference. All else stays the ORM's.
"""

from solitude.prepared.asking import run, run_later
from solitude.prepared.columns import OfNew
from solitude.prepared.reading import Found, together
from solitude.prepared.requiring import is_missing, require_later
from solitude.prepared.writing import (
    insert,
    insert_both,
    insert_later,
    insert_once,
    insert_once_soon,
    update,
    update_if,
    update_later,
    write_now,
)

__all__ = [
    "Found",
    "OfNew",
    "insert",
    "insert_both",
    "insert_later",
    "insert_once",
    "insert_once_soon",
    "is_missing",
    "require_later",
    "run",
    "run_later",
    "together",
    "update",
    "update_if",
    "update_later",
    "write_now",
]
