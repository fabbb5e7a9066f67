"""Work that waits in the database: taken by one worker at a time, by the database's clock, with patience that grows.

A lease is no lock: whoever dies holding one is simply late, and somebody else takes over when it ends.
"""

from datetime import timedelta
from typing import Any, TypeVar

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F, Model, Q, QuerySet
from django.db.models.functions import Now

from solitude import clocks

M = TypeVar("M", bound=Model)
DOUBLINGS_MAX = 16
# Of a lease: within it what it is for is sent, and the rest is for the exchange.
SHARE_TO_SEND = 0.5

LEASE, DUE = "leased_until", "next_try_at"


def free(lease: str = LEASE) -> Q:
    """Nobody is at it."""
    return Q(**{lease: None}) | Q(**{f"{lease}__lt": Now()})


def until() -> Any:
    """The end of a lease that begins now."""
    return Now() + timedelta(seconds=settings.SOLITUDE_CALL_LEASE_S)


def sent_before() -> float:
    """By `clocks.now_s`, for a lease that is taken after this: later nothing is sent, as another may have taken over."""
    lease_s: int = settings.SOLITUDE_CALL_LEASE_S
    return clocks.now_s() + lease_s * SHARE_TO_SEND


def later(tries: int) -> Any:
    """When to try again after so many tries in vain."""
    first_s, most_s = settings.SOLITUDE_RECOVERY_FIRST_S, settings.SOLITUDE_RECOVERY_MAX_S
    return Now() + timedelta(seconds=min(first_s * 2 ** min(max(tries - 1, 0), DOUBLINGS_MAX), most_s))


def take_due(rows: QuerySet[M], limit: int, *, due: str = DUE, lease: str = LEASE, **more: Any) -> list[int]:
    """Leases up to `limit` of the rows whose time has come and that nobody is at, the longest due first; their pks.

    `due` and `lease` are the columns with these times; `more` is written with the lease. Several workers never get the same row:
    PostgreSQL skips what another one is taking (SKIP LOCKED), and SQLite lets one in at a time.
    """
    waiting = rows.filter(free(lease), **{f"{due}__lte": Now()}).order_by(due, "pk")
    if not waiting.exists():
        return []
    with transaction.atomic():
        if connection.features.has_select_for_update_skip_locked:
            waiting = waiting.select_for_update(skip_locked=True, of=("self",))
        pks = list(waiting.values_list("pk", flat=True)[:limit])
        if pks:
            rows.model._default_manager.filter(pk__in=pks).update(**{lease: until()}, **more)
    return pks


def take(rows: QuerySet[M], pk: int, **more: Any) -> bool:
    """Leases this row, whether it is due or not; False while somebody else is at it."""
    return bool(rows.filter(free(), pk=pk).update(leased_until=until(), **more))


TAKEN_OVER: dict[str, Any] = {"takeovers": F("takeovers") + 1}
