"""Every line that a payment leaves says which request, client, transaction and exchange it belongs to."""

import io
import json
import re
from typing import Any

import pytest

from solitude.payments import recovery
from solitude.payments.models import ProviderCall
from tests.support.marketplace import Marketplace
from tests.support.simulator import Simulator

pytestmark = pytest.mark.long
# Written before it is known which transaction the request is about.
BEFORE = ("request_signed",)
ABOUT_PAYMENTS = ("solitude.payments", "solitude.outbound", "solitude.paypal")


def json_lines(written: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in written.getvalue().splitlines() if line.startswith("{")]


def security(written: io.StringIO) -> list[str]:
    return [line for line in written.getvalue().splitlines() if " CEF:0|" in line]


def forget(written: io.StringIO) -> None:
    written.seek(0)
    written.truncate()


def test_of_a_payment_its_check_and_its_refund(shop: Marketplace, paypal: Simulator, log_lines: io.StringIO) -> None:
    app_id = shop.product()
    # The access token is asked for by whichever payment comes first, and belongs to none.
    shop.pay(app_id)
    forget(log_lines)
    begun = shop.pay(app_id, {"Transaction-Id": "the-payment"})
    paypal.approve(begun["pay_url"])
    assert shop.check(uuid=begun["uuid"]).status == 201
    refund = shop.refund(uuid=begun["uuid"])
    lines = [line for line in json_lines(log_lines) if line["event"] not in BEFORE]
    assert {line["event"] for line in lines} >= {"exchange", "provider_call"}
    for line in lines:
        assert line["client"] == "marketplace", line
        assert line["request_id"], line
        if line["logger"] in ABOUT_PAYMENTS:
            assert line["transaction"] in (begun["uuid"], refund["uuid"]), line
            assert line["correlation_id"], line
    assert {line["request_id"] for line in lines if line["transaction"] == begun["uuid"]} > {"the-payment"}
    moves = [line for line in security(log_lines) if "|Transaction state change|1|" in line]
    assert [line.partition(" cs5Label=edge cs5=")[2].split(" ")[0] for line in moves] == [
        "payment_begun",
        "approval_awaited",
        "paid",
        "refund_begun",
        "refunded",
    ]
    for moved in moves:
        assert any(f"cs3Label=transaction cs3={uuid} " in moved for uuid in (begun["uuid"], refund["uuid"])), line
        assert " suser=marketplace " in moved
        assert " cs2Label=requestId cs2=" in moved


def test_of_what_a_worker_finds_out(shop: Marketplace, paypal: Simulator, log_lines: io.StringIO) -> None:
    app_id = shop.product()
    paypal.fault("create_order", "disconnect_after")
    begun = shop.pay(app_id)
    assert begun.status == 504
    ProviderCall.objects.update(next_try_at="2020-01-01T00:00Z", outcome="none")
    forget(log_lines)
    assert recovery.run_once() == 1
    lines = json_lines(log_lines)
    assert {line["event"] for line in lines} >= {"exchange", "recovery"}
    for line in lines:
        assert (line["client"], line["transaction"]) == ("marketplace", begun["uuid"]), line
    assert any("|Provider call taken over|2|" in line for line in security(log_lines))


def test_of_a_notification(shop: Marketplace, paypal: Simulator, log_lines: io.StringIO) -> None:
    app_id = shop.product()
    begun = shop.pay(app_id)
    paypal.approve(begun["pay_url"])
    told = paypal.told()
    forget(log_lines)
    assert shop.forward(told[-1])["status"] == "OK"
    lines = [line for line in json_lines(log_lines) if line["event"] == "provider_call"]
    assert lines
    assert {line["transaction"] for line in lines} == {begun["uuid"]}
    assert all(line["correlation_id"] for line in lines)


def test_of_a_refusal(shop: Marketplace, paypal: Simulator, log_lines: io.StringIO) -> None:
    app_id = shop.product()
    paypal.fault("create_order", "issue:PAYEE_ACCOUNT_RESTRICTED")
    refused = shop.pay(app_id)
    assert refused.status == 422
    (line,) = [line for line in security(log_lines) if "|Provider refused|2|" in line]
    assert f" cs3={refused['uuid']} " in line
    assert line.endswith(
        " cs5Label=operation cs5=pay cs6Label=provider cs6=paypal cs7Label=reason cs7=PAYEE_ACCOUNT_RESTRICTED"
    )


def test_a_refund_over_what_is_left_is_a_security_event(
    shop: Marketplace, paypal: Simulator, all_security_events: list[str]
) -> None:
    begun = shop.pay(shop.product())
    paypal.approve(begun["pay_url"])
    shop.check(uuid=begun["uuid"])
    refused = shop.refund(uuid=begun["uuid"], amount="1000.00")
    assert (refused.status, refused["code"]) == (409, "refund_exceeds_captured"), refused.text
    (line,) = [line for line in all_security_events if "|Refund over what is left|5|" in line]
    assert f"cs3={begun['uuid']} " in line
    assert " cs6Label=asked cs6=" in line


def test_each_step_of_a_pin_is_a_security_event(shop: Marketplace, all_security_events: list[str]) -> None:
    buyer = shop.buyer("pinned", pin="8426")
    path = buyer["resource_uri"]

    def tried(call: str, pin: str) -> Any:
        return shop.post(f"/generic/{call}/", {"uuid": "pinned", "pin": pin})

    tried("verify_pin", "8426")
    tried("confirm_pin", "8426")
    tried("verify_pin", "1111")
    token = tried("verify_pin", "8426")["pin_token"]
    shop.pay(shop.product(), user_id="pinned", pin_token=token)
    shop.pay(shop.product(), user_id="pinned", pin_token=token)
    shop.patch(path, {"needs_pin_reset": True, "new_pin": "7531"})
    tried("reset_confirm_pin", "7531")
    names = [line.split("|")[5] for line in all_security_events if "PIN" in line.split("|")[5]]
    assert names == [
        "PIN set: pinned",
        "PIN given before it was confirmed: pinned",
        "PIN confirmed: pinned",
        "PIN wrong: pinned",
        "PIN token made",
        "PIN right: pinned",
        "PIN token used",
        "PIN token refused",
        "New PIN set: pinned",
        "PIN reset asked: pinned",
        "PIN changed: pinned",
    ]
    # Ids of requests are hexadecimal, and now and then have these digits within.
    pin = re.compile(r"(?<![0-9a-f])(8426|7531)(?![0-9a-f])")
    assert not any(pin.search(line) or token in line for line in all_security_events)
