"""The database that this very run is on."""

import os
import threading
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from tests.support.isolation import INHERITED_DATABASE, database_in_use

ASKED_FOR = "postgresql" if os.environ[INHERITED_DATABASE] else "sqlite"


@pytest.mark.django_db
def test_it_is_the_one_that_was_asked_for() -> None:
    assert connection.vendor == ASKED_FOR
    assert ASKED_FOR in database_in_use().lower()


@pytest.mark.django_db(transaction=True)
def test_threads_see_one_anothers_commits() -> None:
    seen: list[object] = []

    def look() -> None:
        with connection.cursor() as cursor:
            seen.append(cursor.execute("SELECT number FROM probe") and cursor.fetchone())
        connection.close()

    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE probe (number integer)")
        cursor.execute("INSERT INTO probe VALUES (42)")
    try:
        thread = threading.Thread(target=look)
        thread.start()
        thread.join(30)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE probe")

    assert seen == [(42,)]


@pytest.mark.django_db(transaction=True)
def test_sqlite_is_a_file_with_a_write_ahead_log_and_postgresql_a_server_on_loopback() -> None:
    name = str(connection.settings_dict["NAME"])
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA journal_mode")
            assert cursor.fetchone() == ("wal",)
        assert Path(name).is_relative_to(settings.SOLITUDE_HOME)
        assert Path(name).stat().st_size > 0
    else:
        assert connection.settings_dict["HOST"] == "127.0.0.1"
        assert name.startswith("test_")


@pytest.mark.django_db
def test_times_are_in_utc() -> None:
    assert settings.TIME_ZONE == "UTC"
    assert connection.timezone_name == "UTC"
