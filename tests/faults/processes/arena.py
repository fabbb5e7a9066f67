"""The ground of a run: PayPal's simulator, servers, workers and the database as real processes, in a folder of their own.

The simulator is the provider, and is never killed; everything else may be.
"""

import os
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import urllib3

from solitude.cli.start import NOT_DONE
from tests.faults.processes.postgres import Postgres, postgres
from tests.faults.processes.programs import Program, wait_until
from tests.support.environment import CLIENTS
from tests.support.free_port import free_port
from tests.support.processes import KEY, solitude
from tests.support.simulator import Simulator

Database = Literal["sqlite", "postgresql"]

COMMAND_WITHIN_S = 60
PROBE_WITHIN_S = 2
LOG_TAIL_BYTES = 3000
# Recovery begins when a lease is over, so leases are as short as they may be.
LEASE_S = 5
SETTINGS = {
    "SOLITUDE_DEBUG": "true",
    "SOLITUDE_ENV_FILE": "",
    "SOLITUDE_CLIENTS": f'{{"{KEY}": "{CLIENTS[KEY]}"}}',
    "SOLITUDE_CALL_LEASE_S": str(LEASE_S),
    "SOLITUDE_IDEMPOTENCY_LEASE_S": str(LEASE_S),
    "SOLITUDE_PAYPAL_TIMEOUT_MS": "1000",
    "SOLITUDE_PAYPAL_URLS_ALLOWED": "https://shop.example/",
    "SOLITUDE_SERVE_THREADS": "16",
    # Recovery and follow-ups come soon and stay frequent, so that a run sees the end of them.
    "SOLITUDE_RECOVERY_FIRST_S": "1",
    "SOLITUDE_RECOVERY_MAX_S": "5",
    "SOLITUDE_FOLLOW_UP_S": "10",
    # What the simulator does behind an error of its own it has done by then.
    "SOLITUDE_PAYPAL_SETTLED_S": str(LEASE_S),
    "SOLITUDE_WORKER_IDLE_MS": "200",
}
# How many of each: with SQLite one server of two processes, with PostgreSQL two servers.
SERVERS = {"sqlite": 1, "postgresql": 2}
SERVER_PROCESSES = {"sqlite": 2, "postgresql": 1}
WORKERS = {"sqlite": 1, "postgresql": 2}


@dataclass(frozen=True, slots=True)
class Arena:
    home: Path
    environment: dict[str, str]
    paypal: Simulator
    simulator: Program
    urls: list[str]
    servers: list[Program]
    workers: list[Program]
    postgres: Postgres | None
    _logs: list[Path] = field(default_factory=list)

    @property
    def mortals(self) -> list[Program]:
        """What may be killed, in the order in which it has to be started again."""
        return [*([self.postgres] if self.postgres else []), *self.servers, *self.workers]

    def tails(self) -> str:
        """The end of every log, for the report of a failure."""
        logs = [*sorted(self.home.rglob("*.log")), *([self.postgres.log] if self.postgres else [])]
        return "\n".join(f"--- the end of {log.name}\n{_tail(log)}" for log in logs if log.exists())


@contextmanager
def arena(database: Database, within_s: float) -> Iterator[Arena]:
    """Everything started and ready; everything ended and gone afterwards, whatever happens in between."""
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="solitude-arena-")))
        server = stack.enter_context(postgres()) if database == "postgresql" else None
        paypal = Simulator(free_port())
        environment = clean(os.environ) | SETTINGS | {
            "SOLITUDE_HOME": str(home),
            "SOLITUDE_DATABASE_URL": server.url if server else f"sqlite:///{home / 'solitude.sqlite3'}",
            "SOLITUDE_PAYPAL_URL": paypal.url,
            "SOLITUDE_PAYPAL_WEB_URL": paypal.url,
        }  # fmt: skip
        migrate(environment)
        ports = [free_port() for _ in range(SERVERS[database])]
        urls = [f"http://127.0.0.1:{port}" for port in ports]

        def program(name: str, url: str | None, *arguments: str) -> Program:
            ready = (lambda: answers(url)) if url else (lambda: True)
            return Program(name, solitude(*arguments), environment, home / f"{name}.out.log", ready)

        processes = str(SERVER_PROCESSES[database])
        ground = Arena(
            home=home,
            environment=environment,
            paypal=paypal,
            simulator=program("sandbox", f"{paypal.root}/", "sandbox", "--port", paypal.root.rpartition(":")[2]),
            urls=urls,
            servers=[
                program(
                    f"server-{port}", f"{url}/services/status/", "serve", "--port", str(port), "--workers", processes
                )
                for port, url in zip(ports, urls, strict=True)
            ],
            workers=[program(f"worker-{number}", None, "worker") for number in range(WORKERS[database])]
            if has_command(environment, "worker")
            else [],
            postgres=server,
        )
        for one in (ground.simulator, *ground.servers, *ground.workers):
            stack.callback(one.stop)
            one.start()
        wait_for_all([ground.simulator, *ground.mortals], within_s, ground)
        yield ground


def clean(environment: Mapping[str, str]) -> dict[str, str]:
    """Without the developer's settings; and processes that are killed measure no coverage."""
    return {name: value for name, value in environment.items() if not name.startswith(("SOLITUDE_", "COV"))}


def migrate(environment: Mapping[str, str], within_s: float = COMMAND_WITHIN_S) -> None:
    """Runs it again where it says that this helps, as an operator does: a new database may be too busy to answer in time."""
    deadline = time.monotonic() + within_s
    while (ended := _migrated(environment, deadline)).returncode:
        if ended.returncode != NOT_DONE or time.monotonic() > deadline:
            raise RuntimeError(f"solitude migrate failed:\n{ended.stderr[-LOG_TAIL_BYTES:]}")


def _migrated(environment: Mapping[str, str], deadline: float) -> subprocess.CompletedProcess[str]:
    timeout_s = max(1.0, deadline - time.monotonic())
    return subprocess.run(
        solitude("migrate"), env=environment, capture_output=True, text=True, timeout=timeout_s, check=False
    )


def has_command(environment: Mapping[str, str], name: str) -> bool:
    asked = subprocess.run(
        solitude(name, "--help"), env=environment, capture_output=True, timeout=COMMAND_WITHIN_S, check=False
    )
    return asked.returncode == 0


def answers(url: str) -> bool:
    """Whether the address answers 200, asked on a connection of its own: the last one may be to a dead process."""
    try:
        with urllib3.PoolManager(retries=False, timeout=PROBE_WITHIN_S) as http:
            return http.request("GET", url).status == 200
    except urllib3.exceptions.HTTPError:
        return False


def wait_for_all(programs: list[Program], within_s: float, ground: Arena) -> None:
    """Raises RuntimeError with the ends of the logs when one of them is not ready in time."""
    deadline = time.monotonic() + within_s
    for program in programs:
        if not wait_until(program.is_ready, max(0.0, deadline - time.monotonic())):
            raise RuntimeError(f"{program.name} is not ready within {within_s} s\n{ground.tails()}")


def _tail(log: Path) -> str:
    return log.read_bytes()[-LOG_TAIL_BYTES:].decode(errors="replace")
