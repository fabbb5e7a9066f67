"""A token is not waited for until it is on disk, and is there before anybody acts on the strength of it."""

from collections.abc import Callable

import pytest
from django.db import connection, transaction
from django.db.transaction import TransactionManagementError
from django.test.utils import CaptureQueriesContext
from tests.databases.tokens import own, token, tokens

from solitude import databases, prepared
from solitude.prepared import Found
from solitude.web.models import SeenToken

NAMED: Found[SeenToken] = Found(lambda jti: SeenToken.objects.filter(jti=jti), str)
TO_DISK = "pg_logical_emit_message"
pytestmark = pytest.mark.usefixtures("alone")


def soon(jti: str = "a") -> None:
    prepared.insert_once_soon(token(jti), lambda _is_new: None)
    NAMED.first(jti)


def with_another(jti: str = "a") -> None:
    prepared.insert_both(token(jti), token(f"{jti} too"))


both_ways = pytest.mark.parametrize("remember", [soon, with_another])


def asked_for_it() -> list[str]:
    """What the database is asked before somebody may act, in a word each."""
    with CaptureQueriesContext(connection) as seen:
        databases.make_durable()
    return ["to disk" if TO_DISK in query["sql"] else query["sql"].split()[0] for query in seen.captured_queries]


def log_position(function: str) -> int:
    ((place,),), _ = own().ask(f"SELECT ({function}() - '0/0')::int8", [])
    return int(place)


@both_ways
def test_the_databases_log_is_on_disk_up_to_it(postgresql: None, remember: Callable[..., None]) -> None:
    with connection.cursor() as cursor:
        # The cluster of the tests waits for nothing.
        cursor.execute("SET synchronous_commit = on")
    remember()
    written = log_position("pg_current_wal_insert_lsn")

    databases.make_durable()

    assert log_position("pg_current_wal_flush_lsn") >= written


@both_ways
def test_it_is_seen_to_once(postgresql: None, remember: Callable[..., None]) -> None:
    remember()
    assert asked_for_it()[-1] == "to disk"
    assert asked_for_it() == []


@both_ways
def test_what_a_server_that_took_over_has_lost_is_there_again(postgresql: None, remember: Callable[..., None]) -> None:
    remember()
    before = tokens()
    SeenToken.objects.all().delete()

    databases.make_durable()

    assert tokens() == before


def write() -> None:
    with transaction.atomic():
        prepared.insert(token("written"))


def write_later() -> None:
    with transaction.atomic():
        prepared.insert_later(token("written"))


def read() -> None:
    with transaction.atomic():
        NAMED.first("a")


def undo() -> None:
    with transaction.atomic():
        prepared.insert(token("undone"))
        transaction.set_rollback(True)


def change_nothing() -> None:
    with transaction.atomic():
        own().ask("UPDATE web_seentoken SET jti = jti WHERE jti = 'nobody'", [])


def write_by_another_session() -> None:
    connection.close()
    write()


@both_ways
@pytest.mark.parametrize("commit", [write, write_later])
def test_a_commit_that_is_waited_for_takes_it_along(
    postgresql: None, remember: Callable[..., None], commit: Callable[[], None]
) -> None:
    # Once for all statements to be prepared.
    commit()
    SeenToken.objects.all().delete()
    remember()
    commit()
    assert asked_for_it() == []


@both_ways
@pytest.mark.parametrize("commit", [read, undo, change_nothing, write_by_another_session])
def test_one_that_writes_nothing_or_is_of_another_session_does_not(
    postgresql: None, remember: Callable[..., None], commit: Callable[[], None]
) -> None:
    remember()
    commit()
    assert asked_for_it()[-1] == "to disk"


@both_ways
def test_within_a_transaction_nobody_can_promise_it(postgresql: None, remember: Callable[..., None]) -> None:
    remember()
    with pytest.raises(TransactionManagementError), transaction.atomic():
        databases.make_durable()


@both_ways
def test_a_transaction_of_which_it_is_a_part_is_waited_for(postgresql: None, remember: Callable[..., None]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit = on")
    with transaction.atomic():
        remember()
        assert own().ask("SHOW synchronous_commit", [])[0] == [("on",)]
    assert asked_for_it() == []


@both_ways
def test_on_sqlite_each_commit_is_on_disk(remember: Callable[..., None]) -> None:
    remember()
    if connection.vendor == "sqlite":
        assert asked_for_it() == []


@both_ways
def test_it_is_owed_while_others_have_the_connection_until_the_work_is_over(
    postgresql: None, remember: Callable[..., None]
) -> None:
    remember()
    databases.let_go()
    assert asked_for_it()[-1] == "to disk"
    remember("b")
    databases.let_go(is_over=True)
    assert asked_for_it() == []
