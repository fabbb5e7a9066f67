"""`solitude retention` and `solitude buyer`, as an operator calls them."""

import json
import stat
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from django.utils import timezone
from tests.support.marketplace import Marketplace

from solitude import cli, worker
from solitude.audit.models import Access
from solitude.buyers.models import Buyer
from solitude.payments.models import Notification
from solitude.services import gauges, plugin
from solitude.telemetry import logs, metrics

pytestmark = pytest.mark.long


@pytest.fixture(autouse=True)
def own_logs(transactional_db: None, settings: Any) -> Iterator[None]:
    """The commands write to the logs of a server; not in this process."""
    settings.SOLITUDE_RETENTION_PAUSE_MS = 0
    with mock.patch.object(logs, "configure"), mock.patch.object(metrics, "configure"):
        yield


def notification(age_days: int, state: str = "applied") -> Notification:
    row = Notification(
        provider="paypal", fingerprint=f"{age_days:064}", headers={"a": "b"}, body="{}", event_id=f"{age_days}"
    )
    row.state, row.received_at = state, timezone.now() - timedelta(days=age_days)
    row.save(force_insert=True)
    return row


def test_the_plan_says_what_would_go_and_what_is_held_and_changes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    notification(200)
    notification(201, "parked")

    assert cli.main(["retention", "--plan", "--class", "notification_bodies"]) == 0

    said = capsys.readouterr().out
    assert "notification_bodies: truncate after 180 days (SOLITUDE_RETENTION_NOTIFICATION_BODIES_DAYS)" in said
    assert "due now: 1 rows" in said
    assert "held back: 1 rows (still waiting)" in said
    assert {row.body for row in Notification.objects.all()} == {"{}"}


def test_a_run_in_the_foreground_lets_it_go(capsys: pytest.CaptureFixture[str]) -> None:
    gone, stays = notification(200), notification(20)
    assert [finding.said for finding in plugin._retention()] == ["kept for too long: notification_bodies"]

    assert cli.main(["retention", "--run", "--class", "notification_bodies"]) == 0

    assert capsys.readouterr().out == "notification_bodies: 1 rows, 0 held back\n"
    gone.refresh_from_db()
    stays.refresh_from_db()
    assert (gone.body, gone.headers, stays.body) == ("", {}, "{}")
    assert plugin._retention() == []


def test_a_worker_tells_of_how_many_classes_something_is_overdue(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[tuple[str, int]] = []
    monkeypatch.setattr(metrics, "gauge", lambda name, value, **_: told.append((name, value)))
    notification(200)

    gauges.tell_overdue()
    assert cli.main(["retention", "--run", "--class", "notification_bodies"]) == 0
    gauges.tell_overdue()

    assert [value for name, value in told if name == "retention.overdue_classes"] == [1, 0]
    assert "tell_overdue" in {job.__name__ for job in worker.all_jobs()}


def test_all_classes_are_run_where_none_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["retention", "--run"]) == 0
    said = capsys.readouterr().out
    assert "pins: kept for ever" in said
    assert "transactions: 0 rows, 0 held back" in said


def test_a_class_that_is_not_there_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["retention", "--plan", "--class", "everything"]) == 2
    assert "there is no class everything; there are access_log, braintree_buyers," in capsys.readouterr().err


def test_an_export_is_a_new_file_of_its_owner(
    shop: Marketplace, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    buyer, out = shop.buyer("shop:1", email="ada@buyer.example"), tmp_path / "ada.json"

    assert cli.main(["buyer", "export", "shop:1", "--out", str(out)]) == 0

    shown = json.loads(out.read_text())
    assert shown["account"]["id"] == buyer["resource_pk"]
    assert [(one["does"], one["route"]) for one in shown["accesses"]][-1] == ("read", "solitude buyer export")
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    assert cli.main(["buyer", "export", "shop:1", "--out", str(out)]) == 2
    assert "File exists" in capsys.readouterr().err
    assert cli.main(["buyer", "export", "shop:1"]) == 0
    assert json.loads(capsys.readouterr().out)["account"]["email"] == "ada@buyer.example"


def test_an_erasure_says_what_stays_and_knows_nobody_afterwards(
    shop: Marketplace, capsys: pytest.CaptureFixture[str]
) -> None:
    buyer = shop.buyer("shop:1", email="ada@buyer.example")

    assert cli.main(["buyer", "erase", "shop:1", "--dry-run"]) == 0
    assert "the account would be closed" in capsys.readouterr().out
    assert Buyer.objects.get(pk=buyer["resource_pk"]).uuid == "shop:1"

    assert cli.main(["buyer", "erase", "shop:1"]) == 0
    said = capsys.readouterr().out
    assert "stays: events name the uuid that the account had: each stays as it was told (events, 730 days)" in said
    assert "ada@" not in said
    assert Buyer.objects.get(pk=buyer["resource_pk"]).email == ""
    commands = Access.objects.filter(method="command").order_by("pk")
    assert [(one.route, one.does, one.person) for one in commands] == [
        ("solitude buyer erase", "read", buyer["resource_uri"]),
        ("solitude buyer erase", "removed", buyer["resource_uri"]),
    ]
    assert all(one.client.startswith("system:") for one in commands)

    assert cli.main(["buyer", "erase", "shop:1"]) == 1
    assert "there is no buyer with this uuid" in capsys.readouterr().err
