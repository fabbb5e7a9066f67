"""The access log for the auditor: what is asked of it, and its rows as they are shown."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q

from solitude.audit.models import Access
from solitude.web.answers import time_text

ROWS_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class Asked:
    """Which accesses: to what stands at one of these paths, by this client, from this moment on. What is empty asks nothing."""

    paths: Sequence[str] = ()
    client: str = ""
    since: datetime | None = None


def accesses(asked: Asked) -> Iterator[Access]:
    """In the order of their time, some at a time."""
    rows, last = Access.objects.filter(_wanted(asked)).order_by("pk"), 0
    while some := list(rows.filter(pk__gt=last)[:ROWS_AT_ONCE]):
        yield from (row for row in some if _is_about(row, asked.paths))
        last = some[-1].pk


def shown(row: Access) -> dict[str, Any]:
    return {
        "id": row.pk,
        "at": time_text(row.at),
        "client": row.client,
        "peer": row.peer,
        "request_id": row.request_id,
        "method": row.method,
        "route": row.route,
        "does": row.does,
        "kind": row.kind,
        "person": row.person or None,
        "objects": row.objects_seen,
        "by_email": row.by_email,
        "status": row.status,
    }


def about(person: str) -> list[dict[str, Any]]:
    """Who saw or changed the data of the person at this path, for the person: of a list that showed others too, without those."""
    return [
        {
            "at": time_text(row.at),
            "client": row.client,
            "does": row.does,
            "kind": row.kind,
            "method": row.method,
            "route": row.route,
            "by_email": row.by_email,
        }
        for row in accesses(Asked([person]))
    ]


def _wanted(asked: Asked) -> Q:
    wanted = Q()
    if asked.paths:
        # A row about several persons, or about none that is known, has to be looked into.
        wanted &= Q(person__in=[*asked.paths, ""])
    if asked.client:
        wanted &= Q(client=asked.client)
    if asked.since:
        wanted &= Q(at__gte=asked.since)
    return wanted


def _is_about(row: Access, paths: Sequence[str]) -> bool:
    return not paths or row.person in paths or not set(paths).isdisjoint(row.objects_seen)
