"""Rows to seal, the sealer, and what the verification says."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction

from solitude.audit import sealing
from solitude.audit.bounds import bounds
from solitude.audit.verifying import Verified, Wish, verify
from solitude.events.models import Event, append
from solitude.payments.contract import Intent
from solitude.payments.models import Notification, ProviderCall
from solitude.transactions.models import CallOutcome


def event(number: int = 1) -> Event:
    row = Event(
        type="transaction.completed",
        edge="payment_seen_paid",
        resource_uri=f"/generic/transaction/{number}/",
        uuid=f"payment-{number}",
        old="pending",
        new="completed",
        data={"amount": "1.00", "number": number},
    )
    with transaction.atomic():
        append(row)
    return row


def call(outcome: str = CallOutcome.SUCCEEDED, **columns: Any) -> ProviderCall:
    row = ProviderCall(
        **{
            "provider": "paypal",
            "operation": "check",
            "outcome": outcome,
            "intent": Intent(terms={"memo": "for you"}).to_json(),
            "ids": {"order": "O-1"},
            "exchanges": [{"status": 200}],
            **columns,
        }
    )
    row.save(force_insert=True)
    return row


def notification(number: int = 1) -> Notification:
    row = Notification(provider="paypal", fingerprint=f"{number:064}", headers={"a": "b"}, body="{}")
    row.save(force_insert=True)
    return row


def seal() -> int:
    """What the worker does; rows need not be old (see `seal_at_once`)."""
    bounds.forget()
    return sealing.seal_due()


def findings(**wish: Any) -> list[str]:
    return [str(found) for found in verify(Wish(**wish), Verified())]


def verified(**wish: Any) -> Verified:
    """Raises AssertionError unless everything is whole."""
    result = Verified()
    assert [str(found) for found in verify(Wish(**wish), result)] == []
    return result


def tamper(statement: str, *values: Any) -> None:
    """What somebody does who can write to the database, and nothing else."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


@contextmanager
def undone() -> Iterator[None]:
    """Whatever is done within is undone."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
