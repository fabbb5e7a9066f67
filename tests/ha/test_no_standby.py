"""With no standby left, a database that must have one confirms no commit. What only reads is answered nevertheless, each token once, and no
provider is asked for anything."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
import urllib3
from tests.faults.processes.postgres import Postgres, postgres
from tests.faults.processes.programs import wait_until
from tests.support import processes
from tests.support.environment import CLIENTS
from tests.support.needs import needs_postgres
from tests.support.simulator import Simulator
from urllib3 import BaseHTTPResponse

from solitude.client.signing import authorization

pytestmark = needs_postgres
TRANSACTIONS = "/generic/transaction/"
KEPT = {"amount": "2.00", "currency": "EUR"}
URLS = {"return_url": "https://shop.example/paid", "cancel_url": "https://shop.example/cancelled"}
WITHIN_S, NOT_WITHIN_S = 30.0, 1.0


class House:
    def __init__(self, url: str, paypal: Simulator, database: Postgres) -> None:
        self._url, self.paypal, self._database = url, paypal, database
        self._http = urllib3.PoolManager(retries=False)

    def token(self, method: str, target: str, body: bytes = b"") -> str:
        return authorization(key=processes.KEY, secret=CLIENTS[processes.KEY], method=method, target=target, body=body)

    def get(self, target: str, token: str = "") -> int:
        return self._ask("GET", target, b"", token, WITHIN_S).status

    def keep(self, within_s: float = WITHIN_S) -> int:
        return self.post(TRANSACTIONS, KEPT, within_s).status

    def post(self, target: str, body: Any, within_s: float = WITHIN_S) -> BaseHTTPResponse:
        return self._ask("POST", target, json.dumps(body).encode(), "", within_s)

    def _ask(self, method: str, target: str, body: bytes, token: str, within_s: float) -> BaseHTTPResponse:
        """Raises urllib3.exceptions.TimeoutError."""
        headers = {"Content-Type": "application/json", "Authorization": token or self.token(method, target, body)}
        return self._http.request(method, self._url + target, body=body or None, headers=headers, timeout=within_s)

    def rows(self) -> int:
        with psycopg.connect(self._database.url, autocommit=True) as opened:
            row = opened.execute("SELECT count(*) FROM transactions_transaction").fetchone()
            assert row is not None
            return int(row[0])

    @contextmanager
    def no_standby(self) -> Iterator[None]:
        """Within the block each commit waits for a standby that never comes."""
        over = threading.Event()
        waiting = threading.Thread(target=self._commit_until, args=(over,))
        self._need_standby("nobody")
        waiting.start()
        try:
            # A process of the database's own takes the setting for all, in its own time.
            assert wait_until(self._somebody_waits, WITHIN_S)
            yield
        finally:
            over.set()
            self._need_standby("")
            waiting.join(WITHIN_S)

    def _need_standby(self, names: str) -> None:
        with psycopg.connect(self._database.url, autocommit=True) as opened:
            opened.execute("SET synchronous_commit = local")
            opened.execute(f"ALTER SYSTEM SET synchronous_standby_names = '{names}'".encode())
            opened.execute("SELECT pg_reload_conf()")

    def _commit_until(self, over: threading.Event) -> None:
        with psycopg.connect(self._database.url, autocommit=True) as opened:
            while not over.is_set():
                opened.execute("SELECT pg_logical_emit_message(true, 'a', 'a')")

    def _somebody_waits(self) -> bool:
        with psycopg.connect(self._database.url, autocommit=True) as opened:
            return opened.execute("SELECT FROM pg_stat_activity WHERE wait_event = 'SyncRep'").fetchone() is not None


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with postgres() as database, processes.house(tmp_path, SOLITUDE_DATABASE_URL=database.url) as running:
        yield House(running.url, running.paypal, database)


def test_what_only_reads_goes_on_and_what_writes_waits_until_there_is_one_again(house: House) -> None:
    assert house.keep() == 201
    # What it tells first it gives a place to, and that is written.
    assert house.get("/events/") == 200
    once = house.token("GET", TRANSACTIONS)

    with house.no_standby():
        assert [house.get(TRANSACTIONS, once), house.get(TRANSACTIONS, once)] == [200, 401]
        assert house.get("/events/") == 200
        with pytest.raises(urllib3.exceptions.TimeoutError):
            house.keep(NOT_WITHIN_S)
        assert house.rows() == 1
        assert house.get(TRANSACTIONS) == 200

    assert house.keep() == 201
    assert wait_until(lambda: house.rows() == 3, WITHIN_S)


def test_no_provider_is_asked_for_anything_until_there_is_one_again(house: House) -> None:
    seller = house.post("/generic/seller/", {"uuid": "dev:1"}).json()["resource_uri"]
    assert house.post("/paypal/seller/", {"seller": seller, "paypal_id": "sam@dev.example"}).status == 201
    product = {"seller": seller, "external_id": "1", "public_id": "map"}
    assert house.post("/generic/product/", product).status == 201
    page = {"url": "https://shop.example/back", "scope": ["REFUND"]}
    payment = {"user_id": "shop:1", "app_id": "map", "amount": 2.49, "currency": "EUR", "use_preapproval": False}

    with house.no_standby():
        # The one writes its intent before, and the other nothing.
        for target, body in (("/paypal/pay", payment | URLS), ("/paypal/permission-url/", page)):
            with pytest.raises(urllib3.exceptions.TimeoutError):
                house.post(target, body, NOT_WITHIN_S)
        assert house.get(TRANSACTIONS) == 200
        assert house.paypal.state()["requests"] == []

    def asked_for() -> set[str]:
        return {str(request["operation"]) for request in house.paypal.state()["requests"]}

    assert wait_until(lambda: {"create_order", "create_referral"} <= asked_for(), WITHIN_S), asked_for()
