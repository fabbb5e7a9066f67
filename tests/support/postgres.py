"""A PostgreSQL of one's own for the time of a test run: made in a temporary folder, gone afterwards.

python -m tests.support.postgres -- CMD...     runs CMD with SOLITUDE_DATABASE_URL set; its exit status is CMD's
python -m tests.support.postgres --where       prints the folder of the programs it would use, or fails with status 1
"""

import os
import secrets
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import NoReturn

import psycopg

from tests.support.free_port import free_port
from tests.support.postgres_binaries import Account, PostgresError, account, find

OWNER = DATABASE = "solitude"
INIT_TIMEOUT_S = 120
START_TIMEOUT_S = 60
STOP_TIMEOUT_S = 30
PORT_TRIES = 5
# How long a command that was told to end may take before it is killed.
GRACE_S = 15
LOG_TAIL_BYTES = 4000
ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

# The data lives as long as the run, so nothing is spent on surviving a power cut.
CONFIGURATION = """
listen_addresses = '127.0.0.1'
unix_socket_directories = '{socket_folder}'
fsync = off
synchronous_commit = off
full_page_writes = off
max_connections = 200
shared_buffers = 64MB
timezone = 'UTC'
log_timezone = 'UTC'
"""
# What a test adds that kills the server: a commit that was confirmed survives `kill -9`. The kernel lives on and keeps what was
# written to it, so nothing needs fsync; but a process that dies while it writes a page leaves half of it, as in a power cut.
SURVIVES_KILLS = """
synchronous_commit = on
full_page_writes = on
"""


@dataclass(frozen=True, slots=True)
class Cluster:
    """One data folder and the programs that serve it."""

    folder: Path
    programs: Path
    user: Account
    password: str
    survives_kills: bool = False

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def log(self) -> Path:
        return self.folder / "postgres.log"

    def create(self) -> None:
        secret = self.folder / "password"
        secret.write_text(self.password)
        secret.chmod(0o644)  # the folder around it is closed to others
        self._run(
            INIT_TIMEOUT_S,
            "initdb",
            *("--pgdata", self.data, "--username", OWNER, "--pwfile", secret, "--auth", "scram-sha-256"),
            *("--encoding", "UTF8", "--locale", "C.UTF-8", "--no-sync", "--no-instructions"),
        )
        secret.unlink()
        with (self.data / "postgresql.conf").open("a") as configuration:
            configuration.write(CONFIGURATION.format(socket_folder=self.folder))
            if self.survives_kills:
                configuration.write(SURVIVES_KILLS)

    def start(self) -> str:
        """Starts the server and returns the URL of an empty database in it."""
        for remaining in reversed(range(PORT_TRIES)):
            port = free_port()
            try:
                self._pg_ctl("start", START_TIMEOUT_S, "--log", self.log, "--options", f"-p {port}")
            except PostgresError:
                # Somebody may have taken the port in the meantime; anything else fails the same way at the last try.
                if not remaining:
                    raise
            else:
                break
        address = f"postgresql://{OWNER}:{self.password}@127.0.0.1:{port}"
        with psycopg.connect(f"{address}/postgres", autocommit=True, connect_timeout=START_TIMEOUT_S) as connection:
            connection.execute(f"CREATE DATABASE {DATABASE}")
        return f"{address}/{DATABASE}"

    def stop(self) -> None:
        if (self.data / "postmaster.pid").exists():
            self._pg_ctl("stop", STOP_TIMEOUT_S, "--mode", "immediate")

    def _pg_ctl(self, verb: str, timeout_s: int, *arguments: str | Path) -> None:
        self._run(
            timeout_s + 5, "pg_ctl", verb, "--pgdata", self.data, "--wait", "--timeout", str(timeout_s), *arguments
        )

    def _run(self, timeout_s: int, program: str, *arguments: str | Path) -> None:
        said = self.folder / f"{program}.log"
        # The developer's PG* variables would redirect the programs.
        environment = {"PATH": os.defpath, "LC_ALL": "C.UTF-8", "TZ": "UTC", "HOME": str(self.folder)}
        try:
            # Not into a pipe, which the server would keep open.
            with said.open("wb") as output:
                subprocess.run(
                    [self.programs / program, *arguments],
                    cwd=self.folder,
                    env=environment,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    check=True,
                    timeout=timeout_s,
                    **self.user.process_options,
                )
        except (OSError, subprocess.SubprocessError) as error:
            raise PostgresError(f"{error}\n{tail(said)}{tail(self.log)}") from error


def tail(file: Path) -> str:
    return file.read_bytes()[-LOG_TAIL_BYTES:].decode(errors="replace") if file.exists() else ""


@contextmanager
def server() -> Iterator[str]:
    """A running PostgreSQL for the time of the block: the URL of an empty database, whose user may create more.

    Raises:
        PostgresError: none is there, or it does not start; the text ends with what its log says.
    """
    user = account()
    with tempfile.TemporaryDirectory(prefix="solitude-pg-") as name:
        folder = Path(name)
        if user.uid is not None and user.gid is not None:
            os.chown(folder, user.uid, user.gid)
        programs = find(user, folder)
        cluster = Cluster(folder, programs, user, secrets.token_hex(16))
        try:
            cluster.create()
            yield cluster.start()
        finally:
            cluster.stop()


_told: list[int] = []


class Told(BaseException):
    """A signal told us to end. Not an `Exception`, so that only what cleans up sees it."""

    def __init__(self, number: int) -> None:
        self.number = number


def end_in_order(number: int, _frame: FrameType | None) -> NoReturn:
    """The first signal starts an orderly end; impatient ones after it must not cut that short and leave a server."""
    for ignored in ENDING:
        signal.signal(ignored, signal.SIG_IGN)
    _told.append(number)
    raise Told(number)


def heed() -> None:
    """Raises Told if a signal has come. What a signal raises is lost when it strikes within a finalizer; who waits long asks."""
    if _told:
        raise Told(_told[0])


def run(command: Sequence[str], url: str) -> int:
    """The exit status of `command`, as a shell would tell it."""
    child = subprocess.Popen(command, env=os.environ | {"SOLITUDE_DATABASE_URL": url})
    try:
        status = child.wait()
    except Told as told:
        # Ctrl-C reaches the command from the terminal, and a second one would interrupt its own clean-up.
        if told.number != signal.SIGINT:
            child.send_signal(told.number)
        try:
            child.wait(GRACE_S)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
        raise
    return status if status >= 0 else 128 - status


def main(arguments: Sequence[str]) -> int:
    match arguments:
        case ["--where"]:
            return where()
        case ["--", _, *_]:
            return run_with_server(arguments[1:])
        case _:
            print(__doc__, file=sys.stderr)
            return 2


def run_with_server(command: Sequence[str]) -> int:
    for number in ENDING:
        signal.signal(number, end_in_order)
    try:
        with server() as url:
            return run(command, url)
    except PostgresError as error:
        print(error, file=sys.stderr)
        return 1
    except Told as told:
        return 128 + told.number


def where() -> int:
    with tempfile.TemporaryDirectory(prefix="solitude-pg-") as room:
        try:
            Path(room).chmod(0o755)
            print(find(account(), Path(room)))
        except PostgresError as error:
            print(error, file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
