"""`solitude backup` and `restore`: a copy of one moment, whole or not at all; and what a server that goes on from it finds out."""

import os
import sqlite3
import stat
import subprocess
from pathlib import Path
from unittest import mock

import pytest
from tests.support.processes import solitude

from solitude.cli import backup
from solitude.cli.backup import NotCopied


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """As a process that has crashed leaves it: a part of what was committed stands in the write-ahead log."""
    made = tmp_path / "solitude.sqlite3"
    with sqlite3.connect(made) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("CREATE TABLE django_migrations (name text)")
        connection.execute("CREATE TABLE paid (number integer)")
    connection.close()
    return made


def paid(database: Path) -> list[int]:
    with sqlite3.connect(database) as connection:
        found = [row[0] for row in connection.execute("SELECT number FROM paid ORDER BY number")]
    connection.close()
    return found


def test_a_copy_is_of_one_moment_while_others_write(database: Path, tmp_path: Path) -> None:
    writer = sqlite3.connect(database, isolation_level=None)
    writer.execute("INSERT INTO paid VALUES (1)")
    writer.execute("BEGIN IMMEDIATE")
    writer.execute("INSERT INTO paid VALUES (2)")

    backup.copy(database, tmp_path / "copy")

    writer.execute("COMMIT")
    writer.close()
    assert paid(tmp_path / "copy") == [1]
    assert not list(tmp_path.glob("copy-*")), "a copy is one file"


def test_a_copy_is_its_owners_alone(database: Path, tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        backup.copy(database, tmp_path / "copy")
    finally:
        os.umask(before)

    assert stat.S_IMODE((tmp_path / "copy").stat().st_mode) == 0o600


@pytest.mark.parametrize("ending", ["", "-wal", "-journal"])
def test_nothing_is_ever_replaced(database: Path, tmp_path: Path, ending: str) -> None:
    there = tmp_path / f"copy{ending}"
    there.write_bytes(b"yesterday's")

    with pytest.raises(NotCopied, match="there already"):
        backup.copy(database, tmp_path / "copy")

    assert there.read_bytes() == b"yesterday's"


def test_a_copy_that_fails_leaves_nothing(database: Path, tmp_path: Path) -> None:
    with mock.patch.object(backup, "_sync", side_effect=OSError(28, "No space left on device")):  # noqa: SIM117
        with pytest.raises(NotCopied, match="No space left"):
            backup.copy(database, tmp_path / "copy")

    assert {path.name for path in tmp_path.iterdir() if "copy" in path.name} == set()


def test_a_damaged_database_is_not_copied(database: Path, tmp_path: Path) -> None:
    with sqlite3.connect(database) as connection:
        connection.executemany("INSERT INTO paid VALUES (?)", [(number,) for number in range(5000)])
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    data = bytearray(database.read_bytes())
    data[-8192:-4096] = b"\x55" * 4096
    database.write_bytes(data)

    with pytest.raises(NotCopied):
        backup.copy(database, tmp_path / "copy")

    assert not (tmp_path / "copy").exists()


def test_what_is_no_database_of_solitude_is_not_restored(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "other") as connection:
        connection.execute("CREATE TABLE songs (name text)")
    connection.close()
    (tmp_path / "text").write_text("not a database, but long enough to be read as one" * 100)

    for name in ("other", "text", "missing"):
        with pytest.raises(NotCopied):
            backup.copy(tmp_path / name, tmp_path / "solitude.sqlite3")
        assert not (tmp_path / "solitude.sqlite3").exists()


def test_on_postgresql_the_command_says_what_to_use(tmp_path: Path) -> None:
    environment = {
        "PATH": os.defpath,
        "SOLITUDE_DEBUG": "true",
        "SOLITUDE_HOME": str(tmp_path),
        "SOLITUDE_ENV_FILE": "",
        "SOLITUDE_DATABASE_URL": "postgresql://solitude@127.0.0.1:1/solitude",
    }
    ended = subprocess.run(
        solitude("backup", str(tmp_path / "copy")),
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert ended.returncode == 1
    assert "pg_basebackup" in ended.stderr
    assert not (tmp_path / "copy").exists()


def solitude_database(path: Path) -> Path:
    """As far as a restore knows it: keys are given by SQLite, and one table has been empty until now."""
    with sqlite3.connect(path) as connection:
        connection.executescript("""
            CREATE TABLE django_migrations (name text);
            CREATE TABLE "buyers_buyer" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "uuid" text);
            CREATE TABLE "sellers_seller" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "uuid" text);
            CREATE TABLE "events_feed" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "last_place" bigint NOT NULL);
            INSERT INTO buyers_buyer (uuid) VALUES ('shop:1');
            INSERT INTO events_feed (last_place) VALUES (41);
        """)
    connection.close()
    return path


def added(path: Path, table: str) -> int:
    """The key of a new row."""
    with sqlite3.connect(path) as connection:
        key = connection.execute(f"INSERT INTO {table} (uuid) VALUES ('new')").lastrowid  # noqa: S608
    connection.close()
    return int(key or 0)


def last_place(path: Path) -> int:
    with sqlite3.connect(path) as connection:
        ((place,),) = connection.execute("SELECT last_place FROM events_feed")
    connection.close()
    return int(place)


def test_what_was_named_after_the_backup_is_no_name_of_anything_else(tmp_path: Path) -> None:
    """Clients keep paths such as /generic/buyer/2/, and places in the feed."""
    first, copied, second = solitude_database(tmp_path / "first"), tmp_path / "copied", tmp_path / "second"
    backup.copy(first, copied)
    assert (last_place(copied), added(copied, "buyers_buyer")) == (41, 2), "a backup is as it was"
    copied.unlink()
    backup.copy(first, copied)
    lost = added(first, "buyers_buyer"), added(first, "sellers_seller")

    backup.copy(copied, second, goes_on=True)

    assert last_place(second) == 41 + backup.LOST_MAX
    assert min(added(second, "buyers_buyer"), added(second, "sellers_seller")) > backup.LOST_MAX > max(lost)
