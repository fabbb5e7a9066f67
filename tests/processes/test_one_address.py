"""One address is served by one server: another one is refused, and one that takes the place of a dead one is not."""

import os
import signal
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import urllib3

from solitude import listening
from solitude.configuration import ConfigurationError
from tests.processes.test_serve import environment, run
from tests.support import processes
from tests.support.free_port import free_port
from tests.support.waiting import until

SECRETS = {"SOLITUDE_PROXY_SECRETS": "for-the-hop-in-tests-only-drawn-1"}


@pytest.fixture
def taken() -> Iterator[int]:
    """The port of a program that is none of ours."""
    with socket.create_server(("127.0.0.1", 0)) as foreign:
        yield foreign.getsockname()[1]


def test_a_second_server_is_refused_and_one_that_takes_the_place_of_a_dead_one_is_not(tmp_path: Path) -> None:
    port = free_port()
    arguments = ("serve", "--port", str(port), "--workers", "2")
    status = f"http://127.0.0.1:{port}/services/status/"
    first, second = tmp_path / "first", tmp_path / "second"
    for home in (first, second):
        assert run(home, "migrate").returncode == 0
    with ExitStack() as stack:
        serving = stack.enter_context(processes.running(first, environment(first), *arguments))
        processes.wait_for(status)
        refused = run(second, *arguments)
        assert refused.returncode == 2
        assert f"another program listens at 127.0.0.1, port {port}: end it" in refused.stderr
        assert "Traceback" not in refused.stderr
        assert "serving on" not in refused.stdout
        assert urllib3.request("GET", status).status == 200

        os.kill(serving.pid, signal.SIGKILL)
        stack.enter_context(processes.running(second, environment(second), *arguments))
        until(lambda: "serving on" in (second / "serve.out.log").read_text(), "its start")
        processes.wait_for(status)


@pytest.mark.parametrize("command", ["proxy", "sandbox"])
def test_an_address_that_a_foreign_program_has_is_told_in_a_sentence(tmp_path: Path, taken: int, command: str) -> None:
    refused = run(tmp_path, command, "--port", str(taken), **(SECRETS if command == "proxy" else {}))

    assert refused.returncode == 2
    assert f"another program listens at 127.0.0.1, port {taken}: end it" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_it_may_end_meanwhile(taken: int, monkeypatch: pytest.MonkeyPatch) -> None:
    ended: list[str] = []

    def problem(_host: str, _port: int) -> OSError | None:
        return None if ended else (ended.append("it") or OSError(98, "Address already in use"))

    monkeypatch.setattr(listening, "_problem", problem)
    listening.refuse_taken("127.0.0.1", taken)
    assert ended == ["it"]


def test_connections_that_have_ended_hold_up_no_restart() -> None:
    with socket.create_server(("127.0.0.1", 0)) as served:
        port = served.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)) as client:
            served.accept()[0].close()  # who closes first keeps the address for a minute
            assert client.recv(1) == b""
    listening.refuse_taken("127.0.0.1", port)


@pytest.mark.parametrize("host", ["192.0.2.1", "no-such-host.invalid"])
def test_an_address_that_is_not_of_this_machine_is_told_in_a_sentence(host: str) -> None:
    with pytest.raises(ConfigurationError, match=f"nobody can listen at {host}, port 2602: "):
        listening.refuse_taken(host, 2602)
