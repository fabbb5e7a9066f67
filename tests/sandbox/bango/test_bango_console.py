"""Bango's part of the console: what a person sees there, and does."""

import pytest
from tests.sandbox import console
from tests.sandbox.bango.client import Bango
from tests.sandbox.client import Sandbox
from tests.sandbox.console import Page, press
from tests.sandbox.receiver import receiving
from tests.support.waiting import until

CONSOLE = "/bango/sandbox/console"


def see(sandbox: Sandbox, name: str = "") -> Page:
    return console.see(sandbox, name, CONSOLE)


def test_a_buyer_is_played_on_the_first_page(bango: Bango, sandbox: Sandbox) -> None:
    number = bango.offer()["billingConfigurationId"]
    page = see(sandbox)
    assert "Waiting for the buyer" in page.shown
    assert f"/bango/mozpayments/?bcid={number}" in page.text
    page = press(sandbox, page, "Let it fail", number)
    page = press(sandbox, page, "Cancel", number)
    page = press(sandbox, page, "Pay", number)
    assert [each["status"] for each in bango.state()["payments"]] == ["INSUFFICIENT_FUNDS", "CANCEL", "OK"]
    assert "Waiting for the buyer" not in page.shown
    assert not page.has("Pay", number)


def test_a_button_that_makes_no_sense_any_more_says_so(bango: Bango, sandbox: Sandbox) -> None:
    number = bango.offer()["billingConfigurationId"]
    page = see(sandbox)
    bango.pay(number)
    late = press(sandbox, page, "Pay", number)
    assert (late.status, "This payment is finished" in late.shown) == (410, True)


@pytest.mark.parametrize(("button", "code"), [("Complete", "OK"), ("Refuse", "CANT_REFUND")])
def test_a_pending_refund_is_let_complete_or_refused(bango: Bango, sandbox: Sandbox, button: str, code: str) -> None:
    product = bango.number()
    press(sandbox, see(sandbox, "refunds"), "Decide", outcome="PENDING", count="1")
    refund = bango.refund(product, bango.paid(product)["BangoTransactionId"])["refundTransactionId"]
    page = see(sandbox)
    assert "Waiting for the operator" in page.shown
    page = press(sandbox, page, button, refund)
    assert "Waiting for the operator" not in page.shown
    assert bango.refund_status(refund) == code


def test_the_page_of_all_providers_has_bangos_buttons_too(bango: Bango, sandbox: Sandbox) -> None:
    number = bango.offer()["billingConfigurationId"]
    root = Page("/", sandbox.send("GET", "/"))
    assert "/bango" in root.text
    press(sandbox, root, "Pay", number)
    assert bango.state()["payments"][0]["status"] == "OK"


def test_sellers_products_and_requests_are_shown(bango: Bango, sandbox: Sandbox) -> None:
    package = bango.package(vendorName="<i>Ada</i>")
    product = bango.number(package)
    sellers = see(sandbox, "sellers")
    assert f"{package}" in sellers.shown
    assert product in sellers.shown
    assert "&lt;i&gt;Ada&lt;/i&gt;" in sellers.text
    assert "CreateBangoNumber" in see(sandbox, "requests").shown


def test_events_are_sent_again_and_elsewhere(bango: Bango, sandbox: Sandbox) -> None:
    product = bango.number()
    with receiving() as receiver:
        page = press(sandbox, see(sandbox, "events"), "Set", url=receiver.url, username="u", password="p")
        bango.paid(product)
        until(lambda: len(receiver.received) == 1)
        page = see(sandbox, "events")
        press(sandbox, page, "Send", "1")
        until(lambda: len(receiver.received) == 2)
    page = press(sandbox, see(sandbox, "events"), "Set", url="")
    assert bango.control("GET", "event-url").json == {"url": None}
    bango.paid(product)
    refused = press(sandbox, see(sandbox, "events"), "Send", "2")
    assert (refused.status, "nobody is there" in refused.shown) == (400, True)


def test_the_next_call_is_broken_and_the_clock_moved(bango: Bango, sandbox: Sandbox) -> None:
    controls = see(sandbox, "controls")
    controls = press(sandbox, controls, "Break it", operation="CreatePackage", fault="issue:INVALID_URL")
    assert "CreatePackage: issue:INVALID_URL, once" in controls.shown
    assert bango.state()["faults"][0]["operation"] == "CreatePackage"
    controls = press(sandbox, controls, "Clear all faults")
    controls = press(sandbox, controls, "Move the clock", advance_s="90")
    assert "90 seconds ahead" in controls.shown
    bango.package()
    press(sandbox, controls, "Forget everything")
    state = bango.state()
    assert (state["packages"], state["clock"]["advanced_s"]) == ([], 0)


def test_there_is_no_other_page(bango: Bango, sandbox: Sandbox) -> None:
    assert see(sandbox, "nothing").status == 404
    for name in ("", "payments", "refunds", "sellers", "events", "requests", "controls"):
        assert see(sandbox, name).status == 200
