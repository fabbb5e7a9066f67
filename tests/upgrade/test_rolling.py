"""The previous version on the new schema, under payments, while the new one starts beside it and takes over: nobody notices.

`deploy/upgrade-from` names the commit of the previous version.
"""

import os
import signal
import subprocess
import tarfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from io import BytesIO
from pathlib import Path

import pytest
from tests.faults.processes.arena import SETTINGS, answers, clean
from tests.faults.processes.chance import chance
from tests.faults.processes.clients import Client, Queue
from tests.faults.processes.programs import Program, wait_until
from tests.faults.processes.run import verdict
from tests.faults.processes.settling import ours, settle
from tests.ha.watching import WatchedApi
from tests.support.free_port import free_port
from tests.support.processes import database, solitude
from tests.support.simulator import Simulator

pytestmark = pytest.mark.long

ROOT = Path(__file__).parents[2]
SHALLOW = "this clone is shallow and has no previous version"
CLIENTS, SEED = 6, 5
READY_WITHIN_S, STEP_WITHIN_S, PATIENCE_S, CALM_S = 120, 120, 30, 2.0


def source_of_the_previous_version(folder: Path) -> Path:
    commit = (ROOT / "deploy/upgrade-from").read_text().strip()
    if git("cat-file", "-e", f"{commit}^{{commit}}").returncode:
        assert git("rev-parse", "--is-shallow-repository").stdout.strip() != b"false", f"{commit} is no commit here"
        pytest.skip(SHALLOW)
    archive = git("archive", commit, "src")
    with tarfile.open(fileobj=BytesIO(archive.stdout)) as packed:
        packed.extractall(folder, filter="data")
    return folder / "src"


def git(*arguments: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(["git", "-C", ROOT, *arguments], capture_output=True, check=False, timeout=STEP_WITHIN_S)  # noqa: S607


def test_an_upgrade_fails_no_request_and_loses_no_payment(tmp_path: Path) -> None:
    with ExitStack() as stack:
        old_source = source_of_the_previous_version(tmp_path / "old")
        paypal = Simulator(free_port())
        new = clean(os.environ) | SETTINGS | {
            "SOLITUDE_HOME": str(tmp_path),
            "SOLITUDE_PROVIDERS": "",
            "SOLITUDE_PAYPAL_URL": paypal.url,
            "SOLITUDE_PAYPAL_WEB_URL": paypal.url,
            # A slow machine is no failure of the upgrade.
            "SOLITUDE_PAYPAL_TIMEOUT_MS": "5000",
            "SOLITUDE_CALL_LEASE_S": "16",
            "SOLITUDE_IDEMPOTENCY_LEASE_S": "16",
            **stack.enter_context(database()),
        }  # fmt: skip
        old = new | {"PYTHONPATH": str(old_source)}
        assert str(old_source) in where_from(old), "the previous version's code would not run"
        command(old, "migrate")
        stack.enter_context(program(tmp_path, new, f"{paypal.root}/", "sandbox", paypal.root.rpartition(":")[2]))
        old_url, new_url = (f"http://127.0.0.1:{free_port()}" for _ in range(2))
        before = stack.enter_context(served(tmp_path, old, old_url))
        api, queue = WatchedApi([old_url], PATIENCE_S), Queue(None)
        clients = [Client(f"client-{number}", SEED, api, paypal, queue) for number in range(CLIENTS)]
        for client in clients:
            client.start()
        try:
            goes_well(api)
            command(new, "migrate")
            goes_well(api)
            stack.enter_context(served(tmp_path, new, new_url))
            # Both at the same time, and then the old one leaves the balancer and is told to end with requests in its hands.
            api.urls = [old_url, new_url]
            goes_well(api)
            api.urls = [new_url]
            assert before.pid is not None
            os.kill(before.pid, signal.SIGTERM)
            assert wait_until(lambda: not before.is_alive, STEP_WITHIN_S)
            goes_well(api)
        finally:
            queue.close()
            for client in clients:
                client.join(PATIENCE_S)

        assert not [client.failure for client in clients if client.failure]
        assert (api.failed(), len(api.since(0.0)) > CLIENTS) == (0, True), api.statuses.counts()
        dice = chance(SEED, "end")
        settle(api, paypal, dice, STEP_WITHIN_S, has_worker="sqlite" in new.get("SOLITUDE_DATABASE_URL", "sqlite"))
        promises = [promise for client in clients for promise in client.promises]
        assert verdict(promises, paypal.state(), ours(api, dice)) == []
        assert any(promise.told == "paid" for promise in promises)


def goes_well(api: WatchedApi) -> None:
    """For a while from now on; a request that fails is counted in the end."""
    seen = len(api.since(0.0))
    assert wait_until(lambda: len(api.since(0.0)) > seen + CLIENTS and api.went_well_for(CALM_S), STEP_WITHIN_S)


@contextmanager
def served(home: Path, environment: dict[str, str], url: str) -> Iterator[Program]:
    with program(home, environment, f"{url}/services/status/", "serve", url.rpartition(":")[2]) as started:
        yield started


@contextmanager
def program(home: Path, environment: dict[str, str], url: str, name: str, port: str) -> Iterator[Program]:
    made = Program(f"{name}-{port}", solitude(name, "--port", port), environment, home / f"{name}-{port}.log")
    made.start()
    try:
        ready = wait_until(lambda: answers(url) or not made.is_alive, READY_WITHIN_S)
        assert ready, made.log.read_text(errors="replace")[-2000:]
        assert made.is_alive, made.log.read_text(errors="replace")[-2000:]
        yield made
    finally:
        made.stop()


def where_from(environment: dict[str, str]) -> str:
    """The file from which a process with this environment takes the package."""
    asked = [*solitude()[:1], "-c", "import solitude; print(solitude.__file__)"]
    return subprocess.run(
        asked, env=environment, capture_output=True, text=True, check=True, timeout=STEP_WITHIN_S
    ).stdout


def command(environment: dict[str, str], *arguments: str) -> None:
    ended = subprocess.run(
        solitude(*arguments), env=environment, capture_output=True, text=True, timeout=STEP_WITHIN_S, check=False
    )
    assert ended.returncode == 0, ended.stderr
