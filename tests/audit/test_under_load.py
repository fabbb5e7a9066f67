"""A server under load, with a worker that seals beside it: nothing is lost by it, and every row comes under a seal."""

import json
import subprocess
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from tests.support import processes
from tests.support.environment import CLIENTS
from tests.support.processes import House
from tests.support.waiting import until

from solitude.client import Solitude

pytestmark = pytest.mark.long
WITHIN_S = 180
CLIENTS_AT_ONCE, ROUNDS = 3, 8
RETURN, CANCEL = "https://shop.example/ok", "https://shop.example/no"


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """A server, and beside it a worker that seals soon and few rows at a time."""
    sealing = {"SOLITUDE_SEAL_AFTER_S": "1", "SOLITUDE_SEAL_ROWS_MAX": "10"}
    with (
        processes.house(tmp_path, **sealing) as house,
        processes.running(house.home, house.environment, "worker"),
    ):
        yield house


def audit(house: House, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = processes.solitude("audit", *arguments)
    return subprocess.run(command, env=house.environment, capture_output=True, text=True, timeout=WITHIN_S, check=False)


def trade(house: House, name: str, app_id: str, done: list[str]) -> None:
    """Buys again and again, and looks at who has bought."""
    client = Solitude(house.url, processes.KEY, str(CLIENTS[processes.KEY]), timeout_s=90)
    for number in range(ROUNDS):
        buyer = client.create_buyer(f"{name}-{number}", email=f"{name}{number}@buyers.example")
        begun = client.pay(
            user_id=buyer.uuid, app_id=app_id, amount="1.99", currency="EUR", return_url=RETURN, cancel_url=CANCEL
        )
        done.append(begun.uuid)


def wait_for_seals(house: House) -> None:
    """Until the newest row of each kind is under a seal."""
    tables = {"events": "events_event", "provider_calls": "payments_providercall", "accesses": "audit_access"}
    through = "SELECT COALESCE(MAX(last_id), 0) FROM audit_seal WHERE act = 'sealed' AND kind ="
    for kind, table in tables.items():
        statement = f"SELECT COUNT(*) FROM {table} WHERE id > ({through} '{kind}')"  # noqa: S608  # names of our own
        until(lambda: executed(house, statement)[0] == 0, f"a seal of all {kind}", WITHIN_S)  # noqa: B023  # now


def third_of(house: House, table: str) -> int:
    """The id of a row among the first."""
    return executed(house, f"SELECT id FROM {table} ORDER BY id LIMIT 1 OFFSET 2")[0]  # noqa: S608  # names of our own


def executed(house: House, statement: str) -> tuple[int, int]:
    """What somebody does who has the database in hand: the first number of the answer, and how many rows it changed."""
    url = house.environment.get("SOLITUDE_DATABASE_URL", "")
    if url.startswith("postgresql"):
        with psycopg.connect(url, autocommit=True) as connection:
            answer = connection.execute(statement.encode())
            return (answer.fetchone() or (0,))[0] if answer.description else 0, answer.rowcount
    import sqlite3

    with closing(sqlite3.connect(house.home / "solitude.sqlite3", timeout=20)) as embedded, embedded:
        done = embedded.execute(statement)
        return (done.fetchone() or (0,))[0] if done.description else 0, done.rowcount


def test_a_server_under_load_is_sealed_and_what_is_changed_afterwards_is_found(house: House) -> None:
    client = Solitude(house.url, processes.KEY, str(CLIENTS[processes.KEY]))
    seller = client.create_seller("dev:ada")
    client.create_paypal_seller(seller, paypal_id="ada@dev.example")
    client.create_product(seller=seller, external_id="map", public_id="5530")
    done: list[str] = []
    traders = [
        threading.Thread(target=trade, args=(house, f"buyer{number}", "5530", done))
        for number in range(CLIENTS_AT_ONCE)
    ]
    for trader in traders:
        trader.start()
    meanwhile = audit(house, "verify")
    assert meanwhile.returncode == 0, meanwhile
    for trader in traders:
        trader.join()
    assert len(set(done)) == CLIENTS_AT_ONCE * ROUNDS

    wait_for_seals(house)
    whole = audit(house, "verify")
    assert (whole.returncode, "findings 0" in whole.stdout) == (0, True), whole
    heads = house.home / "heads"
    heads.write_text(audit(house, "head").stdout)
    assert json.loads(heads.read_text())["number"] > CLIENTS_AT_ONCE * ROUNDS // 10
    # The worker's security log has the same heads.
    assert "cs6Label=head" in house.logs()

    call, event, access = (third_of(house, name) for name in ("payments_providercall", "events_event", "audit_access"))
    for statement, pk in (
        ("UPDATE payments_providercall SET outcome = 'declined' WHERE id =", call),
        ("DELETE FROM events_event WHERE id =", event),
        ("UPDATE audit_access SET client = 'nobody' WHERE id =", access),
    ):
        assert executed(house, f"{statement} {pk}")[1] == 1
    found = audit(house, "verify", "--head", str(heads))
    assert found.returncode == 1
    named = [line.partition(" (seal")[0] for line in found.stdout.splitlines()]
    assert {
        f"provider_calls: changed: {call} outcome",
        f"events: removed: {event}",
        f"accesses: changed: {access} access",
    } == set(named[:3])
