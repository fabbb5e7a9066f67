"""An answer says how long the house took, and how much of that it waited for providers (`Server-Timing`)."""

import re

from tests.support.marketplace import Answer, Api, Marketplace
from tests.support.simulator import Simulator

SHAPE = re.compile(r"total;dur=([0-9]+\.[0-9])(?:, provider;dur=([0-9]+\.[0-9]))?")
LATENCY_MS = 100


def timing(answer: Answer) -> tuple[float, float]:
    """Total and provider, in ms."""
    found = SHAPE.fullmatch(answer.headers["Server-Timing"])
    assert found is not None, answer.headers["Server-Timing"]
    return float(found[1]), float(found[2] or 0)


def test_what_a_provider_took_is_told_apart(shop: Marketplace, paypal: Simulator, app_id: str) -> None:
    paypal.fault("create_order", "latency", delay_ms=LATENCY_MS)

    total_ms, provider_ms = timing(shop.pay(app_id))

    assert LATENCY_MS <= provider_ms < total_ms


def test_all_exchanges_of_a_request_count(shop: Marketplace, paypal: Simulator, app_id: str) -> None:
    paid = shop.pay(app_id).json
    paypal.approve(paid["pay_url"])
    paypal.fault("any", "latency", 0, delay_ms=LATENCY_MS)
    before = len(paypal.state()["requests"])

    answer = shop.post("/paypal/pay-check/", {"uuid": paid["uuid"]})

    exchanges = len(paypal.state()["requests"]) - before
    assert answer.json["status"] == "COMPLETED"
    assert exchanges > 1
    assert timing(answer)[1] >= exchanges * LATENCY_MS


def test_an_exchange_without_an_answer_counts_too(shop: Marketplace, paypal: Simulator, app_id: str) -> None:
    shop.pay(app_id)
    paypal.fault("create_order", "disconnect_after", 0, delay_ms=LATENCY_MS)

    answer = shop.pay(app_id)

    assert answer.status >= 500
    assert timing(answer)[1] > 0


def test_of_what_asks_no_provider_only_the_whole_is_told_whatever_the_request_before_did(
    shop: Marketplace, app_id: str
) -> None:
    shop.pay(app_id)

    assert timing(shop.get("/generic/transaction/"))[1] == 0
    assert timing(shop.get("/generic/transaction/999999/"))[1] == 0


def test_strangers_are_told_nothing(shop: Marketplace) -> None:
    wrong = Api("marketplace", "the-secret-of-nobody-0123456789abcdef")

    for answer in (
        shop.send_unsigned("GET", "/services/status/"),
        wrong.get("/generic/buyer/"),
        shop.send_unsigned("GET", "/"),
    ):
        assert "Server-Timing" not in answer.headers
