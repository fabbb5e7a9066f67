"""Tries the logs: a line at every level to every logger of ours, to see that it comes in where it should."""

import logging
import traceback

from typing_extensions import TypedDict

from . import cef, logs, redaction

LEVELS = ("CRITICAL", "ERROR", "WARNING", "INFO", "DEBUG")
EVENT = "services_logs"
TRACE_MAX_CHARS = 2048
ROOT = "solitude"


class Trial(TypedDict):
    """`passed`: logger and level. `failed`: with the reason. `skipped`: names that only have loggers below them."""

    passed: list[tuple[str, str]]
    failed: list[tuple[str, str, str]]
    skipped: list[str]


def run() -> Trial:
    """A level that is turned off passes: nothing is written, and nothing goes wrong."""
    found: Trial = {"passed": [], "failed": [], "skipped": []}
    for name in _names():
        logger = logging.root.manager.loggerDict[name]
        if isinstance(logger, logging.PlaceHolder):
            found["skipped"].append(name)
            continue
        for level in LEVELS:
            trace = _written(logger, level)
            if trace:
                found["failed"].append((name, level, trace))
            else:
                found["passed"].append((name, level))
    return found


def _names() -> list[str]:
    """The loggers of the house, and of the libraries for which it has settled where they write."""
    settled = logs.configuration(debug=False, directory=None)["loggers"]
    return sorted(name for name in logging.root.manager.loggerDict if name in settled or name.split(".")[0] == ROOT)


def _written(logger: logging.Logger, level: str) -> str:
    """Writes the line; why it could not be written, or nothing."""
    number = logging.getLevelNamesMapping()[level]
    text = cef.message(EVENT, cef.QUIET_SEVERITY) if logger.name in (cef.LOGGER, cef.ALARM_LOGGER) else EVENT
    record = logger.makeRecord(logger.name, number, __file__, 0, text, (), None)
    error: object
    try:
        if logger.isEnabledFor(number):
            logger.handle(record)
        error = getattr(record, "lost", None)
    except Exception as raised:  # noqa: BLE001 - whatever a handler of some library raises is what we want to know
        error = raised
    if not isinstance(error, BaseException):
        return ""
    return redaction.mask("".join(traceback.format_exception(error)))[-TRACE_MAX_CHARS:]
