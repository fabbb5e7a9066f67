"""Rows that tests of the database write: tokens, which are refused a second time."""

from datetime import UTC, datetime
from typing import Any

from django.db import connection, connections
from tests.faults.processes.programs import wait_until

from solitude.web.models import SeenToken

EXPIRES = datetime(2030, 1, 1, tzinfo=UTC)
WITHIN_S = 20


def own() -> Any:
    """This thread's connection itself."""
    return connections["default"]


def token(jti: str) -> SeenToken:
    return SeenToken(client="a", jti=jti, expires=EXPIRES)


def tokens() -> list[str]:
    return list(SeenToken.objects.order_by("pk").values_list("jti", flat=True))


def somebody_waits_for_a_lock() -> bool:
    """On PostgreSQL; whether it comes to that."""
    with connection.cursor() as cursor:

        def waits() -> bool:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            return bool(cursor.fetchone() == (1,))

        return wait_until(waits, WITHIN_S)
