"""The database as the version before had it, and brought up to date again."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection
from django.db.migrations.executor import MigrationExecutor


@contextmanager
def version_before(app: str, name: str = "0001_initial") -> Iterator[None]:
    """The database as it was; afterwards it is up to date."""
    MigrationExecutor(connection).migrate([(app, name)])
    try:
        yield
    finally:
        executor = MigrationExecutor(connection)
        executor.migrate(executor.loader.graph.leaf_nodes())


def columns(table: str) -> set[str]:
    with connection.cursor() as cursor:
        return {column.name for column in connection.introspection.get_table_description(cursor, table)}
