"""SQLite, as Django has it, with connections of the process: each has files open, and pages in its cache.

One transaction writes at a time. Who comes meanwhile SQLite has look again after a pause, and after a longer one if somebody else was
first: with several writers the file is idle for much of the time. So those of a process stand in line, and only the first of them asks
SQLite.
"""

import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

from django.db import OperationalError
from django.db.backends.sqlite3 import base
from typing_extensions import override

from solitude.databases import Found, Idle, Shared
from solitude.sqlite import BUSY_TIMEOUT_S

TEXTS_KEPT = 1_000
# By process, for after a fork nobody would leave the line of another one, and by file.
_lines: dict[tuple[int, str], threading.Lock] = {}


class DatabaseWrapper(Shared, base.DatabaseWrapper):
    _line: "threading.Lock | None" = None
    """Whose first this one is, while it writes."""

    def is_good(self, idle: Idle) -> bool:  # noqa: ARG002 - a file does not hang up
        return True

    @override
    def driver_cursor(self) -> Any:
        return self.create_cursor()

    @override
    def found(self, text: str, values: Sequence[Any]) -> Found:
        if self._line is not None or text.startswith("SELECT"):
            return self._found(text, values)
        with self._alone():
            return self._found(text, values)

    def _found(self, text: str, values: Sequence[Any]) -> Found:
        cursor = self.connection.execute(_asked(text), values)
        return cursor.fetchall(), cursor.rowcount

    @override
    def _start_transaction_under_autocommit(self) -> None:  # type: ignore[misc]  # the stubs do not know it
        self._stand_in_line()
        try:
            super()._start_transaction_under_autocommit()  # type: ignore[misc]
        except BaseException:
            self._leave()
            raise

    @override
    def _commit(self) -> None:  # type: ignore[misc]
        super()._commit()  # type: ignore[misc]
        self._leave()

    @override
    def _rollback(self) -> None:  # type: ignore[misc]
        try:
            super()._rollback()  # type: ignore[misc]
        finally:
            self._leave()

    @override
    def close(self) -> None:
        super().close()
        self._leave()

    @contextmanager
    def _alone(self) -> Iterator[None]:
        self._stand_in_line()
        try:
            yield
        finally:
            self._leave()

    def _stand_in_line(self) -> None:
        """Raises OperationalError after as long as SQLite would wait, and as it would."""
        line = _lines.setdefault((os.getpid(), str(self.settings_dict["NAME"])), threading.Lock())
        if not line.acquire(timeout=BUSY_TIMEOUT_S):
            raise OperationalError("database is locked")
        self._line = line

    def _leave(self) -> None:
        line, self._line = self._line, None
        if line is not None:
            line.release()


@lru_cache(TEXTS_KEPT)
def _asked(text: str) -> str:
    """As Django has SQLite's cursor read it, which does so again each time."""
    return base.FORMAT_QMARK_REGEX.sub("?", text).replace("%%", "%")
