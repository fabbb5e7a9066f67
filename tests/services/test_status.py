"""`GET /services/status/`: the rows of the contract's tables, for a process that has the database."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from django.db import DatabaseError, OperationalError, connection
from tests.support.free_port import free_port
from tests.support.marketplace import Answer, Marketplace
from tests.web.parallel import at_once

from solitude.outbound import probes
from solitude.outbound.probes import Probe, Probes
from solitude.services import health
from solitude.vault import checks
from solitude.web.models import SeenToken

PATH = "/services/status/"
WELL = {"proxies": True, "db": True, "cache": True, "settings": True}


def asked(shop: Marketplace) -> Answer:
    return shop.send_unsigned("GET", PATH)


@pytest.fixture
def providers(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """From now on the only provider is the one at this URL."""

    def at(url: str) -> None:
        some = Probes()
        some.offer(Probe("one", url, 500))
        monkeypatch.setattr(probes, "all_answer", some.all_answer)

    return at


@pytest.fixture
def read_only(shop: Marketplace) -> Iterator[None]:
    """As a standby is, or a file on a disk that is mounted read-only."""
    sqlite = connection.vendor == "sqlite"
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA query_only = ON" if sqlite else "SET default_transaction_read_only = on")
    yield
    connection.close()


def test_all_is_well(shop: Marketplace) -> None:
    answer = asked(shop)

    assert (answer.status, answer.json) == (200, WELL)
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("path", ["/services/status/", "/services/status"])
def test_it_needs_no_signature(shop: Marketplace, path: str) -> None:
    assert shop.send_unsigned("GET", path).status == 200
    assert shop.send_unsigned("HEAD", path).status == 200


@pytest.mark.parametrize(
    "path", ["/services/status/anything/", "/services/status//", "/services/", "//services/status/"]
)
def test_any_other_path_below_is_unknown(shop: Marketplace, path: str) -> None:
    """Where the old server answered by prefix."""
    answer = shop.send_unsigned("GET", path)

    assert (answer.status, answer.json) == (404, {})


def test_db_away_is_500_with_the_same_body(shop: Marketplace, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> None:
        raise OperationalError("canary: no database here")

    connection.close()
    with monkeypatch.context() as broken:
        broken.setattr(connection, "get_new_connection", refused)
        answer = asked(shop)

    assert (answer.status, answer.json) == (500, WELL | {"db": False, "cache": False})


@pytest.mark.usefixtures("read_only")
def test_cache_down_is_500_with_the_same_body(shop: Marketplace) -> None:
    """The contract's example: what all processes share takes no write."""
    answer = asked(shop)

    assert (answer.status, answer.json) == (500, WELL | {"cache": False})


def test_a_database_that_cannot_write_is_no_cache(shop: Marketplace, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(**_: object) -> None:
        raise DatabaseError("database or disk is full")

    monkeypatch.setattr(SeenToken.objects, "create", full)

    assert asked(shop).json == WELL | {"cache": False}


def test_the_write_leaves_nothing_behind(shop: Marketplace) -> None:
    before = SeenToken.objects.count()

    assert all(at_once(4, lambda _: asked(shop).status == 200))

    assert SeenToken.objects.count() == before
    assert not SeenToken.objects.filter(client=health.NOBODY).exists()
    assert not connection.in_atomic_block


def test_who_does_not_let_go_of_the_database_is_waited_for_only_so_long(
    shop: Marketplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "WRITE_MAX_MS", 50)
    with held():
        answer = asked(shop)

    assert (answer.status, answer.json) == (500, WELL | {"cache": False})
    assert asked(shop).json == WELL
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA busy_timeout")
            assert cursor.fetchone() == (20_000,)


@contextmanager
def held() -> Iterator[None]:
    """Somebody else holds what a write needs: SQLite's one lock, or the table."""
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("BEGIN IMMEDIATE" if other.vendor == "sqlite" else "BEGIN")
            if other.vendor != "sqlite":
                cursor.execute("LOCK TABLE web_seentoken")
            yield
    finally:
        other.close()


def test_settings_false_is_500_too(shop: Marketplace, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stricter than the old server: without keys there is no buyer and no payment."""

    def broken() -> None:
        raise checks.VaultBroken("canary")

    monkeypatch.setattr(checks, "self_test", broken)

    answer = asked(shop)

    assert (answer.status, answer.json) == (500, WELL | {"settings": False})


def test_proxies_false_never_changes_the_code(shop: Marketplace, providers: Callable[[str], None]) -> None:
    providers(f"http://127.0.0.1:{free_port()}")

    answer = asked(shop)

    assert (answer.status, answer.json) == (200, WELL | {"proxies": False})


def test_each_provider_is_probed(shop: Marketplace) -> None:
    found = {probe.name: probe.answers() for probe in probes._of_this_process._probes}

    assert {"paypal", "bango"} <= set(found)
    assert set(found.values()) == {True}


def test_a_process_of_another_kind_has_a_rule_of_its_own() -> None:
    """Such as one that holds the providers' credentials, and is well only without a database."""
    found = health.Health(proxies=True, db=False, cache=False, settings=True)
    keeper = health.Role(lambda: found, lambda facts: facts["settings"] and not (facts["db"] and facts["cache"]))

    assert keeper.is_well(keeper.examined())
    assert not health.DATABASE.is_well(found)


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_it_is_asked_with_get_only(shop: Marketplace, method: str) -> None:
    answer = shop.send_unsigned(method, PATH)

    assert (answer.status, answer.headers["Allow"]) == (405, "GET, HEAD")
