"""The database's time in so many seconds, by which work is leased."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models import sql
from django.db.models.functions import Now

from solitude.payments import leases
from solitude.payments.models import ProviderCall


def written(value: Any) -> tuple[str, list[Any]]:
    compiler = sql.UpdateQuery(ProviderCall).get_compiler(using="default")
    text, given = compiler.compile(value.resolve_expression(compiler.query, allow_joins=False, for_save=True))
    return text, list(given)


@pytest.mark.parametrize("seconds", [0, 1, 60, 86_400 * 400])
def test_it_is_what_django_writes(seconds: int) -> None:
    assert written(leases.In(seconds)) == written(Now() + timedelta(seconds=seconds))


def test_the_database_knows_it(db: None) -> None:
    text, given = written(leases.In(3600))
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {text}, {written(Now())[0]}", given)
        later, now = cursor.fetchone()
    if connection.vendor == "sqlite":
        assert later[11:13] != now[11:13]
    else:
        assert later - now == timedelta(hours=1)
