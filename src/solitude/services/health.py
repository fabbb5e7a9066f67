"""What a process says of its health: four facts, and with which of them it is well.

Whoever asks is not signed and must not wait: every question has a time of its own, and the log says what is wrong.
"""

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from django.conf import settings
from django.core.cache import cache
from django.db import Error, connection, transaction
from typing_extensions import TypedDict

from solitude import sqlite
from solitude.outbound import probes
from solitude.telemetry.logs import get_logger
from solitude.vault import checks
from solitude.web.models import SeenToken

log = get_logger("solitude.services")
# How long the database may take for each step of the write.
WRITE_MAX_MS = 3_000
# No client has this key.
NOBODY = "<status>"


class Health(TypedDict):
    """`proxies`: every configured provider answers. `db`: the database does. `cache`: it takes a write. `settings`: the keys work."""

    proxies: bool
    db: bool
    cache: bool
    settings: bool


@dataclass(frozen=True, slots=True)
class Role:
    """A kind of process: how it finds the four facts, and with which of them it is well."""

    examined: Callable[[], Health]
    is_well: Callable[[Health], bool]


def _examined_with_database() -> Health:
    answers = database_answers()
    return {
        "proxies": probes.all_answer(settings.SOLITUDE_STATUS_PROBE_LIFE_S),
        "db": answers,
        # Where nobody answers, to write would only be to wait once more.
        "cache": answers and database_takes_a_write(),
        "settings": keys_work(),
    }


# A provider that is away is its own business: the server goes on, and says of each payment what is known.
DATABASE = Role(_examined_with_database, lambda found: found["db"] and found["cache"] and found["settings"])


def _examined_without_database() -> Health:
    answers = has_database() and database_answers()
    return {
        "proxies": probes.all_answer(settings.SOLITUDE_STATUS_PROBE_LIFE_S),
        "db": answers,
        # What it remembers is in its own memory, which is shared with nobody.
        "cache": memory_takes_a_write(),
        "settings": not has_database() and not has_shared_cache(),
    }


# It is for nothing but to have no database.
PROXY = Role(_examined_without_database, lambda found: found["settings"] and not (found["db"] and found["cache"]))


def role() -> Role:
    """That of this process."""
    return PROXY if settings.SOLITUDE_PROXY else DATABASE


def has_database() -> bool:
    return bool(settings.DATABASES["default"]["ENGINE"] != "django.db.backends.dummy")


def has_shared_cache() -> bool:
    own = ("django.core.cache.backends.locmem.LocMemCache", "django.core.cache.backends.dummy.DummyCache")
    return any(one["BACKEND"] not in own for one in settings.CACHES.values())


def memory_takes_a_write() -> bool:
    name = uuid.uuid4().hex
    cache.set(name, NOBODY, timeout=10)
    found = bool(cache.get(name) == NOBODY)
    cache.delete(name)
    return found


def database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            return bool(cursor.fetchone() == (1,))
    except Error:
        log.exception("database does not answer")
        return False


def database_takes_a_write() -> bool:
    """Whether a row can be written and read back, and taken back: the database is all that the processes share.

    It finds a standby, a file that is read-only, and a lock that nobody gives up. A full disk it finds only where the database
    notices that before the commit; to commit at everybody's request would fill it.
    """
    row = {"client": NOBODY, "jti": uuid.uuid4().hex}
    try:
        with _hurried(), transaction.atomic():
            if connection.vendor == "postgresql":
                _execute(f"SET LOCAL statement_timeout = {WRITE_MAX_MS}")
            SeenToken.objects.create(**row, expires=datetime.now(UTC))
            found = SeenToken.objects.filter(**row).exists()
            transaction.set_rollback(True)
            return found
    except Error:
        log.exception("database takes no write")
        return False


def keys_work() -> bool:
    try:
        checks.self_test()
    except Exception:
        log.exception("keys do not work")
        return False
    return True


@contextmanager
def _hurried() -> Iterator[None]:
    """SQLite waits for its one writer at the beginning of a transaction; not so long here."""
    if connection.vendor != "sqlite":
        yield
        return
    _execute(f"PRAGMA busy_timeout = {WRITE_MAX_MS}")
    try:
        yield
    finally:
        _execute(f"PRAGMA busy_timeout = {sqlite.BUSY_TIMEOUT_S * 1000}")


def _execute(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)
