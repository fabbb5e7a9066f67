"""`backup`, `restore`: a copy of the embedded database while it is in use, and back. PostgreSQL has tools of its own for that."""

import argparse
import os
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

from . import start

FOR_POSTGRESQL = (
    "solitude: the database is PostgreSQL: take base backups with pg_basebackup and archive its WAL (docs/backup.md); "
    "nothing was done"
)
# More than could ever be given between a backup and its restore: so many keys, and places in the feed, are left out.
LOST_MAX = 1_000_000_000


class NotCopied(Exception):
    """The copy was not made; the text says why."""


def take(commands: Any) -> None:
    backup = commands.add_parser(
        "backup", help="copies the SQLite database, in use or not, to a file that is not there yet"
    )
    backup.add_argument("file", type=Path)
    backup.set_defaults(run=_backup)

    restore = commands.add_parser("restore", help="puts such a copy where there is no database yet")
    restore.add_argument("file", type=Path)
    restore.set_defaults(run=_restore)


def _backup(chosen: argparse.Namespace) -> int:
    return _copy(None, chosen.file.absolute())


def _restore(chosen: argparse.Namespace) -> int:
    return _copy(chosen.file.absolute(), None)


def _copy(source: Path | None, target: Path | None) -> int:
    """From or to the database, which stands for None."""
    start.set_up()
    from django.db import connection

    if connection.vendor != "sqlite":
        print(FOR_POSTGRESQL, file=sys.stderr)
        return start.NOT_DONE
    database = Path(str(connection.settings_dict["NAME"]))
    made = target or database
    try:
        copy(source or database, made, goes_on=target is None)
    except NotCopied as error:
        print(f"solitude: {error}", file=sys.stderr)
        return start.NOT_DONE
    print(
        f"solitude: {made}, {made.stat().st_size} bytes, checked. It is of no use without the keys, which it does not hold."
    )
    return 0


def copy(source: Path, target: Path, *, goes_on: bool = False) -> None:
    """Makes `target` a checked copy of one moment of `source`, readable by its owner alone. It appears whole or not at all.

    `goes_on`: others went on with `source` meanwhile, and what they named is no name of anything else in `target`.

    Raises:
        NotCopied: there is something at `target`, or `source` is no sound database, or the copy cannot be written.
    """
    # What is left of another database's log would be taken for this one's.
    for taken in (target, Path(f"{target}-wal"), Path(f"{target}-shm"), Path(f"{target}-journal")):
        if taken.exists():
            raise NotCopied(f"{taken} is there already; nothing was done")
    unfinished = target.with_name(f".{target.name}.unfinished")
    try:
        os.close(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    except OSError as error:
        raise NotCopied(f"{unfinished} cannot be made: {error.strerror}; nothing was done") from None
    try:
        _fill(source, unfinished, goes_on=goes_on)
        _sync(unfinished)
        # Unlike a renaming, this fails if the name was taken in the meantime.
        os.link(unfinished, target)
        _sync(target.parent)
    except OSError as error:
        raise NotCopied(f"{target} cannot be written: {error.strerror}; nothing was done") from None
    finally:
        unfinished.unlink(missing_ok=True)


def _fill(source: Path, unfinished: Path, *, goes_on: bool) -> None:
    """Copies in one step of SQLite's online backup (https://sqlite.org/backup.html): with a write-ahead log, writers go on meanwhile."""
    import sqlite3

    try:
        with (
            closing(sqlite3.connect(f"{source.as_uri()}?mode=ro", uri=True)) as read,
            closing(sqlite3.connect(unfinished)) as written,
        ):
            read.backup(written)
            # One file, whose log is not beside it.
            written.execute("PRAGMA journal_mode=DELETE")
            found = [row[0] for row in written.execute("PRAGMA integrity_check")]
            if found != ["ok"] or written.execute("PRAGMA foreign_key_check").fetchall():
                raise NotCopied(f"{source} is damaged; nothing was done")
            if not written.execute("SELECT 1 FROM sqlite_master WHERE name = 'django_migrations'").fetchone():
                raise NotCopied(f"{source} is no database of Solitude; nothing was done")
            if goes_on:
                _leave_out_lost(written)
    except sqlite3.Error as error:
        raise NotCopied(f"{source} cannot be copied: {error}; nothing was done") from None


def _leave_out_lost(database: Any) -> None:
    """Clients know keys and places of after the backup: no row and no event gets one of them."""
    names = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE sql LIKE '%AUTOINCREMENT%'")]
    for name in names:
        known = database.execute("UPDATE sqlite_sequence SET seq = seq + ? WHERE name = ?", (LOST_MAX, name))
        if not known.rowcount:
            database.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", (name, LOST_MAX))
    if "events_feed" in names:
        database.execute(
            "INSERT INTO events_feed (id, last_place) VALUES (1, ?)"
            " ON CONFLICT (id) DO UPDATE SET last_place = events_feed.last_place + excluded.last_place",
            (LOST_MAX,),
        )
    database.commit()


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
