"""The limit on SQLite: the recorded statements in a plain loop over one connection, without HTTP and without Django.

Only the functions that Django teaches SQLite are Django's: the statements name them.
"""

import secrets
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pysqlite3  # type: ignore[import-untyped]  # no stubs are published
from django.db.backends.sqlite3._functions import register  # type: ignore[import-untyped]  # no stubs are published

from benchmarks.recording import Recording
from benchmarks.script import HEX_DIGITS, Ranges, Writer, quoted

SETTINGS = ("PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL", "PRAGMA foreign_keys=ON", "PRAGMA busy_timeout=20000")
Step = tuple[str, str]


class Replay(Writer):
    """The statements with `:name` for what is new in each run; the second of each pair is what its returned id is kept as."""

    def steps(self) -> list[Step]:
        return [
            ("".join(self._written(said.sql)), self._prefix(place))
            for place, said in enumerate(self._recording.statements)
        ]

    def fresh(self) -> list[tuple[str, str]]:
        """Names of what is new in each run, with the texts that they stand for."""
        return [(name, text.replace("''", "'")) for text, name in self._numbers.items()]

    def _fresh_literal(self, text: str, number: str, kind: str) -> str:  # noqa: ARG002 - its value comes with each run
        return f":{number}{kind}"

    def _kept_literal(self, text: str, *, escaped: bool) -> str:
        return f"'{text}'" if not escaped else quoted(text, escaped=escaped)


class Loop:
    """Recorded units over one connection, one after the other. Closed with the `with` block."""

    def __init__(self, file: Path, recordings: Sequence[Recording], ranges: Ranges) -> None:
        replays = [Replay(recording, ranges) for recording in recordings]
        self._made = [(replay.steps(), replay.fresh()) for replay in replays]
        self._connection = pysqlite3.connect(str(file), isolation_level=None, cached_statements=1000)
        register(self._connection)
        for setting in SETTINGS:
            self._connection.execute(setting).fetchall()

    def __enter__(self) -> "Loop":
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def per_second(self, seconds: float) -> float:
        """Units a second."""
        begun, units = time.perf_counter(), 0
        while time.perf_counter() < begun + seconds:
            self._once(units)
            units += 1
        return units / (time.perf_counter() - begun)

    def each_once(self) -> int:
        """Runs each of the recordings; how many there are."""
        for number in range(len(self._made)):
            self._once(number)
        return len(self._made)

    def _once(self, number: int) -> None:
        steps, fresh = self._made[number % len(self._made)]
        values: dict[str, Any] = {name: renewed(text) for name, text in fresh}
        for sql, returned in steps:
            rows = self._connection.execute(sql, values).fetchall()
            if returned:
                values[f"{returned}id"] = rows[0][0]


def renewed(text: str) -> str:
    """Another text of the same length."""
    return secrets.token_hex(HEX_DIGITS // 2)[: len(text)] + text[HEX_DIGITS:]
