"""Background work: `solitude worker`, and beside `solitude serve` in the embedded default.

Any number of workers may run, on any number of machines: what one has taken the others leave, by leases in the database. One that
dies loses nothing: its leases end.
"""

import random
import threading
import time
from collections.abc import Callable, Sequence

from django.conf import settings
from django.db import InterfaceError, InternalError, OperationalError, close_old_connections, connections

from solitude.audit import sealing
from solitude.buyers import erasing
from solitude.events import feed
from solitude.payments import notifications, recovery, registry
from solitude.retention import running as retention
from solitude.services import gauges, months
from solitude.telemetry import context, metrics
from solitude.telemetry.logs import get_logger
from solitude.transactions import counting
from solitude.vault import renewing
from solitude.web import purge

log = get_logger("solitude.worker")
# Takes one thing that is due, if there is one, and tells how many it took.
Job = Callable[[], int]
# Workers that found nothing do not all come back at the same moment.
JITTER = 0.2
COUNT_EVERY_S, RENEW_EVERY_S = 1, 1
TELL_EVERY_S, SEAL_EVERY_S, OWN_EVERY_S, MONTHS_EVERY_S = 10, 10, 60, 600


class Every:
    """A job that is done once in a while, whatever the number of threads."""

    def __init__(self, period_s: float, job: Callable[[], int | None]) -> None:
        self._period_s, self._job, self._next_at = period_s, job, 0.0
        self._lock = threading.Lock()
        self.__name__ = job.__name__

    def __call__(self) -> int:
        with self._lock:
            if time.monotonic() < self._next_at:
                return 0
            self._next_at = time.monotonic() + self._period_s
        return self._job() or 0


def all_jobs() -> tuple[Job, ...]:
    """What is known already comes before what must be asked."""
    always = (notifications.handle_due, recovery.run_once, recovery.follow_up, purge.when_due)
    once_in_a_while = (
        Every(COUNT_EVERY_S, counting.count_new),
        Every(TELL_EVERY_S, recovery.tell_backlog),
        Every(TELL_EVERY_S, gauges.tell),
        Every(SEAL_EVERY_S, sealing.seal_due),
        Every(SEAL_EVERY_S, feed.note_placed),
        Every(RENEW_EVERY_S, renewing.when_due),
        Every(max(settings.SOLITUDE_RETENTION_PAUSE_MS / 1000, 1), retention.once),
        Every(OWN_EVERY_S, erasing.go_on),
        Every(OWN_EVERY_S, gauges.tell_overdue),
        Every(MONTHS_EVERY_S, months.make),
        *(Every(OWN_EVERY_S, job) for job in registry.jobs()),
    )
    return (*always, *once_in_a_while)


class Worker:
    """Threads that do what is due until they are told to stop. `daemon`: they die with the process, which loses nothing."""

    def __init__(self, threads: int, idle_ms: int, *, daemon: bool = False, jobs: Sequence[Job] = ()) -> None:
        self._idle_s, self._jobs = idle_ms / 1000, jobs or all_jobs()
        self._stop = threading.Event()
        names = [f"worker-{number}" for number in range(1, threads + 1)]
        self._threads = [threading.Thread(target=self._work, name=name, daemon=daemon) for name in names]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Says that no further job is to be begun."""
        self._stop.set()

    def wait(self, timeout_s: float | None = None) -> bool:
        """Until it is told to stop; whether it was."""
        return self._stop.wait(timeout_s)

    def join(self) -> None:
        """Waits for the jobs that are under way: each is bounded by the time-outs of its provider."""
        for thread in self._threads:
            thread.join()

    def _work(self) -> None:
        while not self._stop.is_set():
            if not self.turn():
                self._stop.wait(self._idle_s * random.uniform(1 - JITTER, 1 + JITTER))  # noqa: S311  # spreads load
        connections.close_all()

    def turn(self) -> int:
        """Each job once; how much there was to do."""
        close_old_connections()
        metrics.gauge("solitude_worker_last_turn_timestamp_seconds", int(time.time()))
        return sum(map(self._done_by, self._jobs))

    def _done_by(self, job: Job) -> int:
        context.clear()
        context.bind(request_id=f"worker-{context.new_id()}")
        began = time.monotonic_ns()
        try:
            done = job()
        except (InternalError, InterfaceError, OperationalError):
            # The database may be restarting, or have become a standby: it is as if there were nothing to do.
            log.exception("worker_has_no_database", job=job.__name__)
            metrics.count("solitude_worker_job_failures_total", job_name=job.__name__)
            connections.close_all()
        except Exception:
            metrics.count("solitude_worker_job_failures_total", job_name=job.__name__)
            # One thing that cannot be done must not stop the rest; its lease keeps it away for a while.
            log.exception("worker_job_failed", job=job.__name__)
        else:
            if done:
                took_ms = (time.monotonic_ns() - began) // 1_000_000
                metrics.timing_ms("solitude_worker_job_duration_seconds", took_ms, job_name=job.__name__)
            return done
        return 0
