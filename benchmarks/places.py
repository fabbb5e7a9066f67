"""What is measured, as real processes on loopback: PostgreSQL that keeps what it confirms, the simulator, and the server."""

import os
import secrets
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import urllib3
from tests.support.free_port import free_port
from tests.support.postgres import Cluster
from tests.support.postgres_binaries import account, find
from tests.support.processes import KEY, solitude, started, wait_for
from tests.support.simulator import Simulator

from benchmarks.scenarios import SECRET

# Ids of some tables have 32 bits, and there are fewer than 200 tables.
IDS_OF_ONE_TABLE = 10_000_000
END_WITHIN_MS = 10_000
SHOP = "https://shop.example"
NO_MORE: Mapping[str, str] = {}
# On a disk, also where TMPDIR is memory: what a commit waits for is what is measured.
ON_DISK = Path("/var/tmp")  # noqa: S108 - only folders with names nobody can guess are made in it
# What a database that keeps what it confirms is set to, over what suits tests.
DURABLE = """
fsync = on
synchronous_commit = on
full_page_writes = on
shared_buffers = 256MB
checkpoint_timeout = 30min
max_wal_size = 4GB
logging_collector = on
log_destination = 'jsonlog'
log_directory = 'said'
log_filename = 'said'
log_rotation_age = 0
log_rotation_size = 0
log_parameter_max_length = -1
"""


@dataclass(frozen=True)
class Database:
    """A PostgreSQL of our own. `pid` is its postmaster's."""

    cluster: Cluster
    url: str

    @property
    def pid(self) -> int:
        return int((self.cluster.data / "postmaster.pid").read_text().split()[0])

    @property
    def said(self) -> Path:
        """Its log, a JSON object a line."""
        return self.cluster.data / "said" / "said.json"

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.url, autocommit=True) as connection:
            found = connection.execute(sql)
            return list(found.fetchall()) if found.description else []

    def rows_written(self) -> int:
        """Rows that were ever inserted, changed and deleted. Backends tell that at their end, so all are ended; they come again."""
        self.ask(
            f"SELECT pg_terminate_backend(pid, {END_WITHIN_MS}) FROM pg_stat_activity "
            "WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
        )
        ((written,),) = self.ask("SELECT sum(n_tup_ins + n_tup_upd + n_tup_del) FROM pg_stat_user_tables")
        return int(written)

    def say_statements(self, *, whether: bool) -> None:
        """Every statement goes into the log, or none."""
        self.ask(f"ALTER SYSTEM SET log_statement = '{'all' if whether else 'none'}'")
        self.ask("SELECT pg_reload_conf()")


@dataclass(frozen=True)
class House:
    """A server with its simulator and, unless it is embedded, its PostgreSQL."""

    url: str
    paypal: Simulator
    database: Database | None
    home: Path
    environment: dict[str, str]
    server: int
    simulator: int

    @property
    def file(self) -> Path:
        """The database of the embedded default."""
        return self.home / "solitude.sqlite3"

    @property
    def host(self) -> str:
        return self.url.removeprefix("http://")


@contextmanager
def postgresql() -> Iterator[Database]:
    """A PostgreSQL with fsync, and nothing of it afterwards. Raises PostgresError."""
    user = account()
    with tempfile.TemporaryDirectory(prefix="solitude-bench-pg-", dir=ON_DISK) as name:
        folder = Path(name)
        if user.uid is not None and user.gid is not None:
            os.chown(folder, user.uid, user.gid)
        cluster = Cluster(folder, find(user, folder), user, secrets.token_hex(16))
        cluster.create()
        with (cluster.data / "postgresql.conf").open("a") as configuration:
            configuration.write(DURABLE)
        try:
            yield Database(cluster, cluster.start())
        finally:
            cluster.stop()


@contextmanager
def house(
    database: Database | None, workers: int = 2, kept: Path | None = None, settings: Mapping[str, str] = NO_MORE
) -> Iterator[House]:
    """Migrates, starts simulator and server, and waits until both answer; without a database on SQLite.

    `kept` is a folder for what must be there when this database is used again, such as keys; without one nothing is kept. `settings` are
    further ones.
    """
    with ExitStack() as stack:
        home = kept or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="solitude-bench-", dir=ON_DISK)))
        api, paypal = free_port(), Simulator(free_port())
        environment = {name: value for name, value in os.environ.items() if not name.startswith("SOLITUDE_")} | {
            "SOLITUDE_DEBUG": "true",
            "SOLITUDE_CONSOLE_FORMAT": "json",
            "SOLITUDE_HOME": str(home),
            "SOLITUDE_ENV_FILE": "",
            "SOLITUDE_PROVIDERS": "",
            "SOLITUDE_CLIENTS": f'{{"{KEY}": "{SECRET}"}}',
            "SOLITUDE_PAYPAL_URL": paypal.url,
            "SOLITUDE_PAYPAL_WEB_URL": paypal.url,
            "SOLITUDE_PAYPAL_URLS_ALLOWED": SHOP,
            **({"SOLITUDE_DATABASE_URL": database.url} if database else {}),
            **settings,
        }
        subprocess.run(solitude("migrate"), env=environment, check=True, capture_output=True, timeout=180)
        port = paypal.root.rsplit(":", 1)[1]
        simulator = stack.enter_context(
            started(home / "sandbox.out.log", environment, solitude("sandbox", "--port", port))
        )
        command = solitude("serve", "--port", str(api), "--workers", str(workers))
        server = stack.enter_context(started(home / "serve.out.log", environment, command))
        url = f"http://127.0.0.1:{api}"
        wait_for(f"{paypal.root}/")
        wait_for(f"{url}/services/status/", urllib3.PoolManager(retries=False))
        yield House(url, paypal, database, home, environment, server.pid, simulator.pid)


def number_tables_apart(database: Database) -> dict[str, range]:
    """Gives every table's ids a range of their own, so that a number in a recorded statement says whose id it is."""
    sequences = database.ask(
        "SELECT sequencename, schemaname FROM pg_sequences WHERE schemaname = 'public' ORDER BY sequencename"
    )
    ranges: dict[str, range] = {}
    for place, (sequence, _) in enumerate(sequences, start=1):
        first = place * IDS_OF_ONE_TABLE
        database.ask(f'ALTER SEQUENCE "{sequence}" RESTART WITH {first}')
        ranges[str(sequence)] = range(first, first + IDS_OF_ONE_TABLE)
    return ranges


def kept_uuids(database: Database) -> set[str]:
    """All values in columns of this type."""
    columns = database.ask(
        "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public' AND data_type = 'uuid'"
    )
    return {
        str(value)
        for table, column in columns
        for (value,) in database.ask(f'SELECT "{column}" FROM "{table}" WHERE "{column}" IS NOT NULL')
    }
