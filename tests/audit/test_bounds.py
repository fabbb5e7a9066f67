"""Up to where a table is settled: a transaction that is slow to commit is never sealed over."""

import threading
from collections.abc import Callable

import pytest
from django.db import connection, connections, transaction
from tests.audit.world import event, findings, verified
from tests.support.writers import in_an_open_transaction, needs_writers_beside

from solitude.audit import sealing
from solitude.audit.bounds import Bounds, bounds
from solitude.audit.models import Seal
from solitude.events.models import Event
from solitude.web.bulk import numbered

pytestmark = pytest.mark.usefixtures("transactional_db", "seal_at_once")
WITHIN_S = 20


@pytest.fixture(autouse=True)
def nothing_known() -> None:
    bounds.forget()


def written() -> int:
    return int(event(0).pk)


def begun() -> int:
    """As payments that name their row before they write it."""
    row = Event()
    numbered([row])
    return int(row.pk)


def test_without_writers_everything_that_is_there_is_settled() -> None:
    assert Bounds().settled(Event) == 0
    last = [event(number) for number in range(3)][-1]
    assert Bounds().settled(Event) == last.pk


@needs_writers_beside
@pytest.mark.parametrize("write_one", [written, begun])
def test_a_row_that_is_not_committed_yet_is_not_sealed_over(write_one: Callable[[], int]) -> None:
    before = event()
    known = Bounds()
    assert known.settled(Event) == before.pk
    with in_an_open_transaction(write_one) as slow:
        after = [event(number) for number in range(4)][-1]
        assert slow < after.pk

        assert [known.settled(Event) for _ in range(3)] == [before.pk] * 3
        assert Bounds().settled(Event) == 0
    assert known.settled(Event) == after.pk


@needs_writers_beside
def test_writers_that_come_later_hold_nothing_up() -> None:
    with in_an_open_transaction(written):
        first = event()
        known = Bounds()
        assert known.settled(Event) == 0
    with in_an_open_transaction(written):
        assert known.settled(Event) == first.pk


@needs_writers_beside
def test_what_commits_late_is_sealed_with_the_others() -> None:
    with in_an_open_transaction(written) as slow:
        for number in range(4):
            event(number)
        assert sealing.seal_due() == 0
    assert sealing.seal_due() == 2

    assert Seal.objects.get(number=1).first_id <= slow <= Seal.objects.get(number=1).last_id
    assert verified().checked.whole == 5
    Event.objects.filter(pk=slow).delete()
    assert findings() == [f"events: removed: {slow} (seal 1)"]


@needs_writers_beside
def test_nobody_waits_for_the_sealer() -> None:
    event()
    with transaction.atomic():
        sealing.seal_due()
        with in_an_open_transaction(written) as slow:
            # It has written while the sealer's own transaction holds whatever it holds.
            assert slow


@needs_writers_beside
@pytest.mark.long
def test_under_many_writers_nothing_is_ever_left_out() -> None:
    ended = threading.Event()

    def write(seed: int) -> None:
        for number in range(60):
            with transaction.atomic():
                event(number)
                if number % 7 == seed % 7:
                    # Holds its id back while others commit theirs.
                    connection.cursor().execute("SELECT pg_sleep(0.05)")
                if number % 11 == seed:
                    transaction.set_rollback(True)
        connections.close_all()

    writers = [threading.Thread(target=write, args=(seed,)) for seed in range(8)]
    for writer in writers:
        writer.start()
    threading.Thread(target=lambda: [[writer.join() for writer in writers], ended.set()]).start()
    sealed_meanwhile = 0
    while not ended.is_set():
        sealed_meanwhile += sealing.seal_due()
        assert findings() == []
    while sealing.seal_due():
        pass

    assert sealed_meanwhile > 0
    assert verified().checked.whole == Event.objects.count()
