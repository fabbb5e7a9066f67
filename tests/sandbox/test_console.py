"""The console: every button does what it says and leads back, and whatever is wrong is said in a sentence."""

from typing import Any

import pytest
from tests.sandbox.client import SELLER, Sandbox, order, setup_request, unit, wallet, with_fee
from tests.sandbox.console import CONSOLE, Page, press, see
from tests.sandbox.receiver import receiving
from tests.support.waiting import until


def _waiting_order(sandbox: Sandbox) -> str:
    return str(sandbox.create(order(unit("12.30"), **wallet())).json["id"])


def _order_of(capture: dict[str, Any]) -> str:
    return str(capture["supplementary_data"]["related_ids"]["order_id"])


def _history(sandbox: Sandbox, order_id: str) -> str:
    return see(sandbox, f"payments/{order_id}").shown.partition("History")[2]


def test_the_page_of_all_providers_shows_what_happened_and_its_buttons_work(sandbox: Sandbox) -> None:
    sandbox.paid()
    waiting = _waiting_order(sandbox)
    page = Page("/", sandbox.send("GET", "/"))
    for shown in (SELLER, waiting, "COMPLETED", "12.30 USD", f"{sandbox.url}/paypal"):
        assert shown in page.shown
    after = press(sandbox, page, "Approve", waiting)
    assert (after.status, after.path) == (200, CONSOLE)
    assert sandbox.order(waiting).json["status"] == "APPROVED"


def test_beside_the_console_and_the_providers_there_is_nothing(sandbox: Sandbox) -> None:
    assert sandbox.send("GET", "/stripe").status == 404
    assert sandbox.send("POST", "/").status == 405
    for name in ("payments/NOSUCHORDER", "cellar", "payments/a/b"):
        page = see(sandbox, name)
        assert (page.status, "no such page" in page.shown) == (404, True)


@pytest.mark.parametrize(
    "name", ["", "payments", "agreements", "classic", "disputes", "notifications", "accounts", "requests", "controls"]
)
def test_every_page_escapes_what_it_shows_and_is_well_formed(sandbox: Sandbox, name: str) -> None:
    assert see(sandbox, name).status == 200  # with empty books
    nasty = "<script>alert(1)</script>"
    capture = sandbox.paid_capture(order(unit(custom_id=nasty, description=nasty)))
    sandbox.dispute(capture["id"])
    sandbox.vaulted()
    sandbox.send("GET", f"/paypal/v2/checkout/orders/{nasty}")
    for page in (see(sandbox, name), see(sandbox, f"payments/{_order_of(capture)}")):
        assert page.status == 200
        assert "<script" not in page.text
    assert nasty in page.shown


def test_an_order_is_approved_or_its_card_declined(sandbox: Sandbox) -> None:
    order_id, page = _waiting_order(sandbox), see(sandbox)
    assert f"{sandbox.paypal}/checkoutnow?token={order_id}" in page.text
    press(sandbox, page, "Decline card", order_id)
    assert sandbox.capture(order_id).issue == "INSTRUMENT_DECLINED"
    press(sandbox, see(sandbox, "payments"), "Approve", order_id)
    assert sandbox.capture(order_id).status == 201


def test_the_page_of_an_order_has_the_buyers_whole_choice(sandbox: Sandbox) -> None:
    order_id = _waiting_order(sandbox)
    page = see(sandbox, f"payments/{order_id}")
    wrong = press(sandbox, page, "Approve as the buyer", order_id, buyer="nobody")
    assert (wrong.status, "buyer must be an e-mail address." in wrong.shown) == (400, True)
    after = press(sandbox, wrong, "Approve as the buyer", order_id, buyer="anna@home.example", funding="review")
    assert after.path == page.path
    assert "anna@home.example" in after.shown
    assert sandbox.capture(order_id).status == 201
    assert "PENDING" in see(sandbox, f"payments/{order_id}").shown


def test_an_agreement_is_approved_and_revoked(sandbox: Sandbox) -> None:
    setup = sandbox.setup_token(setup_request()).json["id"]
    press(sandbox, see(sandbox, "agreements"), "Approve", setup)
    token = sandbox.payment_token(setup).json["id"]
    after = press(sandbox, see(sandbox, "agreements"), "Buyer revokes", token)
    assert "DELETED" in after.shown
    assert not after.has("Buyer revokes", token)
    assert sandbox.charge(token).issue == "AGREEMENT_ALREADY_CANCELLED"
    assert [event["resource"]["id"] for event in sandbox.told("VAULT.PAYMENT-TOKEN.DELETED")] == [token]


@pytest.mark.parametrize(("button", "status"), [("Accept", "COMPLETED"), ("Deny", "DECLINED")])
def test_a_review_is_ended(sandbox: Sandbox, button: str, status: str) -> None:
    capture = sandbox.paid_capture(funding="review")["id"]
    after = press(sandbox, see(sandbox), button, capture)
    assert not after.has(button, capture)
    assert sandbox.get_capture(capture).json["status"] == status


def test_a_seller_refunds_a_part_and_then_the_rest_without_the_partner(sandbox: Sandbox) -> None:
    capture = sandbox.paid_capture(order(unit("10.00", **with_fee("1.00"))))
    page = see(sandbox, f"payments/{_order_of(capture)}")
    page = press(sandbox, page, "Refund", capture["id"], amount="4.00")
    assert "PARTIALLY_REFUNDED" in page.shown
    wrong = press(sandbox, page, "Refund", capture["id"], amount="7.00")
    assert (wrong.status, "REFUND_AMOUNT_EXCEEDED" in wrong.shown) == (400, True)
    press(sandbox, see(sandbox, "payments"), "Refund", capture["id"])
    refunds = [event["resource"]["amount"]["value"] for event in sandbox.told("PAYMENT.CAPTURE.REFUNDED")]
    assert refunds == ["4.00", "6.00"]
    assert sandbox.balance("partner@sandbox.example") == "1.00"  # it gave nothing back
    again = sandbox.control("POST", "refund", {"capture": capture["id"]})
    assert (again.status, "CAPTURE_FULLY_REFUNDED" in again.text) == (400, True)


@pytest.mark.parametrize(
    ("button", "outcome"),
    [
        ("For the buyer", "RESOLVED_BUYER_FAVOUR"),
        ("For the seller", "RESOLVED_SELLER_FAVOUR"),
        ("Seller accepts", "ACCEPTED"),
        ("Buyer cancels", "CANCELED_BY_BUYER"),
        ("PayPal pays", "RESOLVED_WITH_PAYOUT"),
    ],
)
def test_a_dispute_is_opened_and_resolved(sandbox: Sandbox, button: str, outcome: str) -> None:
    capture = sandbox.paid_capture()
    page = see(sandbox, f"payments/{_order_of(capture)}")
    page = press(sandbox, page, "Open dispute", capture["id"], reason="UNAUTHORISED")
    (dispute,) = sandbox.state()["disputes"]
    assert dispute["reason"] == "UNAUTHORISED"
    page = press(sandbox, page, button, dispute["dispute_id"])
    assert not page.has(button, dispute["dispute_id"])
    assert outcome in page.shown
    assert sandbox.state()["disputes"][0]["dispute_outcome"]["outcome_code"] == outcome


def test_a_dispute_is_taken_further(sandbox: Sandbox) -> None:
    capture = sandbox.paid_capture()
    dispute = sandbox.dispute(capture["id"])["dispute_id"]
    page = see(sandbox, f"payments/{_order_of(capture)}")
    entered = {"stage": "CHARGEBACK", "status": "UNDER_REVIEW", "message": "Where is my book?"}
    page = press(sandbox, page, "Change it", dispute, **entered)
    assert "CHARGEBACK" in page.shown
    (event,) = sandbox.told("CUSTOMER.DISPUTE.UPDATED")
    assert event["resource"]["status"] == "UNDER_REVIEW"
    assert event["resource"]["messages"][0]["content"] == "Where is my book?"


def test_a_claim_about_nothing_cannot_be_accepted(sandbox: Sandbox) -> None:
    capture = sandbox.paid_capture()
    sandbox.refund(capture["id"])
    dispute = sandbox.dispute(capture["id"])["dispute_id"]
    page = press(sandbox, see(sandbox, "disputes"), "Seller accepts", dispute)
    assert (page.status, "CAPTURE_FULLY_REFUNDED" in page.shown) == (400, True)


def test_notifications_are_shown_with_their_status_and_sent_again(sandbox: Sandbox) -> None:
    with receiving() as shop:
        shop.status = 503
        sandbox.api("POST", "/v1/notifications/webhooks", {"url": shop.url, "event_types": [{"name": "*"}]})
        sandbox.vaulted()
        until(lambda: "failed, waiting" in see(sandbox, "notifications").shown)
        page = see(sandbox)  # what fails is on the first page
        assert "Not received yet" in page.shown
        (event,) = sandbox.told("VAULT.PAYMENT-TOKEN.CREATED")
        shop.status = 200
        press(sandbox, page, "Send again", event["id"])
        until(lambda: "received" in see(sandbox, "notifications").shown)
        (again, first) = sandbox.state()["notifications"][::-1]
        assert (first["status"], first["tries"], first["last_answer"]) == ("waiting", 1, "503")
        assert (again["status"], again["tries"], again["last_answer"]) == ("received", 1, "200")
        assert {first["event"], again["event"]} == {event["id"]}


def test_a_message_that_nobody_ever_takes_is_given_up_and_said_so(sandbox: Sandbox) -> None:
    with receiving() as shop:
        url = shop.url
    sandbox.api("POST", "/v1/notifications/webhooks", {"url": url, "event_types": [{"name": "*"}]})
    sandbox.vaulted()

    def tried_to_the_end() -> bool:
        sandbox.advance(hours=5)
        return bool(sandbox.state()["notifications"][0]["status"] == "given up")

    until(tried_to_the_end)
    (message,) = sandbox.state()["notifications"]
    assert (message["tries"], message["due"]) == (25, None)
    assert "given up" in see(sandbox, "notifications").shown


def test_what_nobody_listens_to_cannot_be_sent(sandbox: Sandbox) -> None:
    sandbox.vaulted()
    page = press(sandbox, see(sandbox, "notifications"), "Send")
    assert (page.status, "No webhook is registered" in page.shown) == (400, True)


def test_the_built_in_webhook_is_given_an_address_and_signed_for(sandbox: Sandbox) -> None:
    with receiving() as shop, receiving() as moved:
        for listener in (shop, moved):
            page = press(sandbox, see(sandbox, "notifications"), "Register", url=listener.url)
            assert listener.url in page.shown
        sandbox.vaulted()
        until(lambda: len(moved.received) == 1)
        (message,) = sandbox.events()  # signed for the built-in webhook
        assert moved.received[0].headers["PAYPAL-TRANSMISSION-SIG"] == message["headers"]["PAYPAL-TRANSMISSION-SIG"]
        assert shop.received == []
        elsewhere = press(sandbox, page, "Register", url="https://shop.example/hook")
        assert (elsewhere.status, "an http address of this machine" in elsewhere.shown) == (400, True)


def test_the_manner_of_delivery_is_set(sandbox: Sandbox) -> None:
    entered = {"paused": "yes", "shuffle": "yes", "duplicates": "2", "delay_ms": "30"}
    page = press(sandbox, see(sandbox, "notifications"), "Change", **entered)
    manner = sandbox.control("GET", "delivery").json
    assert [manner[key] for key in entered] == [True, True, 2, 30]
    assert page.form("Change").fields == entered
    wrong = press(sandbox, page, "Change", duplicates="11")
    assert (wrong.status, "duplicates must be a whole number from 0 to 10." in wrong.shown) == (400, True)


def test_the_clock_moves_by_buttons_and_by_seconds(sandbox: Sandbox) -> None:
    page = press(sandbox, see(sandbox, "controls"), "+ 3 hours")
    assert "10,800 seconds ahead" in page.shown
    page = press(sandbox, page, "Move the clock", advance_s="60")
    assert sandbox.control("GET", "clock").json["advanced_s"] == 10_860
    wrong = press(sandbox, page, "Move the clock", advance_s="soon")
    assert (wrong.status, "advance_s must be a whole number." in wrong.shown) == (400, True)


def test_the_next_call_is_broken_and_mended(sandbox: Sandbox) -> None:
    entered = {"operation": "create_order", "fault": "error_503", "count": "2", "account": SELLER}
    page = press(sandbox, see(sandbox, "controls"), "Break it", **entered)
    assert f"create_order for {SELLER}: error_503, 2 times" in page.shown
    assert sandbox.create().status == 503
    page = press(sandbox, page, "Clear all faults")
    assert sandbox.create().status == 201
    wrong = press(sandbox, page, "Break it", fault="issue:NO_SUCH")
    assert (wrong.status, "fault must be issue:NAME" in wrong.shown) == (400, True)


def test_a_fresh_start_forgets_everything_and_leads_to_the_first_page(sandbox: Sandbox) -> None:
    sandbox.paid()
    page = press(sandbox, see(sandbox, "controls"), "Forget everything")
    assert page.path == CONSOLE
    assert sandbox.state()["orders"] == []


def test_the_history_of_an_order_tells_what_was_asked_and_what_was_told(sandbox: Sandbox) -> None:
    with receiving() as shop:
        sandbox.api("POST", "/v1/notifications/webhooks", {"url": shop.url, "event_types": [{"name": "*"}]})
        created = sandbox.create(order(unit("12.30"), **wallet())).json["id"]
        sandbox.approve(created)
        sandbox.fault("capture_order", "disconnect_before")
        with pytest.raises(Exception, match="Connection"):
            sandbox.capture(created)
        capture = sandbox.capture(created).json["purchase_units"][0]["payments"]["captures"][0]["id"]
        sandbox.refund(capture)
        until(lambda: len(shop.received) == 4)
        until(lambda: _history(sandbox, created).count("received") == 4)
    history = _history(sandbox, created)
    told = [
        "The order was created",
        "CHECKOUT.ORDER.APPROVED",
        f"/v2/checkout/orders/{created}/capture\nno answer disconnect_before",
        "PAYMENT.CAPTURE.COMPLETED",
        f"/v2/payments/captures/{capture}/refund",
        "PAYMENT.CAPTURE.REFUNDED",
    ]
    places = [history.index(line) for line in told]
    assert places == sorted(places)


@pytest.mark.parametrize(
    "fields",
    [
        {"action": "fault", "operation": "<script>", "fault": "error_500"},
        {"action": "accept", "capture": "X"},
        {"action": "dispute", "capture": "<script>"},
        {"action": "refund", "capture": "X"},
        {"action": "resolve", "dispute": "X", "outcome": "ACCEPTED"},
        {"action": "update", "dispute": "X"},
        {"action": "revoke", "token": "X"},
        {"action": "resend", "event": "X"},
        {"action": "dance"},
        {},
    ],
)
def test_whatever_makes_no_sense_is_said_on_the_page(sandbox: Sandbox, fields: dict[str, str]) -> None:
    reply = sandbox.form(f"{CONSOLE}/payments", **fields)
    assert reply.status == 400
    assert 'role="alert"' in reply.text
    assert "<script" not in reply.text


def test_an_answer_to_what_is_finished_is_refused_on_the_page(sandbox: Sandbox) -> None:
    finished = sandbox.paid().json["id"]
    reply = sandbox.form(CONSOLE, action="approve", token=finished)
    assert (reply.status, "finished" in reply.text) == (410, True)
