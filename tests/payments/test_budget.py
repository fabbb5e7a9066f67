"""What one payment costs the database, statement by statement."""

import re
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.support.marketplace import Answer, Marketplace
from tests.support.simulator import Simulator

from solitude.web import purge

STATEMENTS_MAX, COMMITS_MAX = 12, 3
_WRITES = re.compile(r"\s*(INSERT|UPDATE|DELETE)\b", re.IGNORECASE)


class Spent:
    """The statements of a block; BEGIN and COMMIT are counted as commits, savepoints as what they are."""

    def __init__(self, queries: list[dict[str, str]]) -> None:
        lines = [query["sql"] for query in queries]
        self.savepoints = [line for line in lines if "SAVEPOINT" in line]
        self.statements = [
            line for line in lines if not line.startswith(("BEGIN", "COMMIT")) and "SAVEPOINT" not in line
        ]
        self.commits = sum(line == "COMMIT" for line in lines) + self._alone(lines)

    @staticmethod
    def _alone(lines: list[str]) -> int:
        """Writes outside of a transaction commit by themselves."""
        alone, is_open = 0, False
        for line in lines:
            is_open = (is_open or line.startswith("BEGIN")) and line != "COMMIT"
            alone += not is_open and bool(_WRITES.match(line))
        return alone

    def __str__(self) -> str:
        named = [f"{number:2}. {line[:150]}" for number, line in enumerate(self.statements, 1)]
        return "\n".join([f"{len(self.statements)} statements, {self.commits} commits", *named])


@pytest.mark.parametrize("headers", [{}, {"Idempotency-Key": "measured"}], ids=["without key", "with key"])
def test_a_preapproved_payment_is_twelve_statements_and_three_commits(
    shop: Marketplace,
    paypal: Simulator,
    app_id: str,
    preapproved: str,
    headers: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Tokens are forgotten once a minute, by one request of the process.
    monkeypatch.setattr(purge._Turn, "next_at", float("inf"))

    def pay(**more: str) -> Answer:
        return shop.pay(app_id, headers=more, user_id=preapproved, use_preapproval=True)

    assert pay()["status"] == "completed"  # warms PayPal's access token and the connection

    with CaptureQueriesContext(connection) as captured:
        answer = pay(**headers)

    spent = Spent(captured.captured_queries)
    assert answer["status"] == "completed"
    assert len(spent.statements) <= STATEMENTS_MAX, spent
    assert spent.commits <= COMMITS_MAX, spent
    assert spent.savepoints == [], spent
    # The measure itself: each kind of row was seen written.
    for table in ("web_seentoken", "transactions_transaction", "payments_providercall", "events_event"):
        assert any(table in line for line in spent.statements), spent


def test_a_new_buyer_costs_two_statements_more(shop: Marketplace, paypal: Simulator, app_id: str) -> None:
    def statements(user_id: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert shop.pay(app_id, user_id=user_id).status == 201
        return len(Spent(captured.captured_queries).statements)

    statements("warm")

    assert statements("new") - statements("new") == 2


def test_a_pin_token_costs_one_statement_more_and_the_setting_none(
    shop: Marketplace, paypal: Simulator, app_id: str, settings: Any
) -> None:
    without, pinned = shop.buyer()["uuid"], shop.buyer(pin="0420", pin_confirmed=True)["uuid"]

    def statements(user_id: str, **more: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert shop.pay(app_id, user_id=user_id, **more).status == 201
        return len(Spent(captured.captured_queries).statements)

    statements(without)
    before = statements(without)
    settings.SOLITUDE_REQUIRE_PIN = frozenset({"marketplace"})

    assert statements(without) == before
    token = shop.post("/generic/verify_pin/", {"uuid": pinned, "pin": "0420"})["pin_token"]
    assert statements(pinned, pin_token=token) == before + 1


def test_a_check_does_not_grow_with_the_checks_before(shop: Marketplace, paypal: Simulator, app_id: str) -> None:
    payment = shop.pay(app_id)

    def statements() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert shop.check(uuid=payment["uuid"])["status"] == "CREATED"
        return len(Spent(captured.captured_queries).statements)

    first = statements()

    assert [statements() for _ in range(3)] == [first] * 3


@pytest.mark.parametrize(
    ("lines", "commits"),
    [
        (["BEGIN", "INSERT INTO a", "COMMIT"], 1),
        (["BEGIN IMMEDIATE", "INSERT INTO a", "COMMIT", "UPDATE b"], 2),
        (["SELECT 1", "DELETE FROM a", "BEGIN", "SELECT 1", "COMMIT"], 2),
    ],
)
def test_the_measure_counts_commits(lines: list[str], commits: int) -> None:
    assert Spent([{"sql": line, "time": "0"} for line in lines]).commits == commits
    assert settings.DATABASES
