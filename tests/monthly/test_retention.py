"""A month goes as a whole when all of it is due, is noted under the seals, and stays where something holds a row of it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from django.db.models import Q
from tests.audit import world as audit
from tests.monthly.world import (
    LATER,
    LONG_AGO,
    call,
    event,
    execute,
    notification,
    past_months,
)
from tests.retention.later import run, seal_all
from tests.support.writers import in_an_open_transaction

from solitude import monthly
from solitude.audit import chain, digests, kinds, listings, sealing
from solitude.audit.chain import Entry
from solitude.audit.models import Act, Seal
from solitude.cli import main
from solitude.events import feed
from solitude.events.models import Event
from solitude.payments.models import Notification, ProviderCall
from solitude.retention import months, plan
from solitude.retention.classes import declared
from solitude.telemetry import metrics
from solitude.transactions.models import Transaction
from solitude.web.models import IdempotencyKey

pytestmark = [pytest.mark.long, pytest.mark.django_db(transaction=True)]
LATEST = datetime(2026, 6, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def past(settings: Any) -> Iterator[None]:
    """Rows are sealed at once, a few under one seal."""
    settings.SOLITUDE_SEAL_AFTER_S = 1
    settings.SOLITUDE_SEAL_ROWS_MAX = 3
    settings.SOLITUDE_RETENTION_BATCH_ROWS = 2
    with past_months("events_event", "payments_providercall", "payments_notification"):
        yield


def lately() -> datetime:
    """Long enough ago for a seal, and for nothing else."""
    return datetime.now(UTC) - timedelta(hours=1)


def names(table: str) -> list[str]:
    return [month.name.removeprefix(f"{table}_") for month in monthly.months(table)]


def test_events_go_with_their_month_and_the_chain_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    counted: dict[str, int] = {}
    monkeypatch.setattr(metrics, "count", lambda name, by=1, **_: counted.update({name: counted.get(name, 0) + by}))
    for number in range(1, 6):
        event(LONG_AGO, number)
    stays = event(LATER, created=lately())
    seal_all()
    before = audit.verified()

    done = run("events")

    assert (done.rows, done.batches, done.held, done.error) == (5, 2, 0, "")
    assert "before" in names("events_event")
    assert counted["retention.rows.events"] == 5
    assert "2020_01" not in names("events_event")
    assert "2020_02" in names("events_event")
    assert [one.pk for one in Event.objects.all()] == [stays.pk]
    assert (before.checked.whole, audit.verified().checked.removed, audit.verified().checked.whole) == (6, 5, 1)
    # The first range begins before the month, where no rows are, so it has an entry of its own.
    emptied = Seal.objects.filter(act=Act.EMPTIED, kind="events").order_by("number")
    assert [(one.about, one.count) for one in emptied] == [(1, 3), (None, 2)]
    assert feed.start(0) == 5


def test_a_row_that_is_put_into_a_month_that_is_gone_is_found() -> None:
    gone = event(LONG_AGO)
    seal_all()
    assert run("events").rows == 1
    with past_months("events_event"):
        event(LONG_AGO)
        assert audit.findings() == [f"events: inserted: {gone.pk} (seal 1)"]


def test_the_plan_tells_of_it_and_changes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    for number in range(1, 4):
        event(LONG_AGO, number)
    seal_all()
    assert main(["retention", "--plan", "--class", "events"]) == 0
    said = capsys.readouterr().out
    assert "as a whole: events_event_2020_01, 3 rows" in said
    assert "due now: 3 rows" in said
    assert Event.objects.count() == 3


def test_what_is_under_no_seal_stays_with_its_month(settings: Any) -> None:
    settings.SOLITUDE_SEAL_ROWS_MAX = 2
    settings.SOLITUDE_SEAL_AFTER_S = 86_400 * 4000
    for number in range(1, 4):
        event(LONG_AGO, number)
    seal_all()

    done = run("events")

    assert (done.rows, done.held) == (2, 1)
    assert "2020_01" in names("events_event")
    assert audit.verified().checked.removed == 2


def test_a_month_with_a_row_that_is_held_goes_row_by_row_and_then_empty(settings: Any) -> None:
    settings.SOLITUDE_RETENTION_CALLS_DAYS = 730
    owner = Transaction.objects.create(provider=0, created=lately())
    truncated = {"truncated_at": LATEST, "operation": "capture", "exchanges": []}
    for number in range(1, 6):
        call(LONG_AGO, number, **truncated)
    held = call(LONG_AGO, 9, transaction=owner, **truncated)
    call(LATER, **truncated)
    seal_all()

    done = run("calls")

    # The later month went as a whole.
    assert (done.rows, done.held) == (6, 1)
    assert [one.pk for one in ProviderCall.objects.all()] == [held.pk]
    assert "2020_01" in names("payments_providercall")
    assert "2020_02" not in names("payments_providercall")
    assert execute("SELECT transaction_id, id FROM payments_providercall_once_capture") == [(owner.pk, held.pk)]
    audit.verified()

    Transaction.objects.filter(pk=owner.pk).update(anonymised_at=LATEST)
    done = run("calls")

    assert (done.rows, ProviderCall.objects.count()) == (1, 0)
    assert "2020_01" not in names("payments_providercall")
    assert execute("SELECT count(*) FROM payments_providercall_once_capture") == [(0,)]
    assert audit.verified().checked.removed == 7


def test_with_a_month_its_claims_go() -> None:
    for number in range(1, 4):
        notification(LONG_AGO, number, truncated_at=LATEST, event_id=f"WH-{number}", state="applied")
    kept = notification(LATER, event_id="WH-9", received_at=lately())
    seal_all()

    assert run("notifications").rows == 3

    assert [one.pk for one in Notification.objects.all()] == [kept.pk]
    for beside in monthly.once_tables("payments_notification"):
        assert execute(f"SELECT id FROM {beside}") == [(kept.pk,)]
    notification(LATER, 2, fingerprint="2020-01-01-1", event_id="WH-1")
    audit.verified()


def test_rows_wait_for_the_end_of_their_month_and_are_not_overdue(settings: Any) -> None:
    """A month whose period ends within itself is not over; on the first day of the next one nothing is late."""
    now = datetime.now(UTC)
    settings.SOLITUDE_RETENTION_EVENTS_DAYS = (now - datetime(2020, 1, 20, tzinfo=UTC)).days
    event(LONG_AGO)
    seal_all()
    events = declared()["events"]
    assert (events.due().count(), plan.overdue(), run("events").rows) == (0, [], 0)

    settings.SOLITUDE_RETENTION_EVENTS_DAYS = (now - datetime(2020, 2, 1, tzinfo=UTC)).days
    assert (events.due().count(), plan.overdue()) == (1, [])

    settings.SOLITUDE_RETENTION_EVENTS_DAYS -= 3
    assert plan.overdue() == ["events"]
    assert run("events").rows == 1


def test_an_event_that_the_feed_has_later_keeps_its_month() -> None:
    """It was committed when the next month had begun; a reader who is before it is told that the feed begins there."""
    early, late = event(LONG_AGO, 1, place=1), event(LONG_AGO, 2, place=3)
    event(LATER, created=lately(), place=2)
    feed.Feed.objects.create(last_place=3)
    seal_all()

    assert run("events").rows == 1

    assert not Event.objects.filter(pk=early.pk).exists()
    assert Event.objects.filter(pk=late.pk).exists()
    audit.verified()


def test_a_seal_of_two_months_is_left_with_the_rows_of_the_other() -> None:
    """As seals were that were made when keys had no month."""
    first, second = event(LONG_AGO), event(LATER, created=lately())
    seal_all()
    with transaction.atomic():
        Seal.objects.all().delete()
        Event.objects.update(place=None)
    feed.give_places()
    feed.give_places()
    key_id, kind = digests.current_key_id(), kinds.named("events")
    with transaction.atomic():
        held = chain.locked()
        held.length = 0
        listed = listings.of_rows(sealing._digested(kind, 1, key_id, [first.pk, second.pk], set()))
        chain.append(held, Entry(Act.SEALED, "events", 1, 1, second.pk, 2, listed, key_id=key_id))
    assert audit.verified().checked.whole == 2

    assert run("events").rows == 1

    assert (audit.verified().checked.whole, audit.verified().checked.removed) == (1, 1)
    assert Seal.objects.filter(act=Act.REMOVED).count() == 1


def test_it_is_put_off_while_somebody_reads() -> None:
    for number in range(1, 4):
        event(LONG_AGO, number)
    seal_all()
    with in_an_open_transaction(lambda: list(Event.objects.all())):
        put_off = run("events")
        assert (put_off.rows, put_off.error, Event.objects.count()) == (0, "", 3)
        assert audit.verified().checked.whole == 3
    assert run("events").rows == 3
    assert audit.verified().checked.removed == 3


def test_a_large_month_has_the_time_that_it_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    """To count it, and to find what is kept beside it among that of all months, takes longer than a request may."""
    event(LONG_AGO)
    seal_all()
    limits: list[str] = []
    for name in ("_free", "_drop"):
        work = getattr(months, name)
        monkeypatch.setattr(months, name, lambda *given, work=work: (limits.append(limit()), work(*given))[1])
    before = limit()

    run("events")

    assert "2020_01" not in names("events_event")
    assert set(limits) == {"0"}
    assert limit() == before != "0"


def limit() -> str:
    return str(execute("SHOW statement_timeout")[0][0])


def test_a_role_that_may_only_write_rows_lets_a_month_go() -> None:
    for number in range(1, 4):
        event(LONG_AGO, number)
    seal_all()
    execute("CREATE ROLE writing", "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO writing")
    try:
        execute("GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO writing", "SET SESSION AUTHORIZATION writing")
        assert run("events").rows == 3
    finally:
        execute("RESET SESSION AUTHORIZATION", "DROP OWNED BY writing", "DROP ROLE writing")
    assert "2020_01" not in names("events_event")


def test_keys_that_are_forgotten_free_their_calls() -> None:
    key = IdempotencyKey.objects.create(client="a", key="k", fingerprint="f")
    row = call(LONG_AGO, idempotency=key)
    key.delete()
    assert ProviderCall.objects.filter(Q(pk=row.pk, idempotency=None)).exists()
    assert row.begun_at < LATEST - timedelta(days=1)
