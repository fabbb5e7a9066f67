"""Requests take turns: those that read never behind those that write, and whoever waits for somebody else holds nobody up."""

import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import transaction
from tests.support.marketplace import Marketplace
from tests.support.simulator import Simulator
from tests.support.waiting import until

from solitude import databases, failpoints, turns
from solitude.turns import NoTurn, Turns, aside, turn
from solitude.web import turns as in_turn

WITHIN_S = 60
AT_ONCE_S = 0.01


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(8) as pool:
        yield pool


class Someone:
    """A thread that has a turn, or waits for one, until it is let on."""

    def __init__(self, threads: ThreadPoolExecutor, turns: Turns, wait_s: float = WITHIN_S) -> None:
        self.has_begun, self.may_go_on, self.is_aside = threading.Event(), threading.Event(), threading.Event()
        self.may_return, self.is_back, self.may_end = threading.Event(), threading.Event(), threading.Event()
        self.stands_aside = False
        self.ended: Future[None] = threads.submit(self._work, turns, wait_s)

    def _work(self, turns: Turns, wait_s: float) -> None:
        with turn(turns, wait_s):
            self.has_begun.set()
            assert self.may_go_on.wait(WITHIN_S)
            if self.stands_aside:
                with aside():
                    self.is_aside.set()
                    assert self.may_return.wait(WITHIN_S)
                self.is_back.set()
            assert self.may_end.wait(WITHIN_S)

    def waits(self) -> None:
        assert self.has_begun.wait(WITHIN_S)
        self.stands_aside = True
        self.may_go_on.set()
        assert self.is_aside.wait(WITHIN_S)

    def ends(self) -> None:
        for event in (self.may_go_on, self.may_return, self.may_end):
            event.set()
        self.ended.result(WITHIN_S)


def test_one_turn_after_the_other(threads: ThreadPoolExecutor) -> None:
    turns = Turns(1, 3)
    first = Someone(threads, turns)
    assert first.has_begun.wait(WITHIN_S)
    second = Someone(threads, turns)
    until(lambda: turns.inside == 2)
    assert not second.has_begun.is_set()

    first.ends()

    assert second.has_begun.wait(WITHIN_S)
    second.ends()
    assert turns.inside == 0


def test_who_waits_for_somebody_else_gives_its_turn_to_the_next(threads: ThreadPoolExecutor) -> None:
    turns = Turns(1, 2)
    first = Someone(threads, turns)
    first.waits()

    second = Someone(threads, turns)

    assert second.has_begun.wait(WITHIN_S)
    second.ends()
    first.ends()


def test_who_comes_back_is_before_those_who_have_not_begun(threads: ThreadPoolExecutor) -> None:
    turns = Turns(1, 3)
    first = Someone(threads, turns)
    first.waits()
    second = Someone(threads, turns)
    assert second.has_begun.wait(WITHIN_S)
    third = Someone(threads, turns)
    until(lambda: len(turns._new) == 1)
    first.may_return.set()
    until(lambda: len(turns._back) == 1)

    second.ends()

    assert first.is_back.wait(WITHIN_S)
    assert not third.has_begun.is_set()
    first.ends()
    third.ends()


def test_who_has_no_turn_in_time_leaves_no_trace(threads: ThreadPoolExecutor) -> None:
    turns = Turns(1, 2)
    first = Someone(threads, turns)
    assert first.has_begun.wait(WITHIN_S)

    with pytest.raises(NoTurn), turn(turns, AT_ONCE_S):
        pytest.fail("two have the one turn")

    assert (turns.inside, list(turns._new)) == (1, [])
    first.ends()
    with turn(turns, 0):
        assert turns.inside == 1


def test_of_those_inside_there_are_not_more_than_may_be_also_when_all_stand_aside(threads: ThreadPoolExecutor) -> None:
    turns = Turns(1, 2)
    waiting = [Someone(threads, turns) for _ in range(2)]
    for someone in waiting:
        someone.waits()

    with pytest.raises(NoTurn), turn(turns, WITHIN_S):
        pytest.fail("a third one is inside")

    for someone in waiting:
        someone.ends()


def test_a_turn_ends_with_an_error() -> None:
    turns = Turns(1, 1)
    with pytest.raises(ZeroDivisionError), turn(turns, 0), aside():
        raise ZeroDivisionError
    with turn(turns, 0):
        assert turns.inside == 1


@pytest.mark.django_db
def test_in_a_transaction_nobody_stands_aside(threads: ThreadPoolExecutor) -> None:
    """It may hold locks for which those wait who have the other turns."""
    turns = Turns(1, 2)
    with turn(turns, 0), transaction.atomic(), aside():
        late = Someone(threads, turns, AT_ONCE_S)
        with pytest.raises(NoTurn):
            late.ended.result(WITHIN_S)


@contextmanager
def taken(turns: Turns, threads: ThreadPoolExecutor) -> Iterator[None]:
    """All of its turns."""
    someone = Someone(threads, turns)
    assert someone.has_begun.wait(WITHIN_S)
    try:
        yield
    finally:
        someone.ends()


@pytest.fixture
def one_writer(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Turns:
    turns = Turns(1, 2)
    monkeypatch.setattr(in_turn, "_writers", turns)
    settings.SOLITUDE_SERVE_TURN_WAIT_MS = 10
    return turns


def test_without_a_turn_a_request_is_told_to_come_back_and_leaves_no_trace(
    shop: Marketplace, one_writer: Turns, threads: ThreadPoolExecutor
) -> None:
    key = {"Idempotency-Key": "k-1"}
    with taken(one_writer, threads):
        answer = shop.post("/generic/buyer/", {"uuid": "b:1"}, headers=key)
        assert (answer.status, answer["code"]) == (503, "busy")
        assert int(answer.headers["Retry-After"]) >= 1
        assert answer.headers["Transaction-Id"]
        # Who reads does not stand behind those that write.
        assert shop.get("/generic/buyer/?uuid=b:1")["objects"] == []
        assert shop.get("/services/status/").status == 200

    assert shop.post("/generic/buyer/", {"uuid": "b:1"}, headers=key).status == 201


@pytest.mark.django_db(transaction=True)
def test_a_payment_has_no_turn_while_the_provider_is_asked(
    shop: Marketplace, paypal: Simulator, app_id: str, preapproved: str, one_writer: Turns
) -> None:
    free: list[int] = []

    def look(name: str) -> None:
        if name in (failpoints.AFTER_INTENT, failpoints.AFTER_SEND, failpoints.AFTER_ANSWER):
            free.append(one_writer._free)

    with failpoints.hooked(look):
        assert shop.pay(app_id, user_id=preapproved, use_preapproval=True)["status"] == "completed"

    assert free[0] == 0
    assert 1 in free[1:-1]
    assert free[-1] == 0


def test_who_sees_to_the_disk_before_a_provider_is_asked_has_a_turn(
    shop: Marketplace, paypal: Simulator, app_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may need a connection for that, and there are no more of them than turns. But for the one that fetches an access token for all."""
    shop.pay(app_id)
    has_turn: list[bool] = []
    monkeypatch.setattr(databases, "make_durable", lambda: has_turn.append(turns._held.turns is not None))
    begun = shop.pay(app_id)
    paypal.approve(begun["pay_url"])

    assert shop.check(uuid=begun["uuid"])["status"] == "COMPLETED"

    assert len(has_turn) > 1
    assert all(has_turn)
