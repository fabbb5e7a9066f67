"""What a worker tells now and then of the database as a whole, beside the backlog (`payments.recovery`)."""

from datetime import timedelta
from typing import Any

from django.db import connection
from django.db.models import DurationField, ExpressionWrapper, Min, QuerySet
from django.db.models.functions import Now

from solitude.audit import sealing
from solitude.payments import calls
from solitude.retention import plan
from solitude.telemetry import metrics
from solitude.transactions.models import Transaction
from solitude.vault import renewing

STATES = {"active": "active", "idle": "idle", "idle in transaction": "idle_in_transaction"}


def tell() -> None:
    """What waits, how overdue the work is, and who is connected."""
    waiting = Transaction.objects.filter(follow_up_at__isnull=False)
    metrics.gauge("solitude.pending_transactions", waiting.count())
    metrics.gauge(
        "worker.lag_s", max(_overdue_s(calls.uncertain(), "next_try_at"), _overdue_s(waiting, "follow_up_at"))
    )
    if connection.vendor == "postgresql":
        _tell_connections()


def tell_overdue() -> None:
    """Of how many classes of data something should have gone long ago, how far sealing is behind, and what a rotation has left.

    The last one the worker tells that is at it too, more often. Another one may finish it: so each tells, or the first would say for ever
    what it saw last.
    """
    metrics.gauge("retention.overdue_classes", len(plan.overdue()))
    metrics.gauge("audit.unsealed_oldest_s", sealing.unsealed_s())
    metrics.gauge("keys.rows_left", renewing.left())


def _overdue_s(rows: QuerySet[Any], due: str) -> int:
    """By how much the row that has been due for the longest is."""
    age = ExpressionWrapper(Now() - Min(due), output_field=DurationField())
    overdue = rows.aggregate(overdue=age)["overdue"]
    return max(overdue // timedelta(seconds=1), 0) if overdue else 0


def _tell_connections() -> None:
    """Those to this database, of everybody; another user's are of no known state without the right to see it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT state, count(*) FROM pg_stat_activity WHERE datname = current_database() GROUP BY state")
        found = dict(cursor.fetchall())
        cursor.execute("SHOW max_connections")
        most = cursor.fetchone()
    known = {word: found.pop(state, 0) for state, word in STATES.items()}
    for state, number in {**known, "other": sum(found.values())}.items():
        metrics.gauge("solitude_database_connections", number, state=state)
    if most:
        metrics.gauge("solitude_database_connections_limit", int(most[0]))
