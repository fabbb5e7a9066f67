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
            ("".join(self._written(said.sql)), self._returned(place, said.sql))
            for place, said in enumerate(self._recording.statements)
        ]

    def fresh(self) -> list[tuple[str, str]]:
        """Names of what is new in each run, with the texts that they stand for."""
        return [(name, text.replace("''", "'")) for text, name in self._numbers.items()]

    def _fresh_literal(self, text: str, number: str, kind: str) -> str:  # noqa: ARG002 - its value comes with each run
        return f":{number}{kind}"

    def _kept_literal(self, text: str, *, escaped: bool) -> str:
        return f"'{text}'" if not escaped else quoted(text, escaped=escaped)


def per_second(file: Path, recordings: Sequence[Recording], ranges: Ranges, seconds: float) -> float:
    """Units a second."""
    replays = [Replay(recording, ranges) for recording in recordings]
    made = [(replay.steps(), replay.fresh()) for replay in replays]
    connection = pysqlite3.connect(str(file), isolation_level=None, cached_statements=1000)
    try:
        register(connection)
        for setting in SETTINGS:
            connection.execute(setting).fetchall()
        begun = time.perf_counter()
        units = 0
        while time.perf_counter() < begun + seconds:
            steps, fresh = made[units % len(made)]
            _once(connection, steps, {name: renewed(text) for name, text in fresh})
            units += 1
        return units / (time.perf_counter() - begun)
    finally:
        connection.close()


def renewed(text: str) -> str:
    """Another text of the same length."""
    return secrets.token_hex(HEX_DIGITS // 2)[: len(text)] + text[HEX_DIGITS:]


def _once(connection: Any, steps: list[Step], values: dict[str, Any]) -> None:
    for sql, returned in steps:
        rows = connection.execute(sql, values).fetchall()
        if returned:
            values[f"{returned}id"] = rows[0][0]
