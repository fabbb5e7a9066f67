"""What a process says of itself when it starts and when it ends, and that its last lines reach syslog."""

import json
import signal
from pathlib import Path

import pytest
from tests.support import processes
from tests.support.waiting import until
from tests.telemetry.syslog.listeners import reader

pytestmark = pytest.mark.long


def test_a_server_and_a_worker_tell_of_their_start_their_settings_and_their_end(tmp_path: Path) -> None:
    with (
        reader() as reading,
        processes.house(
            tmp_path,
            SOLITUDE_SYSLOG=f"tcp://127.0.0.1:{reading.port}",
            SOLITUDE_PAYPAL_CLIENT_SECRET="canary-client-secret",
            SOLITUDE_CONSOLE_FORMAT="json",
        ) as house,
    ):
        out = tmp_path / "extra.out.log"
        with processes.started(out, house.environment, processes.solitude("worker")) as worker:
            until(lambda: b"working" in out.read_bytes())
            worker.send_signal(signal.SIGTERM)
            assert worker.wait(30) == 0
        until(lambda: sum('"event":"process_stopped"' in one for one in reading.messages) == 1)
        # The console has the very lines of the file.
        assert any(line.startswith('{"time":') and '"process_started"' in line for line in out.read_text().splitlines())
        events = (tmp_path / "logs" / "cef.log").read_text()
        lines = [json.loads(line) for line in (tmp_path / "logs" / "solitude.log").read_text().splitlines()]
        started = [line for line in lines if line["event"] == "process_started"]
        assert {line["role"] for line in started} == {"server", "worker"}
        assert {line["processes"] for line in started} == {1}
        shown = {
            name: value
            for line in lines
            if line["event"] == "configuration"
            for name, value in line["settings"].items()
        }
        assert shown["SOLITUDE_DEBUG"] is True
        assert shown["SOLITUDE_SYSLOG"]["port"] == reading.port
        assert "canary-client-secret" not in str(lines) + events + str(reading.messages)
        assert events.count("|Process started|1|") == 2
        assert events.count("|Configuration at start|1|") == 2
        assert "cs6Label=role cs6=worker cs7Label=version cs7=" in events
    # The server was told to end by the block; it has said so, and its last line was sent.
    until(lambda: sum('"event":"process_stopped"' in one for one in reading.messages) == 2)
    assert (tmp_path / "logs" / "cef.log").read_text().count("|Process stopped|1|") == 2
