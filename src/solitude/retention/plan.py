"""What would go now, what holds the rest back, and what should have gone long ago."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import QuerySet

from solitude.retention.classes import DataClass, declared
from solitude.retention.models import RetentionRun

# As many rows are counted where somebody waits for the answer.
COUNT_MAX = 10_000


@dataclass(frozen=True, slots=True)
class Backlog:
    """Of one class: how many rows are due, since when the oldest of them is kept, and how many are held, by the reason."""

    data: DataClass
    due: int
    oldest: datetime | None
    held: dict[str, int] = field(default_factory=dict)


def backlog(data: DataClass, count_max: int | None = None) -> Backlog:
    """Counts up to `count_max` rows of each kind; None: all."""
    due = data.due()
    oldest = due.order_by("since", "pk").values_list("since", flat=True).first()
    return Backlog(data, _count(due, count_max) if oldest else 0, oldest, held(data, count_max))


def held(data: DataClass, count_max: int | None = None) -> dict[str, int]:
    """How many rows are old enough and stay, by the reason; one with several reasons counts for each."""
    found = {hold.why: _count(data.old().filter(hold.rows()), count_max) for hold in data.all_holds}
    return {why: count for why, count in found.items() if count}


def overdue() -> list[str]:
    """The classes of which something should have gone longer ago than SOLITUDE_RETENTION_OVERDUE_S."""
    late = timedelta(seconds=settings.SOLITUDE_RETENTION_OVERDUE_S)
    return [name for name, data in declared().items() if data.days is not None and _is_any(data.free(data.old(late)))]


def _is_any(rows: QuerySet[Any]) -> bool:
    """Looks at the oldest first. Asked for any of them, PostgreSQL expects that nearly every row will do, and goes through all of a big
    table where none does."""
    return bool(rows.order_by("since").values("since")[:1])


def last_run(name: str) -> RetentionRun | None:
    """The last run of a class that has ended."""
    return RetentionRun.objects.filter(data_class=name, ended_at__isnull=False).order_by("-pk").first()


def _count(rows: QuerySet[Any], most: int | None) -> int:
    # Up to a limit the oldest first, as in `_is_any`.
    return rows.order_by().count() if most is None else rows.order_by("since")[:most].count()
