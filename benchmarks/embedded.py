"""The course of a run on SQLite, the embedded default: the same statements with and without the server around them."""

import itertools
import json
import statistics
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pysqlite3  # type: ignore[import-untyped]  # no stubs are published
from tests.support.free_port import free_port
from tests.support.processes import started, wait_for

from benchmarks import recording, replay
from benchmarks.generator import Generator, Order
from benchmarks.load import LoadError, run
from benchmarks.places import IDS_OF_ONE_TABLE, House, house
from benchmarks.recorder import WARM
from benchmarks.recording import Recording
from benchmarks.script import Ranges
from benchmarks.shop import Materials, furnish

CONNECTIONS = 8
# Those that write; of what only reads, a commit is no measure.
NAMES = ("create transaction", "payment with pre-approval", "payment with approval")


@dataclass(frozen=True)
class Embedded:
    """One scenario on SQLite. `ratios` are units a second by those of the plain loop, repeat by repeat."""

    name: str
    statements: int
    commits: int
    ratios: list[float]

    def cells(self) -> list[str]:
        return [
            f"{self.name}, SQLite",
            f"{statistics.median(self.ratios):.3f}",
            f"{min(self.ratios):.3f}-{max(self.ratios):.3f}",
            str(self.statements),
            str(self.commits),
        ]


def on_sqlite(
    names: tuple[str, ...], seconds: float, repeats: int, units: int, say: Callable[[str], None]
) -> list[Embedded]:
    """Records in a process that traces, then measures the server that is shipped. Raises LoadError."""
    with house(None) as here:
        ranges = number_tables_apart(here.file)
        materials = furnish(here)
        found = _record(here, materials, [name for name in names if name in NAMES], units)
        first = itertools.count(1_000_000, 1_000_000)
        rows = {
            name: Embedded(name, len(usual[0].statements), recording.commits(usual[0].statements), [])
            for name, usual in found.items()
        }
        for _, (name, row) in itertools.product(range(repeats), rows.items()):
            limit = replay.per_second(here.file, found[name], ranges, seconds)
            order = Order(name, materials.as_json(), seconds, CONNECTIONS, None, 0, next(first))
            row.ratios.append(run(order, {"server": here.server}).per_second / limit)
            say(f"{name}, SQLite: {row.ratios[-1]:.3f}")
        return list(rows.values())


def number_tables_apart(file: Path) -> Ranges:
    """As on PostgreSQL: every table's ids have a range of their own."""
    connection = pysqlite3.connect(str(file), isolation_level=None)
    try:
        tables = connection.execute("SELECT name FROM sqlite_master WHERE sql LIKE '%AUTOINCREMENT%' ORDER BY name")
        ranges = {}
        for place, (table,) in enumerate(tables.fetchall(), start=1):
            start = place * IDS_OF_ONE_TABLE
            connection.execute("DELETE FROM sqlite_sequence WHERE name = ?", (table,))
            connection.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", (table, start))
            ranges[f"{table}_id_seq"] = range(start + 1, start + IDS_OF_ONE_TABLE)
        return ranges
    finally:
        connection.close()


def _record(here: House, materials: Materials, names: list[str], units: int) -> dict[str, list[Recording]]:
    with _traced(here) as (address, log):
        there = replace(materials, house=address).as_json()
        number = 0
        for name in names:
            for place in range(-WARM, units):
                number += 1
                _mark(log, name if place >= 0 else f"before {name}")
                said = Generator(Order(name, there, 0.0, 1, None, 0, number)).once()
                if said["failed"]:
                    raise LoadError(f"{name}: {said['errors']}")
        _mark(log, "end")
        every = recording.units(recording.statements(log.read_text().splitlines()))
    return {name: recording.usual([unit for unit in every if unit.label == name]) for name in names}


@contextmanager
def _traced(here: House) -> Iterator[tuple[str, Path]]:
    port, log = free_port(), here.home / "statements.json"
    command = [sys.executable, "-m", "benchmarks.traced", str(port), str(log)]
    with started(here.home / "traced.out.log", here.environment, command):
        wait_for(f"http://127.0.0.1:{port}/services/status/")
        yield f"127.0.0.1:{port}", log


def _mark(log: Path, label: str) -> None:
    with log.open("a") as file:
        file.write(json.dumps({"pid": 0, "message": f"statement: {recording.mark(label)}"}) + "\n")
