"""Refunds: never more than was captured, each a transaction of its own, and nothing is refunded twice."""

from dataclasses import replace
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from tests.payments.passing import age, make_due
from tests.payments.world import (
    LOST_ANSWERS,
    NO_ANSWERS,
    TOO_LATE_MS,
    Elsewhere,
    another_paypal,
    call_of,
    nothing_happens,
    paypal_away,
)
from tests.support.marketplace import Marketplace
from tests.support.simulator import Simulator
from tests.web.parallel import at_once

from solitude.money.money import Money
from solitude.payments import calls, recovery, refund
from solitude.payments.contract import Call, Intent, RefundSeen, Result
from solitude.transactions.models import Transaction

PENDING, COMPLETED, FAILED, ERRORED = 0, 1, 4, 7
KEY = {"Idempotency-Key": "refund-4711"}
Payment = dict[str, Any]
# What may become of a part that goes back, and of those of which nobody knows.
FATES = ("made", "refused", "lost", "not_made", "made_later")


def paid_to(shop: Marketplace, paypal: Simulator, payee: str, **more: Any) -> Payment:
    """A payment that this PayPal account received."""
    answer = shop.pay(shop.product(payee), **more)
    paypal.approve(answer["pay_url"])
    assert shop.check(uuid=answer["uuid"])["status"] == "COMPLETED"
    return dict(answer.json)


def claimed(payment: Payment) -> Decimal:
    """What refunds hold of the captured amount."""
    return Transaction.objects.get(uuid=payment["uuid"]).refund_claimed_amount or Decimal(0)


def books(shop: Marketplace, payment: Payment) -> tuple[int, str, str]:
    row = shop.transaction(payment["transaction"])
    return row["status"], row["captured_amount"], row["refunded_amount"]


# --- 201 -----------------------------------------------------------------------------------------------------------


def test_the_answer_of_a_refund(shop: Marketplace, paypal: Simulator) -> None:
    payment = paid_to(shop, paypal, "seller-of-stars@dev.example")

    answer = shop.refund(uuid=payment["uuid"], reason="It was not blue.")

    (refund,) = paypal.state()["refunds"]
    breakdown = refund["seller_payable_breakdown"]
    assert answer.status == 201
    assert answer.json == {
        "response": [
            {
                "receiver.email": "seller-of-stars@dev.example",
                "receiver.amount": "2.49",
                "refundStatus": "REFUNDED",
                "refundGrossAmount": "2.49",
                "refundNetAmount": breakdown["net_amount"]["value"],
                "refundFeeAmount": breakdown["paypal_fee"]["value"],
            }
        ],
        "status": "COMPLETED",
        "amount": "2.49",
        "currency": "EUR",
        "uuid": answer["uuid"],
        "transaction": answer["transaction"],
        "related": payment["transaction"],
        "correlation_id": paypal.calls("refund")[0]["debug_id"],
    }
    assert (refund["note_to_payer"], refund["custom_id"]) == (
        "It was not blue.", call_of(answer["transaction"], "refund").key,
    )  # fmt: skip
    assert shop.transaction(answer["transaction"])["uid_pay"] == refund["id"]


def test_a_seller_with_a_merchant_id_is_named_by_it(shop: Marketplace, paypal: Simulator) -> None:
    payment = paid_to(shop, paypal, "2J7XNAPHRV9W2")

    receiver = shop.refund(uuid=payment["uuid"])["response"][0]

    assert receiver["receiver.id"] == "2J7XNAPHRV9W2"
    assert "receiver.email" not in receiver


def test_a_refund_by_pay_key_of_exactly_what_is_left(shop: Marketplace, paid: Payment) -> None:
    answer = shop.refund(pay_key=paid["paykey"], amount="2.490")

    assert (answer.status, answer["status"], answer["amount"]) == (201, "COMPLETED", "2.49")
    assert books(shop, paid) == (COMPLETED, "2.49", "2.49")


def test_a_refund_of_all_gives_the_marketplaces_share_back(shop: Marketplace, paypal: Simulator) -> None:
    payment = paid_to(shop, paypal, "shop-1@dev.example", platform_fee="0.25")
    (capture,) = paypal.captured()
    assert capture["seller_receivable_breakdown"]["platform_fees"][0]["amount"]["value"] == "0.25"

    shop.refund(uuid=payment["uuid"])

    (refund,) = paypal.state()["refunds"]
    assert refund["seller_payable_breakdown"]["platform_fees"][0]["amount"]["value"] == "0.25"


def test_a_slow_refund_is_pending_and_holds_its_amount(shop: Marketplace, paypal: Simulator) -> None:
    payment = paid_to(shop, paypal, "slowrefund-shop@dev.example")

    answer = shop.refund(uuid=payment["uuid"])

    assert (answer.status, answer["status"]) == (201, "PENDING")
    assert answer["response"][0]["refundStatus"] == "REFUNDED_PENDING"
    refund = shop.transaction(answer["transaction"])
    assert (refund["status"], refund["outcome"]) == (PENDING, "pending")
    assert books(shop, payment) == (COMPLETED, "2.49", "0.00")
    assert claimed(payment) == Decimal("2.49")
    again = shop.refund(uuid=payment["uuid"])
    assert (again.status, again["code"]) == (409, "refund_exceeds_captured")


def test_the_same_key_again_is_the_same_refund(shop: Marketplace, paypal: Simulator, paid: Payment) -> None:
    first = shop.refund(KEY, uuid=paid["uuid"])

    with nothing_happens(paypal):
        again = shop.refund(KEY, uuid=paid["uuid"])

    assert (again.status, again.text, again.headers["Idempotency-Replayed"]) == (201, first.text, "true")


# --- a part, and several parts --------------------------------------------------------------------------------------


def test_parts_are_refunds_of_their_own_until_nothing_is_left(
    shop: Marketplace, paypal: Simulator, paid: Payment
) -> None:
    first, second = (shop.refund(uuid=paid["uuid"], amount=amount) for amount in ("1.00", "0.49"))
    rest = shop.refund(uuid=paid["uuid"])

    assert [refund["amount"] for refund in (first, second, rest)] == ["1.00", "0.49", "1.00"]
    assert len({refund["uuid"] for refund in (first, second, rest)}) == 3
    assert books(shop, paid) == (COMPLETED, "2.49", "2.49")
    assert shop.refund(uuid=paid["uuid"], amount="0.01")["code"] == "refund_exceeds_captured"
    relations = shop.transaction(paid["transaction"])["relations"]
    assert [(row["type"], row["status"], row["amount"]) for row in relations] == [
        (1, COMPLETED, "1.00"), (1, COMPLETED, "0.49"), (1, COMPLETED, "1.00"),
    ]  # fmt: skip


def test_pay_check_tells_a_part_from_all(shop: Marketplace, paid: Payment) -> None:
    shop.refund(uuid=paid["uuid"], amount="0.01")
    assert shop.check(uuid=paid["uuid"])["status"] == "PARTIALLY_REFUNDED"
    shop.refund(uuid=paid["uuid"])
    assert shop.check(uuid=paid["uuid"])["status"] == "REFUNDED"


def test_more_than_is_left_is_refused_and_the_rest_is_told(shop: Marketplace, paypal: Simulator, paid: Payment) -> None:
    shop.refund(uuid=paid["uuid"], amount="1.50")

    with nothing_happens(paypal):
        answer = shop.refund(uuid=paid["uuid"], amount="1.00")

    assert (answer.status, answer["code"], answer["refundable"]) == (409, "refund_exceeds_captured", "0.99")


def test_parts_bring_back_the_marketplaces_share_to_the_cent(shop: Marketplace, paypal: Simulator) -> None:
    """Three thirds of 0.10 are 0.03, 0.04 and 0.03: rounded on the running total, so that the last one brings the rest."""
    payment = paid_to(shop, paypal, "shop-2@dev.example", amount="3.00", platform_fee="0.10")

    for _ in range(3):
        assert shop.refund(uuid=payment["uuid"], amount="1.00").status == 201

    shares = [
        refund["seller_payable_breakdown"].get("platform_fees", [{"amount": {"value": "0.00"}}])[0]["amount"]["value"]
        for refund in paypal.state()["refunds"]
    ]
    assert sorted(shares) == ["0.03", "0.03", "0.04"]


def test_a_part_that_fails_after_a_later_one_was_made_frees_its_share(shop: Marketplace, paypal: Simulator) -> None:
    """Halves of 0.13 are 0.06 and 0.07; the first was not made, and is asked for again behind the second."""
    payment = paid_to(shop, paypal, "shop-4@dev.example", amount="2.50", platform_fee="0.13")
    paypal.fault("refund", "error_500")
    assert shop.refund(uuid=payment["uuid"], amount="1.25").status == 504
    assert shop.refund(uuid=payment["uuid"], amount="1.25").status == 201
    _recover_none(paypal)

    assert shop.refund(uuid=payment["uuid"]).status == 201

    assert books(shop, payment) == (COMPLETED, "2.50", "2.50")
    assert _fees(paypal) == [Decimal("0.07"), Decimal("0.06")]


def test_of_a_fee_as_large_as_a_part_no_more_goes_back_than_that_part(shop: Marketplace, paypal: Simulator) -> None:
    payment = paid_to(shop, paypal, "shop-5@dev.example", amount="2.50", platform_fee="2.00")
    Elsewhere(paypal).refund("2.40")
    shop.forward(paypal.told("PAYMENT.CAPTURE.REFUNDED")[-1])

    assert shop.refund(uuid=payment["uuid"])["amount"] == "0.10"

    # What was given back elsewhere was the seller's alone.
    assert _fees(paypal) == [Decimal(0), Decimal("0.08")]


@pytest.mark.long
@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    captured=st.integers(20, 400),
    permille=st.integers(1, 1000),
    steps=st.lists(st.tuples(st.integers(1, 200), st.sampled_from(FATES)), max_size=10),
)
@example(captured=250, permille=52, steps=[(125, "lost"), (125, "made"), (1, "not_made")])
@example(captured=250, permille=600, steps=[(1, "lost"), (1, "made"), (1, "lost"), (1, "made"), (1, "not_made")])
def test_in_whatever_order_parts_go_back_they_never_bring_more_than_the_fee_and_all_of_them_bring_it(
    shop: Marketplace, paypal: Simulator, captured: int, permille: int, steps: list[tuple[int, str]]
) -> None:
    """`lost` parts are found out later: as made, by a repeat, or as never made."""
    fee = Decimal(max(captured * permille // 1000, 1)) / 100
    payment = paid_to(
        shop, paypal, f"shop-{uuid4()}@dev.example", amount=str(Decimal(captured) / 100), platform_fee=str(fee)
    )
    before = len(paypal.state()["refunds"])

    def refund_a_part(amount: Decimal, fault: str = "") -> int:
        if fault:
            paypal.fault("refund", fault)
        left = Decimal(captured) / 100 - claimed(payment)
        if left == 0:
            return 0
        answer = shop.refund(uuid=payment["uuid"], amount=str(min(amount, left)))
        assert sum(_fees(paypal)[before:]) <= fee
        return answer.status

    for cents, fate in steps:
        match fate:
            case "made":
                assert refund_a_part(Decimal(cents) / 100) in (201, 0)
            case "refused":
                refund_a_part(Decimal(cents) / 100, "issue:REFUND_FAILED_INSUFFICIENT_FUNDS")
            case "lost":
                refund_a_part(Decimal(cents) / 100, "error_500")
            case "not_made":
                _recover_none(paypal)
            case "made_later":
                _recover_all()
    paypal.clear_faults()
    _recover_all()
    refund_a_part(Decimal(captured) / 100)

    assert claimed(payment) == Transaction.objects.get(uuid=payment["uuid"]).refunded_amount == Decimal(captured) / 100
    assert sum(_fees(paypal)[before:]) == fee


def _recover_none(paypal: Simulator) -> None:
    """What is unknown turns out as never made: PayPal repeats its error, and lists nothing, also not a while later."""
    paypal.fault("refund", "error_500", count=0)
    for _ in range(2):
        age(hours=2)
        recovery.run_once(20)
    paypal.clear_faults()


def _recover_all() -> None:
    make_due()
    recovery.run_once(20)


def _fees(paypal: Simulator) -> list[Decimal]:
    """What refunds took of the marketplace's share, in the order in which PayPal made them."""
    nothing = [{"amount": {"value": "0"}}]
    breakdowns = [refund["seller_payable_breakdown"] for refund in paypal.state()["refunds"]]
    return [Decimal(shown.get("platform_fees", nothing)[0]["amount"]["value"]) for shown in breakdowns]


def test_a_failed_part_frees_its_amount_and_no_other(shop: Marketplace, paypal: Simulator, paid: Payment) -> None:
    shop.refund(uuid=paid["uuid"], amount="1.00")
    paypal.fault("refund", "issue:REFUND_FAILED_INSUFFICIENT_FUNDS")
    assert shop.refund(uuid=paid["uuid"], amount="1.00").status == 422

    assert claimed(paid) == Decimal("1.00")
    assert shop.refund(uuid=paid["uuid"])["amount"] == "1.49"


def test_yen_are_refunded_in_whole_yen(shop: Marketplace, paypal: Simulator) -> None:
    payment = paid_to(shop, paypal, "shop-3@dev.example", amount="150", currency="JPY", platform_fee="15")

    assert shop.refund(uuid=payment["uuid"], amount="0.5").status == 400
    assert shop.refund(uuid=payment["uuid"], amount="50")["amount"] == "50"
    assert shop.refund(uuid=payment["uuid"])["amount"] == "100"
    assert books(shop, payment) == (COMPLETED, "150", "150")
    fees = [
        refund["seller_payable_breakdown"]["platform_fees"][0]["amount"]["value"]
        for refund in paypal.state()["refunds"]
    ]
    assert fees == ["5", "10"]


def test_a_slow_part_is_done_when_paypal_says_so(shop: Marketplace, paypal: Simulator) -> None:
    payment = paid_to(shop, paypal, "slowrefund-part@dev.example")
    slow = shop.refund(uuid=payment["uuid"], amount="1.00")
    assert shop.check(uuid=slow["uuid"])["status"] == "PENDING"

    paypal.advance(4 * 24 * 3600)

    assert shop.check(uuid=slow["uuid"])["status"] == "COMPLETED"
    assert books(shop, payment) == (COMPLETED, "2.49", "1.00")
    assert shop.event_types()[-1] == "refund.completed"


@pytest.mark.parametrize(
    ("seen", "ended"),
    [
        # Older than what is known.
        (RefundSeen.UNDER_WAY, (FAILED, "0.00")),
        # Money that moved counts whenever it is seen.
        (RefundSeen.DONE, (COMPLETED, "1.00")),
    ],
)
def test_what_was_seen_of_a_refund_before_it_failed_does_not_open_it_again(
    shop: Marketplace, paypal: Simulator, monkeypatch: pytest.MonkeyPatch, seen: RefundSeen, ended: tuple[int, str]
) -> None:
    payment = paid_to(shop, paypal, "slowrefund-part@dev.example")
    slow = shop.refund(uuid=payment["uuid"], amount="1.00")
    ask, asked = calls.ask, list[str]()

    def look_and_stand_still(provider: str, call: Call) -> Result:
        found = ask(provider, call)
        if found.refund is None:
            return found
        asked.append(call.operation)
        if len(asked) > 1:
            return replace(found, refund=replace(found.refund, state=RefundSeen.FAILED))
        # Another one looks meanwhile, and sees that it has failed.
        assert Marketplace().check(uuid=slow["uuid"])["status"] == "FAILED"
        return replace(found, refund=replace(found.refund, state=seen))

    monkeypatch.setattr(calls, "ask", look_and_stand_still)
    assert shop.check(uuid=slow["uuid"]).status == 201

    row = shop.transaction(slow["transaction"])
    assert (row["status"], books(shop, payment)[2]) == ended
    assert claimed(payment) == Decimal(ended[1])


# --- 400, 409 ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("amount", ["0", "0.00", "-2.49", "2.495", "1e1", "a lot", True, []])
def test_an_amount_that_is_none_is_refused(shop: Marketplace, paypal: Simulator, paid: Payment, amount: Any) -> None:
    with nothing_happens(paypal):
        answer = shop.refund(uuid=paid["uuid"], amount=amount)

    assert (answer.status, list(answer.json)) == (400, ["amount"])
    assert claimed(paid) == 0


@pytest.mark.parametrize("amount", ["2.50", "1000000", 3])
def test_more_than_was_captured_is_refused(shop: Marketplace, paypal: Simulator, paid: Payment, amount: Any) -> None:
    with nothing_happens(paypal):
        answer = shop.refund(uuid=paid["uuid"], amount=amount)

    assert (answer.status, answer["code"], answer["refundable"]) == (409, "refund_exceeds_captured", "2.49")


def test_what_was_not_captured_cannot_be_refunded(shop: Marketplace, paypal: Simulator, app_id: str) -> None:
    waiting = shop.pay(app_id)
    refused = shop.pay(shop.product("closed-shop@dev.example"))

    with nothing_happens(paypal):
        for payment in (waiting, refused):
            answer = shop.refund(uuid=payment["uuid"])
            assert (answer.status, set(answer.json)) == (409, {"detail", "code", "refundable"})
            assert (answer["code"], answer["refundable"]) == ("not_captured", "0.00")


def test_a_409_is_not_kept_under_its_key(shop: Marketplace, paypal: Simulator, app_id: str) -> None:
    payment = shop.pay(app_id)
    assert shop.refund(KEY, uuid=payment["uuid"]).status == 409
    paypal.approve(payment["pay_url"])
    shop.check(uuid=payment["uuid"])

    assert shop.refund(KEY, uuid=payment["uuid"]).status == 201


def test_a_refund_cannot_be_refunded(shop: Marketplace, paypal: Simulator, paid: Payment) -> None:
    refund = shop.refund(uuid=paid["uuid"])

    with nothing_happens(paypal):
        answer = shop.refund(uuid=refund["uuid"])

    assert (answer.status, list(answer.json)) == (400, ["__all__"])


# --- 422: the seller's fault fails the refund, never the payment ----------------------------------------------------


@pytest.mark.parametrize(
    ("payee", "code"),
    [
        ("norefund-shop@dev.example", "PERMISSION_DENIED"),
        ("insufficient-shop@dev.example", "REFUND_FAILED_INSUFFICIENT_FUNDS"),
    ],
)
def test_a_refused_refund_fails_and_frees_the_amount(
    shop: Marketplace, paypal: Simulator, payee: str, code: str
) -> None:
    payment = paid_to(shop, paypal, payee)

    answer = shop.refund(uuid=payment["uuid"])

    assert answer.status == 422
    assert set(answer.json) == {"paypal", "transaction", "uuid"}
    assert answer["paypal"]["__all__"][0]["code"] == code
    refund = shop.transaction(answer["transaction"])
    assert (refund["type"], refund["status"], refund["outcome"], refund["status_reason"]) == (
        1, FAILED, "declined", code,
    )  # fmt: skip
    assert books(shop, payment) == (COMPLETED, "2.49", "0.00")
    assert claimed(payment) == 0
    assert shop.check(uuid=payment["uuid"])["status"] == "COMPLETED"


def test_a_refund_made_elsewhere_is_recorded_when_ours_comes_too_late(
    shop: Marketplace, paypal: Simulator, paid: Payment
) -> None:
    elsewhere = Elsewhere(paypal).refund()

    answer = shop.refund(uuid=paid["uuid"])

    assert answer.status == 422
    assert answer["paypal"]["__all__"][0]["code"] == "CAPTURE_FULLY_REFUNDED"
    assert books(shop, paid) == (COMPLETED, "2.49", "2.49")
    relations = shop.transaction(paid["transaction"])["relations"]
    assert sorted((row["status"], row["uid_pay"] == elsewhere["id"]) for row in relations) == [
        (COMPLETED, True),
        (FAILED, False),
    ]
    # Nothing is left for refunds of ours, and nothing is counted twice.
    again = shop.refund(uuid=paid["uuid"])
    assert (again.status, again["refundable"]) == (409, "0.00")
    assert shop.check(uuid=paid["uuid"])["status"] == "REFUNDED"


def test_a_part_refunded_elsewhere_makes_ours_fail_at_paypal(
    shop: Marketplace, paypal: Simulator, paid: Payment
) -> None:
    Elsewhere(paypal).refund("1.00")

    answer = shop.refund(uuid=paid["uuid"])

    assert (answer.status, answer["paypal"]["amount"][0]["code"]) == (422, "REFUND_AMOUNT_EXCEEDED")
    assert claimed(paid) == 0


# --- 502, 503 ------------------------------------------------------------------------------------------------------


def test_a_refund_that_cannot_be_sent_is_errored_and_frees_the_amount(
    shop: Marketplace, paypal: Simulator, paid: Payment
) -> None:
    with paypal_away():
        answer = shop.refund(KEY, uuid=paid["uuid"])

    assert (answer.status, answer["code"]) == (502, "provider_unreachable")
    assert set(answer.json) == {"detail", "code", "transaction", "uuid"}
    refund = shop.transaction(answer["transaction"])
    assert (refund["status"], refund["outcome"]) == (ERRORED, "not_sent")
    assert claimed(paid) == 0
    assert shop.event_types()[-2:] == ["refund.pending", "refund.errored"]

    again = shop.refund(KEY, uuid=paid["uuid"])
    assert (again.status, again["status"]) == (201, "COMPLETED")
    assert again["transaction"] != answer["transaction"]
    assert len(paypal.state()["refunds"]) == 1


def test_a_refund_under_wrong_credentials_is_our_configuration(
    shop: Marketplace, paypal: Simulator, paid: Payment
) -> None:
    with another_paypal(SOLITUDE_PAYPAL_CLIENT_SECRET="wrong-one"):
        answer = shop.refund(uuid=paid["uuid"])

    assert (answer.status, answer["code"]) == (502, "provider_configuration")
    assert claimed(paid) == 0


def test_a_429_for_a_refund_asks_to_come_back(shop: Marketplace, paypal: Simulator, paid: Payment) -> None:
    paypal.fault("refund", "rate_limit_429", retry_after_s=5)

    answer = shop.refund(uuid=paid["uuid"])

    assert (answer.status, answer["code"], answer.headers["Retry-After"]) == (503, "provider_busy", "5")
    assert claimed(paid) == 0


# --- 504 -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", [*LOST_ANSWERS, *NO_ANSWERS, "timeout_after"])
def test_an_unclear_refund_is_found_out_and_happens_once(
    shop: Marketplace, paypal: Simulator, paid: Payment, fault: str
) -> None:
    paypal.fault("refund", fault, delay_ms=TOO_LATE_MS)

    answer = shop.refund(KEY, uuid=paid["uuid"])

    assert (answer.status, answer["code"]) == (504, "outcome_unknown")
    refund = shop.transaction(answer["transaction"])
    assert (refund["status"], refund["outcome"]) == (PENDING, "unknown")
    # Until somebody knows, its amount is held.
    assert shop.refund(uuid=paid["uuid"]).status == 409
    again = shop.refund(KEY, uuid=paid["uuid"])
    assert (again.status, again["uuid"], again["status"]) == (201, answer["uuid"], "COMPLETED")
    assert len(paypal.state()["refunds"]) == 1
    assert books(shop, paid) == (COMPLETED, "2.49", "2.49")


def test_a_check_finds_out_about_a_refund(shop: Marketplace, paypal: Simulator, paid: Payment) -> None:
    paypal.fault("refund", "disconnect_after")
    answer = shop.refund(uuid=paid["uuid"])

    checked = shop.check(uuid=answer["uuid"])

    assert (checked.status, checked["status"]) == (201, "COMPLETED")
    assert shop.check(uuid=paid["uuid"])["status"] == "REFUNDED"
    assert len(paypal.state()["refunds"]) == 1


def test_a_refund_stays_unknown_while_paypal_is_away(shop: Marketplace, paypal: Simulator, paid: Payment) -> None:
    paypal.fault("refund", "disconnect_after")
    answer = shop.refund(uuid=paid["uuid"])

    with paypal_away():
        assert shop.check(uuid=answer["uuid"]).status == 504

    assert claimed(paid) == Decimal("2.49")
    assert shop.check(uuid=answer["uuid"])["status"] == "COMPLETED"


@pytest.mark.parametrize("fault", ["error_500", "issue:INVALID_ACCOUNT_STATUS", "rate_limit_429"])
def test_fully_refunded_without_a_look_up_is_unknown(
    shop: Marketplace, paypal: Simulator, paid: Payment, fault: str
) -> None:
    """It may have been this very refund: its amount is not free before that is known."""
    Elsewhere(paypal).refund()
    paypal.fault("get_order", fault, count=2 if fault.startswith("issue:") else 1)

    answer = shop.refund(uuid=paid["uuid"])

    assert answer.status == 504
    assert claimed(paid) == Decimal("2.49")
    checked = shop.check(uuid=answer["uuid"])
    assert (checked["status"], claimed(paid)) == ("FAILED", Decimal("2.49"))
    assert books(shop, paid) == (COMPLETED, "2.49", "2.49")


def test_beyond_paypals_memory_a_refund_is_not_sent_again(
    shop: Marketplace, paypal: Simulator, paid: Payment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("solitude.providers.paypal.rest.refunds.REFUND_MEMORY_S", -1)
    paypal.fault("refund", "disconnect_after")
    done = shop.refund(uuid=paid["uuid"])

    assert shop.check(uuid=done["uuid"])["status"] == "COMPLETED"

    assert len(paypal.calls("refund")) == 1
    assert books(shop, paid) == (COMPLETED, "2.49", "2.49")


def test_beyond_paypals_memory_a_refund_that_paypal_does_not_list_was_not_made(
    shop: Marketplace, paypal: Simulator, paid: Payment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("solitude.providers.paypal.rest.refunds.REFUND_MEMORY_S", -1)
    paypal.fault("refund", "disconnect_before")
    lost = shop.refund(uuid=paid["uuid"])

    age(hours=1)
    assert shop.check(uuid=lost["uuid"])["status"] == "FAILED"

    assert paypal.state()["refunds"] == []
    assert claimed(paid) == 0


# --- the database itself -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("claim", ["2.50", "-0.01"])
def test_the_database_refuses_refunds_beyond_what_was_captured(paid: Payment, claim: str) -> None:
    """Whatever a program does: the constraint stands behind it."""
    rows = Transaction.objects.filter(uuid=paid["uuid"])

    with pytest.raises(IntegrityError):
        rows.update(refund_claimed_amount=Decimal(claim))

    rows.update(refund_claimed_amount=Decimal("2.49"))


def test_the_database_refuses_refunds_of_what_was_not_captured(shop: Marketplace, app_id: str) -> None:
    waiting = shop.pay(app_id)

    # NULL is not false to a CHECK constraint, so this row's limit is the condition of the claim itself.
    payment = Transaction.objects.get(uuid=waiting["uuid"])
    with pytest.raises(refund.NotRefundable), transaction.atomic():
        refund.begin(payment, Money(Decimal("0.01"), "EUR"), "paypal", Intent(), {}, None)
    assert claimed(waiting.json) == 0


def test_cents_add_up_exactly(shop: Marketplace, paypal: Simulator, app_id: str) -> None:
    """0.10 + 0.20 is 0.30 in the database's own arithmetic, on every database."""
    payment = shop.pay(app_id, amount="0.30")
    paypal.approve(payment["pay_url"])
    shop.check(uuid=payment["uuid"])
    row = Transaction.objects.get(uuid=payment["uuid"])

    for part in ("0.10", "0.20"):
        with transaction.atomic():
            refund.begin(row, Money(Decimal(part), "EUR"), "paypal", Intent(), {}, None)

    assert claimed(payment.json) == Decimal("0.30")
    with pytest.raises(refund.NotRefundable) as none_left, transaction.atomic():
        refund.begin(row, Money(Decimal("0.01"), "EUR"), "paypal", Intent(), {}, None)
    assert (none_left.value.code, none_left.value.refundable.text) == (refund.EXCEEDS, "0.00")


# --- If-Match ------------------------------------------------------------------------------------------------------


def tag_of(shop: Marketplace, payment: Payment) -> str:
    return str(shop.get(payment["transaction"]).headers["ETag"])


def test_a_refund_of_the_state_that_was_seen(shop: Marketplace, paypal: Simulator, paid: Payment) -> None:
    seen = tag_of(shop, paid)

    assert shop.refund({"If-Match": seen}, uuid=paid["uuid"], amount="1.00").status == 201

    assert tag_of(shop, paid) != seen
    assert books(shop, paid) == (COMPLETED, "2.49", "1.00")


def test_a_refund_of_a_state_that_is_no_more_sends_nothing(shop: Marketplace, paypal: Simulator, paid: Payment) -> None:
    seen = tag_of(shop, paid)
    shop.refund(uuid=paid["uuid"], amount="1.00")

    with nothing_happens(paypal):
        answer = shop.refund({"If-Match": seen}, uuid=paid["uuid"], amount="1.00")

    assert (answer.status, answer.text) == (412, "")
    assert claimed(paid) == Decimal("1.00")
    assert shop.refund({"If-Match": tag_of(shop, paid)}, uuid=paid["uuid"], amount="1.00").status == 201


@pytest.mark.parametrize("amount", ["x", "0", "-1.00", "1.001"])
def test_an_amount_that_is_wrong_is_told_before_a_state_that_is_no_more(
    shop: Marketplace, paypal: Simulator, paid: Payment, amount: str
) -> None:
    with nothing_happens(paypal):
        answer = shop.refund({"If-Match": '"x"'}, uuid=paid["uuid"], amount=amount)

    assert (answer.status, list(answer.json)) == (400, ["amount"])


def test_that_something_else_than_a_payment_is_named_is_told_before_its_state_too(
    shop: Marketplace, paypal: Simulator, paid: Payment
) -> None:
    back = shop.refund(uuid=paid["uuid"], amount="1.00")

    answer = shop.refund({"If-Match": '"x"'}, uuid=back["uuid"])

    assert (answer.status, list(answer.json)) == (400, ["__all__"])


def test_a_refund_made_elsewhere_changes_the_state(shop: Marketplace, paypal: Simulator, paid: Payment) -> None:
    """Which is what a client wants to know before it gives back the same money."""
    seen = tag_of(shop, paid)
    Elsewhere(paypal).refund("1.00")
    (event,) = paypal.told("PAYMENT.CAPTURE.REFUNDED")
    shop.forward(event)

    with nothing_happens(paypal):
        assert shop.refund({"If-Match": seen}, uuid=paid["uuid"]).status == 412


@pytest.mark.parametrize("tag", ['"x"', "", "W/", '"*"'])
def test_a_tag_that_was_never_given_matches_nothing(
    shop: Marketplace, paypal: Simulator, paid: Payment, tag: str
) -> None:
    with nothing_happens(paypal):
        assert shop.refund({"If-Match": tag}, uuid=paid["uuid"]).status == 412


def test_two_refunds_of_the_same_state_have_one_effect(shop: Marketplace, paypal: Simulator, paid: Payment) -> None:
    seen = tag_of(shop, paid)
    paypal.fault("refund", "latency", count=0, delay_ms=100)

    answers = at_once(2, lambda _: Marketplace().refund({"If-Match": seen}, uuid=paid["uuid"], amount="1.00"))

    assert sorted(answer.status for answer in answers) == [201, 412]
    assert len(paypal.calls("refund")) == len(paypal.state()["refunds"]) == 1
    assert claimed(paid) == Decimal("1.00")


def test_a_key_answers_for_its_refund_whatever_its_tag_says_by_now(
    shop: Marketplace, paypal: Simulator, paid: Payment
) -> None:
    """Its own refund made the tag stale: that is no reason to be told of another state."""
    headers = KEY | {"If-Match": tag_of(shop, paid)}
    paypal.fault("refund", "disconnect_after")
    assert shop.refund(headers, uuid=paid["uuid"], amount="1.00").status == 504

    again = shop.refund(headers, uuid=paid["uuid"], amount="1.00")
    replayed = shop.refund(headers, uuid=paid["uuid"], amount="1.00")

    assert (again.status, replayed.status) == (201, 201)
    assert replayed.headers["Idempotency-Replayed"] == "true"
    assert len(paypal.state()["refunds"]) == 1


def test_a_key_that_met_another_state_may_be_used_with_the_new_tag(
    shop: Marketplace, paypal: Simulator, paid: Payment
) -> None:
    assert shop.refund(KEY | {"If-Match": '"x"'}, uuid=paid["uuid"]).status == 412

    answer = shop.refund(KEY | {"If-Match": tag_of(shop, paid)}, uuid=paid["uuid"])

    assert (answer.status, len(paypal.state()["refunds"])) == (201, 1)
