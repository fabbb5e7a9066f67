"""What is moved in is old, and does not go for that before all of it is there."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.moving.mover import brought, json_lines
from tests.retention.later import later, run
from tests.support.marketplace import Marketplace

from solitude.buyers.models import Buyer
from solitude.moving.retained import SETTLES_DAYS
from solitude.retention import classes, plan

LONG_AGO = "2012-03-04T05:06:07Z"
CLOSED = "anonymised-uuid:11b3ba29"
WHY = f"a file was imported in the last {SETTLES_DAYS} days"


def uuids() -> set[str]:
    return set(Buyer.objects.values_list("uuid", flat=True))


def test_no_buyer_goes_before_what_was_paid_is_there(shop: Marketplace, tmp_path: Path) -> None:
    """The files come in one after the other, transactions last, beside a worker that is at work."""
    rows = [{"uuid": uuid, "created": LONG_AGO, "modified": LONG_AGO} for uuid in ("shop:1", CLOSED)]
    brought("buyers", json_lines(tmp_path / "buyers.jsonl", rows))
    brought("paypal-buyers", json_lines(tmp_path / "paypal-buyers.jsonl", [{"buyer": "shop:1", "key": "B-7TQ40011"}]))

    assert (run("buyers").rows, run("closed_buyers").rows) == (0, 0)
    assert plan.held(classes.declared()["buyers"]) == {WHY: 1}

    paid = [
        {"uuid": f"pay:{uuid}", "status": "completed", "amount": "2.49", "currency": "EUR", "buyer": uuid}
        for uuid in ("shop:1", CLOSED)
    ]
    brought("transactions", json_lines(tmp_path / "transactions.jsonl", paid))
    with later(days=SETTLES_DAYS + 1):
        assert (run("buyers").rows, run("closed_buyers").rows) == (0, 0)
    assert uuids() == {"shop:1", CLOSED}


def test_a_buyer_who_did_nothing_for_years_goes_when_all_has_settled(shop: Marketplace, tmp_path: Path) -> None:
    row = {"uuid": "shop:1", "created": LONG_AGO, "modified": LONG_AGO}
    brought("buyers", json_lines(tmp_path / "buyers.jsonl", [row]))

    with later(days=SETTLES_DAYS + 1):
        assert run("buyers").rows == 1
    assert "shop:1" not in uuids()


def test_a_buyer_of_whom_only_the_beginning_is_known_counts_from_the_import_on(
    shop: Marketplace, tmp_path: Path
) -> None:
    brought("buyers", json_lines(tmp_path / "buyers.jsonl", [{"uuid": "shop:1", "created": LONG_AGO}]))

    buyer = Buyer.objects.get()
    assert buyer.created == datetime.fromisoformat(LONG_AGO)
    assert datetime.now(UTC) - buyer.modified < timedelta(minutes=5)
    with later(days=SETTLES_DAYS + 1):
        assert run("buyers").rows == 0


def test_what_is_known_of_a_seller_who_has_ended_counts_from_the_import_on(shop: Marketplace, tmp_path: Path) -> None:
    """Money may be asked back from a seller who ended yesterday, however long ago the seller came."""
    seller = {"uuid": "dev:12", "active": False, "created": LONG_AGO}
    brought("sellers", json_lines(tmp_path / "sellers.jsonl", [seller]))
    brought(
        "paypal-sellers", json_lines(tmp_path / "paypal.jsonl", [{"seller": "dev:12", "paypal_id": "a@dev.example"}])
    )

    assert run("sellers").rows == 0
    with later(days=541):
        assert run("sellers").rows == 1
