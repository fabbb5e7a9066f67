"""Writers of whom one has not committed yet when others come: on PostgreSQL, for SQLite has one at a time."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import pytest
from django.db import connection, connections, transaction

from solitude import prepared

R = TypeVar("R")
WITHIN_S = 20
needs_writers_beside = pytest.mark.skipif(
    connection.vendor != "postgresql", reason="SQLite has one writer at a time: no row can come late"
)


@contextmanager
def in_an_open_transaction(work: Callable[[], R]) -> Iterator[R]:
    """Somebody else has done this, in a transaction that is committed when the block ends; gives what came of it."""
    done, may_end = threading.Event(), threading.Event()
    found: list[R] = []

    def hold() -> None:
        try:
            with transaction.atomic():
                found.append(work())
                # Not only with the commit.
                prepared.write_now()
                done.set()
                assert may_end.wait(WITHIN_S)
        finally:
            done.set()
            connections.close_all()

    thread = threading.Thread(target=hold)
    thread.start()
    try:
        assert done.wait(WITHIN_S)
        assert found
        yield found[0]
    finally:
        may_end.set()
        thread.join(WITHIN_S)
