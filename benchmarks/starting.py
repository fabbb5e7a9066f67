"""How long a start takes until the first health check is answered, what it computes for that, and what the idle processes hold.

Computing is told as a multiple of what an empty Django project computes to start: that tells of the code, and seconds of a machine.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import urllib3
from tests.support.free_port import free_port
from tests.support.processes import READY_WITHIN_S, solitude, started

from benchmarks.measures import cpu_s, memory_mib
from benchmarks.places import ON_DISK, postgresql

EMPTY = "import django; from django.conf import settings; settings.configure(); django.setup()"
# With debug the simulators' credentials stand for those of all providers: these take them away.
NO_PROVIDER = {
    "SOLITUDE_PAYPAL_CLIENT_ID": "",
    "SOLITUDE_PAYPAL_CLIENT_SECRET": "",
    "SOLITUDE_PAYPAL_CLASSIC_USER": "",
    "SOLITUDE_PAYPAL_CLASSIC_SIGNATURE": "",
    "SOLITUDE_BANGO_PASSWORD": "",
    "SOLITUDE_BRAINTREE_MERCHANT_ID": "",
    "SOLITUDE_BRAINTREE_PRIVATE_KEY": "",
    "SOLITUDE_REFERENCE_PROVIDERS": "{}",
}
PROXY = {"SOLITUDE_PROXY_SECRETS": "only-for-a-start-that-nobody-asks-0123456789"}
WORKING = b"solitude: working"
# Until what a process does once after its start is done, such as a first look of the worker.
IDLE_AFTER_S = 3
POLL_S = 0.01
HEADINGS = ("start", "ready s", "CPU s", "of empty Django", "idle MiB, each", "idle MiB, all")


@dataclass(frozen=True)
class Start:
    """`ready_s` is from exec to the first answer, or to its word where nobody can ask; `cpu_s` what all its processes computed until
    then; `memory_mib` of each, idle, the largest first: what it shares with others counts by its share."""

    ready_s: float
    cpu_s: float
    memory_mib: list[float]


@contextmanager
def place(database_url: str = "") -> Iterator[dict[str, str]]:
    """The environment of a house that is migrated; without a URL on SQLite."""
    with tempfile.TemporaryDirectory(prefix="solitude-start-", dir=ON_DISK) as home:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("SOLITUDE_")} | {
            "SOLITUDE_DEBUG": "true",
            "SOLITUDE_HOME": home,
            "SOLITUDE_ENV_FILE": "",
            "SOLITUDE_PROVIDERS": "",
        }
        if database_url:
            environment["SOLITUDE_DATABASE_URL"] = database_url
        subprocess.run(solitude("migrate"), env=environment, check=True, capture_output=True, timeout=180)
        yield environment


def serving(environment: Mapping[str, str], workers: int = 1, command: str = "serve") -> Start:
    """Of `serve` or `proxy`. Raises TimeoutError."""
    port = str(free_port())
    http = urllib3.PoolManager(retries=False, timeout=READY_WITHIN_S)

    def is_ready(_said: Path) -> bool:
        try:
            return http.request("GET", f"http://127.0.0.1:{port}/services/status/").status == 200
        except urllib3.exceptions.HTTPError:
            return False

    more = ["--workers", str(workers)] if command == "serve" else []
    return _measured(solitude(command, "--port", port, *more), environment, is_ready)


def working(environment: Mapping[str, str]) -> Start:
    """Of `worker`. Raises TimeoutError."""
    return _measured(solitude("worker"), environment, lambda said: WORKING in said.read_bytes())


def _measured(command: list[str], environment: Mapping[str, str], is_ready: Callable[[Path], bool]) -> Start:
    said = Path(environment["SOLITUDE_HOME"]) / "start.out.log"
    said.unlink(missing_ok=True)
    begun = time.monotonic()
    with started(said, dict(environment), command) as process:
        while not is_ready(said):
            if time.monotonic() > begun + READY_WITHIN_S or process.poll() is not None:
                raise TimeoutError(f"{command[-1]} did not start: {said.read_text(errors='replace')[-2000:]}")
            time.sleep(POLL_S)
        ready_s = time.monotonic() - begun
        computed = cpu_s({"all": process.pid})["all"]
        time.sleep(IDLE_AFTER_S)
        return Start(ready_s, computed, memory_mib(process.pid))


def empty_cpu_s() -> float:
    """What an empty Django project computes until it is set up."""
    before = os.times()
    subprocess.run([sys.executable, "-c", EMPTY], check=True, timeout=READY_WITHIN_S)
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system


def starts(repeats: int, say: Callable[[str], None]) -> list[list[str]]:
    """A line of the table for each kind of start: medians. Raises TimeoutError, PostgresError."""
    empty = statistics.median(empty_cpu_s() for _ in range(repeats))
    lines = []
    with place() as on_sqlite, postgresql() as database, place(database.url) as on_postgresql:
        kinds: dict[str, Callable[[], Start]] = {
            "serve, SQLite, no provider": lambda: serving(on_sqlite | NO_PROVIDER),
            "serve, SQLite, all providers": lambda: serving(on_sqlite),
            "serve, PostgreSQL, no provider": lambda: serving(on_postgresql | NO_PROVIDER),
            "serve, PostgreSQL, all providers": lambda: serving(on_postgresql),
            "serve, two processes, no provider": lambda: serving(on_postgresql | NO_PROVIDER, workers=2),
            "serve, two processes, all providers": lambda: serving(on_postgresql, workers=2),
            "worker, all providers": lambda: working(on_postgresql),
            "proxy, all providers": lambda: serving(on_sqlite | PROXY, command="proxy"),
        }
        for name, start in kinds.items():
            lines.append(_line(name, [start() for _ in range(repeats)], empty))
            say("  ".join(lines[-1]))
    return lines


def _line(name: str, runs: Sequence[Start], empty: float) -> list[str]:
    computed = statistics.median(run.cpu_s for run in runs)
    each = [statistics.median(sizes) for sizes in zip(*(run.memory_mib for run in runs), strict=True)]
    return [
        name,
        f"{statistics.median(run.ready_s for run in runs):.2f}",
        f"{computed:.2f}",
        f"{computed / empty:.1f}",
        ", ".join(f"{size:.0f}" for size in each),
        f"{sum(each):.0f}",
    ]
