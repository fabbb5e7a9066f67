"""Hundreds of payments at once at a provider that takes five seconds, at a real server of two processes: who is refused is told so and
pays later, nothing is made twice, nobody who only reads is kept waiting, and the database has a few sessions, which are idle."""

import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from benchmarks import places, waiting
from benchmarks.crowd import customers, pay
from benchmarks.load import quantiles
from benchmarks.measures import memory_mib
from benchmarks.shop import Materials, furnish

from tests.support import processes

pytestmark = pytest.mark.long
WORKERS, AT_ONCE_MAX, CUSTOMERS = 2, 120, 400
WRITING, READING = 4, 8
PROVIDER_MS, WITHIN_S = 5_000, 100
# Of a second customer a payment needs less than a hundredth of this, so memory that is not given back, or not shared, shows.
EACH_KIB_MAX = 1_024


@dataclass(frozen=True)
class Scene:
    here: places.House
    server: subprocess.Popen[bytes]
    materials: Materials

    @property
    def database(self) -> str:
        return self.here.environment.get("SOLITUDE_DATABASE_URL", "")

    def ask(self, sql: str) -> tuple[int, ...]:
        with psycopg.connect(self.database, autocommit=True) as connection:
            row = connection.execute(sql.encode()).fetchone()
            assert row is not None
            return tuple(map(int, row))

    def look(self) -> waiting.Seen:
        sessions, working = self.ask(waiting.CLIENT_SESSIONS)
        (open_calls,) = self.ask(waiting.WAITING)
        return waiting.Seen(time.time(), open_calls, sessions, working, sum(memory_mib(self.server.pid)))


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    settings = {
        "SOLITUDE_PAYMENTS_IN_PROGRESS_MAX": str(AT_ONCE_MAX),
        "SOLITUDE_SERVE_THREADS": str(AT_ONCE_MAX + 30),
        "SOLITUDE_SERVE_THREADS_READING": "30",
        "SOLITUDE_SERVE_TURNS_WRITING": str(WRITING),
        "SOLITUDE_SERVE_TURNS_READING": str(READING),
        "SOLITUDE_SERVE_TURN_WAIT_MS": "60000",
        "SOLITUDE_PAYPAL_TIMEOUT_MS": "19000",
    }
    with processes.house(tmp_path, serve=False, **settings) as house:
        if "SOLITUDE_DATABASE_URL" not in house.environment:
            pytest.skip("SQLite has no sessions")
        port = house.url.rsplit(":", 1)[1]
        command = ("serve", "--port", port, "--workers", str(WORKERS))
        with processes.running(tmp_path, house.environment, *command) as server:
            processes.wait_for(f"{house.url}/services/status/")
            here = places.House(house.url, house.paypal, None, tmp_path, house.environment, server.pid, 0)
            yield Scene(here, server, furnish(here, kept=20))


def test_payments_wait_by_the_hundred_and_nobody_else_does(scene: Scene) -> None:
    here, materials = scene.here, scene.materials.as_json()
    here.paypal.fault("any", "latency", 0, delay_ms=PROVIDER_MS)
    before, seen, who = scene.look(), list[waiting.Seen](), customers(materials, CUSTOMERS)

    with (
        waiting.asking(here.host, waiting.health(WITHIN_S)) as health,
        waiting.asking(here.host, waiting.reads(materials, WITHIN_S)) as reads,
        waiting.watched(scene.look, seen),
    ):
        first = pay(here.host, who, again=False, within_s=WITHIN_S)

    # Past the limit one is refused, and of nobody who was refused the provider has a payment.
    assert first.others == []
    assert len(first.uuids) + len(first.refused) == CUSTOMERS
    assert WORKERS * AT_ONCE_MAX // 2 < len(first.uuids) < CUSTOMERS
    assert len(here.paypal.captured()) == len(set(first.uuids)) == len(first.uuids)
    # Who reads waits for no provider.
    assert len(health) > 10
    assert len(reads) > 10
    assert quantiles(waiting.milliseconds(health))[2] < PROVIDER_MS / 5
    assert quantiles(waiting.milliseconds(reads))[2] < PROVIDER_MS / 5
    # Far fewer sessions than payments, and while all wait these do nothing.
    fullest = max(seen, key=lambda one: one.waiting)
    assert fullest.waiting > WORKERS * (WRITING + READING)
    assert max(one.sessions for one in seen) <= WORKERS * (WRITING + READING)
    assert any(one.working == 0 and one.waiting > AT_ONCE_MAX / 2 for one in seen)
    assert (fullest.memory_mib - before.memory_mib) * 1024 / fullest.waiting < EACH_KIB_MAX

    # Who was refused comes again under its key, and pays once.
    here.paypal.clear_faults()
    later = pay(here.host, first.refused, again=True, within_s=WITHIN_S)

    assert later.others == []
    assert len(set(first.uuids + later.uuids)) == CUSTOMERS == len(here.paypal.captured())
    assert scene.ask("SELECT count(*) FROM payments_providercall WHERE outcome IN ('none', 'unknown')") == (0,)
    assert scene.ask("SELECT count(DISTINCT key), count(*) FROM payments_providercall WHERE operation = 'pay'") == (
        CUSTOMERS,
        CUSTOMERS,
    )
