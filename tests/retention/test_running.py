"""Runs over a class of data: in batches, one at a time, and never further than what is due and held by nothing."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from tests.audit.world import seal, verified
from tests.monthly.world import LONG_AGO, event, past_months
from tests.retention.later import later, run
from tests.support.marketplace import Marketplace
from tests.web.parallel import at_once

from solitude.audit import accesses
from solitude.audit.models import Access
from solitude.client.retention import Retention
from solitude.events import feed
from solitude.events.models import Event
from solitude.moving.models import Import
from solitude.retention import classes, plan, running
from solitude.retention.classes import Action, DataClass, Hold
from solitude.retention.models import RetentionRun

pytestmark = pytest.mark.long

DAYS = 30
HELD = "held-"


@pytest.fixture
def imports(settings: Any, transactional_db: None) -> Iterator[DataClass]:
    """A class of data over a small table, whose rows are held where their name says so."""
    data = DataClass(
        name="imports",
        what="Imports",
        action=Action.DELETE,
        then="The rows go.",
        why="A test.",
        rows=Import.objects.all,
        since="began",
        act=lambda pks: Import.objects.filter(pk__in=pks).delete()[0],
        holds=(Hold("held", lambda: Q(sha256__startswith=HELD)),),
    )
    settings.SOLITUDE_RETENTION_IMPORTS_DAYS = DAYS
    settings.SOLITUDE_RETENTION_BATCH_ROWS = 3
    classes.declare(data)
    yield data
    del classes._declared["imports"]


def made_import(number: int, age_days: float, *, held: bool = False) -> Import:
    row = Import.objects.create(sha256=f"{HELD if held else ''}{number}", kind="buyers", rows=1)
    Import.objects.filter(pk=row.pk).update(began=timezone.now() - timedelta(days=age_days))
    return row


ROWS = st.lists(st.tuples(st.integers(DAYS - 3, DAYS + 3).filter(lambda age: age != DAYS), st.booleans()), max_size=14)


@pytest.mark.long
@given(ROWS)
@hypothesis_settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_run_ends_and_takes_what_is_due_and_not_held_and_nothing_else(
    imports: DataClass, rows: list[tuple[int, bool]]
) -> None:
    Import.objects.all().delete()
    made = {made_import(number, age, held=held).pk: (age, held) for number, (age, held) in enumerate(rows)}
    due = {pk for pk, (age, held) in made.items() if age > DAYS and not held}

    last = run("imports")

    assert set(Import.objects.values_list("pk", flat=True)) == set(made) - due
    assert (last.rows, last.error) == (len(due), "")
    assert last.held == sum(age > DAYS and held for age, held in made.values())
    assert last.batches <= len(due) + 1
    assert run("imports").rows == 0


@pytest.mark.long
@given(
    st.lists(st.tuples(st.integers(725, 735).filter(lambda age: age != 730), st.booleans()), max_size=12), st.randoms()
)
@hypothesis_settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_feed_goes_from_its_beginning_on_and_has_no_holes(
    transactional_db: None, settings_of_seals: None, rows: list[tuple[int, bool]], order: Any
) -> None:
    """Whatever order the events came in, and whether all have their places and seals."""
    with past_months("events_event"):
        Event.objects.all().delete()
        made = [
            event(LONG_AGO, number, created=timezone.now() - timedelta(days=age))
            for number, (age, _) in enumerate(rows)
        ]
        feed.give_places()
        places = list(Event.objects.order_by("pk").values_list("pk", "place"))
        shuffled = [place for _, place in places]
        order.shuffle(shuffled)
        Event.objects.update(place=None)
        for (pk, _), place in zip(places, shuffled, strict=True):
            Event.objects.filter(pk=pk).update(place=place)
        seal()
        before = numbered()

        run("events")

        left = numbered()
    gone = {pk: place for pk, place in before.items() if pk not in left}
    ages = {row.pk: age for row, (age, _) in zip(made, rows, strict=True)}
    assert all(ages[pk] > 730 for pk in gone)
    assert max(gone.values(), default=0) < min(left.values(), default=2**63)
    assert max(gone, default=0) < min(left, default=2**63)


def numbered() -> dict[int, int]:
    """The places of the events that are there, by key."""
    return {pk: place or 0 for pk, place in Event.objects.values_list("pk", "place")}


@pytest.fixture
def settings_of_seals(settings: Any) -> None:
    settings.SOLITUDE_SEAL_AFTER_S = 0
    settings.SOLITUDE_SEAL_ROWS_MAX = 3
    settings.SOLITUDE_RETENTION_BATCH_ROWS = 4


def test_what_is_under_no_seal_stays_and_says_why(transactional_db: None, settings: Any) -> None:
    with past_months("events_event"):
        event(LONG_AGO, created=timezone.now() - timedelta(days=800))
        feed.give_places()

        assert run("events").rows == 0
        assert plan.backlog(classes.declared()["events"]).held == {"not sealed yet": 1}

        settings.SOLITUDE_SEAL_AFTER_S = 0
        seal()
        assert run("events").rows == 1
        verified()


def test_the_access_log_goes_with_a_note_under_the_seals_and_a_row_that_is_not_sealed_stays(
    transactional_db: None, settings_of_seals: None
) -> None:
    for _ in range(3):
        accesses.by_operator(accesses.Does.READ, "buyer", "solitude buyer export", ["/generic/buyer/1/"])
    Access.objects.update(at=timezone.now() - timedelta(days=1097))
    seal()
    accesses.by_operator(accesses.Does.READ, "buyer", "solitude buyer export", ["/generic/buyer/2/"])
    accesses.by_operator(accesses.Does.READ, "buyer", "solitude buyer export", ["/generic/buyer/3/"])
    unsealed, young = Access.objects.order_by("pk")[3:]
    Access.objects.filter(pk=unsealed.pk).update(at=timezone.now() - timedelta(days=1097))

    assert run("access_log").rows == 3

    assert list(Access.objects.order_by("pk")) == [unsealed, young]
    assert plan.backlog(classes.declared()["access_log"]).held == {"not sealed yet": 1}
    assert verified().checked.removed == 3


def test_many_at_once_take_each_row_once(imports: DataClass) -> None:
    for number in range(20):
        made_import(number, DAYS + 1)
    running.begin("imports")

    at_once(6, lambda _: [running.batch("imports") for _ in range(4)])
    while running.is_open("imports"):
        running.batch("imports")

    (last,) = RetentionRun.objects.filter(data_class="imports")
    assert (last.rows, Import.objects.count()) == (20, 0)


def test_a_run_that_fails_keeps_its_batches_and_tells_the_kind_alone(
    imports: DataClass, security_events: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    calls = 0

    def act(pks: list[Any]) -> int:
        nonlocal calls
        calls += 1
        if calls == 2:
            raise ZeroDivisionError("ada@buyer.example")
        return Import.objects.filter(pk__in=pks).delete()[0]

    classes.declare(DataClass(**{name: getattr(imports, name) for name in DataClass.__slots__} | {"act": act}))
    for number in range(7):
        made_import(number, DAYS + 1)

    last = run("imports")

    assert (last.rows, last.error, Import.objects.count()) == (3, "ZeroDivisionError", 4)
    assert [line.split("|")[5:7] for line in security_events if "Retention" in line] == [
        ["Retention failed: imports", "6"]
    ]
    assert run("imports").rows == 4


def test_the_worker_begins_each_class_in_its_time_and_ends_it(imports: DataClass, settings: Any) -> None:
    settings.SOLITUDE_RETENTION_PAUSE_MS = 0
    for number in range(4):
        made_import(number, DAYS + 1)

    for _ in range(100):
        running.once()
        if not RetentionRun.objects.filter(ended_at=None).exists():
            break
    done = RetentionRun.objects.count()
    running.once()

    assert Import.objects.count() == 0
    assert done == sum(data.days is not None for data in classes.declared().values())
    assert RetentionRun.objects.count() == done


def test_a_run_of_a_time_that_has_not_come_yet_keeps_none_away(imports: DataClass) -> None:
    """The clock of the database was years ahead for a while: of one class a run has ended then, of another one it has begun."""
    ahead = timezone.now() + timedelta(days=3650)
    RetentionRun.objects.create(data_class="imports", ended_at=ahead)
    RetentionRun.objects.create(data_class="buyers", next_batch_at=ahead)
    made_import(1, DAYS + 1)

    for _ in range(100):
        running.once()
        if not RetentionRun.objects.filter(ended_at=None).exists():
            break
        RetentionRun.objects.filter(next_batch_at__lte=timezone.now() + timedelta(minutes=1)).update(
            next_batch_at=Now()
        )

    assert Import.objects.count() == 0
    assert not running.is_open("buyers")


def test_nothing_goes_where_database_and_process_have_two_times(imports: DataClass) -> None:
    """One of the two clocks is wrong, and what has gone does not come back with the right one."""
    made_import(1, 1)
    with later(days=3650) as clock:
        clock.skew_s = -int(timedelta(days=3650).total_seconds())
        last = run("imports")
    assert (last.rows, last.error, Import.objects.count()) == (0, "ClocksApart", 1)


def test_operators_see_the_last_run_and_what_is_left(shop: Marketplace, imports: DataClass) -> None:
    made_import(1, DAYS + 5)
    made_import(2, DAYS + 5, held=True)
    shown = Retention.from_json(shop.get("/services/retention/").json)
    (one,) = [one for one in shown.classes if one.name == "imports"]
    assert (one.action, one.days, one.due, one.held, one.last_run) == ("delete", DAYS, 1, {"held": 1}, None)
    assert shown.overdue == ("imports",)

    run("imports")

    shown = Retention.from_json(shop.get("/services/retention/").json)
    (one,) = [one for one in shown.classes if one.name == "imports"]
    assert one.last_run is not None
    assert (one.due, one.last_run.rows, one.last_run.held, one.last_run.error) == (0, 1, 1, None)
    assert shown.overdue == ()


def test_what_is_kept_for_ever_is_never_due(imports: DataClass, settings: Any) -> None:
    made_import(1, DAYS + 500)
    settings.SOLITUDE_RETENTION_IMPORTS_DAYS = None
    assert not imports.due().exists()
    assert plan.overdue() == []
