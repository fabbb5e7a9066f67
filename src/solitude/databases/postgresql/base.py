"""PostgreSQL, as Django has it, with connections of the process."""

import select
from collections.abc import Sequence
from time import monotonic
from typing import Any

from django.db.backends.postgresql import base
from django.db.backends.utils import debug_transaction
from typing_extensions import override

from solitude.databases import Found, Idle, Shared, found_by
from solitude.databases.postgresql import statements

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

    @override
    def get_connection_params(self) -> dict[str, Any]:
        params: dict[str, Any] = super().get_connection_params()
        params["context"] = statements.adapters(params["context"])
        return params

    @override
    def driver_cursor(self) -> Any:
        return statements.Cursor(self.connection)

    @override
    def found(self, text: str, values: Sequence[Any]) -> Found:
        found = self._statements().run(text, values)
        return found_by(self.driver_cursor(), text, values) if found is None else found

    @override
    def _commit(self) -> None:  # type: ignore[misc]  # the stubs do not know it
        if self.connection is not None:
            with debug_transaction(self, "COMMIT"), self.wrap_database_errors:
                self._statements().commit()

    def _statements(self) -> statements.Statements:
        """They go with the connection."""
        opened = self.connection
        try:
            return opened.statements  # type: ignore[no-any-return]
        except AttributeError:
            opened.statements = statements.Statements(opened)
            return opened.statements  # type: ignore[no-any-return]


def _is_readable(descriptor: int) -> bool:
    """Nobody has asked anything: if there is something to read, it is a farewell."""
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(0))
