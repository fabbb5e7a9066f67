"""What a run leaves: the columns of the database, and what statsd was sent."""

from collections.abc import Iterator
from typing import Any

from django.db import connection

from tests.support.statsd import Daemon


def columns() -> Iterator[tuple[str, str]]:
    """Each column of each table, with all that stands in it, read past the models."""
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')  # noqa: S608 - the name is the database's own
            names = [column[0] for column in cursor.description]
            rows = cursor.fetchall()
            for place, name in enumerate(names):
                yield f"{table}.{name}", "\n".join(_text(row[place]) for row in rows)


def _text(value: Any) -> str:
    return bytes(value).decode("latin-1") if isinstance(value, bytes | memoryview) else str(value)


def heard(listening: Daemon) -> str:
    """All that statsd was sent: loopback has delivered it already."""
    listening.socket.setblocking(False)
    parts = []
    while True:
        try:
            parts.append(listening.socket.recv(65_536).decode())
        except BlockingIOError:
            return "\n".join(parts)
