"""Server and worker need no more rights in the database than docs/security.md gives them."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import ProgrammingError, connection
from tests.support.marketplace import Marketplace

from solitude.events import feed
from solitude.events.models import Event
from solitude.transactions.models import Transaction
from solitude.web.models import SeenToken

PAGE = Path(__file__).parents[2] / "docs" / "security.md"
# As on the page; in a cluster the roles are those of all databases.
ROLE, OURS = "solitude_app", f"app_{os.getpid()}"


def execute(*statements: str) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def grants() -> list[str]:
    block = PAGE.read_text(encoding="utf-8").partition("## The database")[2].split("```")[1]
    return [line.replace(ROLE, OURS) for line in block.strip().splitlines()]


@pytest.fixture
def as_the_page_has_it(postgresql: None, shop: Marketplace, app_id: str, preapproved: str) -> Iterator[None]:
    """What follows is asked by a role with these rights, over the one session that there is."""
    execute(f"CREATE ROLE {OURS}", *grants(), f"SET SESSION AUTHORIZATION {OURS}")
    try:
        yield
    finally:
        execute("RESET SESSION AUTHORIZATION", f"DROP OWNED BY {OURS}", f"DROP ROLE {OURS}")


def test_with_the_rights_of_the_page_a_payment_is_taken_and_a_transaction_kept(
    as_the_page_has_it: None, shop: Marketplace, app_id: str, preapproved: str
) -> None:
    paid = shop.pay(app_id, user_id=preapproved, use_preapproval=True)
    kept = shop.post("/generic/transaction/", {"amount": "2.00", "currency": "EUR"}, **{"Idempotency-Key": "one"})
    again = shop.post("/generic/transaction/", {"amount": "2.00", "currency": "EUR"})
    feed.give_places()

    with connection.cursor() as cursor:
        cursor.execute("SELECT session_user")
        assert cursor.fetchone() == (OURS,)
    assert paid.status == 201
    uris = {paid["transaction"], kept["resource_uri"], again["resource_uri"]}
    assert {row.resource_uri for row in Transaction.objects.all()} == uris
    assert set(Event.objects.filter(type__startswith="transaction.").values_list("resource_uri", flat=True)) == uris
    assert SeenToken.objects.exists()


def test_they_change_no_table(as_the_page_has_it: None) -> None:
    with pytest.raises(ProgrammingError, match="must be owner"):
        execute("ALTER TABLE transactions_transaction DROP COLUMN notes")
