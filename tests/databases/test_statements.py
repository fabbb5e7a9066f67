"""What is run past the cursors of Django and psycopg finds, changes and refuses what these would."""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from django.db import (
    DatabaseError,
    DataError,
    IntegrityError,
    NotSupportedError,
    OperationalError,
    ProgrammingError,
    connection,
    connections,
    transaction,
)
from django.db.transaction import TransactionManagementError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.databases.conftest import IS_POSTGRESQL, NO_SESSIONS

from solitude.events.models import Feed
from solitude.sellers.models import Product

AWARE = st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=30))]))
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
# By the type that PostgreSQL is told for a value, since it does not know a column for it here.
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "text": TEXTS,
    "bigint": st.integers(-(2**63), 2**63 - 1),
    "boolean": st.booleans(),
    "numeric": st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**12), max_value=10**12),
    "timestamptz": AWARE,
    "date": st.dates(),
    "uuid": st.uuids(),
    "bytea": st.binary(max_size=20),
    "interval": st.timedeltas(timedelta(days=-1000), timedelta(days=1000)),
    "double precision": st.floats(allow_nan=False),
    "jsonb": st.dictionaries(TEXTS, st.integers() | TEXTS, max_size=3),
}


@pytest.fixture
def watched() -> Iterator[list[str]]:
    """The statements that come by Django's cursors, as they do where somebody looks at them."""
    seen: list[str] = []

    def look(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        seen.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(look):
        yield seen


def own() -> Any:
    return connections["default"]


def by_cursor(text: str, values: list[Any]) -> tuple[list[tuple[Any, ...]], int]:
    """As where somebody looks at statements."""
    own().ensure_connection()
    with own()._prepare_cursor(own().driver_cursor()) as cursor:
        cursor.execute(text, values)
        return list(cursor.fetchall()) if cursor.description else [], cursor.rowcount


@pytest.mark.skipif(not IS_POSTGRESQL, reason=NO_SESSIONS)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.sampled_from(sorted(VALUES)).flatmap(lambda kind: st.tuples(st.just(kind), st.none() | VALUES[kind])),
        max_size=6,
    )
)
def test_values_go_and_come_as_by_a_cursor(transactional_db: None, given: list[tuple[str, Any]]) -> None:
    from django.db.backends.postgresql.psycopg_any import Jsonb

    text = f"SELECT 1 AS one{''.join(f', CAST(%s AS {kind})' for kind, _ in given)}"
    values = [Jsonb(value) if isinstance(value, dict) else value for _, value in given]
    expected = by_cursor(text, values)
    # By a cursor of psycopg's, which prepares it, and then without.
    for _ in range(2):
        found = own().ask(text, values)
        assert found == expected
        assert [type(value) for value in found[0][0]] == [type(value) for value in expected[0][0]]
    for (kind, value), back in zip(given, found[0][0][1:], strict=True):
        assert (json.loads(back) if kind == "jsonb" and back is not None else back) == value
        assert not isinstance(back, datetime) or back.tzinfo is UTC


@pytest.mark.parametrize(
    "moment",
    ["infinity", "-infinity", "10000-01-01", "0044-03-15 BC", "2026-01-01 00:00:00+00", "1970-01-01 00:00:00.5+00"],
)
def test_moments_are_read_as_django_reads_them(transactional_db: None, postgresql: None, moment: str) -> None:
    from django.db.backends.postgresql.psycopg_any import BaseTzLoader, register_tzloader

    def read(as_django: bool) -> Any:
        with own().connection.cursor() as cursor:
            if as_django:
                register_tzloader(UTC, cursor)
            assert issubclass(cursor.adapters.get_loader(1184, 0), BaseTzLoader)
            try:
                return cursor.execute("SELECT CAST(%s AS timestamptz)", [moment]).fetchall()
            except own().Database.DataError as error:
                return repr(error)

    connection.ensure_connection()
    assert read(as_django=False) == read(as_django=True)


def test_what_is_prepared_needs_no_cursor(
    transactional_db: None, postgresql: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "SELECT CAST(%s AS bigint) AS number, CAST(%s AS text)"
    assert own().ask(text, [1, "a"])[0] == [(1, "a")]
    monkeypatch.setattr(type(own()), "driver_cursor", None)
    assert own().ask(text, [2**40, "b"])[0] == [(2**40, "b")]


def test_how_many_were_changed_is_told(transactional_db: None) -> None:
    Feed.objects.all().delete()
    Feed.objects.bulk_create([Feed(last_place=1), Feed(last_place=1), Feed(last_place=2)])
    for _ in range(2):
        assert own().ask("UPDATE events_feed SET last_place = last_place WHERE last_place = %s", [1]) == ([], 2)
        assert own().ask("UPDATE events_feed SET last_place = last_place WHERE last_place = %s", [9]) == ([], 0)


def test_a_percent_sign_is_one(transactional_db: None) -> None:
    for _ in range(2):
        assert own().ask("SELECT '100%%', CAST(%s AS varchar(8))", ["5%s"])[0] == [("100%", "5%s")]


def test_who_looks_at_statements_sees_all(transactional_db: None, watched: list[str]) -> None:
    for _ in range(2):
        assert own().ask("SELECT 1 AS seen", []) == ([(1,)], 1 if IS_POSTGRESQL else -1)
    assert watched == ["SELECT 1 AS seen"] * 2


REFUSED: list[tuple[str, list[Any], type[DatabaseError]]] = [
    ("INSERT INTO events_feed (id, last_place) VALUES (%s, 0)", [77], IntegrityError),
    ("INSERT INTO events_feed (id, last_place) VALUES (%s, NULL)", [78], IntegrityError),
    ("SELECT * FROM nothing_of_this_name WHERE a = %s", [1], ProgrammingError if IS_POSTGRESQL else OperationalError),
]
if IS_POSTGRESQL:
    REFUSED += [
        ("SELECT CAST(%s AS numeric) / 0", [1], DataError),
        ("SELECT CAST(%s AS text)", ["a\0b"], DataError),
        ("SELECT CAST(%s AS integer)", [2**40], DataError),
        ("SELECT %s", [1, 2], ProgrammingError),
        ("SELECT CAST(%s AS bigint), CAST(%s AS bigint)", [1], ProgrammingError),
    ]


@pytest.mark.parametrize(("text", "values", "kind"), REFUSED)
def test_what_is_refused_is_refused_with_the_same_words(
    transactional_db: None, text: str, values: list[Any], kind: type[DatabaseError]
) -> None:
    Feed(pk=77).save()

    def refusal(ask: Callable[[str, list[Any]], Any]) -> tuple[type[BaseException], str, bool, str | None]:
        own().errors_occurred = False
        with pytest.raises(DatabaseError) as refused:
            ask(text, values)
        cause = refused.value.__cause__
        assert cause is not None
        return type(refused.value), str(refused.value), own().errors_occurred, getattr(cause, "sqlstate", None)

    expected = refusal(by_cursor)
    assert expected[0] is kind
    # Where it can be prepared by what is not refused, it is afterwards run without a cursor.
    if kind is IntegrityError and "NULL" not in text:
        own().ask(text, [79])
        Feed.objects.filter(pk=79).delete()
    for _ in range(2):
        assert refusal(own().ask) == expected
    assert own().ask("SELECT 1 AS one", [])[0] == [(1,)]


def test_a_transaction_begins_with_its_first_statement_and_is_undone(transactional_db: None) -> None:
    text = "INSERT INTO events_feed (last_place) VALUES (%s) RETURNING last_place"
    assert own().ask(text, [1])[0] == [(1,)]
    with transaction.atomic():
        assert own().ask(text, [2])[0] == [(2,)]
        transaction.set_rollback(True)
    assert not Feed.objects.filter(last_place=2).exists()
    with transaction.atomic():
        own().ask(text, [3])
    assert Feed.objects.filter(last_place=3).exists()


def test_after_an_error_nothing_is_asked_in_its_transaction(transactional_db: None) -> None:
    own().ask("SELECT 1 AS one", [])
    with transaction.atomic():
        transaction.set_rollback(True)
        with pytest.raises(TransactionManagementError):
            own().ask("SELECT 1 AS one", [])


def test_another_threads_connection_is_not_used(transactional_db: None) -> None:
    ours = own()
    with ThreadPoolExecutor(1) as threads, pytest.raises(DatabaseError, match="thread"):
        threads.submit(ours.ask, "SELECT 1 AS one", []).result(20)


def test_a_session_that_was_ended_is_an_operational_error(transactional_db: None, postgresql: None) -> None:
    ((pid,),), _ = own().ask("SELECT pg_backend_pid() AS pid", [])
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
        with pytest.raises(OperationalError):
            own().ask("SELECT pg_backend_pid() AS pid", [])
        assert own().errors_occurred
        assert own().connection.closed
        own().close_if_unusable_or_obsolete()
        assert own().ask("SELECT pg_backend_pid() AS pid", [])[0] != [(pid,)]
    finally:
        other.close()
        connection.close()


def test_what_is_refused_at_the_commit_is_undone(transactional_db: None, postgresql: None) -> None:
    """Foreign keys are looked at last."""
    with pytest.raises(IntegrityError), transaction.atomic():
        Product.objects.create(seller_id=2**40, external_id="a", public_id="nobody's")
    assert own().connection.info.transaction_status.name == "IDLE"
    assert not Product.objects.exists()


def test_a_session_that_ends_before_the_commit_is_an_operational_error(
    transactional_db: None, postgresql: None
) -> None:
    other = connection.copy()
    try:
        transaction.set_autocommit(False)
        ((pid,),), _ = own().ask("SELECT pg_backend_pid() AS pid", [])
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
        with pytest.raises(OperationalError):
            transaction.commit()
        assert own().connection.closed
    finally:
        other.close()
        connection.close()


def test_a_statement_that_takes_too_long_is_an_operational_error(transactional_db: None, postgresql: None) -> None:
    text = "SELECT CAST(pg_sleep(%s) AS text)"
    own().ask(text, [Decimal(0)])
    by_cursor("SET statement_timeout = 50", [])
    with pytest.raises(OperationalError, match="statement timeout"):
        own().ask(text, [Decimal(20)])
    by_cursor("RESET statement_timeout", [])
    assert own().ask(text, [Decimal(0)])[0] == [("",)]


def test_what_a_migration_has_changed_is_prepared_anew(transactional_db: None, postgresql: None) -> None:
    """In a transaction that is undone, and afterwards."""
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("CREATE TABLE changing (text varchar(8))")
            cursor.execute("INSERT INTO changing VALUES ('before')")
        for _ in range(2):
            assert own().ask("SELECT text FROM changing", [])[0] == [("before",)]
        with other.cursor() as cursor:
            cursor.execute("ALTER TABLE changing ALTER COLUMN text TYPE varchar(16)")
        with pytest.raises(NotSupportedError), transaction.atomic():
            own().ask("SELECT text FROM changing", [])
        with transaction.atomic():
            assert own().ask("SELECT text FROM changing", [])[0] == [("before",)]
    finally:
        with other.cursor() as cursor:
            cursor.execute("DROP TABLE changing")
        other.close()


def test_nothing_of_what_was_found_is_kept(transactional_db: None, postgresql: None) -> None:
    for _ in range(2):
        own().ask("SELECT CAST(%s AS text) AS secret", ["secret"])
    assert own().connection.statements._values.pgresult is None


def test_of_many_statements_the_ones_that_are_used_stay_prepared(transactional_db: None, postgresql: None) -> None:
    for number in range(250):
        own().ask("SELECT 'often' AS often", [])
        own().ask(f"SELECT {number} AS seldom", [])  # a number
    names = {query for query, _ in own().connection._prepared._names}
    assert b"SELECT 'often' AS often" in names
    assert len(names) <= 101
    assert own().ask("SELECT count(*) AS held FROM pg_prepared_statements", [])[0][0][0] <= 102
