"""People buy in the example shop: with a real browser, at the simulator's pages, through a real server."""

from collections.abc import Callable

import pytest
from tests.browser.conftest import Market, buys
from tests.support import processes
from tests.support.browser import NARROW, Visitor
from tests.support.environment import CLIENTS
from tests.support.waiting import until

from solitude.client import Solitude


@pytest.mark.long
def test_a_customer_buys_an_app_at_paypal_and_sees_paid(market: Market, visitor: Callable[[str], Visitor]) -> None:
    customer = visitor("shop-purchase")
    customer.page.goto(market.url)
    customer.look("apps")
    buys(customer, "Night Train")
    customer.reads("4.75 EUR")
    customer.look("paypal", NARROW)
    customer.press("Approve")
    customer.reads("paid")
    customer.look("paid")
    assert customer.page.url.startswith(f"{market.url}/purchases/")


@pytest.mark.long
def test_a_customer_who_cancels_is_back_in_the_shop_and_not_charged(
    market: Market, visitor: Callable[[str], Visitor]
) -> None:
    customer = visitor("shop-cancel")
    customer.page.goto(market.url)
    buys(customer, "Star Map")
    customer.press("Cancel and return")
    customer.reads("cancelled")
    customer.look("cancelled")
    customer.page.go_back()  # and a change of mind: the page at PayPal is still there, but nothing is taken any more
    customer.press("Approve")
    customer.reads("cancelled")


@pytest.mark.long
def test_a_card_that_is_declined_can_be_changed_for_another(market: Market, visitor: Callable[[str], Visitor]) -> None:
    customer = visitor("shop-declined")
    customer.page.goto(market.url)
    buys(customer, "Star Map")
    customer.page.get_by_label("A card that is declined", exact=False).first.check()
    customer.press("Approve")
    customer.look("declined")
    customer.page.get_by_role("link", name="Pay at PayPal").click()
    customer.reads("Your card was declined. Please choose another way to pay.")
    customer.look("once-more", NARROW)
    customer.press("Approve")
    customer.reads("paid")


@pytest.mark.long
def test_a_payment_under_review_waits_and_is_paid_before_the_customers_eyes(
    market: Market, visitor: Callable[[str], Visitor]
) -> None:
    customer, paypal = visitor("shop-review"), visitor("console-review")
    customer.page.goto(market.url)
    buys(customer, "Star Map")
    customer.page.get_by_label("A payment under review", exact=False).first.check()
    customer.press("Approve")
    customer.reads("waiting")
    customer.look("waiting")
    paypal.page.goto(f"{market.house.paypal.root}/")
    paypal.reads("Waiting for a review")
    paypal.look("overview")
    paypal.press("Accept")
    customer.reads("paid")  # the page looks again by itself


@pytest.mark.long
def test_a_customer_who_is_remembered_buys_with_one_click(market: Market, visitor: Callable[[str], Visitor]) -> None:
    customer = visitor("shop-one-click")
    customer.page.goto(market.url)
    customer.press("Remember me")
    customer.look("agreement", NARROW)
    customer.press("Approve")
    customer.press("Buy with one click", within="Paper Planes")
    customer.reads("paid")
    customer.page.get_by_role("link", name="Apps", exact=True).click()
    customer.press("Forget me")
    buys(customer, "Paper Planes")
    customer.reads("Pay with PayPal")


@pytest.mark.long
def test_a_customer_who_ends_the_agreement_at_paypal_is_asked_again(
    market: Market, visitor: Callable[[str], Visitor]
) -> None:
    customer, at_paypal = visitor("shop-revoked"), visitor("console-revoked")
    customer.page.goto(market.url)
    customer.press("Remember me")
    customer.press("Approve")
    customer.reads("Forget me")
    at_paypal.page.goto(f"{market.house.paypal.url}/sandbox/console/agreements")
    at_paypal.look("agreements")
    at_paypal.press("Buyer revokes")
    customer.reads_in_time("Remember me")


@pytest.mark.long
def test_an_answer_that_is_lost_charges_the_customer_once(market: Market, visitor: Callable[[str], Visitor]) -> None:
    customer, paypal = visitor("shop-lost-answer"), market.house.paypal
    customer.page.goto(market.url)
    customer.press("Remember me")
    customer.press("Approve")
    customer.reads("Forget me")
    before = len(paypal.captured())
    paypal.fault("create_order", "disconnect_after", count=4)
    customer.press("Buy with one click", within="Star Map")
    customer.look("waiting")
    customer.reads("paid")  # the page looks again by itself
    assert len(paypal.captured()) == before + 1
    paypal.clear_faults()


@pytest.mark.long
def test_refunds_of_the_shop_and_of_the_seller_are_seen_in_the_shop(
    market: Market, visitor: Callable[[str], Visitor]
) -> None:
    """The seller's reaches the shop by PayPal's messages (webhook and IPN), which it forwards, and Solitude's feed, which it reads."""
    customer, seller = visitor("shop-refunds"), visitor("console-refunds")
    customer.page.goto(market.url)
    for app in ("Night Train", "Paper Planes"):
        buys(customer, app)
        customer.press("Approve")
        customer.reads("paid")
        customer.page.goto(market.url)
    customer.page.get_by_role("link", name="My purchases").click()
    customer.press("Refund", within="Night Train")
    customer.reads("refunded")
    seller.page.goto(f"{market.house.paypal.url}/sandbox/console/payments")
    seller.look("payments")
    seller.press("Refund", within="0.99 EUR")
    seller.page.get_by_role("link", name="Notifications").click()
    seller.look("notifications")
    customer.reads_in_time("refunded", times=2)
    customer.look("purchases")
    until(lambda: all(each["status"] == "received" for each in market.house.paypal.state()["notifications"]))
    with Solitude(market.house.url, processes.KEY, CLIENTS[processes.KEY]) as client:
        refunds = [str(one.amount) for one in client.iter_transactions() if one.type_name.startswith("refund")]
    assert sorted(refunds) == ["0.99", "4.75"]  # each once, though PayPal told of them twice
