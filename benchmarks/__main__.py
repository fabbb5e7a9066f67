"""make bench: how fast the house is, as ratios of what its database can do with the same SQL.

python -m benchmarks [--only 'read transaction'] [--seconds 10] [--repeats 5] [--quick] [--start] [--slow]
python -m benchmarks --rows 10000 --rows 10000000 [--only 'list: first page'] [--seconds 10] [--repeats 5]
"""

import argparse
import sys
from pathlib import Path

from tests.support.postgres_binaries import PostgresError

from benchmarks import waiting
from benchmarks.aged import AGED
from benchmarks.bench import Plan, on_postgresql
from benchmarks.embedded import NAMES, on_sqlite
from benchmarks.limit import LimitError
from benchmarks.load import LoadError
from benchmarks.scale import Wish, compare
from benchmarks.scenarios import SCENARIOS
from benchmarks.starting import HEADINGS as START_HEADINGS
from benchmarks.starting import starts
from benchmarks.table import EMBEDDED_FOOT, EMBEDDED_HEADINGS, FOOT, aligned, memory, table


def main(arguments: list[str]) -> int:
    given = _given(arguments)
    plan = _plan(given)
    try:
        if given.rows:
            for line in compare(_wish(given), _say):
                print(line, flush=True)
            return 0
        if given.start:
            print(aligned([START_HEADINGS, *starts(plan.repeats, _say)]))
            return 0
        if given.slow:
            print(*waiting.on_postgresql(_say), sep="\n")
            return 0
        if given.database != "sqlite":
            measured = on_postgresql(plan, _say)
            print(table(measured.rows), *measured.slow, memory(measured.memory), "", FOOT, "", sep="\n", flush=True)
        if given.database != "postgresql" and set(plan.names) & set(NAMES):
            rows = on_sqlite(plan.names, plan.seconds, plan.repeats, plan.units, _say)
            print(aligned([EMBEDDED_HEADINGS, *(row.cells() for row in rows)]), "", EMBEDDED_FOOT, sep="\n")
    except (LoadError, LimitError, PostgresError, TimeoutError) as error:
        print(f"benchmarks: {error}", file=sys.stderr)
        return 1
    return 0


def _given(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "--only", action="append", choices=sorted(SCENARIOS | AGED), help="a scenario; may be given several times"
    )
    parser.add_argument("--seconds", type=float, default=10, help="how long one run of one scenario takes")
    parser.add_argument(
        "--repeats", type=int, default=5, help="how many runs of each, between which its limit is measured"
    )
    parser.add_argument("--provider-ms", type=int, default=5, help="the provider's constant latency")
    parser.add_argument("--database", choices=["postgresql", "sqlite", "both"], default="both")
    parser.add_argument("--start", action="store_true", help="how long a start takes, and what idle processes hold")
    parser.add_argument("--quick", action="store_true", help="whether it works at all: one short run")
    parser.add_argument(
        "--slow", action="store_true", help="only payments that wait at a slow provider, by the thousand"
    )
    parser.add_argument(
        "--rows",
        type=int,
        action="append",
        help="given twice: compares so many transactions with so many, and nothing else",
    )
    parser.add_argument(
        "--folder", type=Path, default=Path("build/scale"), help="where histories are kept for the next run"
    )
    given = parser.parse_args(arguments)
    if given.rows and len(given.rows) != 2:
        parser.error("--rows is given twice")
    return given


def _plan(given: argparse.Namespace) -> Plan:
    names = tuple(name for name in SCENARIOS if not given.only or name in given.only)
    if given.quick:
        return Plan(names, seconds=2, repeats=1, provider_ms=given.provider_ms, units=4)
    return Plan(names, given.seconds, given.repeats, given.provider_ms, units=16)


def _wish(given: argparse.Namespace) -> Wish:
    names = tuple(name for name in AGED if not given.only or name in given.only)
    seconds, repeats = (1, 1) if given.quick else (given.seconds, given.repeats)
    return Wish((given.rows[0], given.rows[1]), names, seconds, repeats, given.folder.absolute())


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
