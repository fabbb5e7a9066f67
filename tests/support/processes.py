"""Solitude as its users run it: real processes on free ports, with a folder and a database of their own."""

import os
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import urllib3

from tests.support import isolation
from tests.support.environment import CLIENTS
from tests.support.free_port import free_port
from tests.support.simulator import Simulator

READY_WITHIN_S = 90
KEY = "marketplace"


@dataclass(frozen=True)
class House:
    """A running server and the simulator beside it."""

    url: str
    paypal: Simulator
    home: Path
    environment: dict[str, str]

    def logs(self) -> str:
        return "\n".join(log.read_text(errors="replace") for log in sorted(self.home.rglob("*.log*")))


@contextmanager
def house(
    home: Path, workers: int = 1, *, serve: bool = True, sandbox_port: int = 0, **settings: str
) -> Iterator[House]:
    """Migrates, starts simulator and server, waits for both, and ends them; `settings` are further SOLITUDE_ ones.

    Without `serve` the test starts what it wants to have at the house's URL. `sandbox_port` is for who must know it before.
    """
    with ExitStack() as stack:
        api, sandbox = free_port(), sandbox_port or free_port()
        paypal = Simulator(sandbox)
        environment = {name: value for name, value in os.environ.items() if not name.startswith("SOLITUDE_")} | {
            "SOLITUDE_DEBUG": "true",
            "SOLITUDE_HOME": str(home),
            "SOLITUDE_ENV_FILE": "",
            # Whatever packages the developer has installed.
            "SOLITUDE_PROVIDERS": "",
            "SOLITUDE_CLIENTS": f'{{"{KEY}": "{CLIENTS[KEY]}"}}',
            "SOLITUDE_PAYPAL_URL": paypal.url,
            "SOLITUDE_PAYPAL_WEB_URL": paypal.url,
            "SOLITUDE_PAYPAL_URLS_ALLOWED": "https://shop.example",
            **stack.enter_context(database()),
            **settings,
        }
        subprocess.run(solitude("migrate"), env=environment, check=True, capture_output=True, timeout=180)
        stack.enter_context(running(home, environment, "sandbox", "--port", str(sandbox)))
        if serve:
            stack.enter_context(running(home, environment, "serve", "--port", str(api), "--workers", str(workers)))
        wait_for(f"{paypal.root}/")
        if serve:
            wait_for(f"http://127.0.0.1:{api}/services/status/")
        yield House(f"http://127.0.0.1:{api}", paypal, home, environment)


@contextmanager
def database() -> Iterator[dict[str, str]]:
    """A new database on the PostgreSQL that the tests run on; with SQLite the one in the house's own folder."""
    server = os.environ.get(isolation.INHERITED_DATABASE, "")
    if not server:
        yield {}
        return
    name = f"house_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
        try:
            yield {"SOLITUDE_DATABASE_URL": urlsplit(server)._replace(path=f"/{name}").geturl()}
        finally:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@contextmanager
def running(home: Path, environment: dict[str, str], *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    with started(home / f"{arguments[0]}.out.log", environment, solitude(*arguments)) as process:
        yield process


@contextmanager
def started(output: Path, environment: dict[str, str], command: list[str]) -> Iterator[subprocess.Popen[bytes]]:
    """Any program, ended with the block."""
    with output.open("ab") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def solitude(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "solitude.cli", *arguments]


def wait_for(url: str, http: urllib3.PoolManager | None = None) -> None:
    """Polls until the address answers 200."""
    http = http or urllib3.PoolManager(retries=False)
    deadline = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < deadline:
        try:
            if http.request("GET", url, timeout=5).status == 200:
                return
        except urllib3.exceptions.HTTPError:
            time.sleep(0.05)
    raise AssertionError(f"nothing answers on {url} within {READY_WITHIN_S} s")


def wait_for_port(port: int) -> None:
    """Polls until somebody takes connections there."""
    deadline = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=5).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError(f"nobody listens on port {port} within {READY_WITHIN_S} s")
