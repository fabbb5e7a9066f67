"""How long `solitude import` takes, as times of plainly loading the very same rows, encrypted before.

    .venv/bin/python benchmarks/moving_in.py [--rows 1000000]
    .venv/bin/python -m tests.support.postgres -- .venv/bin/python benchmarks/moving_in.py

The first runs on SQLite, the second on PostgreSQL. Plain loading is `executemany` on SQLite and COPY on PostgreSQL, into the
same table with the same indexes, in batches and transactions of the same size. Only the ratio tells something of the code: times
tell of the machine.
"""

import argparse
import csv
import os
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pysqlite3  # type: ignore[import-untyped]  # no stubs are published

BATCH_ROWS = 5000
TABLE = "buyers_buyer"
LOCALES = ("nl", "de", "en-US", "")


def main() -> int:
    parser = argparse.ArgumentParser(description="How long an import of buyers takes.")
    parser.add_argument("--rows", type=int, default=1_000_000)
    rows = parser.parse_args().rows
    server = os.environ.get("SOLITUDE_DATABASE_URL", "")
    with tempfile.TemporaryDirectory(prefix="solitude-bench-") as folder:
        file = buyers(Path(folder) / "buyers.csv", rows)
        measure = on_postgresql if server.startswith("postgres") else on_sqlite
        took_s, peak_mib, plain_s = measure(Path(folder), file, server)
    print(f"{rows:,} buyers: {took_s / plain_s:.1f} times plain loading ({took_s:.0f} s to {plain_s:.0f} s)")
    print(f"at most {peak_mib:.0f} MiB of memory")
    return 0


def buyers(file: Path, rows: int) -> Path:
    with file.open("w", newline="", encoding="utf-8") as text:
        put = csv.writer(text).writerow
        put(["uuid", "email", "locale", "created"])
        for number in range(rows):
            email = f"buyer.{number}@mail{number % 97}.example.net"
            put([f"shop:{number}", email, LOCALES[number % 4], "2012-03-04T05:06:07Z"])
    return file


def on_postgresql(folder: Path, file: Path, server: str) -> tuple[float, float, float]:
    with database(server) as url:
        took_s, peak_mib = imported(folder, file, url)
        with psycopg.connect(url) as connection:
            rows = folder / "rows"
            with rows.open("wb") as kept, connection.cursor().copy(f"COPY {TABLE} TO STDOUT") as copy:
                for block in copy:
                    kept.write(block)
            connection.execute(f"TRUNCATE {TABLE} CASCADE")
            connection.commit()
            plain_s = 0.0
            with rows.open("rb") as kept:
                while some := b"".join(islice(kept, BATCH_ROWS)):
                    began = time.perf_counter()
                    with connection.cursor().copy(f"COPY {TABLE} FROM STDIN") as copy:
                        copy.write(some)
                    connection.commit()
                    plain_s += time.perf_counter() - began
    return took_s, peak_mib, plain_s


def on_sqlite(folder: Path, file: Path, _server: str) -> tuple[float, float, float]:
    full, empty = folder / "full.sqlite3", folder / "empty.sqlite3"
    run(folder, f"sqlite:///{empty}", "migrate")
    took_s, peak_mib = imported(folder, file, f"sqlite:///{full}")
    source, target = pysqlite3.connect(str(full)), pysqlite3.connect(str(empty), isolation_level=None)
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        target.execute(f"PRAGMA {pragma}")
    found = source.execute(f"SELECT * FROM {TABLE}")
    marks = ", ".join("?" * len(found.description))
    plain_s = 0.0
    while some := found.fetchmany(BATCH_ROWS):
        began = time.perf_counter()
        target.execute("BEGIN IMMEDIATE")
        target.executemany(f"INSERT INTO {TABLE} VALUES ({marks})", some)
        target.execute("COMMIT")
        plain_s += time.perf_counter() - began
    return took_s, peak_mib, plain_s


def imported(folder: Path, file: Path, url: str) -> tuple[float, float]:
    """Seconds, and the most memory in MiB, of a whole `solitude import`."""
    run(folder, url, "migrate")
    began = time.perf_counter()
    usage = run(folder, url, "import", "buyers", str(file), "--batch", str(BATCH_ROWS))
    return time.perf_counter() - began, usage.ru_maxrss / 1024


def run(folder: Path, url: str, *arguments: str) -> Any:
    """Runs the command; what it used."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SOLITUDE_")} | {
        "SOLITUDE_DEBUG": "true",
        "SOLITUDE_HOME": str(folder),
        "SOLITUDE_ENV_FILE": "",
        "SOLITUDE_DATABASE_URL": url,
    }
    command = [sys.executable, "-m", "solitude.cli", *arguments]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"solitude {arguments[0]} ended with {os.waitstatus_to_exitcode(status)}")
    return usage


@contextmanager
def database(server: str) -> Iterator[str]:
    """A new database on this PostgreSQL."""
    name = f"bench_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
        try:
            yield urlsplit(server)._replace(path=f"/{name}").geturl()
        finally:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


if __name__ == "__main__":
    sys.exit(main())
