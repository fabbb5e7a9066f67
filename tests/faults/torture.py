"""`make torture`: the proving ground for as long as you like. First the simulation, then real processes under kill -9.

python -m tests.faults.torture [--seconds 300] [--seed N] [--only simulation|processes]

The simulation runs on SQLite in memory, or on the PostgreSQL that SOLITUDE_DATABASE_URL names. Exits with status 1 if a payment was
lost or doubled, or anything else is wrong.
"""

import argparse
import os
import random
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tests.support import environment, isolation

SECONDS = 300
# Real processes take their time; the simulation finds more in the same time.
SHARE_OF_PROCESSES = 0.2
STORIES_MAX = 3
SEED_LIMIT = 10**9
IN_MEMORY = Path("/dev/shm")  # noqa: S108  # no file is named here: it is where temporary folders are made


def main() -> int:
    options = _options()
    seed = options.seed if options.seed is not None else secrets.randbelow(SEED_LIMIT)
    share = {"simulation": 0.0, "processes": 1.0}.get(options.only, SHARE_OF_PROCESSES)
    print(f"SEED={seed}, for {options.seconds} s", flush=True)
    database = "postgresql" if os.environ.get(isolation.DATABASE, "").startswith("postgres") else "sqlite"
    good = True
    if share < 1:
        _settle()
        good = _simulate(options.seconds * (1 - share), seed)
    if share > 0:
        good = _kill_processes(options.seconds * share, seed, database) and good
    return 0 if good else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.faults.torture", description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=int, default=SECONDS, help="how long (default %(default)s)")
    parser.add_argument(
        "--seed", type=int, default=None, help="decides everything; of a failure: replays it (default: drawn)"
    )
    parser.add_argument("--only", choices=("simulation", "processes"), help="one part instead of both")
    return parser.parse_args()


def _settle() -> None:
    """The ground of the tests, in memory if the system has a file system there, and a database with our tables."""
    if IN_MEMORY.is_dir():
        tempfile.tempdir = str(IN_MEMORY)
    isolation.isolate()
    os.environ |= environment.of_the_house()
    isolation.set_up_django()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)


def _simulate(seconds: float, seed: int) -> bool:
    # Only now: the house reads its settings when it is imported.
    from tests.faults.simulation import Simulation
    from tests.faults.tally import story, table

    simulation, started = Simulation(), time.monotonic()
    with simulation.ready():
        for number in seeds(seed):
            simulation.run(number)
            if time.monotonic() - started >= seconds:
                break
    print(table(simulation.tally, time.monotonic() - started, seed, isolation.database_in_use()), flush=True)
    for failure in simulation.tally.failures[:STORIES_MAX]:
        print(f"\n{story(failure)}", flush=True)
    return simulation.tally.clean


def _kill_processes(seconds: float, seed: int, database: str) -> bool:
    """In a process of its own, because there the house is not in this one."""
    print("\nreal processes under kill -9:", flush=True)
    arguments = ("--database", database, "--seconds", str(round(seconds, 1)), "--seed", str(seed))
    return subprocess.run([sys.executable, "-m", "tests.faults.processes", *arguments], check=False).returncode == 0


def seeds(seed: int) -> Iterator[int]:
    """The seeds of the episodes: the first is the run's own, so that the seed of a failure replays it at once."""
    yield seed
    rng = random.Random(seed)  # noqa: S311
    while True:
        yield rng.randrange(SEED_LIMIT)


if __name__ == "__main__":
    sys.exit(main())
