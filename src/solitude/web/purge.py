"""Forgets what the gate no longer needs: a bounded number of rows at a time, once a minute in each process.

While more is left than one go takes, the next request goes on: each one remembers a row or two and forgets a thousand, so that
these tables follow the traffic and do not grow.
"""

import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import DatabaseError
from django.db.models import Model, QuerySet
from django.db.models.functions import Now

from solitude.telemetry.logs import get_logger
from solitude.web import idempotency
from solitude.web.models import IdempotencyKey, SeenToken

log = get_logger("solitude.web")
EVERY_S = 60
ROWS_MAX = 1000
# A token may only be forgotten when no node's clock can still think it valid.
CLOCKS_APART_S = 3600

_expiring: list[Callable[[], QuerySet[Any]]] = []


def expiring(rows: Callable[[], QuerySet[Any]]) -> None:
    """For rooms above this one: `rows` gives what is over and shall be forgotten too."""
    _expiring.append(rows)


class _Turn:
    """When this process purges next, and whether it is at it."""

    lock = threading.Lock()
    next_at = 0.0


def when_due() -> int:
    """Purges if a minute has passed; the number of rows deleted. A request that finds another one at it goes on. A failure is the
    log's and not the request's."""
    if time.monotonic() < _Turn.next_at or not _Turn.lock.acquire(blocking=False):
        return 0
    try:
        _Turn.next_at = time.monotonic() + EVERY_S
        deleted = purge()
        if deleted >= ROWS_MAX:
            _Turn.next_at = 0.0
        return deleted
    except DatabaseError:
        log.exception("purge_failed")
        return 0
    finally:
        _Turn.lock.release()


def purge() -> int:
    """Deletes up to ROWS_MAX expired tokens, as many keys, and as many of each kind of other rooms. How many rows it was done with: those
    that were deleted, and the keys that are still needed."""
    tokens = SeenToken.objects.filter(expires__lt=Now() - timedelta(seconds=CLOCKS_APART_S))
    life = timedelta(seconds=settings.SOLITUDE_IDEMPOTENCY_LIFE_S + settings.SOLITUDE_IDEMPOTENCY_LEASE_S)
    keys = _next(IdempotencyKey.objects.filter(created__lt=Now() - life))
    needed = idempotency.renewed(keys) if keys else set[int]()
    deleted = _delete(IdempotencyKey, [pk for pk in keys if pk not in needed])
    for expired in (tokens, *(rows() for rows in _expiring)):
        deleted += _delete(expired.model, _next(expired))
    return deleted + len(needed)


def _next(expired: QuerySet[Any]) -> list[Any]:
    return list(expired.order_by("pk").values_list("pk", flat=True)[:ROWS_MAX])


def _delete(model: type[Model], pks: list[Any]) -> int:
    return model._default_manager.filter(pk__in=pks).delete()[0] if pks else 0
