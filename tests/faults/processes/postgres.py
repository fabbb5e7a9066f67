"""A PostgreSQL to be killed: commits that it confirmed survive, and it is started again on the same port."""

import os
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from tests.faults.processes.programs import Program, children, command_of, is_living, kill_process, wait_until
from tests.support.free_port import free_port
from tests.support.postgres import DATABASE, OWNER, Cluster
from tests.support.postgres_binaries import PostgresError, account, find

START_WITHIN_S = 30
CONNECT_WITHIN_S = 5
ORPHANS_WITHIN_S = 5


class Postgres(Program):
    """The postmaster is our own child, so that we know when it is dead; its backends have sessions of their own."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster, self.port = cluster, free_port()
        super().__init__(
            "postgres",
            [cluster.programs / "postgres", "-D", cluster.data, "-p", str(self.port)],
            {"PATH": os.defpath, "LC_ALL": "C.UTF-8", "TZ": "UTC", "HOME": str(cluster.folder)},
            cluster.log,
            self._answers,
            cluster.user.process_options,
        )

    @property
    def address(self) -> str:
        return f"postgresql://{OWNER}:{self.cluster.password}@127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return f"{self.address}/{DATABASE}"

    def kill(self) -> None:
        """`kill -9` of the postmaster. Its children notice and end; the next one can start when all of them are gone."""
        orphans = children(self.pid) if self.pid else []
        self.kill_it_alone()
        if not wait_until(lambda: not any(map(is_living, orphans)), ORPHANS_WITHIN_S):
            for orphan in filter(is_living, orphans):
                kill_process(orphan)
        wait_until(lambda: not any(map(is_living, orphans)), ORPHANS_WITHIN_S)
        # Nobody is left to whom it could belong; another process may have got the number that stands in it.
        (self.cluster.data / "postmaster.pid").unlink(missing_ok=True)

    def victims(self) -> list[int]:
        """Backends that work for the servers; its own helpers are left alone."""
        return [pid for pid in super().victims() if f"postgres: {OWNER} {DATABASE}" in command_of(pid)]

    def begin(self) -> None:
        """The first start, with an empty database. Raises PostgresError."""
        self.start()
        if not wait_until(lambda: self._answers() or not self.is_alive, START_WITHIN_S) or not self.is_alive:
            raise PostgresError(f"PostgreSQL does not start: {self.log.read_text(errors='replace')[-2000:]}")
        with psycopg.connect(f"{self.address}/postgres", autocommit=True, connect_timeout=CONNECT_WITHIN_S) as opened:
            opened.execute(f"CREATE DATABASE {DATABASE}")

    def _answers(self) -> bool:
        try:
            psycopg.connect(f"{self.address}/postgres", connect_timeout=CONNECT_WITHIN_S).close()
        except psycopg.OperationalError:
            return False
        return True


@contextmanager
def postgres() -> Iterator[Postgres]:
    """A running PostgreSQL with an empty database, and nothing of it afterwards. Raises PostgresError."""
    user = account()
    with tempfile.TemporaryDirectory(prefix="solitude-pg-") as name:
        folder = Path(name)
        if user.uid is not None and user.gid is not None:
            os.chown(folder, user.uid, user.gid)
        cluster = Cluster(folder, find(user, folder), user, secrets.token_hex(16), survives_kills=True)
        cluster.create()
        server = Postgres(cluster)
        try:
            server.begin()
            yield server
        finally:
            server.stop()
