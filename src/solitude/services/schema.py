"""Whether the database is as this version wants it."""

from django.db import connection
from django.db.migrations.executor import MigrationExecutor


def migrations_behind() -> int:
    """How many migrations wait for `solitude migrate`. Raises django.db.Error."""
    executor = MigrationExecutor(connection)
    behind = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    connection.close()
    return behind
