"""A PostgreSQL with histories in it that stays when it is stopped, for the next run.

A history of ten million transactions takes a quarter of an hour to write. `folder` has the cluster, its password and, for each database,
the house's own folder with the keys that its rows are sealed with.
"""

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from tests.support.free_port import free_port
from tests.support.postgres import Cluster
from tests.support.postgres_binaries import account, find

from benchmarks.places import DURABLE, Database

# As PostgreSQL's documentation has it for a machine of its own: a quarter of the memory.
# https://www.postgresql.org/docs/current/runtime-config-resource.html#GUC-SHARED-BUFFERS
SHARED_MB = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 4 // 1024**2
# Rows that come with their table need no log, and no replica asks for one.
SETTINGS = """
wal_level = minimal
max_wal_senders = 0
max_wal_size = 8GB
"""
STARTED_WITHIN_S = 600


@dataclass(frozen=True)
class Kept:
    """A running cluster in its folder."""

    folder: Path
    cluster: Cluster
    address: str

    def set_up(self) -> None:
        """As docs/operating.md has it for millions of transactions."""
        with psycopg.connect(f"{self.address}/postgres", autocommit=True) as connection:
            known = connection.execute("SELECT enumvals FROM pg_settings WHERE name = 'wal_compression'").fetchone()
            compression = "lz4" if known and "lz4" in known[0] else "on"
            connection.execute(f"ALTER SYSTEM SET wal_compression = '{compression}'")
            connection.execute("ALTER SYSTEM SET checkpoint_timeout = '30min'")
            connection.execute("SELECT pg_reload_conf()")

    def home(self, name: str) -> Path:
        return self.folder / f"home-{name}"

    def is_whole(self, name: str) -> bool:
        return (self.home(name) / "whole").exists()

    def database(self, name: str) -> Database:
        """The database of this name, which is made if it is not there or was never written to its end."""
        with psycopg.connect(f"{self.address}/postgres", autocommit=True) as connection:
            there = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone()
            if not self.is_whole(name):
                connection.execute(f'DROP DATABASE IF EXISTS "{name}"')
                shutil.rmtree(self.home(name), ignore_errors=True)
                self.home(name).mkdir()
                there = None
            if there is None:
                connection.execute(f'CREATE DATABASE "{name}"')
        return Database(self.cluster, f"{self.address}/{name}")

    def say_whole(self, name: str, last_id: int) -> None:
        """`last_id` is of the history's last transaction: up to there every id is one's."""
        (self.home(name) / "whole").write_text(str(last_id))

    def last_id(self, name: str) -> int:
        return int((self.home(name) / "whole").read_text())


@contextmanager
def kept(folder: Path) -> Iterator[Kept]:
    """Starts the cluster of this folder, and makes one where there is none; stops it in the end. Raises PostgresError."""
    user = account()
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)
    place = folder / "pg"
    secret = folder / "secret"
    if not secret.exists():
        secret.touch(mode=0o600)
        secret.write_text(secrets.token_hex(16))
    place.mkdir(exist_ok=True)
    if user.uid is not None and user.gid is not None:
        shutil.chown(place, user.uid, user.gid)
    cluster = Cluster(place, find(user, place), user, secret.read_text())
    if not (cluster.data / "PG_VERSION").exists():
        cluster.create()
        with (cluster.data / "postgresql.conf").open("a") as configuration:
            configuration.write(DURABLE + SETTINGS)
    port = free_port()
    cluster._pg_ctl(
        "start", STARTED_WITHIN_S, "--log", cluster.log, "--options", f"-p {port} -c shared_buffers={SHARED_MB}MB"
    )
    try:
        there = Kept(folder, cluster, f"postgresql://solitude:{cluster.password}@127.0.0.1:{port}")
        there.set_up()
        yield there
    finally:
        cluster._pg_ctl("stop", STARTED_WITHIN_S, "--mode", "fast")
