"""Time that passes for everybody: for PayPal, for Python, and for what is written in our database."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import time_machine
from django.db.models import F, Model

from solitude.payments.models import Notification, ProviderCall
from solitude.transactions.models import Transaction
from solitude.web.models import IdempotencyKey

# By the database's clock, which no test moves: so what is written grows old instead.
_MOMENTS: dict[type[Model], tuple[str, ...]] = {
    ProviderCall: ("begun_at", "ended_at", "leased_until", "next_try_at"),
    Transaction: ("created", "follow_up_at"),
    Notification: ("received_at", "ended_at", "leased_until", "next_try_at"),
    IdempotencyKey: ("claimed_at",),
}


def age(**span: float) -> None:
    """What is written is so much older."""
    for model, moments in _MOMENTS.items():
        model._default_manager.update(**{moment: F(moment) - timedelta(**span) for moment in moments})


@contextmanager
def after(**span: float) -> Iterator[None]:
    """So much later. The simulator lives in this process, so its clock moves with Python's."""
    age(**span)
    with time_machine.travel(datetime.now(UTC) + timedelta(**span), tick=True):
        yield


@contextmanager
def python_clock_off(**span: float) -> Iterator[None]:
    """Only Python's clock is wrong: this node's, and with it that of the simulator, which sits on it."""
    with time_machine.travel(datetime.now(UTC) + timedelta(**span), tick=True):
        yield


def make_due() -> None:
    """As if the next try of everything had come, and nobody were at it."""
    ProviderCall.objects.update(leased_until=None, next_try_at=F("begun_at"))
    Transaction.objects.exclude(follow_up_at=None).update(follow_up_at=F("created"))
