"""The feed is followed with requests that the server holds: filtered, patient, and never in a hurry for nothing."""

from collections.abc import Callable
from itertools import islice
from typing import Any

import pytest

from solitude.client import CursorExpired, NoAnswer, Retries, Solitude
from tests.client import bodies
from tests.client.conftest import Time
from tests.client.server import FakeSolitude, Reply


def page(*cursors: str, more: bool = False, cursor: str | None = None) -> Reply:
    events = [bodies.EVENT | {"cursor": one} for one in cursors]
    return Reply(200, {"events": events, "cursor": cursor or (cursors[-1] if cursors else None), "more": more})


def queries(fake: FakeSolitude) -> list[str]:
    return [one.target.partition("?")[2] for one in fake.received]


def test_a_page_is_waited_for_and_filtered(fake: FakeSolitude, solitude: Solitude) -> None:
    fake.answers(page("2a"))
    assert solitude.events("29", wait_s=5, types=["transaction.*", "refund.completed"]).cursor == "2a"
    assert queries(fake) == ["after=29&limit=100&wait=5&type=transaction.%2A%2Crefund.completed"]


@pytest.mark.parametrize("types", ["refund.completed", ("refund.completed",), iter(["refund.completed"])])
def test_types_are_any_words(fake: FakeSolitude, solitude: Solitude, types: Any) -> None:
    fake.answers(page())
    solitude.events(types=types)
    assert queries(fake) == ["limit=100&type=refund.completed"]


@pytest.mark.parametrize("bad", [{"wait_s": -1}, {"wait_s": 31}, {"types": []}, {"types": ""}])
def test_a_wait_and_types_have_their_limits(fake: FakeSolitude, solitude: Solitude, bad: Any) -> None:
    with pytest.raises(ValueError):
        solitude.events(**bad)
    assert fake.received == []


def test_a_filtered_feed_is_read_to_its_end_although_pages_are_empty(fake: FakeSolitude, solitude: Solitude) -> None:
    fake.answers(page(cursor="5", more=True), page("7", more=True), page(cursor="9"))
    assert [event.cursor for event in solitude.iter_events("0", types=iter(["refund.*"]))] == ["7"]
    assert queries(fake) == [f"after={after}&limit=100&type=refund.%2A" for after in "057"]


def test_a_feed_is_followed_from_event_to_event(fake: FakeSolitude, solitude: Solitude, time: Time) -> None:
    fake.answers(page("1", "2", more=True), page("3"), page("4"))
    followed = solitude.follow_events("0", limit=2, types=("transaction.*",))
    assert [event.cursor for event in islice(followed, 4)] == ["1", "2", "3", "4"]
    assert queries(fake) == [f"after={after}&limit=2&wait=30&type=transaction.%2A" for after in "023"]
    assert time.pauses == []


def test_where_nothing_happens_it_goes_on_from_the_cursor_of_the_empty_page(
    fake: FakeSolitude, solitude: Solitude
) -> None:
    fake.answers(page(cursor="5"), page(cursor="5"), page("6"))
    assert next(solitude.follow_events("3", wait_s=1)).cursor == "6"
    assert queries(fake) == [f"after={after}&limit=100&wait=1" for after in "355"]


def test_a_server_that_does_not_hold_the_request_is_not_stormed(
    fake: FakeSolitude, solitude: Solitude, time: Time
) -> None:
    fake.answers(page(), page(), page(cursor="2", more=True), page("6"))
    next(solitude.follow_events())
    # The clock stands still while the server answers, and an empty page with more behind it is no reason to pause.
    assert time.pauses == [1.0, 1.0]


def test_after_a_request_that_was_held_there_is_no_pause(fake: FakeSolitude, solitude: Solitude, time: Time) -> None:
    fake.answers(page(), page("6"))
    answered = solitude._transport.send

    def held(call: Any, left_s: float) -> Any:
        time.now += call.held_s
        return answered(call, left_s)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(solitude._transport, "send", held)
        next(solitude.follow_events())
    assert time.pauses == []


def test_a_followed_feed_that_does_not_move_is_not_read_for_ever(fake: FakeSolitude, solitude: Solitude) -> None:
    fake.answers(page("5", more=True))
    with pytest.raises(NoAnswer, match="stands still"):
        list(solitude.follow_events("5"))
    assert len(fake.received) == 1


def test_whoever_follows_is_told_of_an_expired_cursor(fake: FakeSolitude, solitude: Solitude) -> None:
    fake.answers(Reply(410, {"detail": "Gone.", "code": "cursor_expired", "oldest": "1f"}))
    with pytest.raises(CursorExpired):
        next(solitude.follow_events("1"))


def test_a_server_that_is_away_for_a_moment_is_asked_again(fake: FakeSolitude, solitude: Solitude) -> None:
    fake.answers(Reply(502, raw=b"<html>", content_type="text/html"), page("1"))
    assert next(solitude.follow_events("0")).cursor == "1"
    assert queries(fake) == ["after=0&limit=100&wait=30"] * 2


def test_the_client_is_more_patient_than_the_server_is_asked_to_be(
    fake: FakeSolitude, connect: Callable[..., Solitude]
) -> None:
    """The answer takes two seconds: too long for a call, and not for one that the server may hold for so long."""
    slow = b'{"events": [], "cursor": "1", "more": false}'
    fake.answers(Reply(200, raw=slow, drips=True))
    client = connect(timeout_s=0.5, retries=Retries(tries=1, total_s=0.5))

    assert client.events("1", wait_s=10).cursor == "1"
    with pytest.raises(NoAnswer):
        client.events("1")
