"""`solitude serve`, `migrate` and `clients`, as commands."""

import os
import signal
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from solitude import cli, server
from solitude.client import Solitude
from tests.support import processes
from tests.support.environment import CLIENTS
from tests.support.free_port import free_port
from tests.support.waiting import until


def environment(home: Path, **settings: str) -> dict[str, str]:
    return {
        "PATH": "/usr/bin:/bin",
        "SOLITUDE_DEBUG": "true",
        "SOLITUDE_HOME": str(home),
        "SOLITUDE_ENV_FILE": "",
        **settings,
    }


def run(home: Path, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        processes.solitude(*arguments),
        env=environment(home, **settings),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_serve_with_the_database_behind_says_so_and_ends_with_3(tmp_path: Path) -> None:
    ended = run(tmp_path, "serve", "--port", str(free_port()))

    assert ended.returncode == 3
    assert "run `solitude migrate` first" in ended.stderr


def test_the_port_is_2602_unless_another_is_named() -> None:
    parser = cli.parser()
    assert parser.parse_args(["serve"]).port == 2602
    assert parser.parse_args(["serve", "--port", "80"]).port == 80


def test_a_wrong_setting_stops_the_start_with_a_sentence_that_names_it(tmp_path: Path) -> None:
    ended = run(tmp_path, "migrate", SOLITUDE_PAYPAL_TIMEOUT_MS="soon", SOLITUDE_CLIENTS="not json but secret")

    assert ended.returncode == 2
    assert "SOLITUDE_PAYPAL_TIMEOUT_MS must be a whole number" in ended.stderr
    assert "SOLITUDE_CLIENTS must be a JSON object" in ended.stderr
    assert "not json but secret" not in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.long
def test_two_first_starts_at_once_make_one_key_ring(tmp_path: Path) -> None:
    command = processes.solitude("migrate")
    first, second = (
        subprocess.Popen(command, env=environment(tmp_path), stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        for _ in range(2)
    )
    first.communicate(timeout=60)
    second.communicate(timeout=60)

    # Migrations of two processes may meet; the keys must not.
    assert run(tmp_path, "migrate").returncode == 0
    assert [path.name for path in tmp_path.glob("keys*")] in ([], ["keys.json"])


@pytest.mark.parametrize("workers", [1, pytest.param(2, marks=pytest.mark.long)])
def test_a_payment_through_real_processes(tmp_path: Path, workers: int) -> None:
    """Server, simulator and client as their users run them, with one server process and with two."""
    with processes.house(tmp_path, workers) as house:
        client = Solitude(house.url, processes.KEY, str(CLIENTS[processes.KEY]))
        seller = client.create_seller("dev:ada")
        client.create_paypal_seller(seller, paypal_id="ada@dev.example")
        client.create_product(seller=seller, external_id="map", public_id="5530")
        payment = client.pay(
            user_id=1,
            app_id="5530",
            amount="2.49",
            currency="EUR",
            return_url="https://shop.example/ok",
            cancel_url="https://shop.example/no",
        )
        assert payment.pay_url is not None
        house.paypal.approve(payment.pay_url)
        assert client.check(uuid=payment.uuid).status == "COMPLETED"
        assert client.refund(uuid=payment.uuid).status == "COMPLETED"
        logs = house.logs()
    assert "ada@dev.example" not in logs
    assert str(CLIENTS[processes.KEY]) not in logs
    assert "bea@buyer.example" not in logs
    # What the application server thinks of threads is not so of those that wait.
    assert "Python threads" not in logs


@pytest.mark.parametrize(
    "limits",
    [
        '{"EUR": "20"}',
        '{"EUR": ["1.005", "20"]}',
        '{"XYZ": ["1", "2"]}',
        '{"EUR": ["2", "1"]}',
        '{"EUR": ["0", "1"]}',
        "[]",
        "{",
    ],
)
def test_limits_that_cannot_be_held_stop_the_start(tmp_path: Path, limits: str) -> None:
    ended = run(tmp_path, "migrate", SOLITUDE_AMOUNT_LIMITS=limits)

    assert ended.returncode == 2
    assert "SOLITUDE_AMOUNT_LIMITS must" in ended.stderr


def test_a_server_process_that_begins_without_its_parent_ends_too(tmp_path: Path) -> None:
    """The parent may be killed between the fork and the first look."""
    begins = """
import os, signal, sys, time
from solitude import server
server._parent = os.getpid()
if os.fork() == 0:
    while os.getppid() == server._parent:
        time.sleep(0.01)
    print("alone", flush=True)
    signal.alarm(50)
    server.application()
    while True:
        signal.pause()
"""
    started = subprocess.run(
        [sys.executable, "-c", begins],
        env=environment(tmp_path) | {"DJANGO_SETTINGS_MODULE": "solitude.settings", "SOLITUDE_SERVE_WORKER": "false"},
        capture_output=True,
        text=True,
        # Until its end it has the other end of what is read here.
        timeout=40,
        check=False,
    )
    assert started.stdout == "alone\n"
    assert "process_started" in started.stderr
    assert "Traceback" not in started.stderr


@pytest.mark.long
def test_a_server_process_whose_parent_is_killed_ends_too(tmp_path: Path) -> None:
    """It would go on serving on the same port, with old code, beside the server that takes its place."""
    with processes.house(tmp_path, workers=2) as house:
        port = house.url.rpartition(":")[2]
        serving = [process for process in all_processes() if f"--port {port}" in process.command]
        (parent,) = [process for process in serving if process.parent == os.getpid()]
        children = [process.pid for process in serving if process.parent == parent.pid]
        assert len(children) == 2
        os.kill(parent.pid, signal.SIGKILL)
        until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in children), "their end", within_s=20)


@dataclass(frozen=True)
class Process:
    pid: int
    parent: int
    command: str


def all_processes() -> list[Process]:
    """What runs on this machine."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            found.append(Process(int(folder.name), parent, command))
    return found


@pytest.mark.parametrize(
    ("given", "files", "said"),
    [
        ({}, 20_000, []),
        ({"SOLITUDE_PAYMENTS_IN_PROGRESS_MAX": 257}, 20_000, ["SOLITUDE_PAYMENTS_IN_PROGRESS_MAX is never reached"]),
        ({"SOLITUDE_SERVE_BACKLOG": 319}, 20_000, ["SOLITUDE_SERVE_BACKLOG is less"]),
        ({}, 1024, ["1024 open files are allowed"]),
    ],
)
def test_what_does_not_go_together_is_said_at_the_start(
    settings: Any, given: dict[str, int], files: int, said: list[str]
) -> None:
    for name, value in given.items():
        setattr(settings, name, value)
    settings.SETTINGS_GIVEN = given
    assert [doubt[: len(begin)] for doubt, begin in zip(server.doubts(files), said, strict=True)] == said
