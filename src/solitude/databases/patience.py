"""Statements that take longer than a request has for one."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction


@contextmanager
def patient() -> Iterator[None]:
    """For statements that look at many rows, of a disk that may be cold: PostgreSQL does not end them after the time that a request has."""
    with transaction.atomic():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL statement_timeout = 0")
        yield
