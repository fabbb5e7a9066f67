"""What the proving ground does to processes: that what it kills is dead, that what is dead comes back, and that nothing is left."""

import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.faults.processes.arena import Arena
from tests.faults.processes.postgres import Postgres, postgres
from tests.faults.processes.programs import Program, children, is_living, wait_until
from tests.faults.processes.supervisor import Supervisor
from tests.support.needs import needs_postgres
from tests.support.simulator import Simulator

pytestmark = pytest.mark.long

ROOT = Path(__file__).parents[3]
WITHIN_S = 20
# Until the dice have named each kind of target, on a machine that has other things to do.
ALL_KINDS_WITHIN_S = 90
COMMITS = 50
# Migrations, and four processes that import everything, on a busy machine.
START_WITHIN_S = 90
DICE = random.Random(1)  # noqa: S311
# A process that starts another one, and says so.
FAMILY = "import subprocess, time; subprocess.Popen(['sleep', '600']); print('two', flush=True); time.sleep(600)"


@pytest.fixture
def family(tmp_path: Path) -> Iterator[Program]:
    log = tmp_path / "family.log"
    program = Program("family", [sys.executable, "-c", FAMILY], os.environ, log, lambda: "two" in log.read_text())
    program.start()
    assert wait_until(program.is_ready, WITHIN_S)
    yield program
    program.stop()


def everybody(program: Program) -> list[int]:
    assert program.pid is not None
    found = [program.pid, *children(program.pid)]
    assert len(found) == 2
    return found


def test_a_kill_takes_all_that_the_process_started(family: Program) -> None:
    killed = everybody(family)

    family.kill()

    assert wait_until(lambda: not any(map(is_living, killed)), WITHIN_S)


def test_one_of_its_own_can_be_killed_alone(family: Program) -> None:
    parent, child = everybody(family)

    assert family.kill_one_of_its_own(DICE)

    assert wait_until(lambda: not is_living(child), WITHIN_S)
    assert is_living(parent)
    assert not family.kill_one_of_its_own(DICE)


def test_orphans_are_ended_when_it_starts_again(family: Program) -> None:
    _, orphan = everybody(family)

    family.kill_it_alone()
    assert not family.is_alive
    assert is_living(orphan)
    family.start()

    assert wait_until(lambda: not is_living(orphan), WITHIN_S)
    assert family.is_alive


def test_what_was_stopped_is_gone_and_stays_so(family: Program) -> None:
    gone = everybody(family)

    family.stop()
    family.start()

    assert wait_until(lambda: not any(map(is_living, gone)), WITHIN_S)
    assert not family.is_alive


def test_the_supervisor_kills_and_starts_again(family: Program, tmp_path: Path) -> None:
    ground = Arena(tmp_path, {}, Simulator(1), family, [], servers=[family], workers=[], postgres=None)
    first = family.pid
    supervisor = Supervisor(ground, random.Random(2), kills_per_minute=600)  # noqa: S311
    supervisor.start()

    assert wait_until(
        lambda: supervisor.kills.keys() == {"server", "server process", "server parent"}, ALL_KINDS_WITHIN_S
    )
    supervisor.calm()
    assert wait_until(lambda: family.is_alive and family.pid != first, WITHIN_S)
    supervisor.leave()
    supervisor.join(WITHIN_S)
    assert supervisor.failure is None
    assert family.ended == 0


def test_the_supervisor_starts_again_what_ended_by_itself(family: Program, tmp_path: Path) -> None:
    ground = Arena(tmp_path, {}, Simulator(1), family, [], servers=[family], workers=[], postgres=None)
    supervisor = Supervisor(ground, random.Random(3), kills_per_minute=0)  # noqa: S311
    supervisor.start()
    first = family.pid
    assert first is not None
    os.kill(first, signal.SIGKILL)

    assert wait_until(lambda: family.is_alive and family.pid != first, WITHIN_S)
    supervisor.leave()
    supervisor.join(WITHIN_S)
    assert family.ended == 1
    assert not supervisor.kills


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    with postgres() as running:
        yield running


@needs_postgres
@pytest.mark.parametrize("name", ["synchronous_commit", "full_page_writes"])
def test_a_postgres_to_be_killed_keeps_what_it_confirmed(server: Postgres, name: str) -> None:
    with psycopg.connect(server.url, connect_timeout=WITHIN_S) as opened:
        assert opened.execute(f"SHOW {name}").fetchone() == ("on",)


@needs_postgres
@pytest.mark.parametrize("target", ["postmaster", "backend"])
def test_no_confirmed_commit_is_lost_by_a_kill_and_it_comes_back(server: Postgres, target: str) -> None:
    with psycopg.connect(server.url, autocommit=True, connect_timeout=WITHIN_S) as opened:
        opened.execute("CREATE TABLE IF NOT EXISTS kept (target text, number integer)")
        for number in range(COMMITS):
            opened.execute("INSERT INTO kept VALUES (%s, %s)", (target, number))
        if target == "postmaster":
            server.kill()
            server.start()
        else:
            assert server.kill_one_of_its_own(DICE)
        with pytest.raises(psycopg.OperationalError):
            wait_until(lambda: not opened.execute("SELECT 1"), WITHIN_S)

    assert wait_until(server.is_ready, WITHIN_S)
    with psycopg.connect(server.url, connect_timeout=WITHIN_S) as again:
        kept = again.execute("SELECT count(*) FROM kept WHERE target = %s", (target,)).fetchone()
    assert kept == (COMMITS,)


@needs_postgres
def test_nothing_is_left_of_a_postgres_that_was_killed_and_not_started_again() -> None:
    with postgres() as running:
        pid, folder = running.pid, running.cluster.folder
        running.kill()
    assert pid is not None
    assert not is_living(pid)
    assert not folder.exists()


def test_a_run_that_is_interrupted_leaves_no_process_and_no_folder(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.faults.processes", "--payments", "10000", "--database", "sqlite"]
    environment = os.environ | {"TMPDIR": str(tmp_path)}
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        # The simulator, a server with two processes, and whatever else.
        assert wait_until(lambda: len(below(process.pid)) >= 4, START_WITHIN_S)
        started = below(process.pid)
        process.send_signal(signal.SIGINT)
        assert process.wait(3 * WITHIN_S) == 128 + signal.SIGINT
    finally:
        process.kill()
        process.wait()
    assert not [pid for pid in started if is_living(pid)]
    assert list(tmp_path.iterdir()) == []


def below(pid: int) -> list[int]:
    """Everything that the process started, and what that started."""
    found = children(pid)
    return found + [under for child in found for under in below(child)]
