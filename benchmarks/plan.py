"""How many machines ten and a thousand times the load takes, from the CPU that one payment takes: python -m benchmarks.plan

    python -m benchmarks.plan [--per-year 3300000] [--times 1 --times 10 --times 1000] [--cores 16] [--sellers 2000]

CPU is what `make bench` measures of server and database, in ms for one request; it adds up over machines where a rate on one
laptop does not. What is divided by sellers is as uneven as its largest sellers, so that is simulated.
"""

import argparse
import hashlib
import math
import random
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from benchmarks.table import aligned

YEAR_S = 365.25 * 86400
# Of the busiest minute by the average one, and how busy a processor may be then: waiting grows beyond all bounds near 1.
PEAK, BUSY = 10.0, 0.5
# What one transaction takes on disk with all its history, and with what retention leaves of that; and for how many years each.
KB_WHOLE, KB_LEFT, YEARS_WHOLE, YEARS_LEFT = 5.0, 2.8, 1.5, 9.5
# Of a disk, before it is time for another one.
FULL = 0.7
SALES_SIMULATED = 200_000


@dataclass(frozen=True, slots=True)
class Cost:
    """CPU of one request in ms. `writes`: it must be asked of the primary."""

    server_ms: float
    database_ms: float
    writes: bool = False


# `make bench` over ten million transactions, medians, with nothing else on two cores.
COSTS: Mapping[str, Cost] = {
    "payment": Cost(3.6, 1.8, writes=True),
    "read": Cost(0.65, 0.2),
    "list": Cost(2.5, 0.6),
    "feed": Cost(1.5, 0.9),
}
# Requests for each payment. The feed is read once for about 20 events, and each page of a list is somebody at a desk.
MIX: Mapping[str, float] = {"payment": 1.0, "read": 3.0, "list": 0.2, "feed": 0.2}


@dataclass(frozen=True, slots=True)
class Machine:
    cores: int
    disk_gb: float


@dataclass(frozen=True, slots=True)
class Needed:
    """At the busiest minute. Cores are those that are computing; machines leave half of theirs free (BUSY)."""

    payments_per_s: float
    server_cores: float
    primary_cores: float
    read_cores: float
    servers: int
    shards: int
    replicas: int
    disk_gb: float
    """Once the oldest rows go as fast as new ones come."""


def needed(
    per_year: float, machine: Machine, costs: Mapping[str, Cost] = COSTS, mix: Mapping[str, float] = MIX
) -> Needed:
    """Of one primary all that writes, and of replicas all that reads; what one primary cannot do or hold is divided into shards."""
    per_s = per_year / YEAR_S * PEAK
    server = sum(costs[name].server_ms * count for name, count in mix.items()) * per_s / 1000
    writing = sum(costs[name].database_ms * count for name, count in mix.items() if costs[name].writes) * per_s / 1000
    reading = (
        sum(costs[name].database_ms * count for name, count in mix.items() if not costs[name].writes) * per_s / 1000
    )
    usable = machine.cores * BUSY
    disk_gb = per_year * (KB_WHOLE * YEARS_WHOLE + KB_LEFT * YEARS_LEFT) / 1e6
    shards = max(math.ceil(writing / usable), math.ceil(disk_gb / (machine.disk_gb * FULL)), 1)
    # As long as one machine does both, nothing need be moved.
    replicas = 0 if writing + reading <= usable * shards else math.ceil(reading / usable)
    servers = max(math.ceil(server / usable), 1)
    return Needed(per_s, server, writing, reading, servers, shards, replicas, disk_gb)


def shard_of(seller: str, shards: int) -> int:
    """By its name alone, so that every server finds the same one without asking."""
    return int.from_bytes(hashlib.sha256(seller.encode()).digest()[:8]) % shards


def fullest(sellers: int, shards: int, sales: int = SALES_SIMULATED, seed: int = 1) -> float:
    """The load of the fullest shard by that of the average one, where few sellers sell much: as in the histories of `history`."""
    chance = random.Random(seed)  # noqa: S311 - no secret
    places = [shard_of(f"dev:{seller}", shards) for seller in range(sellers)]
    loads = [0] * shards
    for _ in range(sales):
        loads[places[int(sellers * chance.random() ** 2)]] += 1
    return max(loads) * shards / sales


HEADINGS = (
    "times", "payments/s", "server cores", "primary cores", "read cores", "servers", "shards", "replicas", "fullest shard",
    "TB",
)  # fmt: skip


def table(per_year: float, times: Sequence[int], machine: Machine, sellers: int) -> str:
    lines: list[Sequence[str]] = [HEADINGS]
    for factor in times:
        found = needed(per_year * factor, machine)
        lines.append(
            (
                str(factor),
                f"{found.payments_per_s:.1f}",
                f"{found.server_cores:.2f}",
                f"{found.primary_cores:.2f}",
                f"{found.read_cores:.2f}",
                str(found.servers),
                str(found.shards),
                str(found.replicas),
                f"{fullest(sellers * factor, found.shards):.2f}",
                f"{found.disk_gb / 1000:.2f}",
            )
        )
    return aligned(lines)


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.plan", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--per-year", type=float, default=10_000_000 / 3, help="payments a year today")
    parser.add_argument("--times", type=int, action="append", help="how many times that; may be given several times")
    parser.add_argument("--cores", type=int, default=16, help="of one machine")
    parser.add_argument("--sellers", type=int, default=2000, help="today")
    parser.add_argument("--disk-gb", type=float, default=4000, help="of one machine")
    given = parser.parse_args(arguments)
    machine = Machine(given.cores, given.disk_gb)
    print(table(given.per_year, given.times or [1, 10, 1000], machine, given.sellers))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
