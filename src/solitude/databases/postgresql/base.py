"""PostgreSQL, as Django has it, with connections of the process."""

import select
from time import monotonic

from django.db.backends.postgresql import base

from solitude.databases import Idle, Shared

# One that was used just now need not be asked: it is enough that the server has not hung up, which says it by itself.
TRUSTED_S = 1.0


class DatabaseWrapper(Shared, base.DatabaseWrapper):
    def is_good(self, idle: Idle) -> bool:
        try:
            if monotonic() - idle.since > TRUSTED_S:
                idle.opened.execute("SELECT 1")
            return not _is_readable(idle.opened.fileno())
        except self.Database.Error:
            return False


def _is_readable(descriptor: int) -> bool:
    """Nobody has asked anything: if there is something to read, it is a farewell."""
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(0))
