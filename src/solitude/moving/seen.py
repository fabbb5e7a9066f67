"""What the lines of a file have said so far: on disk, so that a file of any size can be checked in the same memory."""

import hashlib
import secrets
import sqlite3
from collections.abc import Collection, Mapping
from types import TracebackType
from typing import Any, Self

DIGEST_BYTES = 16
# Before it spills, SQLite keeps so much of it in memory.
CACHE_KIB = 32 * 1024
ASKED_AT_ONCE = 500


class Seen:
    """The line in which each value was first seen. Kept are digests under a key that nobody knows, in a file without a name."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(DIGEST_BYTES)
        self._database = sqlite3.connect("", isolation_level=None)
        for pragma in (f"cache_size = -{CACHE_KIB}", "journal_mode = OFF", "synchronous = OFF"):
            self._database.execute(f"PRAGMA {pragma}")
        self._database.execute("CREATE TABLE seen (digest BLOB PRIMARY KEY, line INTEGER) WITHOUT ROWID")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._database.close()

    def digest(self, what: str, value: tuple[Any, ...]) -> bytes:
        """Of a value in a role: the same value in two roles is two things."""
        text = repr((what, value)).encode("utf-8", "surrogatepass")
        return hashlib.blake2b(text, digest_size=DIGEST_BYTES, key=self._key).digest()

    def lines_of(self, digests: Collection[bytes]) -> dict[bytes, int]:
        """The lines of those that are known."""
        found: dict[bytes, int] = {}
        asked = list(digests)
        for start in range(0, len(asked), ASKED_AT_ONCE):
            some = asked[start : start + ASKED_AT_ONCE]
            marks = ", ".join("?" * len(some))
            found.update(self._database.execute(f"SELECT digest, line FROM seen WHERE digest IN ({marks})", some))  # noqa: S608
        return found

    def remember(self, lines: Mapping[bytes, int]) -> None:
        self._database.execute("BEGIN")
        self._database.executemany("INSERT INTO seen VALUES (?, ?)", lines.items())
        self._database.execute("COMMIT")
