"""Where log lines go: the console, files and syslog, through the handlers of the standard library. What they look like is in `lines`."""

import logging
import logging.config
from collections.abc import Callable
from pathlib import Path
from typing import Any

import structlog

from . import cef, lines
from .lines import JSON, TEXT
from .syslog.target import RFC5424, Stream, Streams

FILE_LIMIT_BYTES = 50 * 1024 * 1024
FILES_LIMIT = 10
NO_SYSLOG = Streams()


def get_logger(name: str) -> structlog.stdlib.BoundLogger:
    """A logger of the house (`solitude.payments`): `log.info("event", key=value)`.

    Bound to the standard library's logger of that name, so that nothing is written past its handlers.
    """
    # Bound at once: structlog would put a proxy in its place, which binds it anew for each line.
    logger: structlog.stdlib.BoundLogger = structlog.wrap_logger(
        logging.getLogger(name),
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
    ).bind()
    return logger


def configure(
    debug: bool,  # noqa: FBT001
    directory: Path | None,
    syslog: Streams = NO_SYSLOG,
    keep_days: int = 0,
    console: str = JSON,
) -> dict[str, Any]:
    """Sets up all logging of this process, and returns the configuration that it set.

    With `debug` more is logged. `console` is the form of its lines, TEXT or JSON. With a `directory` lines also go to `solitude.log`
    there and the security events to `cef.log`; raises OSError when there can be no such folder. A file in it that cannot be opened stops
    nothing: it is told where lines can be written. `syslog` says what goes there besides.
    With `keep_days` older files of both are removed by age too.
    Called once, before anything logs; Django's LOGGING_CONFIG must be None.
    """
    if directory is not None:
        directory.mkdir(mode=0o750, parents=True, exist_ok=True)
    chosen = configuration(debug=debug, directory=directory, syslog=syslog, keep_days=keep_days, console=console)
    logging.config.dictConfig(chosen)
    # When a line cannot be written, the standard library would print its raw values to the console.
    logging.raiseExceptions = False
    # None of our lines says which thread it is of, and the standard library would find out for each.
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    for handler in (*logging.root.handlers, *logging.getLogger(cef.LOGGER).handlers):
        if error := getattr(handler, "unopened", None):
            get_logger("solitude.telemetry").error("log_file_not_opened", file=error.filename, reason=error.strerror)
    return chosen


def configuration(
    *,
    debug: bool,
    directory: Path | None,
    syslog: Streams = NO_SYSLOG,
    keep_days: int = 0,
    console: str = JSON,
) -> dict[str, Any]:
    """What `configure` sets, for `logging.config.dictConfig` and for servers that want to set it themselves."""
    handlers: dict[str, Any] = {
        "console": {"class": "solitude.telemetry.handlers.Console", "formatter": console},
    }
    main, security = ["console"], ["console"]
    if directory is not None:
        handlers["file"] = _file(directory / "solitude.log", JSON, keep_days)
        handlers["cef"] = _file(directory / "cef.log", "cef", keep_days)
        main, security = ["console", "file"], ["cef"]
    if syslog.application:
        render = lines.fitting_json if syslog.application.form == RFC5424 else lines.fitting_text
        handlers["syslog"] = _syslog(syslog.application, "application", render)
        main = [*main, "syslog"]
    if syslog.security:
        handlers["syslog_cef"] = _syslog(syslog.security, "security", cef.fitting_text)
        security = [*security, "syslog_cef"]
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            JSON: {"()": "solitude.telemetry.lines.LineFormatter", "render": lines.as_json},
            TEXT: {"()": "solitude.telemetry.lines.LineFormatter", "render": lines.as_text},
            "cef": {"()": "solitude.telemetry.cef.CefFormatter"},
        },
        "handlers": handlers,
        "root": {"level": "WARNING", "handlers": main},
        "loggers": {
            "solitude": {"level": "DEBUG" if debug else "INFO"},
            "solitude.cef": {"level": "INFO", "handlers": security, "propagate": False},
            "solitude.cef.alarm": {"handlers": main, "propagate": False},
            # Named, because dictConfig then takes away the handlers that these libraries have given them.
            "django": {"level": "WARNING", "propagate": True},
            "django.request": {"level": "ERROR", "propagate": True},
            "django.server": {"level": "WARNING", "propagate": True},
            "granian": {"level": "WARNING", "propagate": True},
            "granian.access": {"level": "WARNING", "propagate": True},
            "_granian": {"level": "WARNING", "propagate": True},
            "urllib3": {"level": "WARNING", "propagate": True},
        },
    }


def _file(path: Path, formatter: str, keep_days: int) -> dict[str, Any]:
    return {
        "()": "solitude.telemetry.rotation.RotatingFile",
        "path": path,
        "limit_bytes": FILE_LIMIT_BYTES,
        "count": FILES_LIMIT,
        "keep_days": keep_days,
        "formatter": formatter,
    }


def _syslog(stream: Stream, name: str, render: Callable[[logging.LogRecord, int], str]) -> dict[str, Any]:
    return {
        "()": "solitude.telemetry.syslog.handler.Syslog",
        "stream": stream,
        "stream_name": name,
        "render": render,
    }
