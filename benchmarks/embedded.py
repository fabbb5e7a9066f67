"""The course of a run on SQLite, the embedded default: the same statements with and without the server around them."""

import itertools
import json
import statistics
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pysqlite3  # type: ignore[import-untyped]  # no stubs are published
from tests.support.free_port import free_port
from tests.support.processes import started, wait_for

from benchmarks import recording
from benchmarks.bench import PREPARED_MAX
from benchmarks.generator import Generator, Order
from benchmarks.limit import LimitError
from benchmarks.load import LoadError, run
from benchmarks.places import IDS_OF_ONE_TABLE, House, house
from benchmarks.recorder import WARM
from benchmarks.recording import Recording
from benchmarks.replay import Loop
from benchmarks.script import Ranges
from benchmarks.shop import Materials, furnish
from benchmarks.table import Row

CONNECTIONS = 8
# As `solitude serve` begins them where nobody says otherwise.
WORKERS = 1
# Now and then a server sweeps what has expired, which is no part of a unit.
SWEPT_ROWS = 0.5
# Those that write; of what only reads, a commit is no measure.
NAMES = ("create transaction", "payment with pre-approval", "payment with approval")


class Embedded(Row):
    """One scenario on SQLite; its limit is the plain loop."""

    cores = WORKERS

    def cells(self) -> list[str]:
        return [
            f"{self.name}, SQLite",
            f"{statistics.median(self.ratios):.3f}",
            f"{min(self.ratios):.3f}-{max(self.ratios):.3f}",
            f"{self.alone:.3f}",
            f"{statistics.median(run.cpu_ms('server') for run in self.runs):.2f}",
            str(self.statements),
            str(self.commits),
        ]


def on_sqlite(
    names: tuple[str, ...], seconds: float, repeats: int, units: int, say: Callable[[str], None]
) -> list[Embedded]:
    """Records in a process that traces, then measures the server that is shipped. Raises LoadError, LimitError."""
    with house(None, WORKERS) as here:
        ranges = number_tables_apart(here.file)
        materials = furnish(here)
        found = _record(here, materials, [name for name in names if name in NAMES], units)
        first = itertools.count(1_000_000, 1_000_000)
        rows = {
            name: Embedded(name, len(usual[0].statements), recording.commits(usual[0].statements))
            for name, usual in found.items()
        }
        for name, usual in found.items():
            with Loop(here.file, usual, ranges) as loop:
                _verify(here.file, name, loop, partial(_unit, name, materials.as_json(), first))
        for _, (name, row) in itertools.product(range(repeats), rows.items()):
            with Loop(here.file, found[name], ranges) as loop:
                row.limits.append(loop.per_second(seconds))
            # The server does not outrun the loop, so that all requests of a run are signed before it.
            prepared = min(int(row.limits[-1] * seconds), PREPARED_MAX)
            order = Order(name, materials.as_json(), seconds, CONNECTIONS, None, prepared, next(first))
            row.runs.append(run(order, {"server": here.server}))
            say(f"{name}, SQLite: {row.ratios[-1]:.3f}")
        return list(rows.values())


def _verify(file: Path, name: str, loop: Loop, unit: Callable[[], None]) -> None:
    """The loop adds as many rows as the server does for the same units. Raises LimitError otherwise."""
    before = _rows(file)
    done = loop.each_once()
    between = _rows(file)
    for _ in range(done):
        unit()
    in_loop, in_server = (between - before) / done, (_rows(file) - between) / done
    if abs(in_server - in_loop) > SWEPT_ROWS:
        raise LimitError(f"{name}: a unit adds {in_server:.2f} rows, and in the loop {in_loop:.2f}")


def _rows(file: Path) -> int:
    """In all tables together."""
    with closing(pysqlite3.connect(str(file))) as connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return sum(connection.execute(f'SELECT count(*) FROM "{table}"').fetchone()[0] for table in tables)


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
        numbers = itertools.count(1)
        for name in names:
            for place in range(-WARM, units):
                _mark(log, name if place >= 0 else f"before {name}")
                _unit(name, there, numbers)
        _mark(log, "end")
        every = recording.units(recording.statements(log.read_text().splitlines()))
    return {name: recording.usual([unit for unit in every if unit.label == name]) for name in names}


def _unit(name: str, materials: dict[str, Any], numbers: Iterator[int]) -> None:
    said = Generator(Order(name, materials, 0.0, 1, None, 0, next(numbers))).once()
    if said["failed"]:
        raise LoadError(f"{name}: {said['errors']}")


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
