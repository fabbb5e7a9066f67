"""Whatever PayPal's classic interface answers, it is understood or it is UNKNOWN: nothing raises, and nothing is guessed."""

from functools import cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.paypal.classic.world import (
    AMOUNT,
    PARTNER,
    PAY_KEY,
    PREAPPROVAL,
    SELLER,
    call,
    error,
    money,
    part_of,
    payment,
    preapproved,
    refunded,
    refunding,
    said,
    saying,
)

from solitude.payments.contract import Call, Operation, Outcome, RefundSeen, Result, Seen, Share
from solitude.providers.paypal.classic.provider import ClassicPayPal
from solitude.providers.paypal.classic.wire import Ask, Reply

CHAIN = (Share(PARTNER, money("1.12")),)
OPERATIONS = {
    Operation.PAY: call(),
    Operation.LOOK_UP: call(Operation.LOOK_UP),
    Operation.REFUND: refunding(),
    Operation.LOOK_UP_REFUND: refunding(),
    Operation.ASK_CONSENT: preapproved(Operation.ASK_CONSENT),
    Operation.STORE_CREDENTIAL: preapproved(Operation.STORE_CREDENTIAL),
    Operation.DELETE_CREDENTIAL: preapproved(Operation.DELETE_CREDENTIAL),
}


@cache
def paypal_of_the_tests() -> ClassicPayPal:
    return ClassicPayPal()


def answered(pairs: dict[str, str], asked: Call, status: int = 200, operation: Operation | None = None) -> Result:
    """What the provider makes of PayPal answering everything like this."""
    with pytest.MonkeyPatch.context() as patch:

        def ask(_: Ask) -> Reply:
            return Reply(status, pairs, "responseEnvelope.ack" in pairs, None, ())

        patch.setattr(paypal_of_the_tests().wire, "ask", ask)
        return paypal_of_the_tests()._performers[operation or asked.operation](asked)


# --- payments ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pairs", "outcome", "seen"),
    [
        (payment("CREATED"), Outcome.PENDING, Seen.NOT_APPROVED),
        (payment("EXPIRED"), Outcome.DECLINED, Seen.EXPIRED),
        (payment("ERROR"), Outcome.DECLINED, Seen.DECLINED),
        (payment("PROCESSING"), Outcome.PENDING, Seen.UNDER_REVIEW),
        (payment("PENDING", "PENDING"), Outcome.PENDING, Seen.UNDER_REVIEW),
        (payment(), Outcome.SUCCEEDED, Seen.PAID),
        (payment(part="REFUNDED"), Outcome.SUCCEEDED, Seen.PAID),
        (payment(part="PARTIALLY_REFUNDED"), Outcome.SUCCEEDED, Seen.PAID),
        (payment(part="REVERSED"), Outcome.SUCCEEDED, Seen.PAID),
        (payment(part="PENDING"), Outcome.PENDING, Seen.UNDER_REVIEW),
        (payment(part="DENIED"), Outcome.DECLINED, Seen.DECLINED),
        (payment(part="FAILED"), Outcome.DECLINED, Seen.DECLINED),
    ],
    ids=lambda value: str(value) if not isinstance(value, dict) else "",
)
def test_a_payment_is_read_by_the_sellers_part(pairs: dict[str, str], outcome: Outcome, seen: Seen) -> None:
    found = answered(pairs, OPERATIONS[Operation.LOOK_UP])

    assert found.outcome == outcome
    assert found.evidence is not None
    assert found.evidence.state == seen
    assert found.ids["payment"] == PAY_KEY


def test_where_the_buyer_approves_is_paypals_page() -> None:
    found = answered(said(payKey=PAY_KEY, paymentExecStatus="CREATED"), call())

    assert found.evidence is not None
    assert found.evidence.pay_url.endswith(f"/cgi-bin/webscr?cmd=_ap-payment&paykey={PAY_KEY}")


def test_of_a_chained_payment_the_primary_receiver_is_the_seller() -> None:
    first, second = part_of(0, PARTNER, "1.12"), part_of(1, SELLER, "3.75", primary="true")

    found = answered(said(status="COMPLETED", payKey=PAY_KEY) | first | second, OPERATIONS[Operation.LOOK_UP])

    assert found.evidence is not None
    assert found.evidence.captured == AMOUNT
    assert found.ids["capture"] == "7TU31598YN877041D"


def test_what_a_look_up_sees_paid_awaits_its_notice_and_what_we_took_by_pre_approval_does_not() -> None:
    seen = answered(payment(), OPERATIONS[Operation.LOOK_UP]).evidence
    taken = answered(
        said(payKey=PAY_KEY, paymentExecStatus="COMPLETED") | payment(), preapproved(Operation.PAY)
    ).evidence

    assert (seen and seen.awaits_notice, taken and taken.awaits_notice) == (True, False)


@pytest.mark.parametrize(
    "pairs",
    [
        payment(payKey=""),
        payment(payKey="../../Refund"),
        payment("NEW_ONE"),
        payment(trackingId="another-operation"),
        payment(currencyCode="EUR"),
        payment(part="NEW_ONE"),
        payment() | part_of(0, SELLER, "3.76"),
        payment() | part_of(0, SELLER, "many"),
        payment() | part_of(0, SELLER, "3.75", primary="true") | part_of(1, PARTNER, "1.12", primary="true"),
        payment() | part_of(1, PARTNER, "1.12"),
        payment() | {"paymentInfoList.paymentInfo(0).transactionId": "a/b"},
        said(status="INCOMPLETE", payKey=PAY_KEY),
        said(status="REVERSALERROR", payKey=PAY_KEY),
        said(),
        {},
    ],
)
def test_a_payment_that_is_not_ours_or_not_understood_is_unknown(pairs: dict[str, str]) -> None:
    found = answered(pairs, call(Operation.LOOK_UP, ids={}))

    assert (found.outcome, found.evidence) == (Outcome.UNKNOWN, None)


# --- refunds -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "outcome", "state"),
    [("REFUNDED", Outcome.SUCCEEDED, RefundSeen.DONE), ("REFUNDED_PENDING", Outcome.PENDING, RefundSeen.UNDER_WAY)],
)
def test_a_refund_that_is_done_or_under_way(status: str, outcome: Outcome, state: RefundSeen) -> None:
    found = answered(said() | refunded(status), refunding())

    assert found.outcome == outcome
    assert found.refund is not None
    assert (found.refund.id, found.refund.state, found.refund.amount) == ("8XY12345678901230", state, AMOUNT)
    assert found.facts == {
        "0.status": status, "0.amount": "3.75", "0.gross": "3.75", "0.net": "3.64", "0.fee": "0.11",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("status", "code"),
    [
        ("NO_API_ACCESS_TO_RECEIVER", "REFUND_FAILED"),
        ("ALREADY_REVERSED_OR_REFUNDED", "REFUND_FAILED"),
        ("INSUFFICIENT_BALANCE", "INSUFFICIENT_BALANCE"),
        ("REFUND_NOT_ALLOWED", "REFUND_NOT_ALLOWED"),
        ("NOT_PAID", "NOT_PAID"),
        ("AMOUNT_EXCEEDS_REFUNDABLE", "AMOUNT_EXCEEDS_REFUNDABLE"),
        ("PREVIOUS_REFUND_PENDING", "PREVIOUS_REFUND_PENDING"),
        ("NOT_PROCESSED", "NOT_PROCESSED"),
    ],
)
def test_a_refund_that_was_not_made(status: str, code: str) -> None:
    found = answered(said() | refunded(status), refunding())

    assert (found.outcome, found.refund) == (Outcome.DECLINED, None)
    assert found.reason is not None
    assert found.reason.code == code


@pytest.mark.parametrize("status", ["REFUND_ERROR", "PREVIOUS_REFUND_ERROR", "NEW_ONE", ""])
def test_a_refund_of_which_paypal_does_not_say_whether_it_was_made(status: str) -> None:
    assert answered(said() | refunded(status), refunding()).outcome == Outcome.UNKNOWN


def test_a_refund_of_another_amount_is_not_understood() -> None:
    assert answered(said() | refunded(gross="3.74"), refunding()).outcome == Outcome.UNKNOWN


def test_of_a_chained_payment_everybody_gives_back_a_part() -> None:
    seller, partner = refunded(gross="2.63"), refunded(place=1, email=PARTNER, gross="1.12")

    found = answered(said() | seller | partner, refunding(shares=CHAIN))

    assert found.refund is not None
    assert found.refund.amount == AMOUNT
    assert (found.facts["0.gross"], found.facts["1.gross"]) == ("2.63", "1.12")
    assert not [text for text in found.facts.values() if "@" in text]


def test_a_part_that_cannot_be_given_back_leaves_the_whole_unknown() -> None:
    seller, partner = refunded(), refunded("NO_API_ACCESS_TO_RECEIVER", place=1, email=PARTNER)

    found = answered(said() | seller | partner, refunding(shares=CHAIN))

    assert (found.outcome, found.reason and found.reason.code) == (Outcome.UNKNOWN, "PARTLY_REFUNDED")


@pytest.mark.parametrize(
    ("pending", "back", "state"),
    [
        ("true", "0.00", RefundSeen.UNDER_WAY),
        ("false", "3.75", RefundSeen.DONE),
        ("false", "0.00", RefundSeen.FAILED),
    ],
)
def test_a_refund_under_way_is_told_by_the_payment(pending: str, back: str, state: RefundSeen) -> None:
    pairs = payment(refunded=back) | {"paymentInfoList.paymentInfo(0).pendingRefund": pending}

    found = answered(pairs, refunding(), operation=Operation.LOOK_UP_REFUND)

    assert found.refund is not None
    assert found.refund.state == state


# --- pre-approval --------------------------------------------------------------------------------------------------


def test_a_pre_approval_is_asked_for_and_given() -> None:
    asked = answered(said(preapprovalKey=PREAPPROVAL), preapproved(Operation.ASK_CONSENT))
    given = answered(said(approved="true", status="ACTIVE"), preapproved(Operation.STORE_CREDENTIAL))

    assert asked.outcome == Outcome.PENDING
    assert asked.evidence is not None
    assert asked.evidence.pay_url.endswith(f"/cgi-bin/webscr?cmd=_ap-preapproval&preapprovalkey={PREAPPROVAL}")
    assert given.outcome == Outcome.SUCCEEDED
    assert asked.credential == given.credential


@pytest.mark.parametrize(
    ("pairs", "outcome", "code"),
    [
        (said(approved="false", status="ACTIVE"), Outcome.DECLINED, "not_approved"),
        (said(approved="false"), Outcome.DECLINED, "not_approved"),
        (said(approved="true", status="CANCELED"), Outcome.DECLINED, "569013"),
        (said(approved="perhaps"), Outcome.UNKNOWN, "HTTP_200"),
        (error("589019"), Outcome.DECLINED, "589019"),
    ],
)
def test_a_pre_approval_that_was_not_given(pairs: dict[str, str], outcome: Outcome, code: str) -> None:
    found = answered(pairs, preapproved(Operation.STORE_CREDENTIAL))

    assert (found.outcome, found.reason and found.reason.code, found.credential) == (outcome, code, None)


@pytest.mark.parametrize(
    ("pairs", "outcome"),
    [
        (said(), Outcome.SUCCEEDED),
        (error("569013"), Outcome.SUCCEEDED),
        (error("589019"), Outcome.SUCCEEDED),
        (error("540031"), Outcome.UNKNOWN),
    ],
)
def test_a_pre_approval_that_is_gone_is_what_was_wanted(pairs: dict[str, str], outcome: Outcome) -> None:
    assert answered(pairs, preapproved(Operation.DELETE_CREDENTIAL)).outcome == outcome


# --- errors --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "parameter", "field", "message"),
    [
        ("579031", "", "use_preapproval", "More than the pre-approval allows in total."),
        ("569013", "", "use_preapproval", "The pre-approval was cancelled."),
        ("539041", "", "app_id", "The seller's country cannot receive payments."),
        ("579017", "", "platform_fee", "The shares are more than the amount."),
        ("580022", "", "currency", "US Dollar"),
        ("580027", "currencyCode", "currency", "US Dollar"),
        ("580022", "returnUrl", "return_url", "PayPal does not take this value."),
        ("580022", "receiverList.receiver(0).amount", "amount", "PayPal does not take this value."),
        ("999999", "", "__all__", ""),
    ],
)
def test_an_error_says_which_field_and_repeats_no_value(number: str, parameter: str, field: str, message: str) -> None:
    found = answered(error(number, parameter), call())

    assert found.outcome == Outcome.DECLINED
    assert found.reason is not None
    assert (found.reason.code, found.reason.field, found.reason.message) == (number, field, message)


@pytest.mark.parametrize(
    ("pairs", "status"),
    [
        (error("500000"), 200),
        (error("520002"), 200),
        (error("579031", category="System"), 200),
        (error("579031"), 500),
        ({}, 503),
        (error(""), 200),
    ],
)
def test_an_error_of_paypals_own_says_nothing_about_the_payment(pairs: dict[str, str], status: int) -> None:
    assert answered(pairs, call(), status).outcome == Outcome.UNKNOWN


def test_a_refund_in_part_of_a_chained_payment_is_refused() -> None:
    found = answered(error("589041"), refunding("1.00"))

    assert found.reason is not None
    assert (found.outcome, found.reason.field) == (Outcome.DECLINED, "amount")


# --- anything ------------------------------------------------------------------------------------------------------

MESSAGES: list[dict[str, str]] = [
    payment(), said() | refunded(), said(preapprovalKey=PREAPPROVAL), said(approved="true"), error("579031"),
    said(payKey=PAY_KEY, paymentExecStatus="CREATED"),
]  # fmt: skip


@given(st.data())
def test_nothing_that_is_answered_raises(data: st.DataObject) -> None:
    pairs: dict[str, Any] = dict(data.draw(st.sampled_from(MESSAGES)))
    for name in data.draw(st.lists(st.sampled_from(sorted(pairs)), max_size=3)):
        pairs[name] = data.draw(st.text(max_size=8))
    for name in data.draw(st.lists(st.sampled_from(sorted(pairs)), max_size=2, unique=True)):
        del pairs[name]
    operation = data.draw(st.sampled_from(sorted(OPERATIONS)))

    found = answered(pairs, OPERATIONS[operation], data.draw(st.sampled_from([200, 400, 500])), operation)

    # The amounts of an answer that was changed are ours, or it is not understood.
    assert found.evidence is None or found.evidence.captured in (None, AMOUNT)
    assert found.refund is None or found.refund.amount == AMOUNT


def test_a_whole_refund_names_nobody_and_a_part_names_the_seller() -> None:
    with saying(said() | refunded()) as (paypal, peer):
        paypal.perform(refunding())
        paypal.perform(refunding("1.00"))

    whole, part = (request.partition(b"\r\n\r\n")[2].decode() for request in peer.requests)
    assert "receiverList" not in whole
    assert (
        f"payKey={PAY_KEY}&receiverList.receiver(0).amount=1.00&receiverList.receiver(0).email=sam%40dev.example"
        in part
    )
