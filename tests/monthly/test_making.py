"""Months are made before they begin, by whoever may write rows, and nobody waits for them."""

import threading
from collections.abc import Iterator

import pytest
from django.db import DatabaseError, OperationalError, connections, transaction
from tests.audit import world as audit
from tests.faults.processes.programs import wait_until
from tests.monthly.world import TABLES, WITHIN_S, execute
from tests.support.writers import in_an_open_transaction

from solitude import monthly, worker
from solitude.buyers.models import Buyer
from solitude.monthly import AHEAD, ROW_BITS
from solitude.services import months, plugin
from solitude.services.finding import CRITICAL, WARNING
from solitude.services.migrating import migrate
from solitude.telemetry import metrics
from solitude.transactions.models import Transaction

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    found: dict[str, int] = {}
    monkeypatch.setattr(metrics, "gauge", lambda name, value, **_: found.update({name: value}))
    return found


@pytest.fixture(autouse=True)
def all_there_afterwards() -> Iterator[None]:
    yield
    monthly.make_ahead()


def leave(ahead: int, *tables: str) -> None:
    """What it is like when nobody has made any for a while."""
    for table in tables or TABLES:
        for month in monthly.months(table):
            if month.start >> ROW_BITS > monthly.this_month() + ahead:
                execute(f"DROP TABLE {month.name}")


def test_a_worker_makes_what_is_missing_and_tells_how_much_there_is(told: dict[str, int]) -> None:
    leave(2)
    assert monthly.ahead() == 2

    months.make()

    assert told == {"solitude_months_ahead": AHEAD}
    for table in TABLES:
        starts = [month.start >> ROW_BITS for month in monthly.months(table) if month.start]
        assert starts == list(range(monthly.this_month(), monthly.this_month() + AHEAD + 1))
    assert "make" in {job.__name__ for job in worker.all_jobs()}


def test_a_month_of_a_clock_that_was_years_ahead_hides_none_that_is_missing(told: dict[str, int]) -> None:
    """A worker makes such months as long as the clock is wrong, and the next ones must be made all the same."""
    leave(2)
    far = monthly.this_month() + 500
    for table in TABLES:
        newest, made = monthly.months(table)[-1].name, f"{table}_far"
        execute(
            f"CREATE TABLE {made} (LIKE {newest} INCLUDING ALL)",
            f"ALTER TABLE {table} ATTACH PARTITION {made} FOR VALUES FROM ({far << ROW_BITS}) TO ({(far + 1) << ROW_BITS})",
        )
    try:
        assert monthly.ahead() == 2
        months.make()
        assert told == {"solitude_months_ahead": AHEAD}
        for table in TABLES:
            starts = [month.start >> ROW_BITS for month in monthly.months(table) if month.start]
            assert starts == [*range(monthly.this_month(), monthly.this_month() + AHEAD + 1), far]
    finally:
        execute(*(f"DROP TABLE {table}_far" for table in TABLES))


def test_so_does_whoever_brings_the_database_up_to_date() -> None:
    leave(0, "payments_providercall")
    assert monthly.ahead() == 0
    assert migrate(lambda _: None) == 0
    assert monthly.ahead() == AHEAD


def test_a_new_month_has_all_that_the_others_have() -> None:
    leave(AHEAD - 1)
    monthly.make_ahead()
    for table in TABLES:
        *_, other, new = monthly.months(table)
        indexes = [
            execute(
                "SELECT replace(pg_get_indexdef(indexrelid), relname, 'it'), indisunique, indisvalid FROM pg_index"
                f" JOIN pg_class ON oid = indexrelid WHERE indrelid = '{month.name}'::regclass ORDER BY 1"
            )
            for month in (other, new)
        ]
        assert [str(one).replace(new.name, other.name) for one in indexes] == [str(indexes[0])] * 2
        triggers = [
            execute(f"SELECT tgname FROM pg_trigger WHERE tgrelid = '{name}'::regclass AND NOT tgisinternal ORDER BY 1")
            for name in (table, new.name)
        ]
        assert triggers[0] == triggers[1]


@pytest.mark.parametrize(("ahead", "state"), [(1, WARNING), (0, CRITICAL), (monthly.AHEAD_WARNING, None)])
def test_the_check_tells_when_they_run_out(ahead: int, state: int | None) -> None:
    leave(ahead)
    assert [found.state for found in plugin._months()] == ([] if state is None else [state])


def test_without_its_month_no_row_can_be_written() -> None:
    """That it is so is why the months are watched."""
    with transaction.atomic():
        leave(-1, "events_event")
        assert monthly.ahead() == -1
        with pytest.raises(DatabaseError, match="no partition"), transaction.atomic():
            audit.event()
        transaction.set_rollback(True)


def test_it_is_put_off_while_somebody_writes_to_what_it_must_lock(told: dict[str, int]) -> None:
    """A new month has the foreign keys of its table, for which writers to the other table are kept out for a moment."""
    leave(3, "payments_providercall")
    with in_an_open_transaction(lambda: Transaction.objects.create(provider=0)):
        months.make()
        assert told == {"solitude_months_ahead": 3}
        with pytest.raises(OperationalError) as refused:
            monthly.make_ahead()
        assert monthly.is_locked(refused.value)
    months.make()
    assert told == {"solitude_months_ahead": AHEAD}


def test_two_workers_make_each_once() -> None:
    leave(0)
    failed: list[Exception] = []

    def make() -> None:
        try:
            monthly.briefly(monthly.make_ahead)
        except Exception as error:  # noqa: BLE001 - told to the test
            failed.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=make) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(WITHIN_S)
    assert (failed, monthly.ahead()) == ([], AHEAD)


def test_they_are_made_while_rows_are_written() -> None:
    leave(0)
    written: list[int] = []
    ended = threading.Event()

    def write() -> None:
        while not ended.is_set():
            written.append(audit.event().pk)
        connections.close_all()

    thread = threading.Thread(target=write)
    thread.start()
    try:
        assert wait_until(lambda: len(written) > 5, WITHIN_S)
        months.make()
        so_far = len(written)
        assert wait_until(lambda: len(written) > so_far + 5, WITHIN_S)
    finally:
        ended.set()
        thread.join(WITHIN_S)
    assert monthly.ahead() == AHEAD


def test_the_functions_do_no_more_than_they_are_for() -> None:
    now = monthly.this_month()
    with pytest.raises(DatabaseError, match="ahead"), transaction.atomic():
        execute(f"SELECT solitude_make_month('events_event', {now + AHEAD + 1})")
    with pytest.raises(DatabaseError, match="no rows"), transaction.atomic():
        execute(f"SELECT solitude_make_month('{Buyer._meta.db_table}', {now})")
    for month in (one for one in monthly.months("events_event") if one.start):
        with pytest.raises(DatabaseError, match="is not over"), transaction.atomic():
            monthly.drop(month)
    with pytest.raises(DatabaseError, match="no rows"), transaction.atomic():
        execute("SELECT solitude_drop_month('events_event', 'buyers_buyer')")
    execute("CREATE ROLE stranger", "SET SESSION AUTHORIZATION stranger")
    try:
        with pytest.raises(DatabaseError, match="insufficient_privilege"), transaction.atomic():
            monthly.drop(monthly.months("events_event")[0])
    finally:
        execute("RESET SESSION AUTHORIZATION", "DROP ROLE stranger")
