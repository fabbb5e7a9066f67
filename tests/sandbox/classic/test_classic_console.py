"""The console's page of the classic interface, and the notifications that belong to it."""

from tests.sandbox.classic.client import PARTNER, Classic, chain
from tests.sandbox.client import SELLER
from tests.sandbox.console import press, see
from tests.sandbox.receiver import receiving
from tests.support.waiting import until


def test_a_payment_is_shown_approved_reversed_and_given_back(classic: Classic) -> None:
    sandbox = classic.sandbox
    pay_key = classic.pay(chain())["payKey"]
    page = see(sandbox, "classic")
    for shown in (pay_key, f"{SELLER} (primary): 10.00 USD", f"{PARTNER}: 3.00 USD", "CREATED"):
        assert shown in page.shown
    assert f"cmd=_ap-payment&amp;paykey={pay_key}" in page.text
    assert "Waiting for the sender" in see(sandbox).shown
    declined = press(sandbox, page, "Decline card", pay_key)
    assert (declined.status, classic.details(pay_key)["status"]) == (400, "CREATED")
    page = press(sandbox, page, "Approve", pay_key)
    assert classic.details(pay_key)["status"] == "COMPLETED"
    page = press(sandbox, page, "Reverse", pay_key)
    assert classic.details(pay_key).part(0, "transactionStatus") == "REVERSED"
    press(sandbox, page, "Cancel reversal", pay_key)
    assert classic.details(pay_key).part(0, "transactionStatus") == "COMPLETED"


def test_a_review_of_a_payment_is_ended(classic: Classic) -> None:
    pay_key = classic.paid(funding="review")
    press(classic.sandbox, see(classic.sandbox, "classic"), "Accept", pay_key)
    assert classic.details(pay_key)["status"] == "COMPLETED"


def test_a_preapproval_is_suspended_resumed_and_cancelled(classic: Classic) -> None:
    key = classic.preapproved(total="100.00")
    page = see(classic.sandbox, "classic")
    assert "0.00 of 100.00 USD" in page.shown
    page = press(classic.sandbox, page, "Suspend", key)
    assert classic.pay(preapprovalKey=key).error == "569017"
    page = press(classic.sandbox, page, "Resume", key)
    assert classic.pay(preapprovalKey=key)["paymentExecStatus"] == "COMPLETED"
    page = press(classic.sandbox, page, "Sender cancels", key)
    assert not page.has("Sender cancels", key)
    assert classic.pay(preapprovalKey=key).error == "569013"


def test_instant_payment_notifications_are_given_an_address_shown_and_sent_again(classic: Classic) -> None:
    sandbox = classic.sandbox
    with receiving() as shop:
        page = press(sandbox, see(sandbox, "notifications"), "Set", url=shop.url)
        assert page.form("Set").fields == {"url": shop.url}
        classic.paid()
        until(lambda: len(shop.received) == 1)
        until(lambda: "received" in see(sandbox, "notifications").shown)
        page = see(sandbox, "notifications")
        assert "IPN Adaptive Payment PAY" in page.shown
        press(sandbox, page, "Send again")
        until(lambda: len(shop.received) == 2)
        assert shop.bodies[0] == shop.bodies[1]
    wrong = press(sandbox, page, "Set", url="nowhere")
    assert (wrong.status, "url must be an http address" in wrong.shown) == (400, True)
