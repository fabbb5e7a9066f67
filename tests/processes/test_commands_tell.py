"""What an operator does by a command goes to syslog like what servers and workers do."""

from pathlib import Path

import pytest

from tests.processes.test_serve import run
from tests.telemetry.syslog.listeners import datagrams


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("home")
    assert run(home, "migrate").returncode == 0
    return home


@pytest.mark.parametrize(
    ("command", "event"),
    [
        (("keys", "add", "fields"), "|Key added|2|"),
        (("retention", "--run", "--class", "runs"), "|Retention run: runs|2|"),
    ],
)
def test_a_security_event_of_a_command_goes_to_syslog(home: Path, command: tuple[str, ...], event: str) -> None:
    with datagrams() as receiver:
        target = f"udp://127.0.0.1:{receiver.getsockname()[1]}"
        assert run(home, *command, SOLITUDE_SYSLOG_CEF=target).returncode == 0
        assert event in receiver.recv(65536).decode()
