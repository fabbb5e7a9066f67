"""`type`: a reader that is only interested in some events reads no other, misses none and never reads on the spot."""

import pytest
from tests.events.world import HERE, happen, seen
from tests.support.marketplace import Marketplace

from solitude.events import feed
from solitude.events.models import TYPES, Event


def read_all(shop: Marketplace, types: str, limit: int = 3) -> tuple[list[str], list[int]]:
    """The names of all events of these types, and how many came with each page."""
    found: list[str] = []
    pages: list[int] = []
    after, more = "", True
    while more:
        answer = shop.get(f"{HERE}?limit={limit}&type={types}" + (f"&after={after}" if after else ""))
        found += seen(answer)
        pages.append(len(answer["events"]))
        assert answer["cursor"] > after or not answer["more"], "the cursor stands still"
        after, more = answer["cursor"], answer["more"]
    return found, pages


@pytest.fixture
def happened(shop: Marketplace) -> list[str]:
    """One event of every type, named after it."""
    for name in TYPES:
        happen(name, type=name)
    return list(TYPES)


@pytest.mark.parametrize(
    ("types", "expected"),
    [
        ("transaction.completed", ["transaction.completed"]),
        ("refund.completed,transaction.failed", ["transaction.failed", "refund.completed"]),
        ("dispute.*", ["dispute.opened", "dispute.updated", "dispute.resolved"]),
        ("dispute.*,dispute.opened,seller.ready", ["dispute.opened", "dispute.updated", "dispute.resolved", "seller.ready"]),
        ("seller.nothing,buyer.closed", ["buyer.closed"]),
        ("seller", []),
        ("sell.*", []),
        ("preapproval.activ", []),
        ("dispute._pened", []),
        ("no_such.*", []),
    ],
)  # fmt: skip
def test_only_what_was_asked_for_comes(shop: Marketplace, happened: list[str], types: str, expected: list[str]) -> None:
    assert seen(shop.get(f"{HERE}?limit=1000&type={types}")) == expected
    assert read_all(shop, types, limit=1)[0] == expected


def test_no_types_are_all_types(shop: Marketplace, happened: list[str]) -> None:
    assert seen(shop.get(f"{HERE}?type=")) == happened


@pytest.mark.parametrize(
    "types",
    [
        "*", "transaction*", "transaction.*.*", "*.completed", ",", "dispute.opened,", "Dispute.opened", "dispute.opened%20",
        "a%00b", "dispute.%", "dispute..opened", ".opened", "transaction.completed;refund.completed", "%D0%B0.b", "x" * 33,
        ",".join(["a"] * 51),
    ],
)  # fmt: skip
def test_what_cannot_be_a_type_is_refused_by_name(shop: Marketplace, types: str) -> None:
    refused = shop.get(f"{HERE}?type={types}")
    assert (refused.status, refused["detail"].startswith("type must")) == (400, True)


def test_the_cursor_moves_past_what_was_not_asked_for(shop: Marketplace) -> None:
    happen("a")
    happen("b", "c", type="refund.completed")

    answer = shop.get(f"{HERE}?type=transaction.*")

    assert (seen(answer), answer["more"]) == (["a"], False)
    assert answer["cursor"] == shop.get(HERE)["cursor"]
    assert seen(shop.get(f"{HERE}?after={answer['cursor']}")) == []


def test_a_full_page_ends_at_its_last_event(shop: Marketplace) -> None:
    """What was not delivered must not be passed, nor what stands behind the last one that was."""
    happen("a", "b")
    happen("other", type="refund.completed")
    happen("c")

    first = shop.get(f"{HERE}?type=transaction.*&limit=2")
    assert (seen(first), first["more"]) == (["a", "b"], True)
    assert first["cursor"] == first["events"][-1]["cursor"]
    second = shop.get(f"{HERE}?type=transaction.*&limit=2&after={first['cursor']}")
    assert (seen(second), second["more"]) == (["c"], False)
    third = shop.get(f"{HERE}?type=transaction.*&limit=1&after={first['cursor']}")
    assert (seen(third), third["more"]) == (["c"], False)


def test_one_request_looks_at_so_many_events_and_no_more(shop: Marketplace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed, "SCAN_MAX", 10)
    for number in range(5):
        happen(*(f"other {number}.{one}" for one in range(9)), type="refund.completed")
        happen(f"wanted {number}")

    found, pages = read_all(shop, "transaction.*")

    assert found == [f"wanted {number}" for number in range(5)]
    assert pages == [1, 1, 1, 1, 1]
    assert read_all(shop, "buyer.closed") == ([], [0] * 5)


@pytest.mark.parametrize("beside", [9, 10, 11])
def test_where_one_request_ends_the_next_begins(
    shop: Marketplace, monkeypatch: pytest.MonkeyPatch, beside: int
) -> None:
    monkeypatch.setattr(feed, "SCAN_MAX", 10)
    happen(*map(str, range(beside)), type="refund.completed")
    happen("wanted")
    assert read_all(shop, "transaction.*")[0] == ["wanted"]


def test_looking_far_does_not_wait(shop: Marketplace, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever asks to wait is sent on while there is more to look at; the next request goes on from there."""
    monkeypatch.setattr(feed, "SCAN_MAX", 2)
    happen("1", "2", "3", type="refund.completed")
    answer = shop.get(f"{HERE}?type=transaction.*&wait=30")
    assert (seen(answer), answer["more"]) == ([], True)


def test_events_without_a_place_yet_are_more(shop: Marketplace) -> None:
    """One request gives places to so many; the rest is not passed in silence."""
    other = Event(type="refund.completed", edge="x", resource_uri="/generic/transaction/1/", uuid="other")
    rows = [Event(type=other.type, edge="x", resource_uri=other.resource_uri, uuid="other") for _ in range(1500)]
    Event.objects.bulk_create(rows)
    happen("wanted")

    first = shop.get(f"{HERE}?type=transaction.*")
    assert (seen(first), first["more"]) == ([], True)
    second = shop.get(f"{HERE}?type=transaction.*&after={first['cursor']}")
    assert (seen(second), second["more"]) == (["wanted"], False)
