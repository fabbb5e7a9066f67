"""The month is in a row's key: where rows come to be, who looks where for them, and what goes by the order of keys."""

import re
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.db.models import DateTimeField, Q, Value
from tests.audit import world as audit
from tests.monthly.world import LATER, LONG_AGO, call, event, execute, past_months, where

from solitude import monthly
from solitude.audit import bounds
from solitude.audit.models import Act, Seal
from solitude.events import feed
from solitude.events.models import Event, Feed
from solitude.payments.models import Notification, ProviderCall

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_row_is_in_the_partition_of_the_month_in_which_it_was_written() -> None:
    now = monthly.this_month()
    ending = f"{now // 12}_{now % 12 + 1:02}"

    rows = (audit.event(), audit.call(), audit.notification())

    assert [where(row) for row in rows] == [f"{row._meta.db_table}_{ending}" for row in rows]
    assert [row.pk >> monthly.ROW_BITS for row in rows] == [now] * 3
    assert [Event.objects.get().pk, ProviderCall.objects.get().pk, Notification.objects.get().pk] == [
        row.pk for row in rows
    ]


def test_keys_grow_by_one_and_can_be_written_as_numbers_in_json() -> None:
    first, second = audit.event(), audit.event()
    assert second.pk == first.pk + 1 < 2**53


@pytest.mark.parametrize(
    ("moment", "month"),
    [
        (datetime(2026, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC), date(2026, 12, 1)),
        (datetime(2027, 1, 1, tzinfo=UTC), date(2027, 1, 1)),
    ],
)
def test_python_and_the_database_count_months_alike(moment: datetime, month: date) -> None:
    Feed.objects.create()
    text = Value(moment, output_field=DateTimeField())
    (found,) = Feed.objects.annotate(first=monthly.FirstId(text)).values_list("first", flat=True)
    assert found == monthly.first_id(month)
    assert monthly.last_id(found) + 1 == monthly.first_id(date(2027, month.month % 12 + 1, 1))


@pytest.mark.parametrize("mode", ["force_custom_plan", "force_generic_plan"])
def test_a_look_up_by_key_is_in_one_partition(mode: str) -> None:
    row = audit.call()
    try:
        plan = execute(
            f"SET plan_cache_mode = {mode}",
            "PREPARE found (bigint) AS SELECT * FROM payments_providercall WHERE id = $1 FOR UPDATE",
            f"EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF) EXECUTE found ({row.pk})",
        )
    finally:
        execute("DEALLOCATE found", "RESET plan_cache_mode")
    scans = [line for (line,) in plan if " on payments_providercall" in line]
    assert len(scans) == 1, plan
    assert f"{where(row)}" in scans[0]


def test_a_range_of_keys_is_of_few_partitions() -> None:
    rows = ProviderCall.objects.filter(pk__range=(monthly.first_id(LATER), monthly.last_id(monthly.first_id(LATER))))
    with past_months("payments_providercall"):
        call(LONG_AGO)
        call(LATER)
        assert rows.count() == 1
        plan = rows.explain()
    assert plan.count(" on payments_providercall") == 1, plan


def test_a_page_of_the_feed_reads_no_more_events_than_it_shows_of_a_month_that_has_thousands() -> None:
    text, values = feed._behind(11).written(0)
    for place in range(1, len(values) + 1):
        text = text.replace("%s", f"${place}", 1)
    given = ", ".join(map(str, values))
    with past_months("events_event"):
        execute(
            "INSERT INTO events_event (id, place, type, edge, created, resource_uri, uuid, data) "
            f"SELECT {monthly.first_id(LONG_AGO)} + n, n, 'transaction.completed', 'payment_seen_paid', now(), '/', 'p', '{{}}' "
            "FROM generate_series(1, 3000) n",
            "ANALYZE events_event",
            "SET plan_cache_mode = force_generic_plan",
            f"PREPARE page AS {text}",
        )
        try:
            plan = execute(f"EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF) EXECUTE page ({given})")
        finally:
            execute("DEALLOCATE page", "RESET plan_cache_mode")
    read = [line for (line,) in plan if re.search(rf" on events_event_{LONG_AGO:%Y_%m} .*rows=11 ", line)]
    assert len(read) == 1, plan


def test_the_feed_has_no_gap_where_a_month_ends() -> None:
    with past_months("events_event"):
        old, new, newest = event(LONG_AGO), event(LATER), event(LATER, 2)

        page = feed.read(0, 10, Q())
        assert ([one.pk for one in page.events], page.more) == ([old.pk], True)
        page = feed.read(page.end, 10, Q())
        assert ([one.pk for one in page.events], page.more) == ([new.pk, newest.pk], False)

        assert list(Event.objects.order_by("pk").values_list("place", flat=True)) == [1, 2, 3]
        execute("TRUNCATE events_event")


def test_a_seal_ends_with_its_month(settings: Any) -> None:
    settings.SOLITUDE_SEAL_AFTER_S = 0
    settings.SOLITUDE_SEAL_ROWS_MAX = 100
    with past_months("events_event"):
        old, new = [event(LONG_AGO, number) for number in (1, 2)], event(LATER)
        latest = audit.event()
        assert audit.seal() == 3

        sealed = Seal.objects.filter(act=Act.SEALED, kind="events").order_by("number")
        assert [(seal.last_id, seal.count) for seal in sealed] == [
            (monthly.last_id(old[0].pk), 2),
            (monthly.last_id(new.pk), 1),
            (latest.pk, 1),
        ]
        assert audit.verified().checked.whole == 4
        execute("TRUNCATE events_event")


def test_a_month_that_has_just_begun_is_not_settled(monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock may be set back into the month before, or be another node's."""
    monkeypatch.setattr(bounds, "CLOCK_BACK_MAX_S", 40 * 86_400)
    with past_months("events_event"):
        before, _ = event(LONG_AGO), audit.event()
        assert bounds.Bounds().settled(Event) == before.pk
        execute("TRUNCATE events_event")
