"""PostgreSQL, as Django has it, with connections of the process."""

import select
from collections.abc import Sequence
from time import monotonic
from typing import Any

from django.db.backends.postgresql import base
from django.db.backends.utils import debug_transaction
from django.db.transaction import TransactionManagementError
from typing_extensions import override

from solitude.databases import Asked, Found, Heed, Idle, Shared, found_by
from solitude.databases.postgresql import statements

# One that was used just now need not be asked: it is enough that the server has not hung up, which says it by itself.
TRUSTED_S = 1.0
_UNWAITED = ", set_config('synchronous_commit', 'off', true)"
# Of a transaction that writes nothing PostgreSQL waits for nothing. This one writes to its log, and the log is on disk up to there then.
_TO_DISK: Asked = ("SELECT pg_logical_emit_message(true, 'solitude', '')", ())


class DatabaseWrapper(Shared, base.DatabaseWrapper):
    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._soon: list[tuple[Asked, Heed]] = []
        self._later: list[tuple[Asked, Heed]] = []
        # What was done and may not be on disk, and the connection by which it was done.
        self._owed: tuple[Asked, Any] | None = None
        self._has_written = False

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
    def ask(self, text: str, values: Sequence[Any]) -> Found:
        found = super().ask(text, values)
        self._note(text, found)
        return found

    @override
    def ask_all(self, asked: Sequence[Asked]) -> list[Found]:
        """In one way there and back, together with what was to be asked soon; then that is one transaction."""
        if self.is_looked_at or not asked:
            return super().ask_all(asked)
        soon, self._soon = self._soon, []
        together = [*(one for one, _ in soon), *asked]
        if len(together) < 2:
            return super().ask_all(asked)
        self.make_ready()
        with self.wrap_database_errors:
            found = self._run_all(together)
        if found is None:
            self._soon = soon
            return super().ask_all(asked)
        for (_, heed), answer in zip(soon, found, strict=False):
            heed(answer)
        return found[len(soon) :]

    @property
    @override
    def unwaited(self) -> str:
        # Within a transaction all of that would not be waited for.
        return "" if self.in_atomic_block else _UNWAITED

    @override
    def owe(self, text: str, values: Sequence[Any]) -> None:
        self._owed = None if self.in_atomic_block else ((text, values), self.connection)

    @override
    def forget_owed(self) -> None:
        self._owed = None

    @override
    def make_durable(self) -> None:
        """A server that took over may have lost it, so it is done again: then it is there, whoever has it."""
        super().make_durable()
        if self._owed is None:
            return
        if self.in_atomic_block:
            raise TransactionManagementError("nothing is on disk before the transaction that is open ends")
        (text, values), _ = self._owed
        self.ask_all([(text.replace(_UNWAITED, ""), values), _TO_DISK])
        self._owed = None

    @override
    def ask_soon(self, text: str, values: Sequence[Any], heed: Heed) -> None:
        """Sent with what is read next. Within a transaction it would be undone with that."""
        if self.in_atomic_block or self.is_looked_at:
            super().ask_soon(text, values, heed)
        else:
            self._soon.append(((text, values), heed))

    @override
    def ask_now(self) -> None:
        if self._soon:
            self.make_ready()

    @override
    def ask_later(self, text: str, values: Sequence[Any], heed: Heed) -> None:
        """A write whose answer nobody needs before the commit is sent with it, or with the next statement: the way to the database and
        back takes longer than to write a row."""
        if not self.in_atomic_block or self.is_looked_at:
            super().ask_later(text, values, heed)
            return
        # Otherwise what follows is asked of another one, which knows of no transaction.
        self.ensure_connection()
        super().validate_no_broken_transaction()
        self._later.append(((text, values), heed))

    @override
    def _set_autocommit(self, autocommit: bool) -> None:  # type: ignore[misc]  # the stubs do not know it
        if not autocommit:
            # What was to be asked soon is no part of the transaction that begins.
            self.ask_now()
            self._has_written = False
        super()._set_autocommit(autocommit)  # type: ignore[misc]

    @override
    def validate_no_broken_transaction(self) -> None:
        """Django asks this before each statement, whoever runs it: what was to be written first is."""
        super().validate_no_broken_transaction()
        while self._soon:
            asked, heed = self._soon.pop(0)
            heed(self.ask(*asked))
        if self._later:
            with self.wrap_database_errors:
                self._write(commit=False)

    @override
    def _commit(self) -> None:  # type: ignore[misc]
        if self.connection is not None:
            with debug_transaction(self, "COMMIT"), self.wrap_database_errors:
                if not self._later or not self._write(commit=True):
                    self._statements().commit()
            if self._has_written and self._owed and self._owed[1] is self.connection:
                # The log of the database keeps the order, and is on disk up to this commit.
                self._owed = None

    @override
    def _rollback(self) -> None:  # type: ignore[misc]
        self._later.clear()
        super()._rollback()  # type: ignore[misc]

    @override
    def _savepoint_rollback(self, sid: str) -> None:  # type: ignore[misc]
        # To begin a savepoint is a statement, so these are all from behind it.
        self._later.clear()
        super()._savepoint_rollback(sid)  # type: ignore[misc]

    @override
    def close(self) -> None:
        self._later.clear()
        super().close()

    def _write(self, *, commit: bool) -> bool:
        """What was to be written later, in its order; whether the commit was sent with it."""
        later, self._later = self._later, []
        found = self._run_all([asked for asked, _ in later], commit=commit)
        for place, (asked, heed) in enumerate(later):
            answer = found[place] if found else found_by(self.driver_cursor(), *asked)
            self._note(asked[0], answer)
            heed(answer)
        return commit and found is not None

    def _note(self, text: str, found: Found) -> None:
        """Of a transaction that has changed a row the commit is waited for."""
        if found[1] > 0 and not text.startswith("SELECT"):
            self._has_written = True

    def _run_all(self, asked: Sequence[Asked], *, commit: bool = False) -> list[Found] | None:
        opened = self.connection
        try:
            return self._statements().run_all(asked, commit=commit)
        finally:
            # Django knows that after an error of the database, and of no other one.
            if opened.closed:
                self.close()

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
