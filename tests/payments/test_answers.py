"""The table of a payment's answers: what the marketplace is told, what our books say, and what PayPal did."""

from contextlib import ExitStack
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone
from tests.payments.world import (
    LOST_ANSWERS,
    NO_ANSWERS,
    TOO_LATE_MS,
    another_paypal,
    call_of,
    nothing_happens,
    paypal_away,
    sent,
    written,
)
from tests.support.marketplace import Answer, Marketplace
from tests.support.simulator import Simulator

from solitude.outbound.limits import InProgress
from solitude.payments import calls
from solitude.payments.models import ProviderCall
from solitude.providers.paypal.rest import requests
from solitude.transactions.models import Transaction

PENDING, COMPLETED, FAILED, CANCELLED, ERRORED = 0, 1, 4, 5, 7
TIMEOUTS = ("timeout_after", "timeout_before")
UNCLEAR = (*TIMEOUTS, *LOST_ANSWERS, *NO_ANSWERS)
KEY = {"Idempotency-Key": "order-4711"}


def state(shop: Marketplace, answer: Answer) -> tuple[int, str]:
    """Status and outcome of the transaction that the answer names."""
    row = shop.transaction(answer["transaction"])
    assert row["uuid"] == answer["uuid"]
    return row["status"], row["outcome"]


# --- 201, and the same key again -----------------------------------------------------------------------------------


def test_the_answer_of_a_payment_names_its_transaction(shop: Marketplace, paypal: Simulator, app_id: str) -> None:
    answer = shop.pay(app_id)

    assert answer.status == 201
    assert set(answer.json) == {
        "user_id", "app_id", "amount", "currency", "use_preapproval", "status", "paykey", "pay_url", "uuid",
        "transaction",
    }  # fmt: skip
    assert state(shop, answer) == (PENDING, "pending")
    assert '"amount":2.49' in answer.text  # a number with its own digits
    row = shop.transaction(answer["transaction"])
    assert (row["uid_pay"], row["pay_url"]) == (answer["paykey"], answer["pay_url"])


def test_the_same_key_again_gives_the_same_answer_and_sends_nothing(
    shop: Marketplace, paypal: Simulator, app_id: str
) -> None:
    first = shop.pay(app_id, headers=KEY)

    with nothing_happens(paypal):
        again = shop.pay(app_id, headers=KEY)

    assert (again.status, again.text, again.headers["Idempotency-Replayed"]) == (201, first.text, "true")
    assert "Idempotency-Replayed" not in first.headers


def test_a_refusal_is_replayed_as_well(shop: Marketplace, paypal: Simulator) -> None:
    app_id = shop.product("closed-shop@dev.example")
    first = shop.pay(app_id, headers=KEY)

    with nothing_happens(paypal):
        again = shop.pay(app_id, headers=KEY)

    assert (again.status, again.json, again.headers["Idempotency-Replayed"]) == (422, first.json, "true")


def test_a_key_with_another_body_is_refused(shop: Marketplace, paypal: Simulator, app_id: str) -> None:
    shop.pay(app_id, headers=KEY, memo="one")

    with nothing_happens(paypal):
        other = shop.pay(app_id, headers=KEY, memo="two")

    assert (other.status, other["code"]) == (422, "idempotency_key_reused")


def test_without_a_key_two_payments_are_two(shop: Marketplace, paypal: Simulator, app_id: str) -> None:
    assert shop.pay(app_id)["uuid"] != shop.pay(app_id)["uuid"]


# --- 400 -----------------------------------------------------------------------------------------------------------


def test_a_bad_field_writes_nothing_and_sends_nothing(shop: Marketplace, paypal: Simulator, app_id: str) -> None:
    with nothing_happens(paypal):
        answer = shop.pay(app_id, user_id="somebody-new", currency="XAU")

    assert answer.status == 400
    assert list(answer.json) == ["currency"]


def test_a_bad_field_is_answered_the_same_under_its_key(shop: Marketplace, paypal: Simulator, app_id: str) -> None:
    first = shop.pay(app_id, headers=KEY, currency="XAU")

    with nothing_happens(paypal):
        again = shop.pay(app_id, headers=KEY, currency="XAU")

    assert (again.status, again.text, again.headers["Idempotency-Replayed"]) == (400, first.text, "true")


# --- 422: PayPal refused -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("payee", "field", "code"),
    [
        ("closed-shop@dev.example", "app_id", "PAYEE_ACCOUNT_LOCKED_OR_CLOSED"),
        ("restricted-shop@dev.example", "app_id", "PAYEE_ACCOUNT_RESTRICTED"),
        ("unverified-shop@dev.example", "app_id", "PAYEE_ACCOUNT_NOT_VERIFIED"),
    ],
)
def test_a_refusal_is_told_under_the_providers_name_and_our_field(
    shop: Marketplace, paypal: Simulator, payee: str, field: str, code: str
) -> None:
    answer = shop.pay(shop.product(payee))

    assert answer.status == 422
    assert set(answer.json) == {"paypal", "transaction", "uuid"}
    assert [error["code"] for error in answer["paypal"][field]] == [code]
    assert set(answer["paypal"][field][0]) == {"code", "message"}
    assert state(shop, answer) == (FAILED, "declined")
    assert shop.transaction(answer["transaction"])["status_reason"] == code
    assert shop.check(uuid=answer["uuid"])["status"] == "DECLINED"


def test_a_refused_platform_fee_is_told_under_its_field(shop: Marketplace, paypal: Simulator) -> None:
    answer = shop.pay(shop.product("nofee-shop@dev.example"), platform_fee="0.50")

    assert answer.status == 422
    assert [error["code"] for error in answer["paypal"]["platform_fee"]] == ["PERMISSION_DENIED"]


@pytest.mark.parametrize(
    "issue", ["COMPLIANCE_VIOLATION", "INVALID_PARAMETER_SYNTAX", "PERMISSION_DENIED", "PAYER_CANNOT_PAY"]
)
def test_every_other_400_403_and_422_of_paypal_is_a_refusal(
    shop: Marketplace, paypal: Simulator, app_id: str, issue: str
) -> None:
    paypal.fault("create_order", f"issue:{issue}")

    answer = shop.pay(app_id)

    assert answer.status == 422
    assert answer["paypal"]["__all__"][0]["code"] == issue
    assert state(shop, answer) == (FAILED, "declined")


def test_a_capture_declined_inside_its_201_is_a_refusal(shop: Marketplace, paypal: Simulator, app_id: str) -> None:
    buyer = shop.buyer()["uuid"]
    begun = shop.preapproval(buyer)
    paypal.approve(begun["paypal_url"], funding="capture_declined")
    shop.put(begun["resource_uri"], {})

    answer = shop.pay(app_id, user_id=buyer, use_preapproval=True, fallback=False)

    assert answer.status == 422
    assert answer["paypal"]["__all__"][0]["code"] == "CAPTURE_DECLINED"
    assert state(shop, answer) == (FAILED, "declined")
    assert shop.transaction(answer["transaction"])["captured_amount"] is None


# --- 502, 503: could not be sent -----------------------------------------------------------------------------------


def test_an_unreachable_paypal_errors_the_payment(shop: Marketplace, paypal: Simulator, app_id: str) -> None:
    with paypal_away():
        answer = shop.pay(app_id)

    assert (answer.status, answer["code"]) == (502, "provider_unreachable")
    assert set(answer.json) == {"detail", "code", "transaction", "uuid"}
    assert state(shop, answer) == (ERRORED, "not_sent")
    assert paypal.calls("create_order") == []


@pytest.mark.parametrize("fault", ["error_500", "disconnect_after", "truncated_after", "garbage_after"])
def test_without_an_access_token_nothing_is_sent(shop: Marketplace, paypal: Simulator, app_id: str, fault: str) -> None:
    paypal.fault("token", fault)

    with another_paypal():
        answer = shop.pay(app_id)

    assert (answer.status, answer["code"]) == (502, "provider_unreachable")
    assert state(shop, answer) == (ERRORED, "not_sent")
    assert paypal.calls("create_order") == []


@pytest.mark.parametrize("wrong", ["SOLITUDE_PAYPAL_CLIENT_ID", "SOLITUDE_PAYPAL_CLIENT_SECRET"])
def test_wrong_credentials_are_our_configuration(shop: Marketplace, paypal: Simulator, app_id: str, wrong: str) -> None:
    with another_paypal(**{wrong: "wrong-one"}):
        answer = shop.pay(app_id)

    assert (answer.status, answer["code"]) == (502, "provider_configuration")
    assert state(shop, answer) == (ERRORED, "not_sent")
    assert paypal.calls("create_order") == []
    # What PayPal said is in the log.
    assert [exchange["status"] for exchange in call_of(answer["transaction"]).exchanges] == [401]


def test_no_credentials_at_all_are_our_configuration(shop: Marketplace, paypal: Simulator, app_id: str) -> None:
    with another_paypal(SOLITUDE_PAYPAL_CLIENT_ID=""):
        answer = shop.pay(app_id)

    assert (answer.status, answer["code"]) == (502, "provider_configuration")
    assert paypal.calls("token") == []


def test_paypals_429_asks_to_come_back(shop: Marketplace, paypal: Simulator, app_id: str) -> None:
    paypal.fault("create_order", "rate_limit_429", retry_after_s=17)

    answer = shop.pay(app_id)

    assert (answer.status, answer["code"], answer.headers["Retry-After"]) == (503, "provider_busy", "17")
    assert state(shop, answer) == (ERRORED, "not_sent")


def test_paypals_429_for_the_token_asks_to_come_back(shop: Marketplace, paypal: Simulator, app_id: str) -> None:
    paypal.fault("token", "rate_limit_429")

    with another_paypal():
        answer = shop.pay(app_id)

    assert (answer.status, answer["code"], answer.headers["Retry-After"]) == (503, "provider_busy", "1")


def test_after_502_the_same_key_is_a_new_attempt(shop: Marketplace, paypal: Simulator, app_id: str) -> None:
    with paypal_away():
        failed = shop.pay(app_id, headers=KEY)

    answer = shop.pay(app_id, headers=KEY)

    assert (failed.status, answer.status, answer["status"]) == (502, 201, "created")
    assert answer["transaction"] != failed["transaction"]
    assert state(shop, failed) == (ERRORED, "not_sent")
    assert len(paypal.calls("create_order")) == 1
    replayed = shop.pay(app_id, headers=KEY)
    assert (replayed.text, replayed.headers["Idempotency-Replayed"]) == (answer.text, "true")


def test_over_the_limit_of_work_in_progress_nothing_is_written(
    shop: Marketplace, paypal: Simulator, app_id: str, paid: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    limit = InProgress(2)
    monkeypatch.setattr(calls, "_in_progress", limit)
    buyer = shop.buyer()["uuid"]
    with ExitStack() as full:
        full.enter_context(limit)
        full.enter_context(limit)
        with nothing_happens(paypal):
            answers = [
                shop.pay(app_id, headers=KEY),
                shop.check(uuid=paid["uuid"]),
                shop.refund(uuid=paid["uuid"]),
                shop.preapproval(buyer),
            ]
    for answer in answers:
        assert (answer.status, answer["code"], answer.headers["Retry-After"]) == (503, "busy", "1")

    assert shop.pay(app_id, headers=KEY).status == 201
    assert limit.now == 0


# --- 504: nobody knows ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", UNCLEAR)
def test_an_unclear_outcome_is_found_out_and_charged_once(
    shop: Marketplace, paypal: Simulator, app_id: str, preapproved: str, fault: str
) -> None:
    paypal.fault("create_order", fault, delay_ms=TOO_LATE_MS)

    answer = shop.pay(app_id, user_id=preapproved, use_preapproval=True)

    assert (answer.status, answer["code"]) == (504, "outcome_unknown")
    assert set(answer.json) == {"detail", "code", "transaction", "uuid"}
    assert state(shop, answer) == (PENDING, "unknown")
    assert shop.check(uuid=answer["uuid"])["status"] == "COMPLETED"
    assert state(shop, answer) == (COMPLETED, "succeeded")
    assert [capture["amount"]["value"] for capture in paypal.captured()] == ["2.49"]
    # The second try went under the same key.
    tries = paypal.calls("create_order")
    assert {request["request_id"] for request in tries} == {call_of(answer["transaction"]).key}


@pytest.mark.parametrize("fault", ["disconnect_after", "error_500"])
def test_an_unclear_beginning_leads_to_the_buyers_approval(
    shop: Marketplace, paypal: Simulator, app_id: str, fault: str
) -> None:
    paypal.fault("create_order", fault)
    answer = shop.pay(app_id)
    assert answer.status == 504

    checked = shop.check(uuid=answer["uuid"])

    assert checked["status"] == "CREATED"
    assert len(paypal.state()["orders"]) == 1
    paypal.approve(checked["pay_url"])
    assert shop.check(uuid=answer["uuid"])["status"] == "COMPLETED"


@pytest.mark.parametrize("fault", ["disconnect_after", "disconnect_before"])
def test_the_same_key_again_resolves_that_payment(
    shop: Marketplace, paypal: Simulator, app_id: str, preapproved: str, fault: str
) -> None:
    paypal.fault("create_order", fault)
    body = {"user_id": preapproved, "use_preapproval": True}
    unclear = shop.pay(app_id, headers=KEY, **body)
    assert unclear.status == 504

    answer = shop.pay(app_id, headers=KEY, **body)

    assert (answer.status, answer["status"], answer["uuid"]) == (201, "completed", unclear["uuid"])
    assert len(paypal.captured()) == 1
    with nothing_happens(paypal):
        replayed = shop.pay(app_id, headers=KEY, **body)
    assert (replayed.text, replayed.headers["Idempotency-Replayed"]) == (answer.text, "true")


def test_the_same_key_tells_what_a_check_found_out(
    shop: Marketplace, paypal: Simulator, app_id: str, preapproved: str
) -> None:
    paypal.fault("create_order", "disconnect_after")
    body = {"user_id": preapproved, "use_preapproval": True}
    unclear = shop.pay(app_id, headers=KEY, **body)
    shop.check(uuid=unclear["uuid"])

    with nothing_happens(paypal):
        answer = shop.pay(app_id, headers=KEY, **body)

    assert (answer.status, answer["status"], answer["uuid"]) == (201, "completed", unclear["uuid"])


def test_a_payment_stays_unknown_as_long_as_nobody_can_tell(
    shop: Marketplace, paypal: Simulator, app_id: str, preapproved: str
) -> None:
    paypal.fault("create_order", "disconnect_after")
    answer = shop.pay(app_id, user_id=preapproved, use_preapproval=True)

    with paypal_away():
        # That the second try was not sent proves nothing about the first.
        checked = shop.check(uuid=answer["uuid"])

    assert (checked.status, checked["code"]) == (504, "outcome_unknown")
    assert state(shop, answer) == (PENDING, "unknown")
    paypal.fault("create_order", "rate_limit_429")
    assert shop.check(uuid=answer["uuid"]).status == 504
    assert shop.check(uuid=answer["uuid"])["status"] == "COMPLETED"
    assert len(paypal.captured()) == 1


def test_an_error_that_paypal_remembers_leaves_the_payment_unknown(
    shop: Marketplace, paypal: Simulator, app_id: str, preapproved: str
) -> None:
    paypal.fault("create_order", "stored_500")
    answer = shop.pay(app_id, user_id=preapproved, use_preapproval=True)

    assert [shop.check(uuid=answer["uuid"]).status for _ in range(2)] == [504, 504]

    assert state(shop, answer) == (PENDING, "unknown")
    assert paypal.captured() == []
    # Nothing new is told about what nobody knows.
    assert shop.event_types()[-2:] == ["transaction.started", "transaction.pending"]


def test_a_payment_that_is_too_old_is_not_sent_again(
    shop: Marketplace, paypal: Simulator, app_id: str, preapproved: str
) -> None:
    paypal.fault("create_order", "disconnect_before")
    answer = shop.pay(app_id, user_id=preapproved, use_preapproval=True)

    ProviderCall.objects.update(begun_at=timezone.now() - timedelta(seconds=settings.SOLITUDE_RESEND_MAX_S + 1))
    with nothing_happens(paypal):
        checked = shop.check(uuid=answer["uuid"])

    assert (checked.status, state(shop, answer)) == (504, (PENDING, "unknown"))


def test_an_answer_about_another_amount_is_not_believed(
    shop: Marketplace, paypal: Simulator, app_id: str, preapproved: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = requests.order

    def dishonest(key: str, intent: Any) -> dict[str, Any]:
        body = honest(key, intent)
        body["purchase_units"][0]["amount"]["value"] = "0.01"
        return body

    monkeypatch.setattr(requests, "order", dishonest)

    answer = shop.pay(app_id, user_id=preapproved, use_preapproval=True)

    assert answer.status == 504
    assert state(shop, answer) == (PENDING, "unknown")


# --- the same rows everywhere --------------------------------------------------------------------------------------


def test_one_payment_is_one_row_and_one_call(shop: Marketplace, paypal: Simulator, app_id: str) -> None:
    before = written()

    shop.pay(app_id, user_id="a-new-one")

    grown = {name: count - before[name] for name, count in written().items() if count != before[name]}
    assert grown == {"Buyer": 1, "BuyerPaypal": 1, "Transaction": 1, "ProviderCall": 1, "Event": 2}
    assert Transaction.objects.count() == ProviderCall.objects.count() == 1
    assert sent(paypal) in (1, 2)  # with the access token, if there was none yet
