"""People buy in the example shop at a provider of the reference interface: by card, or in vain."""

from collections.abc import Callable

import pytest
from tests.browser.conftest import Market, buys
from tests.support.browser import NARROW, Visitor
from tests.support.waiting import until
from tests.support.zippy import ZippySimulator

pytestmark = pytest.mark.long


@pytest.fixture
def zippy(market: Market) -> ZippySimulator:
    return ZippySimulator(market.house.paypal.root, "reference")


def test_a_customer_pays_by_card_and_sees_paid(
    market: Market, zippy: ZippySimulator, visitor: Callable[[str], Visitor]
) -> None:
    customer = visitor("reference-purchase")
    customer.page.goto(market.url)
    customer.press("Buy", within="Night Train")
    customer.look("till", NARROW)
    customer.press("Zippy")
    customer.reads("4.75 EUR")
    customer.look("card", NARROW)
    customer.press("Pay 4.75 EUR")
    customer.reads("paid")
    customer.look("paid", NARROW)
    assert customer.page.url.startswith(f"{market.url}/purchases/")
    assert customer.page.get_by_role("button", name="Refund").count() == 0  # the interface knows none
    until(lambda: zippy.state()["delivery"]["received"] >= 1)  # and in the background


def test_a_card_that_is_refused_is_told_in_the_shop(market: Market, visitor: Callable[[str], Visitor]) -> None:
    customer = visitor("reference-refused")
    customer.page.goto(market.url)
    buys(customer, "Star Map", "Zippy")
    customer.press("The card is refused")
    customer.reads("declined")
    customer.look("declined", NARROW)


def test_a_customer_who_never_comes_back_has_paid_all_the_same(
    market: Market, visitor: Callable[[str], Visitor]
) -> None:
    """The provider tells the shop in the background."""
    customer = visitor("reference-lost")
    customer.page.goto(market.url)
    customer.page.route("**/back?**", lambda route: route.abort())
    buys(customer, "Paper Planes", "Zippy")
    customer.press("Pay 0.99 EUR")
    customer.page.goto(f"{market.url}/purchases")
    customer.reads_in_time("paid")
    customer.look("purchases")
    customer.complaints.clear()  # the browser says that the way back was cut
