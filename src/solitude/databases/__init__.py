"""Connections to the database belong to the process, and a thread has one only while it works.

Django gives every thread a connection of its own. A thread that waits for a provider needs none, and a server has thousands of such; so
it lets go of its connection, and whoever works next goes on with that one: what PostgreSQL has prepared in it is still there. Django's
wrapper, which is all that a thread knows of its connection, stays the thread's.
"""

import os
import threading
from collections import deque
from collections.abc import Callable, Sequence
from time import monotonic
from typing import Any, NamedTuple

from django.db import connections

# A statement and its values; rows, and how many they are or were changed.
Asked = tuple[str, Sequence[Any]]
Found = tuple[list[tuple[Any, ...]], int]
Heed = Callable[[Found], None]


class Idle(NamedTuple):
    """A connection that nobody uses: the driver's own, until when it may be kept, and since when it is here."""

    opened: Any
    until: float
    since: float


class Kept:
    """The connections of one process to one database that nobody uses. The last one put is taken first, so that few are in use."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._idle: deque[Idle] = deque()

    def put(self, idle: Idle) -> None:
        with self._lock:
            self._idle.append(idle)
            # Those that only the busiest hour needed lie at this end.
            old = self._idle.popleft() if self._idle[0].until <= idle.since else None
        if old is not None:
            old.opened.close()

    def take(self) -> Idle | None:
        with self._lock:
            return self._idle.pop() if self._idle else None

    def close(self) -> None:
        while (idle := self.take()) is not None:
            idle.opened.close()


# By process, for after a fork two would speak over one connection, and by the name of the database in the settings.
_kept: dict[tuple[int, str], Kept] = {}


class Shared:
    """What Django's wrapper of a kind of database gets in front of its own base. Its connections must be open to all threads."""

    alias: str
    connection: Any
    # With CONN_MAX_AGE, which ours has, never None.
    close_at: Any
    autocommit: bool
    in_atomic_block: bool
    errors_occurred: bool
    is_usable: Callable[[], bool]
    has_let_go = False

    def ask(self, text: str, values: Sequence[Any]) -> Found:
        """What `connection.cursor()` would find or change by a statement that is run often.

        Django makes two cursors for each statement, which takes longer than most of them do. Where somebody looks at statements it is
        nevertheless by these.
        """
        own: Any = self
        self.make_ready()
        if self.is_looked_at:
            with own._prepare_cursor(self.driver_cursor()) as cursor:
                return found_by(cursor, text, values)
        with own.wrap_database_errors:
            return self.found(text, values)

    def ask_all(self, asked: Sequence[Asked]) -> list[Found]:
        """The same of statements that only read, and do not need one another's answers."""
        return [self.ask(text, values) for text, values in asked]

    @property
    def unwaited(self) -> str:
        """One more expression for what a statement returns: nobody waits until its commit is on disk. To be told to `owe`."""
        return ""

    def owe(self, text: str, values: Sequence[Any]) -> None:
        """This was just done by a statement that is `unwaited`, and does nothing where it is done already: for `make_durable`."""

    def forget_owed(self) -> None:
        """Nobody will act on the strength of it any more."""

    def make_durable(self) -> None:
        """What was done and not waited for is on disk, and on a standby where one must have it, before this returns."""
        self.ask_now()

    def ask_soon(self, text: str, values: Sequence[Any], heed: Heed) -> None:
        """The same by the next statement at the latest, or by `let_go`: `heed` is told before anybody hears what that one has found, and
        what it raises is raised there. Whoever asks so has the rest of it asked in the end, by `ask_now`."""
        heed(self.ask(text, values))

    def ask_now(self) -> None:
        """What was to be asked soon."""

    def make_ready(self) -> None:
        """For a statement, as Django's cursors do."""
        own: Any = self
        own.close_if_health_check_failed()
        if self.connection is None:
            own.ensure_connection()
        own.validate_thread_sharing()
        own.validate_no_broken_transaction()

    @property
    def is_looked_at(self) -> bool:
        """Whether somebody wants to see each statement."""
        own: Any = self
        return bool(own.execute_wrappers or own.queries_logged)

    def ask_later(self, text: str, values: Sequence[Any], heed: Heed) -> None:
        """The same by the commit at the latest; `heed` is told what was found or changed."""
        heed(self.ask(text, values))

    def driver_cursor(self) -> Any:
        raise NotImplementedError

    def found(self, text: str, values: Sequence[Any]) -> Found:
        raise NotImplementedError

    def is_good(self, idle: Idle) -> bool:
        """Whether one can go on with the connection."""
        raise NotImplementedError

    def let_go(self) -> bool:
        """Others may use the connection from now on; the thread gets one when it next needs it. False in a transaction: it stays."""
        self.ask_now()
        if self.in_atomic_block:
            return False
        if self.connection is None:
            return True
        now = monotonic()
        # What Django looks at when a request ends.
        if not self.autocommit or now >= self.close_at or (self.errors_occurred and not self.is_usable()):
            self.close()
        else:
            opened, self.connection, self.errors_occurred = self.connection, None, False
            self._kept().put(Idle(opened, self.close_at, now))
            self.has_let_go = True
        return True

    def ensure_connection(self) -> None:
        """Whoever has let go of a connection needs nothing but another one: what Django sets up with each is there still."""
        if self.connection is None and self.has_let_go and (idle := self._good()) is not None:
            self.connection, self.close_at = idle.opened, idle.until
        else:
            super().ensure_connection()  # type: ignore[misc]

    def get_new_connection(self, conn_params: Any) -> Any:
        """One that is kept, or else a new one: as many are open as are needed at once."""
        if (idle := self._good()) is None:
            return super().get_new_connection(conn_params)  # type: ignore[misc]
        self.close_at = idle.until
        return idle.opened

    def _good(self) -> Idle | None:
        while (idle := self._kept().take()) is not None:
            if self.is_good(idle):
                return idle
            idle.opened.close()
        return None

    def close(self) -> None:
        """The thread's own and those that are kept: what is wrong with one, such as a primary that is none any more, is with all."""
        self.has_let_go = False
        super().close()  # type: ignore[misc]
        self._kept().close()

    def _kept(self) -> Kept:
        return _kept.setdefault((os.getpid(), self.alias), Kept())


def found_by(cursor: Any, text: str, values: Sequence[Any]) -> Found:
    cursor.execute(text, values)
    return list(cursor.fetchall()) if cursor.description else [], cursor.rowcount


def let_go(*, is_over: bool = False) -> bool:
    """Of the connections of this thread, before it waits, or where what it worked at `is_over`. False where a transaction is open, whose
    connection stays."""
    own = [each for each in connections.all(initialized_only=True) if isinstance(each, Shared)]
    has = [each.let_go() for each in own]
    if is_over:
        for each in own:
            each.forget_owed()
    return all(has)


def ask_now() -> None:
    """Whatever of this thread was to be asked soon."""
    for each in connections.all(initialized_only=True):
        if isinstance(each, Shared):
            each.ask_now()


def make_durable() -> None:
    """Whatever this thread has done without waiting for it: before somebody else acts on the strength of that."""
    for each in connections.all(initialized_only=True):
        if isinstance(each, Shared):
            each.make_durable()
