"""How often a request goes to the database and back, which it waits for where that is another machine: whoever adds a way says so here."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest
from django.db import connection
from tests.support.marketplace import Answer, Marketplace

from solitude.web import purge

CHUNK_BYTES = 64 * 1024


class Way:
    """Goes on with what comes on one port to the database's own, and counts how often somebody asks after an answer."""

    def __init__(self, host: str, port: int) -> None:
        self.count = 0
        self._to = (host, port)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        self._listening.close()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                here, _ = self._listening.accept()
                there = socket.create_connection(self._to)
                # Whether the last that went by was an answer.
                is_answered = threading.Event()
                is_answered.set()
                threading.Thread(target=self._asked, args=(here, there, is_answered), daemon=True).start()
                threading.Thread(target=self._answered, args=(there, here, is_answered), daemon=True).start()

    def _asked(self, here: socket.socket, there: socket.socket, is_answered: threading.Event) -> None:
        with suppress(OSError), there:
            while chunk := here.recv(CHUNK_BYTES):
                self.count += is_answered.is_set()
                is_answered.clear()
                there.sendall(chunk)

    def _answered(self, there: socket.socket, here: socket.socket, is_answered: threading.Event) -> None:
        with suppress(OSError), here:
            while chunk := there.recv(CHUNK_BYTES):
                is_answered.set()
                here.sendall(chunk)


@pytest.fixture
def way(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Way]:
    if connection.vendor == "sqlite":
        pytest.skip("SQLite has no sessions")
    known = connection.settings_dict
    found = Way(known["HOST"], int(known["PORT"]))
    connection.close()
    with monkeypatch.context() as patched:
        patched.setitem(known, "HOST", "127.0.0.1")
        patched.setitem(known, "PORT", str(found.port))
        yield found
        connection.close()
    found.close()


@pytest.fixture(autouse=True)
def nothing_is_purged(monkeypatch: pytest.MonkeyPatch, shop: Marketplace) -> None:
    """Tokens are forgotten once a minute, by one request of the process."""
    monkeypatch.setattr(purge._Turn, "next_at", float("inf"))


def ways(way: Way, ask: Callable[[], Answer]) -> int:
    """Of a request whose statements are prepared."""
    assert ask().status < 300
    before = way.count
    assert ask().status < 300
    return way.count - before


def test_a_payment_with_preapproval(way: Way, shop: Marketplace, app_id: str, preapproved: str) -> None:
    """The token, with buyer and product; the payment; its event and call with the commit; what came of it, if all is as it was."""
    assert ways(way, lambda: shop.pay(app_id, user_id=preapproved, use_preapproval=True)) == 4


def test_a_transaction_is_kept(way: Way, shop: Marketplace) -> None:
    """The token, with the product; the transaction and its event, with the commit."""
    product = shop.post(
        "/generic/product/", {"seller": shop.seller()["resource_uri"], "external_id": "a", "public_id": "counted"}
    )["resource_uri"]
    assert ways(way, lambda: shop.post("/generic/transaction/", {"seller_product": product})) == 2


def test_a_transaction_is_read(way: Way, shop: Marketplace) -> None:
    path = shop.post("/generic/transaction/", {})["resource_uri"]
    assert ways(way, lambda: shop.get(path)) == 1


def test_the_feed_is_read(way: Way, shop: Marketplace) -> None:
    """The token, with the page, and whether all that happened has a place."""
    shop.post("/generic/transaction/", {})
    cursor = shop.get("/events/")["cursor"]
    assert ways(way, lambda: shop.get("/events/")) == 1
    assert ways(way, lambda: shop.get("/events/?after=000000000000000000")) == 1
    assert ways(way, lambda: shop.get(f"/events/?after={cursor}")) == 1
