"""SQLite for the embedded default: a version without the WAL-reset race.

SQLite 3.7.0 to 3.51.2 can lose committed pages when a checkpoint and a writer meet (the "WAL-reset" bug, mended in 3.51.3;
https://sqlite.org/wal.html), and Debian's and Python's own libraries are in that range. `pysqlite3` carries a newer one.
This stands apart from `solitude/__init__.py` so that a web head that imports `solitude.client` keeps its own sqlite3.
"""

import sys
from typing import Any

MENDED = (3, 51, 3)
BUSY_TIMEOUT_S = 20


def install() -> None:
    """Makes `import sqlite3` give pysqlite3. To be called before Django's SQLite backend is imported."""
    import pysqlite3  # type: ignore[import-untyped]  # no stubs are published

    sys.modules["sqlite3"] = pysqlite3
    sys.modules["sqlite3.dbapi2"] = pysqlite3.dbapi2


def is_mended() -> bool:
    import sqlite3

    return sqlite3.sqlite_version_info >= MENDED


def options() -> dict[str, Any]:
    """Django's OPTIONS for a database that must not lose a commit.

    IMMEDIATE takes the write lock at BEGIN: with the default, a read that later writes fails with "database is locked".
    """
    journal = "WAL" if is_mended() else "DELETE"
    return {
        "timeout": BUSY_TIMEOUT_S,
        "transaction_mode": "IMMEDIATE",
        "init_command": f"PRAGMA journal_mode={journal}; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;",
    }
