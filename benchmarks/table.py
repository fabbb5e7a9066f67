"""The result as text: a line a scenario, which begins with its name."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from benchmarks.load import Ran, quantiles

CORES = 2
PARTS = ("server", "database", "simulator", "generator")
HEADINGS = (
    "scenario",
    "ratio",
    "spread",
    "alone",
    *(f"{part} ms" for part in PARTS),
    "p50",
    "p95",
    "p99",
    "client p50",
    "client p95",
    "client p99",
    "statements",
    "commits",
)
FOOT = """\
ratio      units a second through the server, divided by those of pgbench with the same SQL; median of the repeats, spread: least to most
alone      the same, with what simulator and generator compute subtracted: units / ((server + database CPU) / cores), by pgbench's; it
           says what the processors would allow if nobody else used them, and waits for the disk are not in it
... ms     what each part computes for one unit, in ms of CPU
p50 ...    ms that we add at half the load: the time in our process, from the request to its answer, less that of its exchanges with the
           provider; the server says both with each answer (Server-Timing)
client ... ms that the client waits more than the provider takes: also for the network, for the server's threads, and for the processors
           that all share with the client
statements in one unit, as recorded in the database's log, and the commits among them that wrote"""

EMBEDDED_HEADINGS = ("scenario", "ratio", "spread", "alone", "server ms", "statements", "commits")
EMBEDDED_FOOT = """\
SQLite: units a second through the server, divided by those of a loop that sends SQLite the same statements; one server process, as it
is begun where nobody says otherwise, which computes on one processor; alone and ms as above, with the database's computing in them"""


@dataclass
class Row:
    """What was measured of one scenario. `cores`: as many processors can compute for the server."""

    cores: ClassVar[int] = CORES
    name: str
    statements: int
    commits: int
    limits: list[float] = field(default_factory=list)
    runs: list[Ran] = field(default_factory=list)
    added_ms: list[float] = field(default_factory=list)
    client_added_ms: list[float] = field(default_factory=list)

    @property
    def ratios(self) -> list[float]:
        return [run.per_second / limit for run, limit in zip(self.runs, self.limits, strict=True)]

    @property
    def alone(self) -> float:
        """The ratio that server and database, which may be in it, would reach if all processors were theirs."""
        return statistics.median(
            run.units / max((run.cpu_s["server"] + run.cpu_s.get("database", 0)) / self.cores, 1e-9) / limit
            for run, limit in zip(self.runs, self.limits, strict=True)
        )

    @property
    def per_second(self) -> float:
        return statistics.median(run.per_second for run in self.runs)

    def cells(self) -> list[str]:
        ratios = self.ratios
        return [
            self.name,
            f"{statistics.median(ratios):.3f}",
            f"{min(ratios):.3f}-{max(ratios):.3f}",
            f"{self.alone:.3f}",
            *(f"{statistics.median(run.cpu_ms(part) for run in self.runs):.2f}" for part in PARTS),
            *(f"{value:.1f}" for value in quantiles(self.added_ms)),
            *(f"{value:.1f}" for value in quantiles(self.client_added_ms)),
            str(self.statements),
            str(self.commits),
        ]


def table(rows: Sequence[Row]) -> str:
    """Columns as wide as what is in them; names to the left, numbers to the right."""
    return aligned([list(HEADINGS), *(row.cells() for row in rows)])


def aligned(lines: Sequence[Sequence[str]]) -> str:
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if column == 0 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )


def memory(parts: dict[str, list[float]]) -> str:
    """A line a part: what all its processes hold, and each."""
    return "\n".join(
        f"memory of {part}: {sum(each):.0f} MiB in {len(each)} processes: {', '.join(f'{one:.0f}' for one in each[:SHOWN])}"
        + (", ..." if len(each) > SHOWN else "")
        for part, each in parts.items()
    )


SHOWN = 4
