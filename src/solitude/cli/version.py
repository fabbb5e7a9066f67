"""`--version`: what runs, for a report of what went wrong."""

import argparse
import platform
from typing import Any

from solitude import sqlite
from solitude.version import VERSION


class Shown(argparse.Action):
    """Prints a line for each part and ends with 0; reads no settings and opens no database."""

    def __init__(self, **options: Any) -> None:
        super().__init__(nargs=0, **options)

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        print(f"solitude {VERSION}")
        for name, found in _parts().items():
            print(f"{name} {found}")
        parser.exit()


def _parts() -> dict[str, str]:
    sqlite.install()
    import sqlite3

    import django
    import psycopg

    return {
        "Python": platform.python_version(),
        "Django": django.get_version(),
        "SQLite": sqlite3.sqlite_version,
        "psycopg": f"{psycopg.__version__} (libpq {psycopg.pq.version()})",
    }
