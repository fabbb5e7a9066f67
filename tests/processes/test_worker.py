"""`solitude worker`, as a command: what a killed server left behind is found out by another process."""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest

from solitude.client import Retries, Solitude, SolitudeError, Transaction
from tests.support import isolation, processes
from tests.support.environment import CLIENTS
from tests.support.processes import House
from tests.support.waiting import until

pytestmark = pytest.mark.long
WITHIN_S = 45
# A worker that has nothing under way ends within this.
ENDS_WITHIN_S = 5
RETURN, CANCEL = "https://shop.example/ok", "https://shop.example/no"
FAST = {
    "SOLITUDE_CALL_LEASE_S": "5",
    "SOLITUDE_RECOVERY_FIRST_S": "1",
    "SOLITUDE_WORKER_IDLE_MS": "50",
    "SOLITUDE_PAYPAL_TIMEOUT_MS": "1600",
}
COMPLETED = 1


@contextmanager
def serving(house: House, **settings: str) -> Iterator[subprocess.Popen[bytes]]:
    """A server at the house's URL, in a process group of its own, so that all of it can be killed at once."""
    command = processes.solitude("serve", "--port", str(urlsplit(house.url).port))
    with (house.home / "serve.out.log").open("ab") as log:
        process = subprocess.Popen(
            command, env=house.environment | settings, stdout=log, stderr=log, start_new_session=True
        )
    try:
        processes.wait_for(f"{house.url}/services/status/")
        yield process
    finally:
        kill(process, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(10)
        kill(process)


def kill(process: subprocess.Popen[bytes], number: int = signal.SIGKILL) -> None:
    """Server process and all that it started."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, number)
    if number == signal.SIGKILL:
        process.wait(10)


@contextmanager
def working(house: House) -> Iterator[subprocess.Popen[bytes]]:
    """A worker that has begun."""
    said = house.home / "worker.out.log"
    before = said.stat().st_size if said.exists() else 0
    with processes.running(house.home, house.environment, "worker") as process:
        until(lambda: b"solitude: working" in said.read_bytes()[before:], "the worker says that it works")
        yield process


def client_of(house: House) -> Solitude:
    return Solitude(house.url, processes.KEY, str(CLIENTS[processes.KEY]), retries=Retries(tries=1), timeout_s=20)


def preapproved_buyer(house: House) -> Solitude:
    """A client, with a product 5530 and a buyer "ada" who may be charged."""
    client = client_of(house)
    seller = client.create_seller("dev:ada")
    client.create_paypal_seller(seller, paypal_id="ada@dev.example")
    client.create_product(seller=seller, external_id="map", public_id="5530")
    client.create_buyer("ada")
    asked = client.start_preapproval(buyer_uuid="ada", return_url=RETURN, cancel_url=CANCEL)
    house.paypal.approve(asked.paypal_url)
    client.finish_preapproval(asked.pk)
    return client


def charge(client: Solitude) -> Any:
    return client.pay(user_id="ada", app_id="5530", amount="2.49", currency="EUR", use_preapproval=True)


def killed_in_mid_call(house: House, server: subprocess.Popen[bytes], client: Solitude) -> None:
    """The server dies while it waits for PayPal, which does its work."""
    house.paypal.fault("create_order", "latency", delay_ms=1200)
    failures: list[SolitudeError] = []

    def pay() -> None:
        try:
            charge(client)
        except SolitudeError as error:
            failures.append(error)

    thread = threading.Thread(target=pay)
    thread.start()
    until(lambda: house.paypal.calls("create_order"), "PayPal is asked")
    kill(server)
    thread.join(WITHIN_S)
    assert len(failures) == 1
    until(house.paypal.captured, "PayPal has taken the money")


def the_payment(client: Solitude) -> Transaction:
    (event,) = [event for event in client.iter_events() if event.type == "transaction.started"]
    return client.get_transaction(event.resource_uri)


def test_a_worker_finds_out_what_a_killed_server_was_doing(tmp_path: Path) -> None:
    with processes.house(tmp_path, serve=False, SOLITUDE_SERVE_WORKER="false", **FAST) as house:
        with serving(house) as server:
            client = preapproved_buyer(house)
            killed_in_mid_call(house, server, client)
        with serving(house):
            (uncertain,) = client.uncertain().transactions
            assert (uncertain.provider, uncertain.operation, uncertain.tries) == ("paypal", "pay", 0)
            next_try = uncertain.next_try
            assert next_try is not None
            # A server that was told to do no such work leaves it alone.
            until(lambda: (datetime.now(UTC) - next_try).total_seconds() > 1, "the time of the next try")
            assert client.uncertain().count == 1
            with working(house):
                until(lambda: client.uncertain().count == 0, "the worker knows")
            payment = the_payment(client)
            assert (payment.status, payment.outcome) == (COMPLETED, "succeeded")
            assert uncertain.transaction == payment.resource_uri
            kinds = [entry.kind for entry in client.timeline(payment.resource_uri)]
            assert "recovery" in kinds
        assert len(house.paypal.captured()) == 1
        assert {call["request_id"] for call in house.paypal.calls("create_order")} == {
            house.paypal.calls("create_order")[0]["request_id"]
        }


def test_the_embedded_default_finds_out_by_itself(tmp_path: Path) -> None:
    """On SQLite, `serve` alone is all there is; elsewhere a setting makes it so."""
    on_sqlite = not os.environ.get(isolation.INHERITED_DATABASE)
    more = {} if on_sqlite else {"SOLITUDE_SERVE_WORKER": "true"}
    with processes.house(tmp_path, serve=False, **FAST, **more) as house:
        with serving(house) as server:
            client = preapproved_buyer(house)
            killed_in_mid_call(house, server, client)
        with serving(house):
            until(lambda: client.uncertain().count == 0, "the server knows")
            assert the_payment(client).status == COMPLETED
        assert len(house.paypal.captured()) == 1


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_worker_that_is_told_to_end_ends_soon(tmp_path: Path, number: int) -> None:
    with processes.house(tmp_path, serve=False) as house, working(house) as worker:
        started = time.monotonic()
        worker.send_signal(number)
        assert worker.wait(WITHIN_S) == 0
        assert time.monotonic() - started < ENDS_WITHIN_S
    assert "Traceback" not in house.logs()


def test_a_worker_that_is_told_to_end_ends_what_it_has_begun(tmp_path: Path) -> None:
    with processes.house(tmp_path, SOLITUDE_SERVE_WORKER="false", **FAST) as house:
        client = preapproved_buyer(house)
        house.paypal.fault("create_order", "disconnect_after")
        with pytest.raises(SolitudeError):
            charge(client)
        house.paypal.fault("create_order", "latency", delay_ms=1200)
        with working(house) as worker:
            until(lambda: len(house.paypal.calls("create_order")) == 2, "the worker asks")
            worker.send_signal(signal.SIGTERM)
            assert worker.wait(WITHIN_S) == 0

        assert client.uncertain().count == 0
        assert the_payment(client).status == COMPLETED


def test_a_worker_with_the_database_behind_says_so_and_ends_with_3(tmp_path: Path) -> None:
    environment = {
        "PATH": "/usr/bin:/bin",
        "SOLITUDE_DEBUG": "true",
        "SOLITUDE_HOME": str(tmp_path),
        "SOLITUDE_ENV_FILE": "",
    }

    ended = subprocess.run(
        processes.solitude("worker"), env=environment, capture_output=True, text=True, timeout=60, check=False
    )

    assert ended.returncode == 3
    assert "run `solitude migrate` first" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_worker_goes_on_when_its_connections_are_cut(tmp_path: Path) -> None:
    """As when PostgreSQL restarts. On SQLite there is none to cut: there somebody keeps the database to himself for a while."""
    with processes.house(tmp_path, SOLITUDE_SERVE_WORKER="false", **FAST) as house:
        client = preapproved_buyer(house)
        with working(house) as worker:
            for _ in range(5):
                disturb(house)
            house.paypal.fault("create_order", "disconnect_after")
            with pytest.raises(SolitudeError):
                charge_through(client, house)
            until(lambda: client.uncertain().count == 0, "the worker knows")
            assert worker.poll() is None
        assert the_payment(client).status == COMPLETED
        assert len(house.paypal.captured()) == 1


def charge_through(client: Solitude, house: House) -> None:
    """The server's own connections were cut as well: a request that met that is made again until PayPal was asked."""
    while True:
        try:
            charge(client)
        except SolitudeError:
            if house.paypal.calls("create_order"):
                raise


def disturb(house: House) -> None:
    url = house.environment.get("SOLITUDE_DATABASE_URL", "")
    if not url:
        lock_for_a_while(house)
        return
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    time.sleep(0.1)


def lock_for_a_while(house: House) -> None:
    import sqlite3

    connection = sqlite3.connect(house.home / "solitude.sqlite3", isolation_level=None, timeout=20)
    try:
        connection.execute("BEGIN EXCLUSIVE")
        time.sleep(0.2)
        connection.execute("ROLLBACK")
    finally:
        connection.close()
