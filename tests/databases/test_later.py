"""What is written later is written by the commit, in its order, and seen by every statement before it."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import DatabaseError, DataError, IntegrityError, OperationalError, connection, transaction
from django.test.utils import CaptureQueriesContext
from tests.databases.tokens import WITHIN_S, own, somebody_waits_for_a_lock, token, tokens

from solitude import databases, prepared
from solitude.events.models import Event, Feed
from solitude.web.models import SeenToken

# More than a socket takes while nobody reads at its other end.
MANY, LONG = 60, 200_000


def write(*jtis: str) -> None:
    with transaction.atomic():
        for jti in jtis:
            prepared.insert_later(token(jti))


def feed() -> Feed:
    Feed.objects.all().delete()
    return Feed.objects.create(last_place=1)


def place() -> int:
    return int(Feed.objects.get().last_place)


@pytest.fixture(params=["prepared", "not prepared"], autouse=True)
def is_prepared(request: pytest.FixtureRequest, alone: None) -> bool:
    """The first time that a connection is asked, it knows no statement."""
    if request.param == "prepared":
        with transaction.atomic():
            prepared.insert_later(token("before"))
            row = feed()
            prepared.update_later(row, ["last_place"])
            list(SeenToken.objects.filter(jti="before"))
        SeenToken.objects.all().delete()
    return str(request.param) == "prepared"


def test_the_commit_writes_it_in_its_order() -> None:
    row = feed()
    with transaction.atomic():
        first, second = token("first"), token("second")
        prepared.insert_later(first)
        row.last_place = 2
        prepared.update_later(row, ["last_place"])
        prepared.insert_later(second)
    assert tokens() == ["first", "second"]
    assert [first.pk, second.pk] == list(SeenToken.objects.order_by("pk").values_list("pk", flat=True))
    assert place() == 2


def write_with_event(row: SeenToken) -> None:
    """On SQLite a row has its key at once."""
    prepared.insert_later(row)
    uri: Any = prepared.OfNew(SeenToken, "/tokens/", "/") if row.pk is None else f"/tokens/{row.pk}/"
    prepared.insert_later(Event(type="a", edge="a", resource_uri=uri, uuid=row.jti))


def uris() -> dict[str, str]:
    return dict(Event.objects.values_list("uuid", "resource_uri"))


def test_a_text_names_the_row_that_is_written_with_it_before_its_key_is_known() -> None:
    rows = [token("a"), token("b"), token("c")]
    for row in rows:
        with transaction.atomic():
            write_with_event(row)
        with pytest.raises(IntegrityError), transaction.atomic():
            # It takes a key, and leaves it unused.
            write_with_event(token(row.jti))
    assert uris() == {row.jti: f"/tokens/{row.pk}/" for row in rows}


def test_of_several_rows_a_text_names_the_last_before_it() -> None:
    rows = [token("a"), token("b")]
    with transaction.atomic():
        for row in rows:
            write_with_event(row)
    assert uris() == {row.jti: f"/tokens/{row.pk}/" for row in rows}


def test_what_others_insert_meanwhile_is_not_named(postgresql: None) -> None:
    """Each session knows its own last one, even where all of them are of one process."""

    def write_many(number: int) -> None:
        try:
            for each in range(MANY):
                with transaction.atomic():
                    write_with_event(token(f"{number}:{each}"))
        finally:
            connection.close()

    writers = [threading.Thread(target=write_many, args=(number,)) for number in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(WITHIN_S)
    assert uris() == {jti: f"/tokens/{pk}/" for pk, jti in SeenToken.objects.values_list("pk", "jti")}
    assert len(uris()) == 4 * MANY


def test_what_is_written_now_has_its_key_before_the_commit() -> None:
    row = token("a")
    with transaction.atomic():
        prepared.insert_later(row)
        prepared.write_now()
        assert row.pk == SeenToken.objects.get().pk


def test_until_then_nobody_else_sees_it() -> None:
    seen: list[list[str]] = []

    def look() -> None:
        seen.append(tokens())
        connection.close()

    with transaction.atomic():
        prepared.insert_later(token("a"))
        reader = threading.Thread(target=look)
        reader.start()
        reader.join(WITHIN_S)
    assert seen == [[]]
    assert tokens() == ["a"]


def by_orm() -> list[str]:
    return tokens()


def by_cursor() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT jti FROM web_seentoken ORDER BY id")
        return [jti for (jti,) in cursor.fetchall()]


def by_what_is_prepared() -> list[str]:
    return [jti for (jti,) in own().ask("SELECT jti FROM web_seentoken ORDER BY id", [])[0]]


def by_an_older_cursor() -> Callable[[], list[str]]:
    cursor = connection.cursor()

    def look() -> list[str]:
        cursor.execute("SELECT jti FROM web_seentoken ORDER BY id")
        return [jti for (jti,) in cursor.fetchall()]

    return look


@pytest.mark.parametrize("looks", [by_orm, by_cursor, by_what_is_prepared, None])
def test_the_next_statement_sees_it(looks: Callable[[], list[str]] | None) -> None:
    look = looks or by_an_older_cursor()
    with transaction.atomic():
        prepared.insert_later(token("a"))
        assert look() == ["a"]
        prepared.insert_later(token("b"))
        assert look() == ["a", "b"]


JTIS, COUNT = ("SELECT jti FROM web_seentoken ORDER BY id", []), ("SELECT count(*) FROM web_seentoken", [])


def test_several_questions_at_once_see_it() -> None:
    with transaction.atomic():
        prepared.insert_later(token("a"))
        prepared.insert_later(token("b"))
        for _ in range(2):
            assert [rows for rows, _ in own().ask_all([JTIS, COUNT, JTIS])] == [
                [("a",), ("b",)],
                [(2,)],
                [("a",), ("b",)],
            ]
    assert [rows for rows, _ in own().ask_all([COUNT, COUNT])] == [[(2,)], [(2,)]]


def test_whoever_looks_at_statements_sees_each_of_several_questions() -> None:
    with CaptureQueriesContext(connection) as seen:
        own().ask_all([JTIS, COUNT])
    assert [query["sql"] for query in seen.captured_queries] == [JTIS[0], COUNT[0]]


def test_of_several_questions_the_one_that_is_refused_is_told_and_the_next_is_answered(postgresql: None) -> None:
    by = ("SELECT jti FROM web_seentoken WHERE id = 1 / %s", [0])
    for _ in range(2):
        with pytest.raises(DataError, match="division by zero"):
            own().ask_all([COUNT, by, JTIS])
        assert own().ask_all([COUNT, JTIS]) == [([(0,)], 1), ([], 0)]


def test_with_its_transaction_it_is_undone() -> None:
    with transaction.atomic():
        prepared.insert_later(token("a"))
        transaction.set_rollback(True)
    assert tokens() == []
    write("b")
    assert tokens() == ["b"]


def test_what_is_behind_a_savepoint_is_undone_with_it_and_nothing_else() -> None:
    with transaction.atomic():
        prepared.insert_later(token("before"))
        with transaction.atomic():
            prepared.insert_later(token("within"))
            transaction.set_rollback(True)
        prepared.insert_later(token("behind"))
        with transaction.atomic():
            prepared.insert_later(token("kept"))
    assert tokens() == ["before", "behind", "kept"]


def test_what_is_refused_undoes_all_of_its_transaction() -> None:
    SeenToken.objects.bulk_create([token("known")])
    with pytest.raises(IntegrityError):
        write("new", "known", "newer")
    assert tokens() == ["known"]
    write("later")
    assert tokens() == ["known", "later"]


def test_what_is_refused_within_a_savepoint_is_undone_with_it() -> None:
    SeenToken.objects.bulk_create([token("known")])
    with transaction.atomic():
        prepared.insert_later(token("before"))
        with pytest.raises(IntegrityError):
            write("known")
        prepared.insert_later(token("behind"))
    assert tokens() == ["known", "before", "behind"]


def test_a_row_that_is_gone_is_an_error() -> None:
    row = feed()
    Feed.objects.all().delete()
    with pytest.raises(DatabaseError), transaction.atomic():
        prepared.update_later(row, ["last_place"])


def test_without_a_transaction_it_is_written_at_once() -> None:
    prepared.insert_later(token("a"))
    assert tokens() == ["a"]


def test_who_looks_at_statements_sees_it() -> None:
    seen: list[str] = []

    def look(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        seen.append(sql)
        return execute(sql, params, many, context)

    with transaction.atomic(), connection.execute_wrapper(look):
        prepared.insert_later(token("a"))
        assert [sql for sql in seen if sql.startswith("INSERT")]


def test_more_than_the_way_can_hold_is_written_too() -> None:
    """Who sends without ever reading waits for somebody who waits for it to read."""
    with transaction.atomic():
        for number in range(MANY):
            prepared.insert_later(
                Event(type="a", edge="a", resource_uri=f"/{number}/", uuid="a", data={"text": "x" * LONG})
            )
    assert Event.objects.count() == MANY
    assert [len(data["text"]) for data in Event.objects.values_list("data", flat=True)] == [LONG] * MANY


def test_while_one_waits_for_a_lock_its_holder_goes_on(postgresql: None) -> None:
    """Both are threads of one process: who waited with the interpreter in its hand would wait for ever."""
    row, is_held = feed(), threading.Event()

    def other() -> None:
        try:
            with transaction.atomic():
                theirs = Feed(pk=row.pk, last_place=5)
                prepared.update_later(theirs, ["last_place"])
                is_held.set()
        finally:
            connection.close()

    waiting = threading.Thread(target=other)
    with transaction.atomic():
        Feed.objects.select_for_update().get(pk=row.pk)
        waiting.start()
        assert is_held.wait(WITHIN_S)
        assert somebody_waits_for_a_lock()
        assert place() == 1
    waiting.join(WITHIN_S)
    assert place() == 5


def test_a_session_that_ends_before_it_is_an_operational_error_and_nothing_is_written(postgresql: None) -> None:
    other = connection.copy()

    def write_and_end() -> None:
        with transaction.atomic():
            ((pid,),), _ = own().ask("SELECT pg_backend_pid() AS pid", [])
            prepared.insert_later(token("lost"))
            prepared.insert_later(token("lost too"))
            with other.cursor() as cursor:
                cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])

    try:
        with pytest.raises(OperationalError):
            write_and_end()
        assert tokens() == []
        write("after")
        assert tokens() == ["after"]
    finally:
        other.close()


def test_who_waits_for_it_too_long_is_told_and_can_go_on(postgresql: None) -> None:
    row = feed()
    other = connection.copy()

    def change() -> None:
        with transaction.atomic():
            prepared.insert_later(token("a"))
            prepared.update_later(row, ["last_place"])

    try:
        other.set_autocommit(False)
        with other.cursor() as cursor:
            cursor.execute("SELECT 1 FROM events_feed FOR UPDATE")
        with connection.cursor() as cursor:
            cursor.execute("SET statement_timeout = 200")
        with pytest.raises(OperationalError, match="statement timeout"):
            change()
    finally:
        other.close()
    with connection.cursor() as cursor:
        cursor.execute("RESET statement_timeout")
    assert tokens() == []
    row.last_place = 3
    with transaction.atomic():
        prepared.update_later(row, ["last_place"])
    assert place() == 3


def test_whoever_is_interrupted_leaves_no_answer_to_others(
    postgresql: None, monkeypatch: pytest.MonkeyPatch, is_prepared: bool
) -> None:
    if not is_prepared:
        # Then it goes one by one, and psycopg sees to that.
        write("before")
        SeenToken.objects.all().delete()
    from solitude.databases.postgresql.statements import Statements

    def interrupted(_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Statements, "_results", interrupted)
        with pytest.raises(KeyboardInterrupt):
            write("a", "b")
    # As a request does at its end: nobody gets this connection.
    databases.let_go()
    assert own().ask("SELECT 1 AS one", [])[0] == [(1,)]
    # The commit was on its way.
    assert tokens() in ([], ["a", "b"])


NAMED: prepared.Found[SeenToken] = prepared.Found(
    lambda jti: SeenToken.objects.select_for_update().filter(jti=jti), str
)


def write_if(required: str, *jtis: str) -> None:
    with transaction.atomic():
        prepared.require_later(NAMED, required)
        for jti in jtis:
            prepared.insert_later(token(jti))


def test_what_is_required_and_there_lets_all_be_written() -> None:
    prepared.insert_once(token("there"))
    for jti in ("a", "b"):
        write_if("there", jti)
    assert tokens() == ["there", "a", "b"]


def test_what_is_required_and_not_there_lets_nothing_be_written() -> None:
    prepared.insert_once(token("there"))
    for _ in range(2):
        with pytest.raises(DataError) as failed:
            write_if("missing", "a", "b")
        assert prepared.is_missing(failed.value)
    assert tokens() == ["there"]
    write_if("there", "a")
    assert tokens() == ["there", "a"]


def test_a_statement_before_the_commit_tells_what_is_missing() -> None:
    seen: list[list[str]] = []

    @transaction.atomic
    def write_and_look() -> None:
        prepared.insert_later(token("a"))
        prepared.require_later(NAMED, "missing")
        seen.append(tokens())

    with pytest.raises(DataError) as failed:
        write_and_look()
    assert prepared.is_missing(failed.value)
    assert (seen, tokens()) == ([], [])


def test_who_looks_at_statements_is_told_too() -> None:
    with pytest.raises(DataError) as failed, CaptureQueriesContext(connection):
        write_if("missing", "a")
    assert prepared.is_missing(failed.value)
    assert tokens() == []


def test_another_error_of_a_value_is_none_that_is_missing(postgresql: None) -> None:
    with pytest.raises(DataError) as failed:
        own().ask("SELECT %s::date AS day", ["no day"])
    assert not prepared.is_missing(failed.value)


def test_what_is_required_is_locked_until_the_commit(postgresql: None) -> None:
    """Somebody else has it in hand, and takes it away: whoever requires it waits, and is told."""
    prepared.insert_once(token("there"))
    ended: list[BaseException | None] = []

    def require() -> None:
        try:
            write_if("there", "a")
            ended.append(None)
        except DataError as error:
            ended.append(error)
        finally:
            connection.close()

    waiting = threading.Thread(target=require)
    with transaction.atomic():
        SeenToken.objects.filter(jti="there").update(jti="elsewhere")
        waiting.start()
        assert somebody_waits_for_a_lock()
        assert not ended
    waiting.join(WITHIN_S)
    (error,) = ended
    assert isinstance(error, DataError)
    assert prepared.is_missing(error)
    assert tokens() == ["elsewhere"]
