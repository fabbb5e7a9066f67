"""Payments over HTTP while whoever takes the log does not read."""

import statistics
import time
from decimal import Decimal
from pathlib import Path

import pytest

from solitude.client import Solitude
from tests.support import processes
from tests.support.environment import CLIENTS
from tests.telemetry.syslog.listeners import hanging

pytestmark = pytest.mark.long
RETURN, CANCEL = "https://shop.example/ok", "https://shop.example/no"
PAYMENTS = 8
# What a payment may wait for: its provider. Who waited for the receiver would do so for ever, as it reads nothing.
PROVIDER_TIMEOUT_S = 10
# Of a machine that does other things as well; by itself it takes some 0.03 s.
USUAL_MOST_S = 2
QUEUE = "16"
# Each writes lines to every logger: some 20 KiB, and the system's buffers have 64 KiB.
TRIALS = 10


def test_no_payment_waits_for_a_syslog_that_hangs_and_the_file_has_every_line(tmp_path: Path) -> None:
    with hanging() as port:
        settings = {
            "SOLITUDE_SYSLOG": f"tcp://127.0.0.1:{port}",
            "SOLITUDE_SYSLOG_QUEUE": QUEUE,
            "SOLITUDE_PAYPAL_TIMEOUT_MS": str(PROVIDER_TIMEOUT_S * 1000),
        }
        with processes.house(tmp_path, **settings) as house:
            shop = Solitude(house.url, processes.KEY, str(CLIENTS[processes.KEY]), timeout_s=3 * PROVIDER_TIMEOUT_S)
            seller = shop.create_seller("dev:hung")
            shop.create_paypal_seller(seller, paypal_id="hung@dev.example")
            shop.create_product(seller=seller, external_id="map", public_id="5530")
            shop.create_buyer("hung")
            # Queue, system and receiver are full before the first payment.
            for _ in range(TRIALS):
                shop.call("GET", "/services/logs/")
            paid = dict(one_payment(shop, house) for _ in range(PAYMENTS))
    assert statistics.median(paid.values()) < USUAL_MOST_S
    assert max(paid.values()) < PROVIDER_TIMEOUT_S
    log = (tmp_path / "logs" / "solitude.log").read_text()
    assert [uuid for uuid in paid if log.count(uuid) < 2] == [], "the file lacks lines of these payments"
    assert "syslog_lines_unsent" in log, "the receiver took all of it: nothing hung"


def one_payment(shop: Solitude, house: processes.House) -> tuple[str, float]:
    """The uuid of a payment that was begun, approved and completed, and how many seconds our two answers took."""
    begun_at = time.perf_counter()
    begun = shop.pay(
        user_id="hung", app_id="5530", amount=Decimal("2.49"), currency="EUR", return_url=RETURN, cancel_url=CANCEL
    )
    taken_s = time.perf_counter() - begun_at
    house.paypal.approve(begun.pay_url or "")
    checked_at = time.perf_counter()
    assert shop.check(uuid=begun.uuid).status == "COMPLETED"
    return begun.uuid, taken_s + time.perf_counter() - checked_at
