"""Every key changes while the marketplace goes on: no request fails, and afterwards the old keys go."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg
import pytest

from solitude.client import Solitude
from tests.keys.load import Load
from tests.keys.operator import WITHIN_S, keys
from tests.support import processes
from tests.support.processes import House
from tests.support.waiting import until

pytestmark = pytest.mark.long
WAIT = ("--wait-s", "60")
SETTINGS = {
    "SOLITUDE_KEYS_SETTLE_S": "1",
    "SOLITUDE_WORKER_IDLE_MS": "200",
    "SOLITUDE_CLIENTS": "{}",
    "SOLITUDE_BANGO_BASIC_AUTH_PASSWORD": "",
}
OLD = {"fields": "k1", "hashes": "k1", "pepper": "p1", "seals": "k1"}
PARTIES = {"clients": "shop", "notifications": "bango"}


def execute(house: House, statement: str) -> None:
    url = house.environment.get("SOLITUDE_DATABASE_URL")
    if url:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(statement)
    else:
        import sqlite3

        with sqlite3.connect(house.home / "solitude.sqlite3", timeout=30) as connection:
            connection.execute(statement)


@contextmanager
def marketplace(home: Path) -> Iterator[tuple[House, Load]]:
    """Two server processes, a worker, and a marketplace that calls them by a secret of the key ring."""
    with ExitStack() as stack:
        house = stack.enter_context(processes.house(home, serve=False, **SETTINGS))
        clients, bango = ("clients", "--of", "shop"), ("notifications", "--of", "bango")
        shown = keys(house, ("add", *clients), ("add", *bango), ("show", *clients, "c1"), ("show", *bango, "n1"))
        port = house.url.rpartition(":")[2]
        stack.enter_context(processes.running(home, house.environment, "serve", "--port", port, "--workers", "2"))
        stack.enter_context(processes.running(home, house.environment, "worker"))
        until_it_answers(house)
        yield house, Load(house.url, "shop", "sandbox-event-user", *shown.split())


def until_it_answers(house: House) -> None:
    """Two server processes and a worker that start at once take longer than one."""
    deadline = time.monotonic() + WITHIN_S
    while True:
        with suppress(AssertionError):
            processes.wait_for(f"{house.url}/services/status/")
            return
        assert time.monotonic() < deadline, "the server does not start"


def chargeable_buyer(house: House, client: Solitude) -> None:
    seller = client.create_seller("dev:ada")
    client.create_paypal_seller(seller, paypal_id="ada@dev.example")
    client.create_product(seller=seller, external_id="map", public_id="5530")
    client.create_buyer("ada")
    asked = client.start_preapproval(
        buyer_uuid="ada", return_url="https://shop.example/ok", cancel_url="https://shop.example/no"
    )
    house.paypal.approve(asked.paypal_url)
    client.finish_preapproval(asked.pk)


def test_every_key_changes_under_load_without_a_failed_request(tmp_path: Path) -> None:
    with marketplace(tmp_path) as (house, load):
        chargeable_buyer(house, load.client())
        load.prepare()
        with load.running():
            wishes = [(purpose,) for purpose in OLD] + [(purpose, "--of", party) for purpose, party in PARTIES.items()]
            shown = keys(
                house,
                *(("add", *wish) for wish in wishes),
                *(("rotate", *wish, *WAIT) for wish in wishes),
                ("show", "clients", "c2", "--of", "shop"),
                ("show", "notifications", "n2", "--of", "bango"),
            )
            # The web heads, and Bango, go over to the new secrets one after the other.
            load.secret, load.bango_password = shown.split()
            refused = keys(house, ("retire", "hashes", "k1", "--wait-s", "15"), status=1)
            assert "k1 is still used by" in refused
            assert "web.idempotencykey:fingerprint" in refused
            # As a day later: what is kept for a day is gone.
            execute(house, "UPDATE payments_providercall SET idempotency_id = NULL")
            for table, column in (("web_idempotencykey", "fingerprint"), ("buyers_pintoken", "token_hash")):
                execute(house, f"DELETE FROM {table} WHERE {column} LIKE 'k1:%'")  # noqa: S608
            shared = ("--unused-for-s", "3", *WAIT)
            listed = keys(
                house,
                *(("retire", purpose, old, *WAIT) for purpose, old in OLD.items()),
                *(("retire", purpose, f"{purpose[0]}1", "--of", party, *shared) for purpose, party in PARTIES.items()),
                ("list",),
            )
            before = load.done.copy()
            until(lambda: all(load.done[name] > before[name] for name in before), "more of all requests", WITHIN_S)
    print(load.done)
    assert load.failures == []
    assert min(load.done.values()) > 10
    for purpose, old in OLD.items():
        assert f"{purpose}\t{old}\tretired" in listed
        assert f"{purpose}\t{old}\tk" not in listed
    assert "clients:shop\tc1\tretired" in listed
    assert "notifications:bango\tn1\tretired" in listed
    told = house.logs()
    for event in ("Key added", "Key made current", "Key retired", "Key used for the first time by this process"):
        assert f"|{event}|" in told
    assert "Unknown key met" not in told
    assert '"event":"renewal"' in told or "renewal place=" in told


def test_a_change_that_is_killed_goes_on(tmp_path: Path) -> None:
    with processes.house(tmp_path, serve=False, **SETTINGS, SOLITUDE_ROTATION_ROWS_PER_S="60") as house:
        buyers = house.home / "buyers.jsonl"
        rows = (f'{{"uuid": "shop:{number}", "email": "b{number}@buyer.example"}}\n' for number in range(240))
        buyers.write_text("".join(rows), encoding="utf-8")
        subprocess.run(
            processes.solitude("import", "buyers", str(buyers)),
            env=house.environment, check=True, capture_output=True, timeout=WITHIN_S,
        )  # fmt: skip
        keys(house, ("add", "fields"))
        process = subprocess.Popen(
            processes.solitude("keys", "rotate", "fields", "--to", "k2", "--now"),
            env=house.environment,
            stderr=subprocess.PIPE,
        )
        until(lambda: 0 < under(house, "k2") < 240, "a part that is sealed anew", WITHIN_S)
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()
        assert under(house, "k2") < 240
        # Nothing is lost of what was done, and it goes on with the rest.
        keys(house, ("rotate", "fields", "--to", "k2", "--now"), ("retire", "fields", "k1"))
        assert under(house, "k2") == 240


def under(house: House, key_id: str) -> int:
    """How many of the buyers' e-mail addresses are sealed with the key."""
    statement = f"SELECT COUNT(*) FROM buyers_buyer WHERE email LIKE 'v1:{key_id}:%'"  # noqa: S608
    url = house.environment.get("SOLITUDE_DATABASE_URL")
    found: Any
    if url:
        with psycopg.connect(url) as connection:
            found = connection.execute(statement).fetchone()
    else:
        import sqlite3

        with sqlite3.connect(house.home / "solitude.sqlite3", timeout=30) as connection:
            found = connection.execute(statement).fetchone()
    return int(found[0])
