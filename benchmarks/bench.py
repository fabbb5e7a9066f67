"""The course of a run on PostgreSQL: record, then limit, scenario, limit, scenario, ...; then the latencies at half of the load."""

import itertools
import json
import statistics
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from benchmarks import recording
from benchmarks.generator import Generator, Order
from benchmarks.limit import Limit, LimitError, limits
from benchmarks.load import LoadError, Ran, run
from benchmarks.measures import memory_mib
from benchmarks.places import Database, House, house, kept_uuids, number_tables_apart, postgresql
from benchmarks.recorder import record
from benchmarks.scenarios import SCENARIOS
from benchmarks.script import scripts
from benchmarks.shop import furnish
from benchmarks.table import Row
from benchmarks.worked import work

CONNECTIONS = 16
# How much more is prepared than the last run did.
PREPARED_FACTOR = 1.5
PREPARED_MAX = 50_000
WARM_S = 1.0
SLOW_MS, SLOW_CONNECTIONS, SLOW_LEAST_S = 300, 64, 3
# Their statements look at what workers have not done yet.
BEHIND_WORKERS = ("event feed", "list page")
SWEPT_ROWS = 0.5
UNITS_APART = 1_000_000


@dataclass(frozen=True)
class Plan:
    """What is measured, and for how long."""

    names: tuple[str, ...]
    seconds: float
    repeats: int
    provider_ms: int
    units: int
    """Recorded units of each scenario."""


class Bench:
    """One house, and all that is measured of it."""

    def __init__(self, plan: Plan, database: Database, here: House, say: Callable[[str], None]) -> None:
        self.plan, self.database, self.house, self.say = plan, database, here, say
        self.parts = {"server": here.server, "database": database.pid, "simulator": here.simulator}
        self._first = itertools.count(UNITS_APART, UNITS_APART)

    def run(self) -> list[Row]:
        ranges = number_tables_apart(self.database)
        self.database.say_statements(whether=True)
        self.materials = furnish(self.house)
        self.say("recording")
        recorded = record(self.database, self.materials, self.plan.names, self.plan.units)
        self.database.say_statements(whether=False)
        if self.plan.provider_ms:
            self.house.paypal.fault("any", "latency", 0, delay_ms=self.plan.provider_ms)
        rows = [
            Row(name, len(usual[0].statements), recording.commits(usual[0].statements))
            for name, usual in recorded.items()
        ]
        uuids = kept_uuids(self.database)
        with limits(self.database, {name: scripts(usual, ranges, uuids) for name, usual in recorded.items()}) as known:
            for row in rows:
                self._verify(row.name, known[row.name])
            for repeat in range(self.plan.repeats):
                for row in rows:
                    self._once(row, known[row.name], repeat)
        # A table that came from nothing in a few minutes is vacuumed in the next ones, which no table does every day.
        self.database.ask("VACUUM ANALYZE")
        for row in rows:
            self._latency(row)
        return rows

    def _verify(self, name: str, limit: Limit) -> None:
        """Each script runs, and writes as many rows as a unit does. Raises LimitError otherwise."""
        self._catch_up(name)
        before = self.database.rows_written()
        for _ in range(self.plan.units):
            self._unit(name)
        between = self.database.rows_written()
        done = limit.each_once()
        a_unit = (between - before) / self.plan.units
        in_pgbench = (self.database.rows_written() - between) / done
        # Now and then a server sweeps what has expired, which is no part of a unit.
        if abs(a_unit - in_pgbench) > SWEPT_ROWS:
            raise LimitError(f"{name}: a unit writes {a_unit:.2f} rows, and its script in pgbench {in_pgbench:.2f}")

    def _unit(self, name: str) -> None:
        said = Generator(Order(name, self.materials.as_json(), 0.0, 1, None, 0, next(self._first))).once()
        if said["failed"]:
            raise LoadError(f"{name}: {said['errors']}")

    def _once(self, row: Row, limit: Limit, repeat: int) -> None:
        self._catch_up(row.name)
        row.limits.append(limit.per_second(self.plan.seconds))
        self._catch_up(row.name)
        before = row.runs[-1] if row.runs else self._load(row.name, WARM_S)
        row.runs.append(self._load(row.name, self.plan.seconds, before.per_second))
        self.say(f"{repeat + 1}/{self.plan.repeats} {row.name}: {row.ratios[-1]:.3f}")

    def _load(
        self, name: str, seconds: float, expected: float = 0, rate: float | None = None, connections: int = CONNECTIONS
    ) -> Ran:
        prepared = min(int(expected * seconds * PREPARED_FACTOR), PREPARED_MAX)
        order = Order(name, self.materials.as_json(), seconds, connections, rate, prepared, next(self._first))
        return run(order, self.parts)

    def _latency(self, row: Row) -> None:
        self._catch_up(row.name)
        ran = self._load(row.name, max(self.plan.seconds, 2), row.per_second / 2, rate=row.per_second / 2)
        if not all(ran.total_ms):
            raise LoadError(f"{row.name}: the server does not say how long it took")
        row.added_ms, row.client_added_ms = ran.added_ms, ran.client_added_ms

    def _exchanges(self, uuids: list[str]) -> list[int]:
        """Of each payment, how many exchanges with the provider the server wrote down."""
        wanted = json.dumps(uuids).replace("'", "''")
        found = self.database.ask(
            "SELECT sum(jsonb_array_length(c.exchanges)) FROM transactions_transaction t "
            "JOIN payments_providercall c ON c.transaction_id = t.id "
            f"WHERE t.uuid IN (SELECT jsonb_array_elements_text('{wanted}'::jsonb)) GROUP BY t.uuid"
        )
        return [int(count) for (count,) in found]

    def _catch_up(self, name: str) -> None:
        """What others wrote gives the next reader work that no reader of every day has: workers have done it by then."""
        if name in BEHIND_WORKERS:
            work(self.house)

    def slow(self) -> Iterator[str]:
        """A line for each scenario that asks the provider, with one that takes its time."""
        for name in self.plan.names:
            if SCENARIOS[name].provider:
                self.house.paypal.clear_faults()
                self.house.paypal.fault("any", "latency", 0, delay_ms=SLOW_MS)
                before = sum(memory_mib(self.house.server))
                ran = self._load(name, max(self.plan.seconds, SLOW_LEAST_S), connections=SLOW_CONNECTIONS)
                more = sum(memory_mib(self.house.server)) - before
                exchanges = statistics.median(self._exchanges(ran.labels))
                allowed = SLOW_CONNECTIONS * 1000 / (SLOW_MS * exchanges)
                yield (
                    f"{name}, {SLOW_MS} ms at the provider, {SLOW_CONNECTIONS} customers: {ran.per_second / allowed:.2f} of what "
                    f"its latency allows, server {ran.cpu_ms('server'):.2f} ms, {max(more, 0):.0f} MiB more"
                )

    def memory(self) -> dict[str, list[float]]:
        return {part: memory_mib(root) for part, root in self.parts.items()}


@dataclass(frozen=True)
class Measured:
    """`memory` is by part, of each process in MiB, after all of the load; `slow` are lines about a slow provider."""

    rows: list[Row]
    slow: list[str]
    memory: dict[str, list[float]]


def on_postgresql(plan: Plan, say: Callable[[str], None]) -> Measured:
    """Starts all, measures all. Raises LoadError, LimitError, PostgresError."""
    with postgresql() as database, house(database) as here:
        bench = Bench(plan, database, here, say)
        return Measured(bench.run(), list(bench.slow()), bench.memory())
