"""Braintree's part of the console: what a person sees there, and does."""

from typing import Any

import pytest
from tests.sandbox import console
from tests.sandbox.braintree.client import Shop
from tests.sandbox.client import Sandbox
from tests.sandbox.console import Page, press
from tests.support.braintree import BraintreeSimulator

CONSOLE = "/braintree/sandbox/console"
PAGES = ("", "transactions", "subscriptions", "cards", "disputes", "events", "requests", "controls")


def see(sandbox: Sandbox, name: str = "") -> Page:
    return console.see(sandbox, name, CONSOLE)


@pytest.mark.parametrize(("button", "end"), [("Settle", "settled"), ("Decline the settlement", "settlement_declined")])
def test_a_settlement_is_let_end(sandbox: Sandbox, shop: Shop, fate: BraintreeSimulator, button: str, end: str) -> None:
    sale = shop.sold("12.30", order_id="ours")
    page = see(sandbox)
    for shown in (sale.id, "12.30 USD", "Visa 1111", "ours"):
        assert shown in page.shown
    page = press(sandbox, page, button, sale.id)
    assert fate.transaction(sale.id)["status"] == end
    assert not page.has(button, sale.id)


@pytest.mark.parametrize(
    ("button", "end"),
    [("The bank gives it", "submitted_for_settlement"), ("The bank refuses it", "processor_declined")],
)
def test_a_bank_that_took_its_time_answers(
    sandbox: Sandbox, shop: Shop, fate: BraintreeSimulator, button: str, end: str
) -> None:
    sale = shop.sold(payment_method_nonce=fate.nonce(behaviour="slow"))
    page = press(sandbox, see(sandbox), button, sale.id)
    assert fate.transaction(sale.id)["status"] == end
    assert not page.has(button, sale.id)


def test_a_button_that_makes_no_sense_any_more_says_so(sandbox: Sandbox, shop: Shop, gateway: Any) -> None:
    sale = shop.sold()
    page = see(sandbox, "transactions")
    gateway.transaction.void(sale.id)
    late = press(sandbox, page, "Settle", sale.id)
    assert (late.status, "nothing is to be settled" in late.shown) == (400, True)


@pytest.mark.parametrize(("button", "end"), [("The merchant wins", "won"), ("The buyer wins", "lost")])
def test_a_sale_is_disputed_and_the_bank_decides(
    sandbox: Sandbox, shop: Shop, fate: BraintreeSimulator, button: str, end: str
) -> None:
    sale = shop.settled()
    press(sandbox, see(sandbox, "transactions"), "Dispute", sale.id)
    identifier = fate.state()["disputes"][0]["id"]
    page = see(sandbox)
    assert "Waiting for the bank" in page.shown
    page = press(sandbox, page, button, identifier)
    assert "Waiting for the bank" not in page.shown
    assert fate.state()["disputes"][0]["status"] == end
    assert not see(sandbox, "disputes").has(button)


def test_a_subscription_is_renewed_and_cancelled(sandbox: Sandbox, shop: Shop, fate: BraintreeSimulator) -> None:
    made = shop.subscribed()
    page = press(sandbox, see(sandbox, "subscriptions"), "Renew now", made.id)
    assert fate.subscriptions()[0]["cycle"] == 2
    assert not page.has("Try again", made.id)
    page = press(sandbox, page, "Cancel", made.id)
    assert fate.subscriptions()[0]["status"] == "Canceled"
    assert not page.has("Renew now", made.id)


def test_a_card_goes_bad_and_what_is_owed_is_tried_again(
    sandbox: Sandbox, shop: Shop, fate: BraintreeSimulator
) -> None:
    token = shop.card()
    made = shop.subscribed(token)
    cards = press(sandbox, see(sandbox, "cards"), "Change", token, behaviour="declined")
    fate.renew(made.id)
    page = see(sandbox)
    assert "Past due" in page.shown
    press(sandbox, cards, "Change", token, behaviour="good")
    page = press(sandbox, page, "Try again", made.id)
    assert "Past due" not in page.shown
    assert fate.subscriptions()[0]["status"] == "Active"


def test_a_plan_is_made_and_its_price_changed(sandbox: Sandbox, gateway: Any) -> None:
    page = see(sandbox, "subscriptions")
    page = press(sandbox, page, "Make or change it", id="stamps", price="3.00", currency_iso_code="EUR")
    page = press(sandbox, page, "Make or change it", id="stamps", price="4.00", currency_iso_code="EUR")
    assert "4.00 EUR" in page.shown
    assert gateway.plan.find("stamps").price == "4.00"
    wrong = press(sandbox, page, "Make or change it", id="stamps", price="free")
    assert (wrong.status, "price must be text" in wrong.shown) == (400, True)


def test_events_are_shown_and_sent_only_where_somebody_listens(
    sandbox: Sandbox, shop: Shop, fate: BraintreeSimulator
) -> None:
    shop.subscribed()
    page = see(sandbox, "events")
    assert "charged_successfully" in page.shown.replace("\n", "")
    refused = press(sandbox, page, "Send", "1")
    assert (refused.status, "nobody is there" in refused.shown) == (400, True)
    unasked = press(sandbox, page, "Set", url="http://127.0.0.1:9/hook")
    assert (unasked.status, "Nobody could be asked" in unasked.shown) == (400, True)
    press(sandbox, page, "Set", url="")
    assert fate.state()["webhook_url"] is None


def test_the_page_of_all_providers_has_braintrees_buttons_too(
    sandbox: Sandbox, shop: Shop, fate: BraintreeSimulator
) -> None:
    sale = shop.sold()
    root = Page("/", sandbox.send("GET", "/"))
    assert f"{CONSOLE}/controls" in root.text
    press(sandbox, root, "Settle", sale.id)
    assert fate.transaction(sale.id)["status"] == "settled"


def test_the_next_call_is_broken_and_the_clock_moved(sandbox: Sandbox, shop: Shop, fate: BraintreeSimulator) -> None:
    controls = see(sandbox, "controls")
    controls = press(sandbox, controls, "Break it", operation="sale", fault="issue:2001")
    assert "sale: issue:2001, once" in controls.shown
    controls = press(sandbox, controls, "Clear all faults")
    controls = press(sandbox, controls, "Move the clock", advance_s="90")
    assert "90 seconds ahead" in controls.shown
    shop.sold()
    press(sandbox, controls, "Forget everything")
    assert (fate.transactions(), fate.state()["clock"]["advanced_s"]) == ([], 0)


def test_every_page_escapes_what_it_shows_and_is_well_formed(
    sandbox: Sandbox, shop: Shop, fate: BraintreeSimulator
) -> None:
    nasty = "<script>alert(1)</script>"
    sale = shop.settled(order_id=nasty)
    fate.dispute(sale.id)
    shop.subscribed()
    for name in PAGES:
        page = see(sandbox, name)
        assert page.status == 200
        assert "<script" not in page.text
    assert nasty in see(sandbox, "transactions").shown
    assert see(sandbox, "nothing").status == 404
