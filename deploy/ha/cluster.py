"""Solitude as it stands in production, on this machine: the database of three nodes, two servers, two workers, and PayPal's simulator.

python -m deploy.ha.cluster                 starts all of it in a new folder, says where it is, and ends it at Ctrl-C
python -m deploy.ha.cluster --data DIR      the same in a folder that stays, which PostgreSQL's user must be able to enter
"""

import argparse
import os
import signal
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from deploy.ha.database import HOST, Database, Unavailable, database
from tests.faults.processes.arena import SETTINGS, Arena, answers, clean, migrate, wait_for_all
from tests.faults.processes.programs import Program
from tests.support.free_port import free_port
from tests.support.processes import solitude
from tests.support.simulator import Simulator

READY_WITHIN_S, MIGRATED_WITHIN_S = 90, 240
OWN_SETTINGS = {
    "SOLITUDE_DATABASE_CONNECT_TIMEOUT_S": "2",
    "SOLITUDE_PROVIDERS": "",
    # The simulator may be slow where everything is on one machine; what it does not answer would look like the database's fault.
    "SOLITUDE_PAYPAL_TIMEOUT_MS": "3000",
    "SOLITUDE_CALL_LEASE_S": "10",
    "SOLITUDE_IDEMPOTENCY_LEASE_S": "10",
}


@dataclass
class Cluster:
    """`ground`: the servers, workers and the simulator, as the proving ground has them."""

    database: Database
    ground: Arena


@contextmanager
def cluster(folder: Path) -> Iterator[Cluster]:
    """All of it running, ended with the block. All find the database through haproxy, but for one worker, which has a list of its nodes.

    Raises:
        Unavailable: something is not installed, or the database does not start.
        RuntimeError: Solitude does not start.
    """
    with ExitStack() as stack:
        kept = stack.enter_context(database(folder / "database"))
        home = folder / "solitude"
        home.mkdir(mode=0o700)
        paypal = Simulator(free_port())
        environment = clean(os.environ) | SETTINGS | OWN_SETTINGS | {
            "SOLITUDE_HOME": str(home),
            "SOLITUDE_DATABASE_URL": kept.url,
            "SOLITUDE_PAYPAL_URL": paypal.url,
            "SOLITUDE_PAYPAL_WEB_URL": paypal.url,
        }  # fmt: skip
        # Hundreds of commits, each of which waits for a standby.
        migrate(environment, MIGRATED_WITHIN_S)
        by_hosts = environment | {"SOLITUDE_DATABASE_URL": kept.hosts_url}
        ports = [free_port(), free_port()]
        urls = [f"http://{HOST}:{port}" for port in ports]

        def program(name: str, own: dict[str, str], url: str, *arguments: str) -> Program:
            ready = (lambda: answers(url)) if url else (lambda: True)
            return Program(name, solitude(*arguments), own, home / f"{name}.out.log", ready)

        ground = Arena(
            home=home,
            environment=environment,
            paypal=paypal,
            simulator=program(
                "sandbox", environment, f"{paypal.root}/", "sandbox", "--port", paypal.root.rpartition(":")[2]
            ),
            urls=urls,
            servers=[
                program(f"server-{port}", environment, f"{url}/services/status/", "serve", "--port", str(port))
                for port, url in zip(ports, urls, strict=True)
            ],
            workers=[
                program(f"worker-{number}", own, "", "worker") for number, own in enumerate((environment, by_hosts))
            ],
            postgres=None,
        )
        for one in (ground.simulator, *ground.servers, *ground.workers):
            stack.callback(one.stop)
            one.start()
        wait_for_all([ground.simulator, *ground.mortals], READY_WITHIN_S, ground)
        yield Cluster(kept, ground)


@contextmanager
def new_folder() -> Iterator[Path]:
    """A folder that PostgreSQL's user can enter; what is secret in it has folders of its own."""
    with tempfile.TemporaryDirectory(prefix="solitude-ha-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m deploy.ha.cluster", description=__doc__)
    parser.add_argument("--data", type=Path, help="a folder that is not there yet")
    chosen = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with ExitStack() as stack:
            folder = chosen.data.absolute() if chosen.data else stack.enter_context(new_folder())
            folder.mkdir(parents=True, exist_ok=True)
            running = stack.enter_context(cluster(folder))
            print(
                f"solitude at {' and '.join(running.ground.urls)}, its database at {running.database.url}", flush=True
            )
            while True:
                signal.pause()
    except KeyboardInterrupt:
        return 0
    except (Unavailable, RuntimeError) as error:
        print(error, file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
