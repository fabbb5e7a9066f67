"""Connections to the database are the process's: who waits has none, and who works next goes on with one that is there."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeVar

import pytest
from django.db import connection, connections, transaction
from django.utils import timezone

from solitude import databases, prepared
from solitude.databases import Kept
from solitude.databases.postgresql import base
from solitude.web.models import SeenToken

T = TypeVar("T")
TERMINATE = "SELECT pg_terminate_backend(%s, 5000)"


def elsewhere(work: Callable[[], T]) -> T:
    """What `work` gives in a thread that is new, and lets go of its connection."""

    def run() -> T:
        given = work()
        assert databases.let_go()
        return given

    with ThreadPoolExecutor(1) as threads:
        return threads.submit(run).result(20)


def opened() -> object:
    """The driver's connection that this thread has now."""
    connection.ensure_connection()
    return connection.connection


def session() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (pid,) = cursor.fetchone()
        return int(pid)


def test_what_one_thread_has_let_go_another_goes_on_with() -> None:
    ours = opened()
    assert elsewhere(opened) is not ours
    assert databases.let_go()
    assert elsewhere(opened) is ours
    assert opened() is ours


def test_in_a_transaction_a_connection_stays_with_its_thread() -> None:
    with transaction.atomic():
        ours = opened()
        assert not databases.let_go()
        assert opened() is ours
        assert elsewhere(opened) is not ours


def test_who_lost_its_connection_within_a_transaction_goes_on_with_another_one_after_its_end() -> None:
    opened()
    assert databases.let_go()
    ours = opened()
    with transaction.atomic():
        connection.close()
        elsewhere(opened)
        assert opened() is ours

    theirs = opened()
    assert theirs is not ours
    # What Django knew of the lost one holds no more: this one is closed when it is to be.
    connection.close()
    assert opened() is not theirs


def test_who_has_let_go_commits_and_undoes_as_ever() -> None:
    for number in range(3):
        opened()
        assert databases.let_go()
        done: list[int] = []
        with transaction.atomic():
            SeenToken.objects.create(client="a", jti=f"kept {number}", expires=timezone.now())
            transaction.on_commit(partial(done.append, number))
            assert not done
        assert done == [number]
        assert databases.let_go()
        with transaction.atomic():
            SeenToken.objects.create(client="a", jti=f"undone {number}", expires=timezone.now())
            transaction.set_rollback(True)
        assert databases.let_go()
    assert sorted(SeenToken.objects.values_list("jti", flat=True)) == ["kept 0", "kept 1", "kept 2"]


def test_one_thread_after_the_other_needs_one_connection() -> None:
    found = {id(elsewhere(opened)) for _ in range(5)}
    assert len(found) == 1


def test_too_old_a_connection_is_kept_by_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    ours = opened()
    connections["default"].close_at = 0.0
    assert databases.let_go()
    assert opened() is not ours


def test_its_age_goes_with_a_connection() -> None:
    opened()
    until = connections["default"].close_at
    assert databases.let_go()
    assert elsewhere(lambda: (opened(), connections["default"].close_at)[1]) == until


class Opened:
    """A connection that is nothing but open or closed."""

    is_closed = False

    def close(self) -> None:
        self.is_closed = True


def test_what_only_the_busiest_hour_needed_is_closed_when_it_is_old() -> None:
    kept = Kept()
    seldom, often = Opened(), Opened()
    kept.put(databases.Idle(seldom, 100.0, 1.0))
    kept.put(databases.Idle(often, 200.0, 99.0))
    assert not seldom.is_closed

    for since in (99.5, 100.0):
        idle = kept.take()
        assert idle is not None
        assert idle.opened is often
        kept.put(idle._replace(since=since))

    assert seldom.is_closed
    assert not often.is_closed


def test_who_closes_its_connection_closes_those_that_nobody_uses() -> None:
    ours = opened()
    theirs = elsewhere(opened)
    connection.close()
    assert opened() not in (ours, theirs)
    assert elsewhere(opened) not in (ours, theirs)


def test_a_session_that_was_ended_is_given_to_nobody(postgresql: None) -> None:
    ours = elsewhere(session)
    with connection.cursor() as cursor:
        # This thread has taken it: another one is opened beside it.
        assert session() == ours
        theirs = elsewhere(session)
        cursor.execute(TERMINATE, [theirs])
    assert elsewhere(session) not in (ours, theirs)


def test_a_session_that_has_been_idle_is_asked_before_it_is_used(
    postgresql: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server may be gone without a farewell."""
    ours = elsewhere(session)
    monkeypatch.setattr(base, "TRUSTED_S", -1.0)
    assert elsewhere(session) == ours
    # The farewell is not seen.
    monkeypatch.setattr(base, "_is_readable", lambda _descriptor: False)
    with connection.cursor() as cursor:
        theirs = elsewhere(session)
        cursor.execute(TERMINATE, [theirs])
    assert elsewhere(session) not in (ours, theirs)


def test_what_a_session_has_prepared_others_run(postgresql: None) -> None:
    def names() -> list[str]:
        return sorted(name for (name,) in prepared.run("SELECT name FROM pg_prepared_statements", []))

    first = elsewhere(names)
    assert first
    assert elsewhere(names) == first
