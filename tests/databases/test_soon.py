"""What is asked soon goes with what is read next, and is done before anything is written, waited for or heard."""

from typing import Any

import pytest
from django.db import DataError, OperationalError, connection, transaction
from django.test.utils import CaptureQueriesContext
from tests.databases.tokens import own, token, tokens

from solitude import databases, prepared
from solitude.prepared import Found
from solitude.web.models import SeenToken

COUNT = ("SELECT count(*) FROM web_seentoken", [])
NAMED: Found[SeenToken] = Found(lambda jti: SeenToken.objects.filter(jti=jti), str)


class AgainError(Exception):
    """The name was there before."""


def soon(jti: str, heard: list[bool] | None = None) -> None:
    def heed(is_new: bool) -> None:
        (heard if heard is not None else []).append(is_new)
        if not is_new:
            raise AgainError

    prepared.insert_once_soon(token(jti), heed)


@pytest.fixture(params=["prepared", "not prepared"], autouse=True)
def is_prepared(request: pytest.FixtureRequest, alone: None) -> bool:
    """The first time that a connection is asked, it knows no statement."""
    if request.param == "prepared":
        own().ask_all([COUNT])
        soon("before")
        NAMED.first("nobody")
        prepared.insert_once(token("and before"))
        SeenToken.objects.all().delete()
    return str(request.param) == "prepared"


def test_it_is_heard_before_what_is_read_next() -> None:
    heard: list[bool] = []
    soon("a", heard)
    found = NAMED.first("a")
    assert heard == [True]
    assert found is not None
    assert found.jti == "a"
    assert tokens() == ["a"]


def test_what_it_raises_comes_in_the_place_of_what_was_read() -> None:
    prepared.insert_once(token("a"))

    def read() -> None:
        soon("a")
        own().ask_all([COUNT, COUNT])

    for _ in range(2):
        with pytest.raises(AgainError):
            read()
    assert own().ask_all([COUNT])[0][0] == [(1,)]


def test_whether_it_is_new_is_heard_of_each() -> None:
    heard: list[bool] = []
    soon("a", heard)
    assert own().ask_all([COUNT])[0][0] == [(1,)]
    soon("b", heard)
    databases.ask_now()

    def read() -> None:
        soon("a", heard)
        NAMED.first("a")

    with pytest.raises(AgainError):
        read()
    assert (heard, tokens()) == ([True, True, False], ["a", "b"])


def test_what_is_committed_next_is_waited_for_again(postgresql: None) -> None:
    setting = ("SHOW synchronous_commit", [])
    with connection.cursor() as cursor:
        # The cluster of the tests waits for nothing.
        cursor.execute("SET synchronous_commit = on")
    own().ask(*setting)
    soon("a")
    assert own().ask_all([COUNT, COUNT])[0][0] == [(1,)]
    assert own().ask(*setting)[0] == [("on",)]
    soon("b")
    with transaction.atomic():
        assert own().ask(*setting)[0] == [("on",)]
    assert tokens() == ["a", "b"]


def test_nothing_is_written_by_whoever_is_not_the_first() -> None:
    prepared.insert_once(token("a"))

    def write() -> None:
        soon("a")
        prepared.insert(token("written"))

    def write_in_a_transaction() -> None:
        soon("a")
        with transaction.atomic():
            prepared.insert(token("written"))

    def write_later() -> None:
        soon("a")
        with transaction.atomic():
            prepared.insert_later(token("written"))

    def write_by_the_orm() -> None:
        soon("a")
        token("written").save()

    for each in (write, write_in_a_transaction, write_later, write_by_the_orm):
        with pytest.raises(AgainError):
            each()
        assert tokens() == ["a"], each


def test_it_stays_when_the_transaction_that_comes_next_is_undone() -> None:
    soon("a")
    with transaction.atomic():
        prepared.insert(token("undone"))
        transaction.set_rollback(True)
    assert tokens() == ["a"]


def test_a_cursor_and_the_orm_find_it() -> None:
    soon("a")
    with connection.cursor() as cursor:
        cursor.execute(COUNT[0])
        assert cursor.fetchone() == (1,)
    soon("b")
    assert tokens() == ["a", "b"]


def test_it_is_asked_when_the_connection_is_let_go_of_and_when_somebody_wants_it_now() -> None:
    heard: list[bool] = []
    soon("a", heard)
    databases.let_go()
    assert heard == [True]
    soon("b", heard)
    databases.ask_now()
    assert heard == [True, True]
    databases.ask_now()
    assert tokens() == ["a", "b"]


def test_whoever_waits_for_another_has_been_told() -> None:
    def wait() -> None:
        soon("a")
        databases.let_go()

    wait()
    with pytest.raises(AgainError):
        wait()
    assert databases.let_go()
    assert tokens() == ["a"]


def test_within_a_transaction_it_is_asked_at_once_and_goes_with_it() -> None:
    heard: list[bool] = []
    with transaction.atomic():
        soon("a", heard)
        assert heard == [True]
        transaction.set_rollback(True)
    assert tokens() == []


def test_who_looks_at_statements_sees_both() -> None:
    with CaptureQueriesContext(connection) as seen:
        soon("a")
        own().ask_all([COUNT])
    assert [query["sql"].split()[0] for query in seen.captured_queries] == ["INSERT", "SELECT"]


def test_who_begins_to_look_between_them_sees_it_too() -> None:
    heard: list[bool] = []
    soon("a", heard)
    with CaptureQueriesContext(connection) as seen:
        assert own().ask_all([COUNT])[0][0] == [(1,)]
    assert heard == [True]
    assert seen.captured_queries


def test_what_is_refused_beside_it_leaves_it_undone_and_unheard(postgresql: None, is_prepared: bool) -> None:
    """It is as if the request had not come: nothing was answered but an error, and it may come again."""
    heard: list[bool] = []
    by = "SELECT jti FROM web_seentoken WHERE id = 1 / %s"
    if is_prepared:
        own().ask(by, [1])
    soon("a", heard)
    with pytest.raises(DataError, match="division by zero"):
        own().ask_all([(by, [0])])
    # What is not prepared goes one by one, each a commit by itself.
    assert (heard, tokens()) == (([], []) if is_prepared else ([True], ["a"]))


def test_a_session_that_has_ended_is_an_operational_error(postgresql: None) -> None:
    heard: list[bool] = []
    ((pid,),), _ = own().ask("SELECT pg_backend_pid() AS pid", [])
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
    finally:
        other.close()
    soon("a", heard)
    with pytest.raises(OperationalError):
        own().ask_all([COUNT])
    assert heard == []
    connection.close()
    soon("b", heard)
    assert NAMED.first("b") is not None
    assert (heard, tokens()) == ([True], ["b"])


def test_it_is_sent_with_what_is_read_next(
    postgresql: None, is_prepared: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    from solitude.databases.postgresql.statements import Statements

    sent: list[int] = []
    run_all = Statements.run_all

    def counted(self: Statements, asked: Any, *, commit: bool = False) -> Any:
        sent.append(len(asked))
        return run_all(self, asked, commit=commit)

    monkeypatch.setattr(Statements, "run_all", counted)
    soon("a")
    NAMED.first("a")
    assert sent[0] == 2
    assert sent[1:] == ([] if is_prepared else [1, 1])
