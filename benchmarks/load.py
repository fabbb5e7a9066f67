"""Runs the generator beside the house, and measures who computes how long meanwhile."""

import json
import os
import statistics
import subprocess
import sys
from dataclasses import asdict, dataclass
from typing import IO, Any

from benchmarks.generator import ERRORS_SHOWN, Order
from benchmarks.measures import cpu_s


class LoadError(Exception):
    """Units failed, of which none may; the text shows some."""


@dataclass(frozen=True)
class Ran:
    """What came of one run. `cpu_s` is by part, the generator among them; the lists have one entry a unit.

    `latencies_ms` are the client's; `total_ms` is what the server says that it took, and `provider_ms` how much of that a provider did.
    """

    units: int
    took_s: float
    cpu_s: dict[str, float]
    latencies_ms: list[float]
    total_ms: list[float]
    provider_ms: list[float]
    labels: list[str]

    @property
    def added_ms(self) -> list[float]:
        """In the server's process."""
        return _without(self.total_ms, self.provider_ms)

    @property
    def client_added_ms(self) -> list[float]:
        """For the client, who also waits for connections and for processors."""
        return _without(self.latencies_ms, self.provider_ms)

    @property
    def per_second(self) -> float:
        return self.units / self.took_s

    def cpu_ms(self, part: str) -> float:
        """Of one unit."""
        return self.cpu_s[part] * 1000 / max(self.units, 1)


def run(order: Order, parts: dict[str, int]) -> Ran:
    """One run. Raises LoadError."""
    environment = os.environ | {"PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        [sys.executable, "-m", "benchmarks.generator"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    ) as process:
        to, said = _pipes(process)
        to.write(json.dumps(asdict(order)) + "\n")
        to.flush()
        if said.readline().strip() != "ready":
            raise LoadError("the generator did not start")
        roots = {**parts, "generator": process.pid}
        before = cpu_s(roots)
        to.write("go\n")
        to.flush()
        line = said.readline()
        after = cpu_s(roots)
    if not line:
        raise LoadError("the generator gave up")
    result: dict[str, Any] = json.loads(line)
    if result["failed"]:
        raise LoadError(f"{order.scenario}: {result['failed']} failed: {result['errors'][:ERRORS_SHOWN]}")
    spent = {part: max(after[part] - before[part], 0) for part in roots}
    lists = (result[name] for name in ("latencies_ms", "total_ms", "provider_ms", "labels"))
    return Ran(len(result["latencies_ms"]), result["took_s"], spent, *lists)


def _without(whole_ms: list[float], part_ms: list[float]) -> list[float]:
    return [whole - part for whole, part in zip(whole_ms, part_ms, strict=True)]


def _pipes(process: "subprocess.Popen[str]") -> tuple[IO[str], IO[str]]:
    if process.stdin is None or process.stdout is None:
        raise LoadError("the generator has no pipes")
    return process.stdin, process.stdout


def quantiles(values: list[float]) -> tuple[float, float, float]:
    """p50, p95 and p99."""
    if len(values) < 2:
        return (values or [0.0])[0], (values or [0.0])[0], (values or [0.0])[0]
    cuts = statistics.quantiles(values, n=100, method="inclusive")
    return cuts[49], cuts[94], cuts[98]
