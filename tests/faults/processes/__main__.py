"""python -m tests.faults.processes --database postgresql --payments 1000 --seed 7

Exit status 1 when a payment was lost, doubled or is uncertain still, or when the books disagree; 2 when it did not start.
"""

import argparse
import signal
import sys
from collections.abc import Sequence

from tests.faults.processes.run import new_seed, run
from tests.support.postgres import ENDING, Told, end_in_order
from tests.support.postgres_binaries import PostgresError


def main(arguments: Sequence[str] | None = None) -> int:
    chosen = _parser().parse_args(arguments)
    for number in ENDING:
        signal.signal(number, end_in_order)
    seed = new_seed() if chosen.seed is None else chosen.seed
    print(f"{chosen.database}, seed {seed}", flush=True)
    try:
        report = run(
            database=chosen.database,
            payments=None if chosen.seconds else chosen.payments,
            seconds=chosen.seconds,
            seed=seed,
            kills_per_minute=chosen.kills_per_minute,
            clients=chosen.clients,
        )
    except Told as told:
        return 128 + told.number
    except (RuntimeError, PostgresError) as error:
        print(error, file=sys.stderr)
        return 2
    print(report.told_in_full(), flush=True)
    return 0 if report.is_good else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.faults.processes", description=__doc__)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--payments", type=int, default=100, help="how many are begun (default 100)")
    parser.add_argument("--seconds", type=float, help="run for so long instead")
    parser.add_argument("--seed", type=int, help="a former run's, to plan the same payments and kills")
    parser.add_argument("--kills-per-minute", type=float, help="on average; 0 kills nothing")
    parser.add_argument("--clients", type=int, help="at the same time")
    return parser


if __name__ == "__main__":
    sys.exit(main())
