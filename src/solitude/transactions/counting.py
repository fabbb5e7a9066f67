"""How many transactions there are, for lists, without counting the same rows again and again.

No transaction is ever deleted, and below a certain id there can come no more (`audit.bounds`). So what was counted up to there stays, and
each process remembers it: only what came since is counted, and that not for long before it is remembered too.
"""

import threading
from dataclasses import dataclass

from django.db.models import QuerySet

from solitude.audit.bounds import bounds
from solitude.transactions.models import Transaction

# Fewer rows than these are counted in no time.
COUNTED_ANEW_MAX = 1_000


@dataclass(frozen=True, slots=True)
class Counted:
    """There are `rows` up to and with the id `through`, for ever."""

    through: int = 0
    rows: int = 0


class Counter:
    """What one process remembers; lost with it, which costs one whole count."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counted = Counted()

    def count(self) -> int:
        """All transactions that can be seen now."""
        counted = self._counted
        new = Transaction.objects.filter(pk__gt=counted.through)
        total = counted.rows + new.count()
        if total - counted.rows > COUNTED_ANEW_MAX and self._lock.acquire(blocking=False):
            try:
                self._go_on(counted, new)
            finally:
                self._lock.release()
        return total

    def _go_on(self, counted: Counted, new: QuerySet[Transaction]) -> None:
        settled = bounds.settled(Transaction)
        if settled > counted.through:
            rows = new.filter(pk__lte=settled).count()
            self._counted = Counted(settled, counted.rows + rows)

    def forget(self) -> None:
        """For a database that was emptied."""
        self._counted = Counted()


counter = Counter()
