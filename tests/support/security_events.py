"""What tests look at besides the answers: the security events."""

import logging
from collections.abc import Iterator

import pytest

from solitude.telemetry import cef

# What is written as a matter of course, wherever anything happens.
ORDINARY = ("|Transaction state change|", "|PIN ", "|New PIN set:", "|Provider refused|")


class Kept(logging.Handler):
    def __init__(self, leaving_out: tuple[str, ...] = ()) -> None:
        super().__init__()
        self.lines: list[str] = []
        self._leaving_out = leaving_out

    def emit(self, record: logging.LogRecord) -> None:
        text = record.getMessage()
        # The alarm has a logger of its own.
        if record.name == cef.LOGGER and not any(part in text for part in self._leaving_out):
            self.lines.append(text)


@pytest.fixture
def security_events() -> Iterator[list[str]]:
    """The CEF lines written since the test began, but for those that are written as a matter of course."""
    yield from _kept(Kept(ORDINARY))


@pytest.fixture
def all_security_events() -> Iterator[list[str]]:
    """All of them."""
    yield from _kept(Kept())


def _kept(kept: Kept) -> Iterator[list[str]]:
    logger = logging.getLogger(cef.LOGGER)
    level = logger.level
    logger.addHandler(kept)
    logger.setLevel(logging.INFO)
    yield kept.lines
    logger.removeHandler(kept)
    logger.setLevel(level)
