"""SQLite, as Django has it, with connections of the process: each has files open, and pages in its cache."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from django.db.backends.sqlite3 import base
from typing_extensions import override

from solitude.databases import Found, Idle, Shared

TEXTS_KEPT = 1_000


class DatabaseWrapper(Shared, base.DatabaseWrapper):
    def is_good(self, idle: Idle) -> bool:  # noqa: ARG002 - a file does not hang up
        return True

    @override
    def driver_cursor(self) -> Any:
        return self.create_cursor()

    @override
    def found(self, text: str, values: Sequence[Any]) -> Found:
        cursor = self.connection.execute(_asked(text), values)
        return cursor.fetchall(), cursor.rowcount


@lru_cache(TEXTS_KEPT)
def _asked(text: str) -> str:
    """As Django has SQLite's cursor read it, which does so again each time."""
    return base.FORMAT_QMARK_REGEX.sub("?", text).replace("%%", "%")
