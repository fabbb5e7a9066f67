"""The writers of a process stand in line for SQLite, and whatever ends a transaction lets the next one come."""

import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from typing import Any

import pysqlite3  # type: ignore[import-untyped]  # no stubs are published
import pytest
from django.db import DatabaseError, OperationalError, connection, transaction
from tests.databases.tokens import WITHIN_S, own, token, tokens

from solitude import prepared
from solitude.databases.sqlite3 import base

pytestmark = pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL has many writers at a time")


@contextmanager
def beside(do: Any, *given: Any) -> Iterator[Future[Any]]:
    """`do` is done by another thread, with a connection of its own."""

    def run() -> Any:
        try:
            return do(*given)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as threads:
        yield threads.submit(run)


def write(jti: str) -> list[str]:
    """What SQLite was asked."""
    asked: list[str] = []
    connection.ensure_connection()
    connection.connection.set_trace_callback(asked.append)
    with transaction.atomic():
        prepared.insert(token(jti))
    connection.connection.set_trace_callback(None)
    return asked


def is_free() -> bool:
    """Whether another thread may write at once."""
    with beside(write, "free") as written:
        return bool(written.result(WITHIN_S))


def test_who_comes_second_asks_sqlite_when_the_first_one_has_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    comes = threading.Event()
    stand = base.DatabaseWrapper._stand_in_line

    def told(self: base.DatabaseWrapper) -> None:
        comes.set()
        stand(self)

    monkeypatch.setattr(base.DatabaseWrapper, "_stand_in_line", told)
    with ExitStack() as stack:
        with transaction.atomic():
            prepared.insert(token("first"))
            comes.clear()
            second = stack.enter_context(beside(write, "second"))
            assert comes.wait(WITHIN_S)
            assert not second.done()
        asked = second.result(WITHIN_S)

    # Each once: SQLite, which would have refused to begin before that, was not asked.
    assert [text.split()[0] for text in asked] == ["BEGIN", "INSERT", "COMMIT"]
    assert tokens() == ["first", "second"]


def test_one_statement_that_writes_stands_in_line_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(base, "BUSY_TIMEOUT_S", 0.05)
    with transaction.atomic():
        prepared.insert(token("first"))
        with beside(prepared.insert, token("second")) as second, pytest.raises(OperationalError, match="locked"):
            second.result(WITHIN_S)
    prepared.insert(token("third"))
    assert tokens() == ["first", "third"]


def test_who_reads_stands_in_no_line() -> None:
    prepared.insert(token("before"))
    with transaction.atomic():
        prepared.insert(token("first"))
        with beside(tokens) as found:
            assert found.result(WITHIN_S) == ["before"]


def test_who_waits_too_long_is_told_so_as_sqlite_tells_it_and_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    with transaction.atomic():
        prepared.insert(token("first"))
        with monkeypatch.context() as patch:
            patch.setattr(base, "BUSY_TIMEOUT_S", 0.05)
            with beside(write, "second") as second, pytest.raises(OperationalError, match="database is locked"):
                second.result(WITHIN_S)
    assert is_free()
    assert tokens() == ["first", "free"]


def test_whom_another_process_keeps_waiting_too_long_leaves_the_line() -> None:
    connection.ensure_connection()
    connection.connection.execute("PRAGMA busy_timeout = 50")
    other = pysqlite3.connect(str(connection.settings_dict["NAME"]), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        with pytest.raises(OperationalError, match="locked"):
            write("refused")
        with pytest.raises(OperationalError, match="locked"):
            prepared.insert(token("refused too"))
    finally:
        other.close()
    assert is_free()


@pytest.mark.parametrize("way", ["undone", "closed", "closed and undone", "refused"])
def test_however_a_transaction_ends_the_next_one_may_write(way: str) -> None:
    prepared.insert(token("there"))

    def end() -> None:
        with transaction.atomic():
            prepared.insert(token("gone"))
            if way.startswith("closed"):
                connection.close()
            if way.endswith("undone"):
                raise RuntimeError
            prepared.insert(token("there"))

    with pytest.raises((RuntimeError, DatabaseError)):
        end()
    assert own()._line is None
    assert is_free()
    assert tokens() == ["there", "free"]
