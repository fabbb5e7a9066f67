"""`wait`: a request is held until there is something to tell, within bounds, and costs next to nothing meanwhile."""

import threading
from collections.abc import Callable

import pytest
from django.db import connection, transaction
from django.db.models import Q
from django.test.utils import CaptureQueriesContext
from tests.events.world import HERE, happen, seen
from tests.support.marketplace import Marketplace

from solitude.events import ending, feed, waiting
from solitude.events.models import Event

Pauses = list[float]
WITHIN_S = 20


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> Pauses:
    """The pauses that requests made, in seconds. Time passes in them and nowhere else, and nobody sleeps."""
    made: Pauses = []
    monkeypatch.setattr(waiting, "monotonic", lambda: sum(made))
    monkeypatch.setattr(waiting, "pause", made.append)
    return made


@pytest.fixture
def in_the_pause(pauses: Pauses, monkeypatch: pytest.MonkeyPatch) -> Callable[[int, Callable[[], object]], None]:
    """Lets something happen in the pause of this number, from 1."""

    def arranged(number: int, happens: Callable[[], object]) -> None:
        def pause(seconds: float) -> None:
            pauses.append(seconds)
            if len(pauses) == number:
                happens()

        monkeypatch.setattr(waiting, "pause", pause)

    return arranged


def test_an_event_that_is_there_is_told_at_once(shop: Marketplace, pauses: Pauses) -> None:
    happened = happen("a")
    assert seen(shop.get(f"{HERE}?wait=30")) == happened
    assert pauses == []


def test_an_event_that_comes_meanwhile_ends_the_wait(
    shop: Marketplace, pauses: Pauses, in_the_pause: Callable[..., None]
) -> None:
    happen("before")
    cursor = shop.get(HERE)["cursor"]
    in_the_pause(3, lambda: happen("meanwhile"))

    answer = shop.get(f"{HERE}?wait=30&after={cursor}")

    assert (seen(answer), answer["more"], pauses) == (["meanwhile"], False, [0.2] * 3)
    assert answer["cursor"] == answer["events"][-1]["cursor"]
    assert seen(shop.get(f"{HERE}?after={answer['cursor']}")) == []


def test_an_event_that_another_reader_saw_first_ends_the_wait_as_well(
    shop: Marketplace, in_the_pause: Callable[..., None]
) -> None:
    def another() -> None:
        happen("meanwhile")
        feed.give_places()

    in_the_pause(1, another)
    assert seen(shop.get(f"{HERE}?wait=30")) == ["meanwhile"]


def test_when_the_time_is_over_the_answer_is_empty(shop: Marketplace, pauses: Pauses) -> None:
    happen("a")
    cursor = shop.get(HERE)["cursor"]

    answer = shop.get(f"{HERE}?wait=2&after={cursor}")

    assert (answer.status, answer["events"], answer["more"], answer["cursor"]) == (200, [], False, cursor)
    assert sum(pauses) == pytest.approx(2)


def test_an_event_in_the_last_moment_is_told(shop: Marketplace, in_the_pause: Callable[..., None]) -> None:
    in_the_pause(5, lambda: happen("last"))
    assert seen(shop.get(f"{HERE}?wait=1")) == ["last"]


def test_an_event_of_another_type_does_not_end_the_wait_but_moves_the_cursor(
    shop: Marketplace, pauses: Pauses, in_the_pause: Callable[..., None]
) -> None:
    before = shop.get(HERE)["cursor"]
    in_the_pause(2, lambda: happen("other", type="refund.completed"))

    answer = shop.get(f"{HERE}?wait=1&type=transaction.*&after={before}")

    assert (seen(answer), answer["more"], len(pauses)) == ([], False, 5)
    assert answer["cursor"] > before
    assert seen(shop.get(f"{HERE}?after={answer['cursor']}")) == []


def test_an_event_of_the_type_ends_the_wait_whatever_came_before_it(
    shop: Marketplace, pauses: Pauses, in_the_pause: Callable[..., None]
) -> None:
    def both() -> None:
        happen("other", type="refund.completed")
        happen("asked for")

    in_the_pause(1, both)
    assert seen(shop.get(f"{HERE}?wait=30&type=transaction.*")) == ["asked for"]
    assert len(pauses) == 1


@pytest.mark.parametrize("wait", ["31", "-1", "0.5", "x", "%00", "999999999999"])
def test_a_wait_is_0_to_30_whole_seconds(shop: Marketplace, wait: str) -> None:
    refused = shop.get(f"{HERE}?wait={wait}")
    assert (refused.status, "wait" in refused["detail"]) == (400, True)


@pytest.mark.parametrize("wait", ["0", ""])
def test_no_wait_is_no_wait(shop: Marketplace, pauses: Pauses, wait: str) -> None:
    assert seen(shop.get(f"{HERE}?wait={wait}")) == []
    assert pauses == []


def test_looking_again_is_two_short_statements_that_write_nothing(
    shop: Marketplace, in_the_pause: Callable[..., None]
) -> None:
    happen("a", "b")
    cursor = shop.get(HERE)["cursor"]
    counted: list[int] = []

    with CaptureQueriesContext(connection) as captured:
        in_the_pause(1, lambda: counted.append(len(captured)))
        shop.get(f"{HERE}?wait=1&after={cursor}")

    later = [query["sql"] for query in captured][counted[0] :]
    assert len(later) == 10, later
    assert {sql.split()[0].strip("(") for sql in later} == {"SELECT"}
    assert {"place" in sql for sql in later} == {True}


def test_no_transaction_is_open_while_a_request_waits(shop: Marketplace, in_the_pause: Callable[..., None]) -> None:
    states: list[tuple[bool, bool]] = []
    in_the_pause(1, lambda: states.append((connection.in_atomic_block, connection.get_autocommit())))

    shop.get(f"{HERE}?wait=1")

    assert states == [(False, True)]


def test_as_many_wait_as_may_and_one_more_is_answered_at_once(
    shop: Marketplace, pauses: Pauses, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the pause of the first request a second one comes, and in its pause a third."""
    monkeypatch.setattr(waiting, "_room", threading.Semaphore(2))
    waited: list[int] = []
    inside: list[int] = []

    def ask(number: int) -> None:
        inside.append(number)
        assert seen(Marketplace().get(f"{HERE}?wait=1")) == []
        inside.pop()

    def pause(seconds: float) -> None:
        waited.append(inside[-1])
        if inside[-1] < 3 and waited.count(inside[-1]) == 1:
            ask(inside[-1] + 1)
        pauses.append(seconds)

    monkeypatch.setattr(waiting, "pause", pause)

    ask(1)

    assert set(waited) == {1, 2}, "the third one had no room, and was answered all the same"
    # Each left its place to the next.
    assert waiting._room.acquire(blocking=False)
    assert waiting._room.acquire(blocking=False)
    assert not waiting._room.acquire(blocking=False)


def test_a_wait_that_fails_leaves_its_place(
    shop: Marketplace, in_the_pause: Callable[..., None], pauses: Pauses, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting, "_room", threading.Semaphore(1))

    def broken() -> None:
        raise ZeroDivisionError

    in_the_pause(1, broken)
    assert shop.get(f"{HERE}?wait=1").status == 500
    in_the_pause(0, broken)
    before = len(pauses)
    assert shop.get(f"{HERE}?wait=1").status == 200
    assert len(pauses) > before


def test_when_the_process_is_to_end_nobody_waits(
    shop: Marketplace, pauses: Pauses, in_the_pause: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = threading.Event()
    monkeypatch.setattr(ending, "begun", begun)
    in_the_pause(1, begun.set)

    assert seen(shop.get(f"{HERE}?wait=30")) == []
    assert len(pauses) == 1
    assert seen(shop.get(f"{HERE}?wait=30")) == []
    assert len(pauses) == 1


def test_an_event_of_another_thread_is_told_within_moments(shop: Marketplace) -> None:
    """With the real clock: the request waits in one thread while the event happens in another."""
    waits, answers = threading.Event(), []

    def reader() -> None:
        answers.append(Marketplace().get(f"{HERE}?wait=30"))
        connection.close()

    original = feed.has_news

    def watched(after: int) -> bool:
        waits.set()
        return original(after)

    thread = threading.Thread(target=reader)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(feed, "has_news", watched)
        thread.start()
        assert waits.wait(WITHIN_S)
        happen("from elsewhere")
        thread.join(WITHIN_S)
    assert [seen(answer) for answer in answers] == [["from elsewhere"]]


def test_an_event_that_is_not_committed_is_no_news(shop: Marketplace) -> None:
    before = feed.read(0, 1, Q()).end
    assert not feed.has_news(before)
    with transaction.atomic():
        Event.objects.create(type="transaction.started", edge="x", resource_uri="/", uuid="undone")
        transaction.set_rollback(True)
    assert not feed.has_news(before)
    happen("done")
    assert feed.has_news(before)
