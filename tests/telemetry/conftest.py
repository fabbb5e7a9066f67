"""Logging as the server has it, in a folder of the test, and put back afterwards."""

import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from solitude.telemetry import context, logs, redaction
from solitude.telemetry.lines import JSON, TEXT
from solitude.telemetry.syslog.target import Streams


@dataclass
class Logged:
    """What the handlers have written."""

    directory: Path | None
    read_console: Callable[[], str]

    def console(self) -> list[str]:
        return self.read_console().splitlines()

    def json(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.console()]

    def file(self, name: str = "solitude.log") -> list[str]:
        assert self.directory is not None
        return (self.directory / name).read_text().splitlines()


Setup = Callable[..., Logged]


@pytest.fixture
def setup(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Setup]:
    """Configures logging: `setup(debug=False, to_files=True)`. With debug the console shows text, as it does if nobody says otherwise."""
    names = [None, *logs.configuration(debug=False, directory=None)["loggers"]]
    loggers = [logging.getLogger(name) for name in names]
    before = [(logger, logger.handlers[:], logger.level, logger.propagate) for logger in loggers]
    raising = logging.raiseExceptions
    context.clear()

    def configure(*, debug: bool = False, to_files: bool = False, syslog: Streams = logs.NO_SYSLOG) -> Logged:
        directory = tmp_path / "logs" if to_files else None
        logs.configure(debug, directory, syslog, console=TEXT if debug else JSON)
        return Logged(directory, lambda: capsys.readouterr().err)

    yield configure
    for logger, handlers, level, propagate in before:
        for handler in logger.handlers:
            if handler not in handlers:
                handler.close()
        logger.handlers, logger.level, logger.propagate = handlers, level, propagate
        logger.manager._clear_cache()  # type: ignore[attr-defined]  # levels are remembered by all loggers below
    logging.raiseExceptions = raising
    context.clear()


@pytest.fixture
def registered(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """`redaction.register`, forgotten after the test."""
    monkeypatch.setattr(redaction, "_registered", set())
    monkeypatch.setattr(redaction, "_registered_pattern", None)
    monkeypatch.setattr(redaction, "_harmless", set())
    return redaction.register
