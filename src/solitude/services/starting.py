"""What every process says of itself when it starts and ends, and that its last lines are sent."""

import logging
import os
from importlib.metadata import version
from multiprocessing import util

from django.conf import settings
from django.db import connection

from solitude.services import shown_settings
from solitude.telemetry import cef, logs
from solitude.telemetry.logs import get_logger

log = get_logger("solitude.services")
# Of one line: a line of the log has room for so many fields.
SETTINGS_TOGETHER = 16
# The application server's own name for how many processes it has; its parent process sets it.
PROCESSES = "GRANIAN_WORKERS"


def begin(role: str) -> None:
    """Sets up the logs of this process, which is a `server`, a `worker` or a `proxy`, and tells of its start and, later, of its end."""
    logs.configure(
        settings.SOLITUDE_DEBUG,
        settings.SOLITUDE_LOG_DIR,
        settings.SYSLOG_STREAMS,
        settings.SOLITUDE_LOG_KEEP_DAYS,
        settings.SOLITUDE_CONSOLE_FORMAT,
    )
    who = {"cs6Label": "role", "cs6": role, "cs7Label": "version", "cs7": version("solitude")}
    cef.event("Process started", 1, extra=who)
    _tell_configuration(role)

    def end() -> None:
        log.info("process_stopped", role=role)
        cef.event("Process stopped", 1, extra=who)
        logging.shutdown()

    # Not atexit: a process that multiprocessing has forked ends without it.
    util.Finalize(None, end, exitpriority=0)


def _tell_configuration(role: str) -> None:
    """Which settings were given, with their cleansed values: in the ordinary log, in as many lines as it takes."""
    given = [name for name in settings.SETTINGS_GIVEN if hasattr(settings, name)]
    # The proxy has none, which Django calls unknown.
    database = "none" if settings.SOLITUDE_PROXY else connection.vendor
    known = {"role": role, "version": version("solitude"), "database": database}
    log.info("process_started", **known, processes=int(os.environ.get(PROCESSES, "1")), settings=len(given))
    for first in range(0, len(given), SETTINGS_TOGETHER):
        names = given[first : first + SETTINGS_TOGETHER]
        log.info("configuration", settings={name: _value(name) for name in names})
    which = {"cs6Label": "settings", "cs6": " ".join(given), "cs7Label": "database", "cs7": database}
    cef.event("Configuration at start", 1, extra=which)


def _value(name: str) -> object:
    return shown_settings.cleansed(name, getattr(settings, name))
