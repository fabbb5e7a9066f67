"""SIGHUP and `--force`, with the processes that they are for."""

import json
import os
import re
import signal
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from solitude.vault.keyring import KeyRing
from tests.keys.operator import keys
from tests.support import processes
from tests.support.processes import House
from tests.support.waiting import until
from tests.vault.rings import kept

pytestmark = pytest.mark.long
SETTINGS = {"SOLITUDE_KEYS_SETTLE_S": "1", "SOLITUDE_WORKER_IDLE_MS": "200"}
WAIT = ("--wait-s", "60")
FIELDS = ("add", "fields")
# A line of `keys list` about a process.
PROCESS = re.compile(r"(?P<role>server|worker) (?P<pid>\d+) on [^\t]+\t(?P<has>has .+)")


def has(house: House, pid: int) -> str:
    """What the list says of this process's ring; empty while it has told nothing."""
    found = {int(one["pid"]): one["has"] for one in PROCESS.finditer(keys(house, ("list",)))}
    return found.get(pid, "")


def servers_that_have_it(house: House) -> set[int]:
    found = PROCESS.finditer(keys(house, ("list",)))
    return {int(one["pid"]) for one in found if (one["role"], one["has"]) == ("server", "has it")}


@contextmanager
def from_a_command(home: Path) -> Iterator[tuple[House, Path]]:
    """A house whose key ring a command prints, and the file from which it has it."""
    given = kept(KeyRing.generate(development=False), home / "elsewhere.json")
    command = json.dumps(["/bin/cat", str(given)])
    with processes.house(home, serve=False, SOLITUDE_KEYS_COMMAND=command, **SETTINGS) as house:
        yield house, given


def test_a_worker_takes_the_ring_that_a_command_prints_at_sighup_and_not_before(tmp_path: Path) -> None:
    with from_a_command(tmp_path) as (house, given), processes.running(tmp_path, house.environment, "worker") as worker:
        until(lambda: has(house, worker.pid) == "has it", "the worker tells its ring")

        given.write_text(keys(house, FIELDS), encoding="utf-8")
        assert re.fullmatch("has [0-9a-f]{16}", has(house, worker.pid))
        assert keys(house, ("rotate", "fields"), status=1).endswith(" has another key ring.\n")
        worker.send_signal(signal.SIGHUP)
        until(lambda: has(house, worker.pid) == "has it", "the worker takes the new ring")

        # It goes on with that when the next one is none.
        whole = keys(house, ("rotate", "fields", *WAIT))
        given.write_text("nonsense", encoding="utf-8")
        worker.send_signal(signal.SIGHUP)
        until(lambda: "|Key ring refused|8|" in house.logs(), "the worker refuses what is no ring")
        given.write_text(whole, encoding="utf-8")
        worker.send_signal(signal.SIGHUP)
        until(lambda: has(house, worker.pid) == "has it", "the worker takes the ring after that")
        assert "fields\tk2\tcurrent" in keys(house, ("list",))
        assert worker.poll() is None


def test_a_server_starts_its_processes_anew_at_sighup_and_they_have_the_new_ring(tmp_path: Path) -> None:
    with from_a_command(tmp_path) as (house, given):
        serve = ("serve", "--port", house.url.rpartition(":")[2], "--workers", "1")
        with processes.running(tmp_path, house.environment, *serve) as server:
            processes.wait_for(f"{house.url}/services/status/")
            before = until(lambda: servers_that_have_it(house), "the server tells its ring")

            given.write_text(keys(house, FIELDS), encoding="utf-8")
            assert servers_that_have_it(house) == set()
            server.send_signal(signal.SIGHUP)

            assert until(lambda: servers_that_have_it(house), "the server's new process has the new ring") != before
            processes.wait_for(f"{house.url}/services/status/")
            assert server.poll() is None


def test_a_process_that_hangs_holds_a_change_up_but_for_force_and_the_old_key_stays(tmp_path: Path) -> None:
    with (
        processes.house(tmp_path, serve=False, **SETTINGS) as house,
        processes.running(tmp_path, house.environment, "worker") as worker,
        stopped_at_the_end(worker),
    ):
        until(lambda: has(house, worker.pid) == "has it", "the worker tells its ring")
        until(lambda: is_stopped_without_a_lock(house, worker), "the worker stops while the database can be written to")
        keys(house, FIELDS)
        assert f"worker {worker.pid} on " in keys(house, ("rotate", "fields"), status=1)

        keys(house, ("rotate", "fields", "--force"))

        listed = keys(house, ("list",))
        assert "fields\tk2\tcurrent" in listed
        assert "fields\tk1\tknown" in listed
        # Nothing forces that: what the process makes when it goes on is made with the old key.
        assert f"worker {worker.pid} on " in keys(house, ("retire", "fields", "k1"), status=1)
        worker.send_signal(signal.SIGCONT)
        keys(house, ("retire", "fields", "k1", *WAIT))
        assert "fields\tk1\tretired" in keys(house, ("list",))


def is_stopped_without_a_lock(house: House, process: "subprocess.Popen[bytes]") -> bool:
    """Stops it, and lets it go on again where it is just writing to SQLite: no command could write beside that."""
    process.send_signal(signal.SIGSTOP)
    os.waitid(os.P_PID, process.pid, os.WSTOPPED | os.WNOWAIT)
    if "SOLITUDE_DATABASE_URL" in house.environment:
        return True
    database = sqlite3.connect(house.home / "solitude.sqlite3", timeout=0)
    try:
        database.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError:
        process.send_signal(signal.SIGCONT)
        return False
    finally:
        database.close()
    return True


@contextmanager
def stopped_at_the_end(process: "subprocess.Popen[bytes]") -> Iterator[None]:
    """One that was stopped does not hear that it is to end."""
    try:
        yield
    finally:
        os.kill(process.pid, signal.SIGCONT)
