"""The environment in which the tests run, whatever the developer's shell and folder hold.

`isolate()` must be called before Django's settings are imported: they take every `SOLITUDE_*` variable out of the
environment as they read it. That is why what a pytest-xdist worker must inherit travels under other names.
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

import django
import pytest
from django.conf import settings

PREFIX = "SOLITUDE_"
DATABASE = "SOLITUDE_DATABASE_URL"
# From the process that was started by hand to its pytest-xdist workers.
INHERITED_DATABASE = "TESTS_DATABASE_URL"
INHERITED_HOME = "TESTS_HOME"
SETTINGS = "DJANGO_SETTINGS_MODULE"
SQLITE = "solitude.databases.sqlite3"


def isolate() -> Path:
    """Leaves of the `SOLITUDE_*` variables only a PostgreSQL to test on and adds those that the tests want.

    Returns:
        The new SOLITUDE_HOME, a folder of this process alone.
    """
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    if not worker:
        begin()
    # A worker that crashed is replaced by one with another name, so a folder that exists is a mistake.
    home = Path(os.environ[INHERITED_HOME]) / (worker or "main")
    home.mkdir(mode=0o700)
    for name in [name for name in os.environ if name.startswith(PREFIX)]:
        del os.environ[name]
    os.environ |= {
        DATABASE: os.environ[INHERITED_DATABASE] or f"sqlite:///{home / 'solitude.sqlite3'}",
        "SOLITUDE_DEBUG": "true",
        "SOLITUDE_HOME": str(home),
        "SOLITUDE_ENV_FILE": "",  # none is read
    }
    return home


def begin() -> None:
    """What the process that was started by hand settles for its workers too."""
    database = os.environ.get(DATABASE, "")
    everything = tempfile.mkdtemp(prefix="solitude-tests-")
    atexit.register(shutil.rmtree, everything, ignore_errors=True)
    # A SQLite file of the developer's is none to test on.
    os.environ[INHERITED_DATABASE] = database if database.startswith("postgres") else ""
    os.environ[INHERITED_HOME] = everything


def set_up_django() -> None:
    """Django with Solitude's settings.

    SQLite's test database becomes a file: in memory, threads would share one connection, and there is no WAL.
    """
    if settings.configured:
        raise pytest.UsageError(
            f"{SETTINGS} must not be set: the settings were read before the environment was settled"
        )
    os.environ[SETTINGS] = "solitude.settings"
    django.setup()
    # A pytest-xdist worker that inherited it would read the settings too early.
    del os.environ[SETTINGS]
    for database in settings.DATABASES.values():
        if database["ENGINE"] == SQLITE:
            database.setdefault("TEST", {})["NAME"] = f"{database['NAME']}.test"


def database_in_use() -> str:
    """Name and version of the database that the tests run on, for the head of the report."""
    if settings.DATABASES["default"]["ENGINE"] == SQLITE:
        import sqlite3

        return f"SQLite {sqlite3.sqlite_version}"
    import psycopg

    with psycopg.connect(os.environ[INHERITED_DATABASE], connect_timeout=10) as connection:
        return f"PostgreSQL {connection.info.parameter_status('server_version')}"
