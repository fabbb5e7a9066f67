"""Every key changes while the marketplace goes on: no request fails, and afterwards the old keys go."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from solitude.client import Solitude
from tests.keys.load import Load
from tests.support import processes
from tests.support.processes import House

pytestmark = pytest.mark.long
WITHIN_S = 120
WAIT = ("--wait-s", "60")
SETTINGS = {
    "SOLITUDE_KEYS_SETTLE_S": "1",
    "SOLITUDE_WORKER_IDLE_MS": "200",
    "SOLITUDE_CLIENTS": "{}",
    "SOLITUDE_BANGO_BASIC_AUTH_PASSWORD": "",
}
OLD = {"fields": "k1", "hashes": "k1", "pepper": "p1", "seals": "k1"}
PARTIES = {"clients": "shop", "notifications": "bango"}


def keys(house: House, *arguments: str, status: int = 0) -> str:
    """What `solitude keys` prints; raises AssertionError with what it says if it ends otherwise."""
    ended = subprocess.run(
        processes.solitude("keys", *arguments),
        check=False,
        env=house.environment,
        capture_output=True,
        text=True,
        timeout=WITHIN_S,
    )
    assert ended.returncode == status, (arguments, ended.stdout, ended.stderr)
    return ended.stdout + (ended.stderr if status else "")


def together(house: House, wishes: list[tuple[str, ...]]) -> None:
    """Several operators at once."""
    with ThreadPoolExecutor(len(wishes)) as pool:
        list(pool.map(lambda wish: keys(house, *wish), wishes))


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
        keys(house, "add", "clients", "--of", "shop")
        keys(house, "add", "notifications", "--of", "bango")
        port = house.url.rpartition(":")[2]
        stack.enter_context(processes.running(home, house.environment, "serve", "--port", port, "--workers", "2"))
        stack.enter_context(processes.running(home, house.environment, "worker"))
        processes.wait_for(f"{house.url}/services/status/")
        yield (
            house,
            Load(
                house.url,
                "shop",
                keys(house, "show", "clients", "c1", "--of", "shop").strip(),
                "sandbox-event-user",
                keys(house, "show", "notifications", "n1", "--of", "bango").strip(),
            ),
        )


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
            own = [(purpose,) for purpose in OLD]
            shared = [(purpose, "--of", party) for purpose, party in PARTIES.items()]
            together(house, [("add", *wish) for wish in own + shared])
            together(house, [("rotate", *wish, *WAIT) for wish in own + shared])
            # The web heads, and Bango, go over to the new secrets one after the other.
            load.secret = keys(house, "show", "clients", "c2", "--of", "shop").strip()
            load.bango_password = keys(house, "show", "notifications", "n2", "--of", "bango").strip()
            refused = keys(house, "retire", "hashes", "k1", status=1)
            assert "k1 is still used by" in refused
            assert "web.idempotencykey:fingerprint" in refused
            # As a day later: what is kept for a day is gone.
            for table, column in (("web_idempotencykey", "fingerprint"), ("buyers_pintoken", "token_hash")):
                execute(house, f"DELETE FROM {table} WHERE {column} LIKE 'k1:%'")  # noqa: S608
            unused = ("--unused-for-s", "3")
            together(
                house,
                [("retire", purpose, old, *WAIT) for purpose, old in OLD.items()]
                + [
                    ("retire", purpose, f"{purpose[0]}1", "--of", party, *unused, *WAIT)
                    for purpose, party in PARTIES.items()
                ],
            )
            before = load.done.copy()
            deadline = time.monotonic() + WITHIN_S
            while any(load.done[name] == before[name] for name in before):
                assert time.monotonic() < deadline, "the marketplace has stopped"
                time.sleep(0.1)
        listed = keys(house, "list")
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
        keys(house, "add", "fields")
        keys(house, "rotate", "fields")
        process = subprocess.Popen(
            processes.solitude("keys", "rotate", "fields", "--now"), env=house.environment, stderr=subprocess.PIPE
        )
        deadline = time.monotonic() + WITHIN_S
        while not 0 < under(house, "k2") < 240:
            assert time.monotonic() < deadline, "nothing is sealed anew"
            time.sleep(0.05)
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()
        left = under(house, "k2")
        assert left < 240
        assert "k1 is still used by" in keys(house, "retire", "fields", "k1", status=1)
        keys(house, "rotate", "fields", "--now")
        assert under(house, "k2") == 240
        keys(house, "retire", "fields", "k1")
        # They still open.
        exported = subprocess.run(
            processes.solitude("export", "buyers"),
            env=house.environment, check=True, capture_output=True, text=True, timeout=WITHIN_S,
        )  # fmt: skip
        assert "b239@buyer.example" in exported.stdout


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
