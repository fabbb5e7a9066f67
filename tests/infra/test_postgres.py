"""The throw-away PostgreSQL: what it is like while it runs, and that nothing of it is left."""

import contextlib
import os
import signal
import socket
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from tests.support import postgres, postgres_binaries
from tests.support.free_port import free_port
from tests.support.postgres import main, server
from tests.support.postgres_binaries import (
    PACKAGE_PARTS,
    PROGRAMS,
    PostgresError,
    account,
    candidates,
    find,
    is_usable,
    packaged,
)

ROOT = Path(__file__).parents[2]
COMMAND = (sys.executable, "-m", "tests.support.postgres")
COMMAND_TIMEOUT_S = 60
# A command that says where its database lives and then waits until it is told to end.
WAITER = """
import os, psycopg, sys
with psycopg.connect(os.environ["SOLITUDE_DATABASE_URL"]) as connection:
    print(connection.execute("SHOW data_directory").fetchone()[0], connection.info.port, flush=True)
sys.stdin.read()
"""

THERE = packaged() or any(is_usable(folder, account()) for folder in candidates())

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(not THERE, reason="no PostgreSQL on this machine: `make postgres` installs one"),
]


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with server() as address:
        yield address


@pytest.fixture
def connection(url: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(url, autocommit=True) as opened:
        yield opened


def shown(connection: psycopg.Connection, name: str) -> str:
    return str(connection.execute(f"SHOW {name}").fetchone()[0])  # type: ignore[index]


def answers(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=5):
        return True
    return False


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [*COMMAND, *arguments]
    return subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True, timeout=COMMAND_TIMEOUT_S)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TimeZone", "UTC"),
        ("server_encoding", "UTF8"),
        ("fsync", "off"),
        ("listen_addresses", "127.0.0.1"),
        ("password_encryption", "scram-sha-256"),
    ],
)
def test_it_is_set_up_for_tests(connection: psycopg.Connection, name: str, value: str) -> None:
    assert shown(connection, name) == value


def test_the_locale_does_not_depend_on_the_developers(connection: psycopg.Connection) -> None:
    row = connection.execute(
        "SELECT datcollate, datctype FROM pg_database WHERE datname = current_database()"
    ).fetchone()

    assert row == ("C.UTF-8", "C.UTF-8")


def test_django_can_make_its_test_databases_in_it(connection: psycopg.Connection) -> None:
    connection.execute("CREATE DATABASE test_solitude_gw0")
    connection.execute("DROP DATABASE test_solitude_gw0")


def test_the_socket_and_the_data_are_closed_to_other_users(connection: psycopg.Connection) -> None:
    folder = Path(shown(connection, "unix_socket_directories"))

    assert list(folder.glob(".s.PGSQL.*[0-9]"))
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


@pytest.mark.parametrize("host", ["127.0.0.1", "socket"])
def test_nobody_enters_without_the_password(url: str, connection: psycopg.Connection, host: str) -> None:
    place = shown(connection, "unix_socket_directories") if host == "socket" else host
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(
            host=place, port=urlsplit(url).port, user="solitude", dbname="solitude", password="wrong", connect_timeout=5
        )


def test_it_never_runs_as_root(connection: psycopg.Connection) -> None:
    data = Path(shown(connection, "data_directory"))

    assert data.stat().st_uid != 0
    pid = int((data / "postmaster.pid").read_text().split()[0])
    assert Path(f"/proc/{pid}").stat().st_uid == data.stat().st_uid


@pytest.mark.parametrize("status", [0, 7])
def test_the_command_gets_the_url_and_its_status_is_returned(status: int) -> None:
    script = f"import os, sys; print(os.environ['SOLITUDE_DATABASE_URL']); sys.exit({status})"
    done = run("--", sys.executable, "-c", script)

    assert done.returncode == status, done.stderr
    address = urlsplit(done.stdout.strip())
    assert (address.scheme, address.hostname, address.path) == ("postgresql", "127.0.0.1", "/solitude")
    assert not answers(address.port or 0)


def test_a_command_that_was_killed_has_the_status_that_a_shell_gives_it() -> None:
    done = run("--", "sh", "-c", "kill -9 $$")

    assert done.returncode == 128 + signal.SIGKILL


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda number: number.name)
def test_nothing_is_left_when_it_is_told_to_end(number: signal.Signals) -> None:
    with subprocess.Popen(
        [*COMMAND, "--", sys.executable, "-c", WAITER],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        data, port = process.stdout.readline().split()
        assert Path(data).is_dir()

        # As a terminal does it: to the whole group, and more than once.
        for _ in range(3):
            os.killpg(process.pid, number)

        assert process.wait(COMMAND_TIMEOUT_S) == 128 + number
    assert not Path(data).parent.exists()
    assert not answers(int(port))


def test_nothing_is_left_when_the_block_fails() -> None:
    places: list[tuple[Path, int]] = []

    def fail() -> None:
        with server() as address, psycopg.connect(address) as opened:
            places.append((Path(shown(opened, "data_directory")), opened.info.port))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    ((data, port),) = places
    assert not data.parent.exists()
    assert not answers(port)


def test_a_port_that_somebody_took_in_the_meantime_is_no_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as thief:
        taken = thief.getsockname()[1]
        ports = iter([taken])
        monkeypatch.setattr(postgres, "free_port", lambda: next(ports, None) or free_port())

        with server() as address:
            assert urlsplit(address).port != taken


def test_a_server_that_does_not_start_tells_what_its_log_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.support.postgres.CONFIGURATION", "no_such_setting = 1\n")

    with pytest.raises(PostgresError, match="no_such_setting"), server():
        pytest.fail("it started")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_packaged_programs_out_of_the_accounts_reach_serve_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with tempfile.TemporaryDirectory(prefix="solitude-tests-") as name:
        Path(name).chmod(0o755)
        real = find(account(), Path(name))
        package = tmp_path / PACKAGE_PARTS[0] / "bin"
        package.mkdir(parents=True)
        for program in PROGRAMS:
            (package / program).write_text(f'#!/bin/sh\nexec "{real}/{program}" "$@"\n')
            (package / program).chmod(0o755)
        tmp_path.chmod(0o700)
        monkeypatch.setattr(postgres_binaries, "candidates", lambda: iter([package]))
        monkeypatch.setattr(postgres_binaries, "packaged", lambda: package)

        with server() as address, psycopg.connect(address) as opened:
            assert opened.execute("SELECT 1").fetchone() == (1,)


def test_the_developers_postgres_variables_do_not_redirect_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGDATA", "/nonexistent")
    monkeypatch.setenv("PGPORT", "1")
    with server() as address, psycopg.connect(address) as opened:
        assert opened.execute("SELECT 1").fetchone() == (1,)


@pytest.mark.parametrize("arguments", [[], ["--"], ["pytest"], ["--where", "else"]])
def test_other_arguments_are_refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    assert "-- CMD..." in capsys.readouterr().err
