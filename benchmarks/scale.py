"""Whether the house is as fast over millions of rows as over thousands: the same load on both sizes, in turns, as ratios.

Each size has a database in one cluster, and a server of its own; only one of them is asked at a time. First as many units a second as
each can do, then at one rate for both, for the latencies.
"""

import itertools
import json
import os
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks import history
from benchmarks.aged import AGED, materials
from benchmarks.generator import Order
from benchmarks.kept import Kept, kept
from benchmarks.load import Ran, quantiles, run
from benchmarks.places import Database, House, house
from benchmarks.scenarios import Materials
from benchmarks.stories import Player
from benchmarks.table import aligned
from benchmarks.worked import work

CONNECTIONS = 4
# Of what the slower size can do.
CALM = 0.4
WARM_S = 2.0
ROUNDS = 5
SIDE = ("a second", "p50 ms", "p99 ms", "server ms", "database ms", "log kB")
HEADINGS = (
    "scenario",
    "throughput",
    "spread",
    "cpu",
    "p50",
    "p99",
    f"few: {SIDE[0]}",
    *SIDE[1:],
    f"many: {SIDE[0]}",
    *SIDE[1:],
)
FOOT = """\
throughput  units a second over many rows by those over few, median of the repeats; spread: least to most
cpu         CPU of server and database for one unit over few rows by that over many: what others compute meanwhile is not in it
p50, p99    over many rows by over few, at one rate for both, all repeats together
... ms      of latency; and CPU of each part for one unit
log kB      of PostgreSQL's write-ahead log for one unit"""
ROUND_HEADINGS = ("what", "ratio", "few: ms", "many: ms")


@dataclass
class Side:
    """One size, and what was measured of it by scenario."""

    rows: int
    house: House
    database: Database
    materials: Materials
    runs: dict[str, list[Ran]] = field(default_factory=dict)
    calm: dict[str, list[float]] = field(default_factory=dict)
    logged_kb: dict[str, list[float]] = field(default_factory=dict)
    """Of PostgreSQL's write-ahead log, for one unit: how much of what is written is at many places."""

    @property
    def parts(self) -> dict[str, int]:
        return {"server": self.house.server, "database": self.database.pid}

    def per_second(self, name: str) -> float:
        return statistics.median(ran.per_second for ran in self.runs[name])

    def cpu_ms(self, name: str, *parts: str) -> float:
        """Of one unit."""
        return statistics.median(sum(ran.cpu_ms(part) for part in parts) for ran in self.runs[name])


@dataclass(frozen=True)
class Scale:
    """Two sizes, the small one first, and how they are compared."""

    sides: tuple[Side, Side]
    names: tuple[str, ...]
    seconds: float
    repeats: int
    say: Callable[[str], None]

    def measure(self) -> None:
        numbers = itertools.count(1_000_000, 1_000_000)
        for side, name in itertools.product(self.sides, self.names):
            run(self._order(side, name, next(numbers), WARM_S), side.parts)
        for repeat in range(self.repeats):
            for name in self.names:
                for side in self.sides:
                    work(side.house)
                first = next(numbers)
                # Whoever comes first now comes last the next time.
                turns = self.sides if repeat % 2 == 0 else self.sides[::-1]
                for side in turns:
                    self._run(side, name, first)
                rate = CALM * min(side.runs[name][-1].per_second for side in self.sides)
                first = next(numbers)
                for side in turns:
                    ran = run(self._order(side, name, first, self.seconds, rate), side.parts)
                    side.calm.setdefault(name, []).extend(ran.latencies_ms)
                self.say(f"{repeat + 1}/{self.repeats} {name}: {_throughput(self.sides, name)[-1]:.2f}")

    def _run(self, side: Side, name: str, first: int) -> None:
        before = _logged_bytes(side.database)
        ran = run(self._order(side, name, first, self.seconds), side.parts)
        logged_kb = (_logged_bytes(side.database) - before) / 1000 / max(ran.units, 1)
        side.runs.setdefault(name, []).append(ran)
        side.logged_kb.setdefault(name, []).append(logged_kb)

    def _order(self, side: Side, name: str, first: int, seconds: float, rate: float | None = None) -> Order:
        known = side.runs.get(name)
        expected = rate or (known[-1].per_second if known else 0)
        return Order(name, side.materials, seconds, CONNECTIONS, rate, int(expected * seconds), first)

    def lines(self) -> Iterator[str]:
        yield aligned([HEADINGS, *(self._cells(name) for name in self.names)])
        yield ""
        yield FOOT
        yield ""
        small, large = (rounds(side.house, ROUNDS) for side in self.sides)
        yield aligned([ROUND_HEADINGS, *(_round(name, small[name], large[name]) for name in small)])

    def _cells(self, name: str) -> Sequence[str]:
        small, large = self.sides
        ratios = _throughput(self.sides, name)
        calm = [quantiles(side.calm[name]) for side in self.sides]
        cpu = [side.cpu_ms(name, "server", "database") for side in self.sides]
        cells = [
            name,
            f"{statistics.median(ratios):.2f}",
            f"{min(ratios):.2f}-{max(ratios):.2f}",
            f"{cpu[0] / max(cpu[1], 1e-9):.2f}",
            f"{calm[1][0] / calm[0][0]:.2f}",
            f"{calm[1][2] / calm[0][2]:.2f}",
        ]
        for side, (p50, _, p99) in zip((small, large), calm, strict=True):
            cells += [f"{side.per_second(name):.0f}", f"{p50:.1f}", f"{p99:.1f}"]
            cells += [f"{side.cpu_ms(name, part):.2f}" for part in ("server", "database")]
            cells.append(f"{statistics.median(side.logged_kb[name]):.1f}")
        return cells


def _logged_bytes(database: Database) -> int:
    """So much was ever logged; of all databases of the cluster."""
    ((logged,),) = database.ask("SELECT pg_current_wal_insert_lsn() - '0/0'")
    return int(logged)


def _throughput(sides: tuple[Side, Side], name: str) -> list[float]:
    """Repeat by repeat: each is of two runs that followed one another."""
    small, large = (side.runs[name] for side in sides)
    return [many.per_second / few.per_second for few, many in zip(small, large, strict=True)]


def _round(name: str, small: list[float], large: list[float]) -> Sequence[str]:
    few, many = statistics.median(small), statistics.median(large)
    return name, f"{many / few:.2f}", f"{few:.1f}", f"{many:.1f}"


def rounds(here: House, repeats: int) -> dict[str, list[float]]:
    """How long what worker and operator do took, in ms, by name."""
    ran = subprocess.run(
        [sys.executable, "-m", "benchmarks.rounds", str(repeats)],
        env=here.environment,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        timeout=3600,
    )
    found: dict[str, list[float]] = json.loads(ran.stdout.splitlines()[-1])
    return found


def written(there: Kept, rows: int, say: Callable[[str], None]) -> Database:
    """The database with a history of so many transactions, which is written if it is not there."""
    name = f"rows_{rows}"
    is_there = there.is_whole(name)
    database = there.database(name)
    if not is_there:
        say(f"a history of {rows:,} transactions is written")
        with house(database, kept=there.home(name)) as here:
            history.write(database, here, history.Size(rows), say)
        ((last,),) = database.ask("SELECT max(id) FROM transactions_transaction")
        there.say_whole(name, last)
    return database


@contextmanager
def side(there: Kept, rows: int, say: Callable[[str], None]) -> Iterator[Side]:
    """A house over so many rows, whose buyers who agreed are known to its simulator."""
    database = written(there, rows, say)
    with house(database, kept=there.home(f"rows_{rows}")) as here:
        _agree_again(database, here)
        known = materials(database, here, there.last_id(f"rows_{rows}"))
        yield Side(rows, here, database, known)


def _agree_again(database: Database, here: House) -> None:
    """A simulator forgets at its end. One buyer agrees, and its credential becomes that of all."""
    name = f"shop:again-{os.urandom(4).hex()}"
    Player(here).agree(name, "ok")
    database.ask(
        "UPDATE paypal_buyerpaypal b SET row_uuid = t.row_uuid, key = t.key, key_hash = t.key_hash "
        f"FROM paypal_buyerpaypal t JOIN buyers_buyer n ON n.id = t.buyer_id AND n.uuid = '{name}' "
        f"WHERE b.key IS NOT NULL AND b.id <> t.id"
    )
    database.ask("VACUUM ANALYZE paypal_buyerpaypal")


@dataclass(frozen=True)
class Wish:
    rows: tuple[int, int]
    names: tuple[str, ...]
    seconds: float
    repeats: int
    folder: Path


def compare(wish: Wish, say: Callable[[str], None]) -> Iterator[str]:
    """Writes the histories that are not there, measures, and gives the lines of the table. Raises LoadError, PostgresError."""
    names = wish.names or tuple(AGED)
    with ExitStack() as stack:
        there = stack.enter_context(kept(wish.folder))
        small, large = (stack.enter_context(side(there, rows, say)) for rows in sorted(wish.rows))
        scale = Scale((small, large), names, wish.seconds, wish.repeats, say)
        # Histories, and what was made ready over them, are no part of what is measured; both sides are of one cluster.
        large.database.ask("CHECKPOINT")
        scale.measure()
        yield f"over {small.rows:,} and over {large.rows:,} transactions"
        yield from scale.lines()
        for one in scale.sides:
            ((size,),) = one.database.ask("SELECT pg_size_pretty(pg_database_size(current_database()))")
            yield f"{one.rows:,} transactions on disk: {size}"
