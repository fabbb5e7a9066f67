"""Payments that wait at a slow provider: what they cost, and who else waits for them. `make bench ARGS=--slow`.

Three courses over one server of two processes on PostgreSQL: many payments wait at once, for what they hold of memory and of sessions;
more come at once than may be in progress, and those that are refused come again; and meanwhile somebody asks for the server's health and
for a transaction, one question after the other.
"""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from benchmarks.crowd import Crowd, customers, pay
from benchmarks.load import LoadError, quantiles
from benchmarks.measures import memory_mib
from benchmarks.places import Database, House, house, postgresql
from benchmarks.scenarios import LIFE_S, signed
from benchmarks.shop import furnish

# Of each of the two processes.
AT_ONCE_MAX, FOR_READING = 1_000, 100
SERVED = {
    "SOLITUDE_PAYMENTS_IN_PROGRESS_MAX": str(AT_ONCE_MAX),
    "SOLITUDE_SERVE_THREADS": str(AT_ONCE_MAX + FOR_READING),
    "SOLITUDE_SERVE_THREADS_READING": str(FOR_READING),
    # All come within a second, and the last ones have a turn when all others have had theirs.
    "SOLITUDE_SERVE_TURN_WAIT_MS": "120000",
    "SOLITUDE_PAYPAL_TIMEOUT_MS": "60000",
    "SOLITUDE_CALL_LEASE_S": "240",
}
# Longer than all of a crowd needs to arrive at the provider.
HELD_MS, SLOW_MS = 40_000, 5_000
HELD, OFFERED = (1_000, 2_000), 3_000
FULL = 0.98
LOOK_S, PAUSE_MS, WITHIN_S = 0.5, 20, 280
CLIENT_SESSIONS = (
    "SELECT count(*), count(*) FILTER (WHERE state <> 'idle') FROM pg_stat_activity "
    "WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
)
WAITING = "SELECT count(*) FROM payments_providercall WHERE outcome = 'none'"
# When it was asked for, by this machine's clock, and the ms that it took.
Answered = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Seen:
    """At a moment, by this machine's clock: payments that wait for the provider, the server's sessions and those that work, its memory."""

    at: float
    waiting: int
    sessions: int
    working: int
    memory_mib: float


@dataclass(slots=True)
class Course:
    """What one crowd came to, and what was seen meanwhile."""

    crowd: Crowd = field(default_factory=Crowd)
    took_s: float = 0.0
    seen: list[Seen] = field(default_factory=list)
    health: list[Answered] = field(default_factory=list)
    reads: list[Answered] = field(default_factory=list)

    @property
    def fullest(self) -> Seen:
        return max(self.seen, key=lambda one: one.waiting)

    def while_all_wait(self, answered: list[Answered]) -> list[float]:
        """The ms of those answers that were asked for while nearly as many waited as ever."""
        full = [one.at for one in self.seen if one.waiting >= FULL * self.fullest.waiting]
        return [took_ms for at, took_ms in answered if full[0] <= at <= full[-1]]


@contextmanager
def asking(host: str, requests: list[str]) -> Iterator[list[Answered]]:
    """Somebody who asks all the time; the list has the answers afterwards. Raises LoadError."""
    order = {"host": host, "requests": requests, "pause_ms": PAUSE_MS}
    answered: list[Answered] = []
    command = [sys.executable, "-m", "benchmarks.probe"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        if process.stdin is None or process.stdout is None:
            raise LoadError("the probe has no pipes")
        process.stdin.write(json.dumps(order) + "\n")
        process.stdin.flush()
        process.stdout.readline()
        yield answered
        process.stdin.close()
        if not (said := process.stdout.readline()):
            raise LoadError("the probe had no answer")
        answered += [(at, took_ms) for at, took_ms in json.loads(said)]


def health(seconds: float) -> list[str]:
    return ["GET /services/status/ HTTP/1.1\r\nHost: house\r\n\r\n"] * int(seconds * 1000 / PAUSE_MS)


def reads(materials: Mapping[str, Any], seconds: float) -> list[str]:
    """Signed now, each for one use."""
    rows = materials["transactions"]
    asks = (signed(materials, "GET", rows[one % len(rows)]) for one in range(int(seconds * 1000 / PAUSE_MS)))
    return [ask.raw.decode() for ask in asks]


@contextmanager
def watched(look: Callable[[], Seen], seen: list[Seen]) -> Iterator[None]:
    """Somebody looks all the time."""
    over = threading.Event()

    def watch() -> None:
        while not over.wait(LOOK_S):
            seen.append(look())

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


class Waiting:
    """One house, its shop, and the crowds that come to it."""

    def __init__(self, database: Database, here: House) -> None:
        self.database, self.house = database, here
        self.materials = furnish(here).as_json()

    def look(self) -> Seen:
        ((sessions, working),) = self.database.ask(CLIENT_SESSIONS)
        ((waiting,),) = self.database.ask(WAITING)
        return Seen(time.time(), waiting, sessions, working, sum(memory_mib(self.house.server)))

    def course(self, number: int, provider_ms: int) -> Course:
        """Raises LoadError where a payment was neither made nor refused for want of room, or was made twice."""
        self.house.paypal.clear_faults()
        self.house.paypal.fault("any", "latency", 0, delay_ms=provider_ms)
        course, who = Course(), customers(self.materials, number)
        before = len(self.house.paypal.captured())
        with (
            asking(self.house.host, health(LIFE_S)) as course.health,
            asking(self.house.host, reads(self.materials, LIFE_S / 2)) as course.reads,
            watched(self.look, course.seen),
        ):
            began = time.monotonic()
            course.crowd = pay(self.house.host, who, again=True, within_s=WITHIN_S)
            course.took_s = time.monotonic() - began
        made = len(self.house.paypal.captured()) - before
        if course.crowd.others or not number == len(set(course.crowd.uuids)) == made:
            raise LoadError(f"{number} wanted to pay, {made} payments were made; {course.crowd.others[:3]}")
        return course


def on_postgresql(say: Callable[[str], None]) -> list[str]:
    """Starts all, measures all; the lines of the result. Raises LoadError, PostgresError."""
    lines = []
    with postgresql() as database, house(database, settings=SERVED) as here:
        waiting = Waiting(database, here)
        waiting.course(100, 0)
        before = waiting.look()
        lines.append(f"nobody waits: {before.memory_mib:.0f} MiB, {before.sessions} sessions")
        for number in HELD:
            say(f"{number} payments wait")
            course = waiting.course(number, HELD_MS)
            full = course.fullest
            each_kib = (full.memory_mib - before.memory_mib) * 1024 / full.waiting
            lines.append(
                f"{full.waiting} payments wait: {full.memory_mib:.0f} MiB, {each_kib:.0f} KiB each, "
                f"{full.sessions} sessions of which {full.working} work; {_latencies(course.while_all_wait, course)}"
            )
        say(f"{OFFERED} payments come at once")
        course = waiting.course(OFFERED, SLOW_MS)
        lines.append(
            f"{OFFERED} payments at once, {SLOW_MS} ms at the provider: all made in {course.took_s:.0f} s, each once, after "
            f"{len(course.crowd.refused)} refusals; at most {course.fullest.waiting} waited, "
            f"{max(one.sessions for one in course.seen)} sessions, {max(one.memory_mib for one in course.seen):.0f} MiB; "
            f"{_latencies(milliseconds, course)}"
        )
    return lines


def milliseconds(answered: list[Answered]) -> list[float]:
    return [took_ms for _, took_ms in answered]


def _latencies(of: Callable[[list[Answered]], list[float]], course: Course) -> str:
    told = []
    for what, answered in (("health", course.health), ("read", course.reads)):
        p50, _, p99 = quantiles(of(answered))
        told.append(f"{what} p50 {p50:.0f} ms, p99 {p99:.0f} ms")
    return "; ".join(told)
