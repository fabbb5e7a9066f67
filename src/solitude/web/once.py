"""Insert a row unless it is there: one statement, decided by the database's own unique constraint."""

from typing import Any

from django.db import connection
from django.db.models import Model
from django.db.models.expressions import DatabaseDefault


def insert_once(row: Model) -> bool:
    """Inserts `row` and sets its pk; False when a unique constraint says that it exists. Aborts no transaction.

    Columns for which nothing was set but a database default are left to the database. Django's `ignore_conflicts` would not
    tell which it was.
    """
    meta = row._meta
    fields: Any = [
        field
        for field in meta.concrete_fields
        if not field.primary_key and not isinstance(getattr(row, field.attname), DatabaseDefault)
    ]
    values = [field.get_db_prep_save(field.pre_save(row, add=True), connection) for field in fields]
    quote = connection.ops.quote_name
    pk: Any = meta.pk
    statement = (
        f"INSERT INTO {quote(meta.db_table)} ({', '.join(quote(field.column) for field in fields)}) "  # noqa: S608
        f"VALUES ({', '.join(['%s'] * len(fields))}) ON CONFLICT DO NOTHING RETURNING {quote(pk.column)}"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        found = cursor.fetchone()
    if found is None:
        return False
    row.pk = found[0]
    row._state.adding = False
    return True
