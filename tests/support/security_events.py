"""What tests look at besides the answers: the security events."""

import logging
from collections.abc import Iterator

import pytest

from solitude.telemetry import cef


class Kept(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.name == cef.LOGGER:  # and not its alarm
            self.lines.append(record.getMessage())


@pytest.fixture
def security_events() -> Iterator[list[str]]:
    """The CEF lines written since the test began."""
    logger, kept = logging.getLogger(cef.LOGGER), Kept()
    level = logger.level
    logger.addHandler(kept)
    logger.setLevel(logging.INFO)
    yield kept.lines
    logger.removeHandler(kept)
    logger.setLevel(level)
