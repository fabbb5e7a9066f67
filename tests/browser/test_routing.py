"""People buy in the example shop where the server chooses who takes the money: by its rules, and past a provider that does not answer."""

import json
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser
from tests.browser.conftest import Market, buys, opened
from tests.support import processes
from tests.support.browser import NARROW, Visitor
from tests.support.environment import CLIENTS
from tests.support.zippy import ZippySimulator

from solitude.client import Solitude

pytestmark = pytest.mark.long
RULES = [
    {"providers": ["bango", "paypal"], "currency": ["EUR"], "amount_to": "3"},
    {"providers": ["reference", "paypal"]},
]


@pytest.fixture(scope="module")
def market(
    tmp_path_factory: pytest.TempPathFactory, chromium: Browser
) -> Iterator[Market]:  # without a browser there is no need for it
    rules = {"SOLITUDE_ROUTING_RULES": json.dumps(RULES), "SOLITUDE_BREAKER_FAILURES": "2"}
    with opened(tmp_path_factory.mktemp("routing"), **rules) as shop:
        yield shop


def why(market: Market) -> str:
    """What the timeline says of the choice of the newest payment."""
    with Solitude(market.house.url, processes.KEY, CLIENTS[processes.KEY]) as client:
        timeline = client.timeline(next(client.iter_transactions()))
    return next(entry.summary for entry in timeline if entry.kind == "intent")


def test_a_rule_sends_a_customer_to_the_provider_of_small_amounts(
    market: Market, visitor: Callable[[str], Visitor]
) -> None:
    customer = visitor("routed-by-rule")
    customer.page.goto(market.url)
    customer.press("Buy", within="Star Map")
    customer.look("till", NARROW)
    customer.press("Any way")
    customer.reads("2.49 EUR")
    customer.look("bango", NARROW)
    customer.press("Pay")
    customer.reads("paid")
    customer.look("paid", NARROW)
    assert "bango by rule 1" in why(market)


def test_a_customer_is_sent_past_a_provider_whose_breaker_is_open(
    market: Market, visitor: Callable[[str], Visitor]
) -> None:
    """It answers nobody: two customers wait in vain, and the third is not even asked to."""
    zippy = ZippySimulator(market.house.paypal.root, "reference")
    zippy.fault("create_transaction", "error_503", count=2)
    for _ in range(2):
        waiting = visitor("routed-in-vain")
        waiting.page.goto(market.url)
        buys(waiting, "Night Train", "Zippy")
        waiting.reads("waiting")
        waiting.complaints.clear()
    asked = len(zippy.calls("create_transaction"))

    customer = visitor("routed-past")
    customer.page.goto(market.url)
    buys(customer, "Night Train", "Any way")
    customer.look("paypal", NARROW)
    customer.press("Approve")
    customer.reads("paid")
    customer.look("paid", NARROW)
    assert "paypal by rule 2" in why(market)
    assert "breaker_open" in why(market)
    assert len(zippy.calls("create_transaction")) == asked
