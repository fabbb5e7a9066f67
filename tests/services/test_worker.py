"""The worker's round: one thing that fails stops nothing else, and what is rare is done once for all threads."""

import logging
import threading
from collections.abc import Callable

import pytest
from django.db import DataError, InternalError, OperationalError, connection
from tests.payments.passing import make_due
from tests.support.marketplace import Marketplace
from tests.support.simulator import Simulator
from tests.support.waiting import until
from tests.web.parallel import at_once

from solitude import worker
from solitude.payments import recovery
from solitude.payments.models import ProviderCall
from solitude.telemetry import context, metrics
from solitude.worker import Every, Worker


def job(name: str, does: Callable[[], int]) -> worker.Job:
    does.__name__ = name
    return does


def failing(error: Exception) -> worker.Job:
    def fail() -> int:
        raise error

    return job("fail", fail)


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (OperationalError("gone"), "worker_has_no_database"),
        (InternalError("a standby by now"), "worker_has_no_database"),
        (DataError("no such date"), "worker_job_failed"),
        (ZeroDivisionError("wrong"), "worker_job_failed"),
    ],
)
def test_a_job_that_fails_stops_no_other(
    shop: Marketplace, error: Exception, told: str, caplog: pytest.LogCaptureFixture
) -> None:
    done: list[str] = []
    jobs = [
        job("before", lambda: done.append("before") or 2),
        failing(error),
        job("after", lambda: done.append("after") or 3),
    ]

    with caplog.at_level(logging.ERROR):
        assert Worker(1, 1000, jobs=jobs).turn() == 5

    assert done == ["before", "after"]
    assert told in caplog.text
    assert ProviderCall.objects.count() == 0  # the database answers again


def test_each_job_has_a_request_id_of_its_own(shop: Marketplace) -> None:
    seen: list[str] = []
    note = job("note", lambda: seen.append(context.current()["request_id"]) or 0)
    context.bind(client="marketplace")

    Worker(1, 1000, jobs=[note, note]).turn()

    assert len(set(seen)) == 2
    assert all(request_id.startswith("worker-") for request_id in seen)
    assert "client" not in context.current()


def test_what_is_rare_is_done_once_for_all_threads() -> None:
    done: list[int] = []
    rare = Every(3600, job("rare", lambda: done.append(1) or 7))

    assert sum(at_once(8, lambda _: rare())) == 7

    assert len(done) == 1


def test_what_is_rare_is_done_again_after_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1000.0]
    monkeypatch.setattr(worker.time, "monotonic", lambda: now[0])
    rare = Every(60, job("rare", lambda: 1))
    taken = []
    for now[0] in (1000.0, 1059.0, 1060.0, 1100.0, 1121.0):
        taken.append(rare())

    assert taken == [1, 0, 1, 0, 1]


def test_threads_work_until_they_are_told_to_stop() -> None:
    done = threading.Event()
    some = Worker(3, 10, jobs=[job("work", lambda: done.set() or 0)])

    some.start()
    assert done.wait(10)
    assert some.wait(0) is False
    some.stop()
    some.join()

    assert some.wait(0) is True


def test_a_thread_whose_job_fails_works_on() -> None:
    tries: list[int] = []

    def fail() -> int:
        tries.append(1)
        raise OperationalError

    some = Worker(1, 10, jobs=[fail])
    some.start()
    try:
        until(lambda: len(tries) > 3, "it tries again")
    finally:
        some.stop()
        some.join()


def test_a_round_does_what_is_due(shop: Marketplace, paypal: Simulator, app_id: str) -> None:
    for _ in range(3):
        paypal.fault("create_order", "disconnect_after")
        shop.pay(app_id)
    make_due()
    some = Worker(1, 1000)

    rounds = [some.turn() for _ in range(4)]

    assert recovery.backlog().uncertain == 0
    # What follows is the purge and the like, which has nothing to do.
    assert rounds[-1] == 0
    assert sum(rounds) >= 3


# --- metrics -------------------------------------------------------------------------------------------------------


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """What statsd is told of the backlog and of recovery."""
    values: dict[str, int] = {}

    def hear(name: str, value: int, **_: str) -> None:
        if not name.startswith(("transaction.status.", "solitude")):
            values[name] = value

    for kind in ("gauge", "timing_ms"):
        monkeypatch.setattr(metrics, kind, hear)
    return values


def test_the_backlog_is_told(shop: Marketplace, paypal: Simulator, app_id: str, told: dict[str, int]) -> None:
    paypal.fault("create_order", "disconnect_after")
    shop.pay(app_id)

    recovery.tell_backlog()

    assert told == {
        "uncertain.count": 1,
        "uncertain.oldest_s": 0,
        "notifications.waiting": 0,
        "notifications.oldest_s": 0,
    }


def test_the_time_to_truth_is_told_once_it_is_known(
    shop: Marketplace, paypal: Simulator, app_id: str, told: dict[str, int]
) -> None:
    paypal.fault("create_order", "disconnect_after", count=2)
    shop.pay(app_id)
    make_due()
    recovery.run_once()
    assert told == {}
    make_due()

    recovery.run_once()

    assert list(told) == ["recovery.time_to_truth"]
    assert 0 < told["recovery.time_to_truth"] < 30_000


def test_a_worker_holds_no_transaction_open(shop: Marketplace) -> None:
    Worker(1, 1000).turn()

    assert not connection.in_atomic_block
