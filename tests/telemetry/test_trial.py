"""The logs are tried: what could not be written is told, with the reason."""

import errno
import logging
import os
from collections import Counter

import pytest

from solitude.telemetry import logs, trial
from solitude.telemetry.rotation import RotatingFile

from .conftest import Setup

LEVELS = ("CRITICAL", "ERROR", "WARNING", "INFO", "DEBUG")


@pytest.fixture
def ours() -> str:
    logs.get_logger("solitude.tried")
    return "solitude.tried"


def test_a_line_at_every_level_comes_in_where_it_should(setup: Setup, ours: str) -> None:
    logged = setup(debug=True, to_files=True)

    found = trial.run()

    assert found["failed"] == []
    assert {(ours, level) for level in LEVELS} <= set(found["passed"])
    assert Counter(f'"level":"{level.lower()}"' in line for line in logged.file() for level in LEVELS if ours in line)[
        True
    ] == len(LEVELS)
    security = logged.file("cef.log")
    assert len(security) == 4  # debug is off there
    assert all("CEF:0|Mozilla|Solitude|0|-|services_logs|2|" in line for line in security)


def test_a_level_that_is_off_passes_and_writes_nothing(setup: Setup, ours: str) -> None:
    logged = setup(to_files=True)

    found = trial.run()

    assert (ours, "DEBUG") in found["passed"]
    assert not any('"level":"debug"' in line for line in logged.file())


def test_names_that_are_no_loggers_are_skipped(setup: Setup) -> None:
    setup()
    logging.getLogger("solitude.placeholder.below")

    found = trial.run()

    assert "solitude.placeholder" in found["skipped"]
    assert "solitude.placeholder" not in {name for name, _ in found["passed"]}


def test_loggers_of_others_are_left_alone(setup: Setup) -> None:
    setup()
    logging.getLogger("some.package")
    logging.getLogger("solitude_elsewhere")

    tried = {name.split(".")[0] for name, _ in trial.run()["passed"]}

    assert {"solitude", "django"} <= tried
    assert not {"some", "solitude_elsewhere"} & tried


@pytest.fixture
def full_disk(setup: Setup, monkeypatch: pytest.MonkeyPatch) -> None:
    """The log's file can no longer be written."""

    def full() -> bool:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    setup(debug=True, to_files=True)
    (file,) = [handler for handler in logging.getLogger().handlers if isinstance(handler, RotatingFile)]
    monkeypatch.setattr(file, "_is_full", full)


@pytest.mark.usefixtures("full_disk")
def test_what_cannot_be_written_failed_and_tells_why(ours: str) -> None:
    found = trial.run()

    told = {(name, level): trace for name, level, trace in found["failed"]}
    assert {(ours, level) for level in LEVELS} <= set(told)
    assert "No space left on device" in told[ours, "ERROR"]
    assert (ours, "ERROR") not in found["passed"]
    # The security events are in a file of their own, which is well.
    assert ("solitude.cef", "ERROR") in found["passed"]


def test_a_handler_that_raises_failed_and_tells_no_secret(setup: Setup, ours: str) -> None:
    class Broken(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            raise OSError("cannot write for canary@example.com")

    setup()
    broken = Broken()
    logging.getLogger(ours).addHandler(broken)
    try:
        found = trial.run()
    finally:
        logging.getLogger(ours).removeHandler(broken)

    traces = [trace for name, _, trace in found["failed"] if name == ours]
    assert traces
    assert all("OSError: cannot write for [redacted]" in trace for trace in traces)
