"""PostgreSQL restored to a moment: a base backup and the archived write-ahead log, with the commands of docs/backup.md."""

import os
import shutil
import subprocess
from collections.abc import Iterator

import psycopg
import pytest
from tests.faults.processes.postgres import Postgres, postgres
from tests.faults.processes.programs import wait_until

pytestmark = pytest.mark.long

WITHIN_S = 60


@pytest.fixture
def server() -> Iterator[Postgres]:
    with postgres() as running:
        yield running


def ask(address: str, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(f"{address}/postgres", autocommit=True, connect_timeout=5) as opened:
        cursor = opened.execute(statement)
        return cursor.fetchall() if cursor.description else []


def run(server: Postgres, program: str, *arguments: str) -> None:
    environment = {"PATH": os.defpath, "LC_ALL": "C.UTF-8", "HOME": str(server.cluster.folder)}
    ended = subprocess.run(
        [server.cluster.programs / program, *arguments],
        env=environment | {"PGPASSWORD": server.cluster.password},
        capture_output=True,
        text=True,
        timeout=WITHIN_S,
        check=False,
        **server.cluster.user.process_options,
    )
    assert ended.returncode == 0, ended.stderr


def test_what_was_committed_before_the_moment_is_there_and_what_came_after_is_not(server: Postgres) -> None:
    folder = server.cluster.folder
    archive, base = folder / "archive", folder / "base"
    archive.mkdir()
    if server.cluster.user.uid is not None and server.cluster.user.gid is not None:
        os.chown(archive, server.cluster.user.uid, server.cluster.user.gid)
    ask(server.address, "ALTER SYSTEM SET archive_mode = on")
    ask(
        server.address,
        f"ALTER SYSTEM SET archive_command = 'test ! -f {archive}/%f && cp %p {archive}/%f.part && mv {archive}/%f.part {archive}/%f'",
    )
    restart(server)
    ask(server.address, "CREATE TABLE paid (number integer)")
    ask(server.address, "INSERT INTO paid VALUES (1)")
    where = ("--dbname", f"{server.address}/postgres")
    run(server, "pg_basebackup", *where, f"--pgdata={base}", "--checkpoint=fast", "--wal-method=stream")
    run(server, "pg_verifybackup", str(base))
    ask(server.address, "INSERT INTO paid VALUES (2)")
    moment = str(ask(server.address, "SELECT now()")[0][0])
    ask(server.address, "INSERT INTO paid VALUES (3)")
    segment = str(ask(server.address, "SELECT pg_walfile_name(pg_switch_wal())")[0][0])
    assert wait_until((archive / segment).exists, WITHIN_S)

    # The disk is lost; what is left are the base backup and the archive.
    server.kill()
    shutil.rmtree(server.cluster.data)
    base.rename(server.cluster.data)
    with (server.cluster.data / "postgresql.conf").open("a") as configuration:
        configuration.write(
            f"restore_command = 'cp {archive}/%f %p'\nrecovery_target_time = '{moment}'\nrecovery_target_action = promote\n"
        )
    (server.cluster.data / "recovery.signal").touch()
    server.start()

    assert wait_until(lambda: is_promoted(server), WITHIN_S), server.log.read_text(errors="replace")[-2000:]
    assert ask(server.address, "SELECT number FROM paid ORDER BY number") == [(1,), (2,)]
    ask(server.address, "INSERT INTO paid VALUES (4)")


def restart(server: Postgres) -> None:
    server.kill()
    server.start()
    assert wait_until(server.is_ready, WITHIN_S)


def is_promoted(server: Postgres) -> bool:
    return server.is_ready() and ask(server.address, "SELECT pg_is_in_recovery()") == [(False,)]
