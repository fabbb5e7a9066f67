"""`make torture`: the proving ground for as long as you like.

python -m tests.faults.torture [--seconds 300] [--seed N]

Exits with status 1 if a payment was lost or doubled, or anything else is wrong.
"""

import argparse
import os
import random
import secrets
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tests.support import environment, isolation

SECONDS = 300
STORIES_MAX = 3


def main() -> int:
    options = _options()
    seed = options.seed if options.seed is not None else secrets.randbelow(10**9)
    print(f"torture for {options.seconds} s with SEED={seed}", flush=True)
    _settle()
    return _run(options.seconds, seed)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="torture", description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=int, default=SECONDS, help="how long (default %(default)s)")
    parser.add_argument("--seed", type=int, default=None, help="the number that decides everything (default: drawn)")
    return parser.parse_args()


def _settle() -> None:
    """The ground of the tests, in memory if the system has a file system there, and an empty database."""
    if Path("/dev/shm").is_dir():  # noqa: S108  # no file is named here: it is where temporary folders are made
        tempfile.tempdir = "/dev/shm"  # noqa: S108
    isolation.isolate()
    os.environ |= environment.of_the_house()
    isolation.set_up_django()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)


def _run(seconds: int, seed: int) -> int:
    from tests.faults.simulation import Simulation
    from tests.faults.tally import story, table

    simulation = Simulation()
    started = time.monotonic()
    with simulation.ready():
        for number in seeds(seed):
            simulation.run(number)
            if time.monotonic() - started >= seconds:
                break
    print(table(simulation.tally, time.monotonic() - started, seed, isolation.database_in_use()))
    for failure in simulation.tally.failures[:STORIES_MAX]:
        print(f"\n{story(failure)}")
    return 0 if simulation.tally.clean else 1


def seeds(seed: int) -> Iterator[int]:
    """The seeds of the episodes: the first is the run's own, so that the seed of a failure replays it at once."""
    yield seed
    rng = random.Random(seed)  # noqa: S311
    while True:
        yield rng.randrange(10**9)


if __name__ == "__main__":
    sys.exit(main())
