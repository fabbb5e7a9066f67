"""Prepared statements over one of psycopg's connections: what it has prepared there is run again without its cursors.

A cursor of psycopg makes itself anew for each statement, and reads the text and all types of values again, which takes longer than to ask
the server. The first time it is nevertheless a cursor that runs a statement: which statements are prepared, under which name, and when they
are forgotten (an undone transaction, a table that was altered, too many of them) is psycopg's affair and stays in its books.
"""

import select
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache, lru_cache
from types import SimpleNamespace
from typing import Any

import psycopg
from django.db.backends.postgresql.psycopg_any import BaseTzLoader
from psycopg import pq
from psycopg._queries import _query2pg_nocache
from psycopg.adapt import AdaptersMap, PyFormat, Transformer
from psycopg.types.numeric import Int8
from typing_extensions import override

from solitude.databases import Asked, Found

# The name of a prepared statement, its values, and the form of each.
Ready = tuple[bytes, Sequence[Any], Sequence[Any] | None]
# So often psycopg would run a statement before it prepares it without being told to.
RUNS_UNTOLD = 2**31
TEXTS_KEPT = 1_000
FLUSH_LOOK_MS = 10
COMMIT = b"COMMIT"
_IDLE = pq.TransactionStatus.IDLE


class Moments(BaseTzLoader):  # type: ignore[misc]  # Django is not typed here
    """As Django's, which takes the text apart piece by piece; of a moment by UTC, as our sessions tell it, Python does that at once."""

    timezone = UTC

    @override
    def load(self, data: Any) -> Any:
        try:
            moment = datetime.fromisoformat(str(data, "ascii"))
        except ValueError:
            # After the year 9999, or infinite.
            return super().load(data)
        return moment if moment.tzinfo is UTC else super().load(data)


@cache
def adapters(of_django: AdaptersMap) -> AdaptersMap:
    ours = AdaptersMap(of_django)
    ours.register_loader("timestamptz", Moments)
    return ours


class Cursor(psycopg.Cursor[Any]):
    """Runs statements that are to be prepared, and are not yet."""

    def execute(self, query: Any, params: Any = None, **more: Any) -> Any:
        # Without a threshold psycopg prepares nothing, not even what it is told to. Nobody comes to this one otherwise.
        self._conn.prepare_threshold = RUNS_UNTOLD
        # A number is always a long one: psycopg chooses by its size, and each choice would be another statement to prepare.
        given = params and [Int8(value) if type(value) is int else value for value in params]
        try:
            super().execute(query, given, prepare=True, **more)
        except psycopg.errors.FeatureNotSupported:
            # A migration has changed the type of a column since then: what was prepared is of no use any more. A transaction that is
            # undone for it takes all prepared statements of its connection with it; where none is open, that is up to us.
            if self._conn.pgconn.transaction_status != _IDLE:
                raise
            self._conn.execute("DEALLOCATE ALL")
            super().execute(query, given, prepare=True, **more)
        # Of a prepared statement psycopg forgets the text, and Django reads it there when statements are looked at.
        self._query = self._query or SimpleNamespace(query=query.encode())  # type: ignore[assignment]
        return self


class Statements:
    """Those that psycopg has prepared in a connection. For whoever has the connection, and nobody else at the same time."""

    def __init__(self, opened: psycopg.Connection[Any]) -> None:
        self._opened = opened
        adapters = AdaptersMap(opened.adapters)
        # As `Cursor` has it.
        adapters.register_dumper(int, adapters.get_dumper(Int8, PyFormat.AUTO))
        context: Any = SimpleNamespace(adapters=adapters, connection=opened)
        self._values = Transformer(context)

    def run(self, text: str, values: Sequence[Any]) -> Found | None:
        """The rows, and how many they are or were changed. None: it is not prepared, and was not run.

        libpq is asked by one call, during which other threads go on. Each look of psycopg's at the socket would hand the interpreter to
        one of them, and to wait for it is dearer than most statements.
        """
        found = self.run_all([(text, values)])
        return None if found is None else found[0]

    def run_all(self, asked: Sequence[Asked], *, commit: bool = False) -> list[Found] | None:
        """What each finds or changes, and COMMIT behind them; all are sent before the first answer is waited for, and those behind one
        that is refused are not run. None: one of them is not prepared, and none was run."""
        try:
            with self._opened.lock:
                ready = [self._ready(text, values) for text, values in asked]
                return None if None in ready else self._run(ready, commit=commit)  # type: ignore[arg-type]
        except psycopg.errors.FeatureNotSupported:
            # As above: what comes next prepares it anew.
            if self._opened.pgconn.transaction_status != _IDLE:
                raise
            self._opened.execute("DEALLOCATE ALL")
            return None

    def commit(self) -> None:
        """What psycopg's `commit()` does, which looks at the socket three times for it."""
        with self._opened.lock:
            if self._opened.pgconn.transaction_status != _IDLE:
                self._answered(self._opened.pgconn.exec_(COMMIT))

    def _ready(self, text: str, values: Sequence[Any]) -> Ready | None:
        """None: it is not prepared."""
        query, formats = _asked(text)
        if len(values) != len(formats):
            return None
        given = self._values.dump_sequence(values, formats)
        names, key = self._opened._prepared._names, (query, self._values.types or ())
        name = names.get(key)
        if name is None:
            return None
        # Of too many psycopg forgets the one that was not used for the longest time.
        names.move_to_end(key)
        return name, given, self._values.formats

    def _run(self, ready: Sequence[Ready], *, commit: bool) -> list[Found]:
        opened, pgconn = self._opened, self._opened.pgconn
        begin = not opened.autocommit and pgconn.transaction_status == _IDLE
        if begin or commit or len(ready) > 1:
            before = [opened._get_tx_start_command()] if begin else []
            results = self._sent_together(before, ready, [COMMIT] if commit else [])
        else:
            name, given, formats = ready[0]
            # None is NULL, of which psycopg's types do not know here.
            results = [pgconn.exec_prepared(name, given, formats)]
        for result in results:
            self._answered(result)
        return [self._found(result) for result in results[begin : begin + len(ready)]]

    def _sent_together(self, before: Sequence[bytes], ready: Sequence[Ready], behind: Sequence[bytes]) -> list[Any]:
        """All of it in libpq's pipeline mode, so that the database is waited for once; the results that came, an error the last of them."""
        pgconn = self._opened.pgconn
        pgconn.enter_pipeline_mode()
        try:
            for command in before:
                pgconn.send_query_params(command, None)
            for name, given, formats in ready:
                pgconn.send_query_prepared(name, given, formats)
            for command in behind:
                pgconn.send_query_params(command, None)
            pgconn.pipeline_sync()
            results = self._results()
            pgconn.exit_pipeline_mode()
        except BaseException:
            # Of answers that nobody has heard the next statement would take one for its own.
            self._opened.close()
            raise
        return results

    def _results(self) -> list[Any]:
        """The socket is waited for here, where other threads go on meanwhile: psycopg has libpq wait with the interpreter in its hand."""
        pgconn = self._opened.pgconn
        found: list[Any] = []
        arrives = select.poll()
        arrives.register(pgconn.socket, select.POLLIN)
        while pgconn.flush():
            # What the database says meanwhile it may be waiting for us to read.
            arrives.poll(FLUSH_LOOK_MS)
            pgconn.consume_input()
        is_between = False
        while True:
            while pgconn.is_busy():
                arrives.poll()
                pgconn.consume_input()
            result = pgconn.get_result()
            if result is None:
                # Between two statements there is one None. More than that says that nothing will come any more.
                if is_between or pgconn.status == pq.ConnStatus.BAD:
                    raise psycopg.OperationalError(pgconn.get_error_message())
            elif result.status == pq.ExecStatus.PIPELINE_SYNC:
                return found
            elif result.status != pq.ExecStatus.PIPELINE_ABORTED:
                # Those behind one that was refused were not run.
                found.append(result)
            is_between = result is None

    def _found(self, answer: Any) -> Found:
        if answer.status != pq.ExecStatus.TUPLES_OK:
            return [], -1 if answer.command_tuples is None else answer.command_tuples
        self._values.set_pgresult(answer)
        try:
            return self._values.load_rows(0, answer.ntuples, tuple), answer.ntuples
        finally:
            # What is in the rows is nothing to be kept.
            self._values.set_pgresult(None)

    def _answered(self, result: Any) -> Any:
        """What the server said. Raises what psycopg makes of an error."""
        if result.status not in (pq.ExecStatus.TUPLES_OK, pq.ExecStatus.COMMAND_OK):
            pgconn = self._opened.pgconn
            if pgconn.status == pq.ConnStatus.BAD:
                # The last that is heard is that the server has hung up, and not why it said that it would.
                raise psycopg.OperationalError(result.get_error_message(pgconn._encoding))
            raise psycopg.errors.error_from_result(result, encoding=pgconn._encoding)
        return result


@lru_cache(TEXTS_KEPT)
def _asked(text: str) -> tuple[bytes, list[PyFormat]]:
    """The statement as psycopg writes it for PostgreSQL, with `$1` for `%s`, and in which form each value is wanted."""
    query, formats, _, _ = _query2pg_nocache(text.encode(), "utf-8")
    return query, formats
