"""The time of the simulated world, and how everybody in it comes to read this time and no other.

Three clocks hang on it: the database's (which decides leases), the provider's, and that of the node whose turn it is, which may go
wrong. Nothing moves unless the world moves it, so a run is the same on every machine, however fast, and a day costs nothing.
"""

import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta, tzinfo
from types import ModuleType
from typing import Any
from unittest import mock

import psycopg
from django.apps import apps
from django.db import connection
from django.db.backends.signals import connection_created

START = datetime(2026, 11, 23, 12, tzinfo=UTC)
# Leaves every name of PostgreSQL's as it is but the one function that Django's `Now` calls.
_SIM_SCHEMA = """
CREATE SCHEMA IF NOT EXISTS sim;
CREATE TABLE IF NOT EXISTS sim.clock (at timestamptz NOT NULL);
CREATE OR REPLACE FUNCTION sim.statement_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE AS 'SELECT at FROM sim.clock';
"""
_SIM_PATH = "SET search_path = sim, public, pg_catalog"


class Clock:
    """What time it is. `skew_s` is how wrong the clock of the node is whose turn it is."""

    def __init__(self) -> None:
        self.now, self.skew_s = START, 0
        self._at_postgres: psycopg.Connection[Any] | None = None

    @property
    def elapsed_s(self) -> float:
        return (self.now - START).total_seconds()

    def move(self, seconds: float) -> None:
        """Time passes for everybody."""
        self.now += timedelta(seconds=seconds)
        self._tell_postgres()

    def reset(self) -> None:
        self.now, self.skew_s = START, 0
        self._tell_postgres()

    def of_the_node(self) -> datetime:
        return self.now + timedelta(seconds=self.skew_s)

    def of_others(self) -> datetime:
        return self.now

    def _tell_postgres(self) -> None:
        if self._at_postgres:
            self._at_postgres.execute("UPDATE sim.clock SET at = %s", [self.now])

    # --- how others come to read it ---

    @contextmanager
    def governing(self, sleep: Any) -> Iterator[None]:
        """Within the block, house, provider and database have this time; the provider's sleeping is calling `sleep`."""
        with ExitStack() as stack:
            for module in list(sys.modules.values()):
                room = module.__name__.partition(".")[0]
                if room == "solitude" or module.__name__ == "django.utils.timezone":
                    _hang_in(module, _Faces(self.of_the_node, sleep), stack)
                elif room == "solitude_sandbox":
                    _hang_in(module, _Faces(self.of_others, sleep), stack)
            stack.enter_context(self._in_sqlite() if connection.vendor == "sqlite" else self._in_postgres())
            yield

    @contextmanager
    def _in_sqlite(self) -> Iterator[None]:
        """A function of ours takes the place of SQLite's `strftime`, which Django's `Now` calls and nothing else does."""

        def strftime(_form: str, when: str) -> str:
            assert when == "NOW"
            return self.now.strftime("%Y-%m-%d %H:%M:%S.") + f"{self.now.microsecond // 1000:03d}"

        def hang(connection: Any, **_: Any) -> None:
            connection.connection.create_function("strftime", 2, strftime)
            # Deaths are exceptions here: nothing needs to reach the disk.
            connection.connection.execute("PRAGMA synchronous=OFF")

        connection.close()
        connection_created.connect(hang)
        try:
            yield
        finally:
            connection_created.disconnect(hang)
            connection.close()

    @contextmanager
    def _in_postgres(self) -> Iterator[None]:
        def hang(connection: Any, **_: Any) -> None:
            with connection.cursor() as cursor:
                cursor.execute(_SIM_PATH)

        parameters = {**connection.get_connection_params(), "autocommit": True}
        for name in ("cursor_factory", "context", "prepare_threshold"):
            parameters.pop(name, None)
        with psycopg.connect(**parameters) as at_postgres:
            at_postgres.execute(_SIM_SCHEMA)
            at_postgres.execute("TRUNCATE sim.clock")
            at_postgres.execute("INSERT INTO sim.clock VALUES (%s)", [self.now])
            # A column's default was bound to a function when it was made.
            at_postgres.execute(_SIM_PATH)
            _bind_defaults(at_postgres)
            self._at_postgres = at_postgres
            connection.close()
            connection_created.connect(hang)
            try:
                yield
            finally:
                self._at_postgres = None
                connection_created.disconnect(hang)
                connection.close()
                at_postgres.execute("RESET search_path")
                _bind_defaults(at_postgres)
                at_postgres.execute("DROP SCHEMA sim CASCADE")


def _bind_defaults(at_postgres: "psycopg.Connection[Any]") -> None:
    for model in apps.get_models():
        for column in model._meta.concrete_fields:
            if column.has_db_default() and column.get_internal_type() == "DateTimeField":
                at_postgres.execute(
                    f'ALTER TABLE "{model._meta.db_table}" ALTER COLUMN "{column.column}" SET DEFAULT statement_timestamp()'  # type: ignore[arg-type]
                )


class _Faces:
    """What stands in a module for `time`, `monotonic` and `datetime`."""

    def __init__(self, read: Any, sleep: Any) -> None:
        class Kind(type):
            def __instancecheck__(cls, value: object) -> bool:
                return isinstance(value, datetime)

        class Moved(datetime, metaclass=Kind):
            @classmethod
            def now(cls, tz: tzinfo | None = None) -> Any:
                now: datetime = read()
                return now.astimezone(tz) if tz else now.replace(tzinfo=None)

        self.datetime = Moved
        self.time = ModuleType("time")
        vars(self.time).update({name: value for name, value in vars(time).items() if not name.startswith("__")})
        vars(self.time).update(time=lambda: read().timestamp(), monotonic=lambda: read().timestamp(), sleep=sleep)


def _hang_in(module: ModuleType, faces: _Faces, stack: ExitStack) -> None:
    """Puts the faces wherever the module has imported a clock, by whatever name."""
    for name, value in list(vars(module).items()):
        if value is time:
            stack.enter_context(mock.patch.object(module, name, faces.time))
        elif value is time.monotonic:
            stack.enter_context(mock.patch.object(module, name, vars(faces.time)["monotonic"]))
        elif value is datetime:
            stack.enter_context(mock.patch.object(module, name, faces.datetime))
