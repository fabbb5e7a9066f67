"""Rows of months that are long over, and where rows are."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import Any, TypeVar

from django.db import connection
from django.db.models import Model

from solitude import monthly
from solitude.events.models import Event
from solitude.payments.contract import Intent
from solitude.payments.models import Notification, ProviderCall
from solitude.transactions.models import CallOutcome

M = TypeVar("M", bound=Model)
LONG_AGO, LATER = date(2020, 1, 1), date(2020, 2, 1)
WITHIN_S = 20
TABLES = ("events_event", "payments_notification", "payments_providercall")


@contextmanager
def past_months(*tables: str) -> Iterator[None]:
    """Within the block these tables have the months LONG_AGO and LATER, which nobody would make any more. SQLite takes any key."""
    made = [(table, month) for table in monthly.tables() for month in (LONG_AGO, LATER) if table in tables]
    for table, month in made:
        name, start = f"{table}_{month:%Y_%m}", monthly.first_id(month)
        execute(
            f"CREATE TABLE {name} (LIKE {monthly.months(table)[-1].name} INCLUDING ALL)",
            f"ALTER TABLE {table} ATTACH PARTITION {name} FOR VALUES FROM ({start}) TO ({start + monthly.ROWS_MAX})",
        )
    try:
        yield
    finally:
        execute(*(f"DROP TABLE IF EXISTS {table}_{month:%Y_%m}" for table, month in made))


def execute(*statements: str) -> list[Any]:
    """What the last one gives."""
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
        return cursor.fetchall() if cursor.description else []


def event(month: date, number: int = 1, **columns: Any) -> Event:
    given = {"type": "transaction.completed", "edge": "payment_seen_paid", "created": at(month), **columns}
    return _saved(
        Event(resource_uri=f"/generic/transaction/{number}/", uuid=f"payment-{number}", **given), month, number
    )


def call(month: date, number: int = 1, **columns: Any) -> ProviderCall:
    given = {
        "provider": "paypal",
        "operation": "check",
        "outcome": CallOutcome.SUCCEEDED,
        "begun_at": at(month),
        **columns,
    }
    return _saved(ProviderCall(intent=Intent().to_json(), **given), month, number)


def notification(month: date, number: int = 1, **columns: Any) -> Notification:
    given = {"provider": "paypal", "fingerprint": f"{month}-{number}", "received_at": at(month), **columns}
    return _saved(Notification(headers={"a": "b"}, body="{}", **given), month, number)


def at(month: date) -> datetime:
    return datetime(month.year, month.month, 15, 12, tzinfo=UTC)


def where(row: Model) -> str:
    """The partition that a row is in."""
    ((name,),) = execute(f"SELECT tableoid::regclass::text FROM {row._meta.db_table} WHERE id = {row.pk}")
    return str(name)


def _saved(row: M, month: date, number: int) -> M:
    row.pk = monthly.first_id(month) + number
    row.save(force_insert=True)
    return row
