"""People buy in the example shop by card, through Braintree: the card is typed where the shop cannot read it."""

from collections.abc import Callable

import pytest
from tests.browser.conftest import Market, buys
from tests.support import processes
from tests.support.braintree import BraintreeSimulator
from tests.support.browser import NARROW, Visitor
from tests.support.environment import CLIENTS

from solitude.client import Solitude, Transaction

pytestmark = pytest.mark.long


@pytest.fixture
def braintree(market: Market) -> BraintreeSimulator:
    return BraintreeSimulator(market.house.paypal.root, "braintree")


def enters(customer: Visitor, number: str, behaviour: str = "As its number says") -> None:
    """Types a card on Braintree's page, and what it does."""
    customer.page.get_by_label("Card number").fill(number)
    customer.page.get_by_label("What the card does").select_option(label=behaviour)
    customer.press("Use this card")


def newest(market: Market) -> Transaction:
    with Solitude(market.house.url, processes.KEY, CLIENTS[processes.KEY]) as client:
        return next(client.iter_transactions())


def test_a_customer_pays_by_card_and_the_payment_is_completed_when_it_is_settled(
    market: Market, braintree: BraintreeSimulator, visitor: Callable[[str], Visitor]
) -> None:
    customer = visitor("braintree-purchase")
    customer.page.goto(market.url)
    buys(customer, "Night Train", "Braintree")
    customer.look("card", NARROW)
    enters(customer, "4111 1111 1111 1111")
    customer.reads("paid")
    customer.look("paid", NARROW)
    assert customer.page.url.startswith(f"{market.url}/purchases/")
    payment = newest(market)
    assert (payment.status_name, str(payment.amount), payment.currency) == ("checked", "4.75", "EUR")

    braintree.settle(payment.uid_support or "")
    with Solitude(market.house.url, processes.KEY, CLIENTS[processes.KEY]) as client:
        client.check_payment(payment.uuid)
    assert newest(market).status_name == "completed"


def test_a_card_that_its_bank_refuses_is_told_in_the_shop(market: Market, visitor: Callable[[str], Visitor]) -> None:
    customer = visitor("braintree-refused")
    customer.page.goto(market.url)
    buys(customer, "Star Map", "Braintree")
    enters(customer, "4000 1111 1111 1115")
    customer.reads("declined")
    customer.look("declined", NARROW)
    assert newest(market).status_name == "failed"


def test_a_number_that_is_none_is_told_at_once_and_another_can_be_typed(
    market: Market, braintree: BraintreeSimulator, visitor: Callable[[str], Visitor]
) -> None:
    before = len(braintree.transactions())
    customer = visitor("braintree-mistyped")
    customer.page.goto(market.url)
    buys(customer, "Star Map", "Braintree")
    enters(customer, "4111 1111 1111 1112")
    customer.look("mistyped", NARROW)
    assert len(braintree.transactions()) == before
    enters(customer, "5555 5555 5555 4444")
    customer.reads("paid")
    customer.complaints.clear()  # the browser says that the page was a refusal


def test_a_customer_who_thinks_better_of_it_is_not_charged(
    market: Market, braintree: BraintreeSimulator, visitor: Callable[[str], Visitor]
) -> None:
    """Before it is settled the payment is given up; what is settled is refunded."""
    customer = visitor("braintree-refund")
    for settled in (False, True):
        customer.page.goto(market.url)
        buys(customer, "Night Train", "Braintree")
        enters(customer, "4111 1111 1111 1111")
        customer.reads("paid")
        payment = newest(market)
        if settled:
            braintree.settle(payment.uid_support or "")
        customer.press("Refund")
        customer.reads_in_time("refunded", times=2 if settled else 1)
    customer.look("refunded")
    statuses = [each["status"] for each in braintree.transactions()]
    assert statuses[-3:] == ["voided", "settled", "submitted_for_settlement"]
