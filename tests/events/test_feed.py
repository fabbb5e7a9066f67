"""The feed: every event once and in order, from any cursor on, whatever happens at the same time."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from tests.support.marketplace import Answer, Marketplace
from tests.web.parallel import at_once

from solitude.events import feed
from solitude.events.models import TYPES, Event, Feed, append
from solitude.telemetry import metrics
from solitude.transactions import states
from solitude.transactions.models import Status

HERE = "/events/"
BACKUP = Path(__file__).parents[2] / "docs" / "backup.md"


def happen(count: int, first: int = 0) -> list[str]:
    """Appends so many events; their uuids."""
    names = [f"e:{number}" for number in range(first, first + count)]
    for name in names:
        with transaction.atomic():
            append(event(name))
    return names


def event(name: str, **more: Any) -> Event:
    return Event(
        type="transaction.started", edge="kept_by_client", resource_uri="/generic/transaction/1/", uuid=name, **more
    )


def names(answer: Answer) -> list[str]:
    assert answer.status == 200, answer
    return [shown["uuid"] for shown in answer["events"]]


def read_all(shop: Marketplace, limit: int, after: str = "") -> tuple[list[str], str]:
    """Everything behind a cursor, a page at a time, and the cursor at the end."""
    seen: list[str] = []
    more = True
    while more:
        answer = shop.get(f"{HERE}?limit={limit}" + (f"&after={after}" if after else ""))
        seen += names(answer)
        assert len(answer["events"]) <= limit
        after, more = answer["cursor"], answer["more"]
    return seen, after


def test_an_empty_feed_has_a_cursor_to_begin_with(shop: Marketplace) -> None:
    answer = shop.get(HERE)
    assert (answer.status, answer["events"], answer["more"]) == (200, [], False)
    happened = happen(2)
    assert names(shop.get(f"{HERE}?after={answer['cursor']}")) == happened


def test_without_a_cursor_the_feed_is_read_from_the_oldest(shop: Marketplace) -> None:
    happened = happen(3)
    answer = shop.get(HERE)
    assert (names(answer), answer["more"]) == (happened, False)
    assert answer["cursor"] == answer["events"][-1]["cursor"]
    assert names(shop.get(f"{HERE}?after=")) == happened


def test_an_event_shows_what_happened(shop: Marketplace) -> None:
    with transaction.atomic():
        append(event("e", old="started", new="pending", reason="why", data={"amount": "2.49"}))
    shown = shop.get(HERE)["events"][0]
    assert sorted(shown) == ["created", "cursor", "data", "from", "reason", "resource_uri", "to", "type", "uuid"]
    assert (shown["from"], shown["to"], shown["reason"], shown["data"]) == (
        "started",
        "pending",
        "why",
        {"amount": "2.49"},
    )
    assert shown["created"].endswith("Z")


@pytest.mark.parametrize("limit", [1, 2, 5, 7, 1000])
def test_page_by_page_every_event_comes_once(shop: Marketplace, limit: int) -> None:
    happened = happen(7)
    seen, cursor = read_all(shop, limit)
    assert seen == happened
    assert names(shop.get(f"{HERE}?after={cursor}")) == []
    happened = happen(2, first=7)
    assert read_all(shop, limit, cursor)[0] == happened


def test_more_says_whether_there_is_more(shop: Marketplace) -> None:
    happen(3)
    assert [shop.get(f"{HERE}?limit={limit}")["more"] for limit in (2, 3, 4)] == [True, False, False]


def test_a_hundred_events_come_unless_more_are_asked_for(shop: Marketplace) -> None:
    happened = happen(101)
    answer = shop.get(HERE)
    assert (names(answer), answer["more"]) == (happened[:100], True)


def test_more_events_than_one_request_gives_places_to(shop: Marketplace) -> None:
    Event.objects.bulk_create(event(f"e:{number}") for number in range(2 * feed.LIMIT_MAX + 5))
    seen, _ = read_all(shop, feed.LIMIT_MAX)
    assert seen == [f"e:{number}" for number in range(2 * feed.LIMIT_MAX + 5)]


def test_cursors_are_opaque_text_in_the_order_of_the_events(shop: Marketplace) -> None:
    happen(20)
    cursors = [shown["cursor"] for shown in shop.get(HERE)["events"]]
    assert sorted(set(cursors)) == cursors
    assert {len(cursor) for cursor in cursors} == {18}
    for number, cursor in enumerate(cursors):
        assert names(shop.get(f"{HERE}?after={cursor}")) == [f"e:{n}" for n in range(number + 1, 20)]


UNKNOWN = [
    "x",
    "0",
    "00000000000000002A",
    "00000000000000ffff",
    "f" * 18,
    "-00000000000000001",
    "%00",
    "1" * 300,
    "\u0661",
]


@pytest.mark.parametrize("cursor", UNKNOWN)
def test_an_unknown_cursor_is_gone_and_the_oldest_is_told(shop: Marketplace, cursor: str) -> None:
    happened = happen(3)
    gone = shop.get(f"{HERE}?after={'%D9%A1' if cursor == UNKNOWN[-1] else cursor}")
    assert (gone.status, gone["code"], sorted(gone.json)) == (410, "cursor_expired", ["code", "detail", "oldest"])
    assert names(shop.get(f"{HERE}?after={gone['oldest']}")) == happened


def test_a_cursor_from_before_what_is_kept_is_gone(shop: Marketplace) -> None:
    happen(3)
    before, first, second, third = (
        shop.get(f"{HERE}?limit=1")["cursor"],
        *(e["cursor"] for e in shop.get(HERE)["events"]),
    )
    assert before == first
    Event.objects.filter(uuid__in=["e:0", "e:1"]).delete()

    gone = shop.get(f"{HERE}?after={first}")

    assert (gone.status, gone["oldest"]) == (410, second)
    assert names(shop.get(f"{HERE}?after={second}")) == ["e:2"]
    assert names(shop.get(HERE)) == ["e:2"]
    assert names(shop.get(f"{HERE}?after={third}")) == []


def test_a_reader_goes_on_over_a_place_where_nothing_is(shop: Marketplace) -> None:
    """A key was taken by somebody whose transaction was undone."""
    happen(4)
    cursors = [shown["cursor"] for shown in shop.get(HERE)["events"]]
    Event.objects.filter(uuid__in=["e:1", "e:2"]).delete()

    assert names(shop.get(f"{HERE}?after={cursors[0]}")) == ["e:3"]
    assert names(shop.get(f"{HERE}?after={cursors[0]}&type=transaction.*")) == ["e:3"]
    assert names(shop.get(f"{HERE}?after={cursors[3]}")) == []
    # Nobody was ever given a cursor of such a place, but by a database that was restored since.
    assert shop.get(f"{HERE}?after={cursors[1]}").status == 410
    assert shop.get(f"{HERE}?after={cursors[1]}&type=transaction.*").status == 410


@pytest.mark.parametrize("kept", [2, 0])
def test_after_a_restore_by_the_documents_a_cursor_of_what_is_gone_is_gone(shop: Marketplace, kept: int) -> None:
    """Its place would be another event's by now."""
    happen(4)
    cursors = [shown["cursor"] for shown in shop.get(HERE)["events"]]
    # As a backup has them in which nobody had asked for the feed, or only for the first two.
    Event.objects.filter(uuid__in=[f"e:{number}" for number in range(kept, 4)]).delete()
    Feed.objects.update(last_place=kept, placed_through=0) if kept else Feed.objects.all().delete()

    (statement,) = re.findall("^INSERT INTO events_feed .*?;", BACKUP.read_text(), re.DOTALL | re.MULTILINE)
    with connection.cursor() as database:
        database.execute(statement)
    happened = happen(6, first=4)

    assert names(shop.get(HERE)) == [f"e:{number}" for number in range(kept)] + happened
    for cursor in cursors[kept:]:
        gone = shop.get(f"{HERE}?after={cursor}")
        assert gone.status == 410
        assert names(shop.get(f"{HERE}?after={gone['oldest']}"))[kept:] == happened
    for number, cursor in enumerate(cursors[:kept], start=1):
        assert names(shop.get(f"{HERE}?after={cursor}"))[kept - number :] == happened


def test_how_far_behind_a_reader_is_grows_while_it_reads_full_pages(
    shop: Marketplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    happen(3)
    shop.get(HERE)
    behind: list[float] = []
    monkeypatch.setattr(metrics, "gauge", lambda _name, value, **_labels: behind.append(value))
    for number in range(3):
        happen(2, first=3 + 2 * number)
        page = shop.get(f"{HERE}?limit=2")
        assert (names(page), page["more"]) == (["e:0", "e:1"], True)
    # Each page tells what those before it gave places to.
    assert behind == [3, 5, 7]
    assert names(shop.get(f"{HERE}?limit=2&after={page['cursor']}")) == ["e:2", "e:3"]


def test_what_gets_a_place_while_the_feed_is_read_is_told_once(
    shop: Marketplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another reader comes between our look at the newest place and our look at the events."""
    happen(1)
    shop.get(HERE)
    together = feed.together

    def between(*looks: Any) -> Any:
        newest = together(looks[0])
        happen(1, first=1)
        feed.give_places()
        return newest + together(*looks[1:])

    with monkeypatch.context() as patched:
        patched.setattr(feed, "together", between)
        page = shop.get(HERE)

    assert names(page) == ["e:0", "e:1"]
    assert names(shop.get(f"{HERE}?after={page['cursor']}")) == []


def test_a_feed_of_which_nothing_is_kept_goes_on_where_it_was(shop: Marketplace) -> None:
    happen(3)
    first, _, third = (shown["cursor"] for shown in shop.get(HERE)["events"])
    Event.objects.all().delete()

    answer = shop.get(HERE)
    assert (answer["events"], answer["cursor"]) == ([], third)
    assert shop.get(f"{HERE}?after={first}").status == 410
    assert names(shop.get(f"{HERE}?after={third}")) == []

    happened = happen(1, first=3)
    again = shop.get(f"{HERE}?after={third}")
    assert names(again) == happened
    assert again["cursor"] > third


@pytest.mark.parametrize("limit", ["0", "1001", "-1", "x", "1.0", "%00"])
def test_a_limit_is_from_1_to_1000(shop: Marketplace, limit: str) -> None:
    assert shop.get(f"{HERE}?limit={limit}").status == 400


@pytest.mark.parametrize("query", ["types=transaction.started", "cursor=x", "page=1"])
def test_what_is_not_offered_is_refused(shop: Marketplace, query: str) -> None:
    assert shop.get(f"{HERE}?{query}").status == 400


def test_an_event_is_written_in_the_commit_of_its_change(shop: Marketplace) -> None:
    with pytest.raises(RuntimeError):
        append(event("outside"))

    with transaction.atomic():
        append(event("undone"))
        transaction.set_rollback(True)
    assert names(shop.get(HERE)) == []


def test_an_event_is_of_a_type_that_is_written_down(shop: Marketplace) -> None:
    wrong = event("e")
    wrong.type = "transaction.lost"
    with pytest.raises(ValueError, match=r"transaction\.lost"), transaction.atomic():
        append(wrong)
    assert names(shop.get(HERE)) == []


def test_every_move_of_every_kind_of_transaction_has_a_type() -> None:
    kinds = {status.name.lower() for status in Status} | {"corrected"}
    assert {f"{name}.{kind}" for name in states._FEED_NAMES.values() for kind in kinds} <= set(TYPES)
    assert all(sentence.endswith(".") for sentence in TYPES.values())


def test_an_event_knows_the_request_that_caused_it(shop: Marketplace) -> None:
    shop.post("/generic/transaction/", {"uuid": "caused"}, **{"Transaction-Id": "checkout-4711"})
    happen(1)

    caused, alone = Event.objects.order_by("pk")

    assert (caused.uuid, caused.request_id, alone.request_id) == ("caused", "checkout-4711", "")
    assert "request_id" not in shop.get(HERE)["events"][0]


def test_an_event_that_is_committed_late_is_not_missed(shop: Marketplace) -> None:
    """Of two payments at once, the one that wrote its event first may commit last."""
    early = event("late commit", pk=1_000_001)
    Event.objects.create(
        **{name: getattr(event("e:1", pk=1_000_002), name) for name in ("id", "type", "edge", "resource_uri", "uuid")}
    )
    first = shop.get(HERE)
    assert names(first) == ["e:1"]

    early.save(force_insert=True)

    assert names(shop.get(f"{HERE}?after={first['cursor']}")) == ["late commit"]
    assert names(shop.get(HERE)) == ["e:1", "late commit"]


def test_readers_and_writers_at_once_miss_nothing_and_see_one_order(shop: Marketplace) -> None:
    writers, each, readers = 4, 10, 4

    def work(number: int) -> list[str]:
        if number < writers:
            happen(each, first=number * each)
            return []
        mine, seen, after = Marketplace(), [], ""
        for _ in range(400):
            answer = mine.get(f"{HERE}?limit=3" + (f"&after={after}" if after else ""))
            seen += names(answer)
            after = answer["cursor"]
            if len(seen) == writers * each:
                break
        return seen

    seen = at_once(writers + readers, work)[writers:]

    everything = names(shop.get(f"{HERE}?limit=1000"))
    assert sorted(everything) == sorted(f"e:{number}" for number in range(writers * each))
    for one in seen:
        assert one == everything[: len(one)]
    assert any(len(one) == len(everything) for one in seen)


def test_reading_on_where_nothing_happened_writes_nothing(shop: Marketplace) -> None:
    happen(3)
    cursor = shop.get(HERE)["cursor"]
    with CaptureQueriesContext(connection) as captured:
        shop.get(f"{HERE}?after={cursor}")
    written = [query["sql"] for query in captured if query["sql"].startswith(("UPDATE", "INSERT", "DELETE"))]
    assert [statement for statement in written if "web_seentoken" not in statement] == []


def test_an_event_is_of_the_databases_time_whatever_the_clock_of_its_node_says(shop: Marketplace) -> None:
    """Of two nodes with two clocks, and of a provider's call and what followed from it, the order is to be told."""
    began = datetime.now(UTC)
    for hours in (-2, 2):
        with time_machine.travel(began + timedelta(hours=hours)):
            assert shop.post("/generic/transaction/", {}).status == 201
    told = [datetime.fromisoformat(event["created"]) for event in shop.get("/events/")["events"]]
    assert len(told) == 2
    assert began - timedelta(milliseconds=1) <= told[0] <= told[1] <= datetime.now(UTC)
