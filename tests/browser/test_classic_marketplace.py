"""The same shop where Solitude speaks the classic interface: the customer sees other addresses at PayPal, the shop no difference."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser
from tests.browser import conftest
from tests.browser.conftest import Market, buys
from tests.support.browser import NARROW, Visitor

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def market(
    tmp_path_factory: pytest.TempPathFactory, chromium: Browser
) -> Iterator[Market]:  # without a browser there is no need for it
    with conftest.opened(tmp_path_factory.mktemp("market"), SOLITUDE_PAYPAL_API="classic") as shop:
        yield shop


def test_a_customer_buys_and_sees_paid_and_gets_the_money_back(
    market: Market, visitor: Callable[[str], Visitor]
) -> None:
    customer = visitor("classic")
    customer.page.goto(market.url)
    buys(customer, "Night Train")
    customer.reads("4.75 EUR")
    assert "/cgi-bin/webscr?cmd=_ap-payment" in customer.page.url
    customer.look("paypal", NARROW)
    customer.press("Approve")
    customer.reads("paid")
    customer.press("Refund")
    customer.reads("refunded")
    customer.look("refunded")


def test_a_customer_who_is_remembered_buys_with_one_click(market: Market, visitor: Callable[[str], Visitor]) -> None:
    customer = visitor("classic-one-click")
    customer.page.goto(market.url)
    customer.press("Remember me")
    customer.look("agreement", NARROW)
    customer.press("Approve")
    customer.press("Buy with one click", within="Paper Planes")
    customer.reads("paid")


def test_money_that_paypal_takes_back_is_seen_in_the_shop(market: Market, visitor: Callable[[str], Visitor]) -> None:
    """By an IPN, which the shop forwards."""
    customer, at_paypal = visitor("classic-reversal"), visitor("console-classic")
    customer.page.goto(market.url)
    buys(customer, "Star Map")
    customer.press("Approve")
    customer.reads("paid")
    at_paypal.page.goto(f"{market.house.paypal.url}/sandbox/console/classic")
    at_paypal.look("payments")
    at_paypal.press("Reverse", within="2.49 EUR")
    customer.page.get_by_role("link", name="My purchases").click()
    customer.reads_in_time("refunded")
