"""Empties the database after each test whose commits are real, in a few milliseconds.

Django truncates every table, which takes PostgreSQL longer than most tests take: here only those that hold something are emptied.
"""

from functools import cache
from typing import Any

import pytest
from django.apps import apps
from django.db import connection, transaction
from django.test import TransactionTestCase

from solitude import monthly

# Neither triggers nor foreign keys speak up: everything goes.
_EMPTY = """
SET LOCAL session_replication_role = replica;
DO $$
DECLARE name text; holds boolean;
BEGIN
    FOREACH name IN ARRAY ARRAY[{names}] LOOP
        EXECUTE 'SELECT EXISTS (SELECT FROM ' || name || ')' INTO holds;
        IF holds THEN EXECUTE 'DELETE FROM ' || name; END IF;
    END LOOP;
END $$
"""


@cache
def _tables(_: frozenset[str]) -> list[str]:
    beside = [name for table in monthly.tables() for name in monthly.once_tables(table)]
    return [connection.ops.quote_name(name) for name in (*connection.introspection.django_table_names(), *beside)]


def tables() -> list[str]:
    """The table of every model, by its quoted name: those of the house, and of an app that tests have added for a while; and what
    triggers keep beside tables by month."""
    return _tables(frozenset(apps.app_configs))


def empty() -> None:
    """Deletes every row. Sequences go on."""
    if connection.vendor == "postgresql":
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_EMPTY.format(names=", ".join(f"'{name}'" for name in tables())))
        return
    with connection.constraint_checks_disabled(), transaction.atomic(), connection.cursor() as cursor:
        for name in tables():
            cursor.execute(f"DELETE FROM {name}")  # noqa: S608


def _fixture_teardown(_: Any) -> None:
    empty()


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart() -> None:
    """Django's own way of emptying a database after a test, replaced; and the next test goes on with the same connection."""
    TransactionTestCase._fixture_teardown = _fixture_teardown
    TransactionTestCase._should_reload_connections = lambda _: False
