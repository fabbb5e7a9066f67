"""People buy in the example shop by Bango: on the phone bill; and get their money back when the operator says so."""

from collections.abc import Callable

import pytest
from tests.browser.conftest import Market, buys
from tests.support.bango import BangoSimulator
from tests.support.browser import NARROW, Visitor
from tests.support.waiting import until

pytestmark = pytest.mark.long


@pytest.fixture
def bango(market: Market) -> BangoSimulator:
    return BangoSimulator(market.house.paypal.root, "bango")


def test_a_customer_pays_with_the_phone_bill_and_sees_paid(
    market: Market, bango: BangoSimulator, visitor: Callable[[str], Visitor]
) -> None:
    customer = visitor("bango-purchase")
    customer.page.goto(market.url)
    buys(customer, "Night Train", "Bango")
    customer.reads("4.75 EUR")
    customer.look("bango", NARROW)
    customer.press("Pay")
    customer.reads("paid")
    customer.look("paid", NARROW)
    assert customer.page.url.startswith(f"{market.url}/purchases/")
    until(lambda: bango.state()["delivery"]["received"] >= 1)  # the event, through the shop


def test_a_customer_who_cancels_is_not_charged_and_may_think_better_of_it(
    market: Market, visitor: Callable[[str], Visitor]
) -> None:
    customer = visitor("bango-cancel")
    customer.page.goto(market.url)
    buys(customer, "Star Map", "Bango")
    customer.press("Cancel and return")
    customer.reads("cancelled")
    customer.look("cancelled", NARROW)
    customer.page.go_back()  # and a change of mind: Bango's page is still open, and what is paid there is paid
    customer.press("Pay")
    customer.reads("paid")


def test_a_customer_who_never_comes_back_has_paid_all_the_same(
    market: Market, visitor: Callable[[str], Visitor]
) -> None:
    """Bango tells the shop by an event."""
    customer = visitor("bango-lost")
    customer.page.goto(market.url)
    customer.page.route("**/back?**", lambda route: route.abort())
    buys(customer, "Paper Planes", "Bango")
    customer.press("Pay")
    customer.page.goto(f"{market.url}/purchases")
    customer.reads_in_time("paid")
    customer.complaints.clear()  # the browser says that the way back was cut


def test_a_refund_waits_for_the_operator_and_is_done_before_the_customers_eyes(
    market: Market, bango: BangoSimulator, visitor: Callable[[str], Visitor]
) -> None:
    customer, operator = visitor("bango-refund"), visitor("console-bango")
    customer.page.goto(market.url)
    buys(customer, "Night Train", "Bango")
    customer.press("Pay")
    customer.reads("paid")
    bango.refunds(pending=True)
    customer.press("Refund")
    customer.page.get_by_role("link", name="Night Train").first.click()
    customer.reads("refund pending")
    customer.look("pending", NARROW)
    operator.page.goto(f"{market.house.paypal.root}/")
    operator.look("console")
    operator.press("Complete")
    customer.reads("refunded")  # the page looks again by itself
    customer.look("refunded", NARROW)
    bango.refunds(pending=False)
