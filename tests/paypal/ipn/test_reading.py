"""What IPNs say, in both of their forms."""

from decimal import Decimal
from functools import cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.paypal.ipn.world import PAY_KEY, REFUND, SELLER, TRANSACTION, adaptive, detail, raw, standard

from solitude.money.money import Money
from solitude.payments.contract import Action, Notice, NotUnderstood, RefundSeen, Seen
from solitude.providers.paypal.ipn import message
from solitude.providers.paypal.ipn.inbound import HEADERS, Ipns

PAY, ADJUSTMENT = "Adaptive Payment PAY", "Adjustment"
PRIMARY, OTHER = {"is_primary_receiver": "true"}, {"is_primary_receiver": "false"}


@cache
def ipns() -> Ipns:
    """One for all: each has certificates of authorities to read."""
    return Ipns()


def read(fields: dict[str, str]) -> Notice:
    return ipns().read(HEADERS, raw(fields).encode())


def usd(text: str) -> Money:
    return Money(Decimal(text), "USD")


# --- the form ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "memo"),
    [
        (b"charset=windows-1252&memo=Caf%e9+%80", "Café €"),
        (b"charset=UTF-8&memo=Caf%c3%a9", "Café"),
        (b"charset=Shift_JIS&memo=%83%8D%83%7B", "ロボ"),
        (b"charset=gb2312&memo=%D6%D0", "中"),
        (b"memo=Caf%e9", "Café"),
        (b"charset=KOI-0&memo=Caf%e9", "Café"),
        (b"charset=zlib&memo=Caf%e9", "Café"),
        # What no database keeps as a text: NUL, and half of a surrogate pair.
        (b"memo=a%00b", "a\ufffdb"),
        (b"charset=utf-7&memo=%2B2AA-", "?"),
    ],
)
def test_the_form_is_read_in_the_character_set_that_it_names(body: bytes, memo: str) -> None:
    assert message.fields(body)["memo"] == memo


@pytest.mark.parametrize("body", [b"no form", b"a=1&a=2", "é=1".encode(), b"&".join(b"f%d=1" % n for n in range(1001))])
def test_what_is_no_form_is_not_understood(body: bytes) -> None:
    with pytest.raises(NotUnderstood):
        message.fields(body)


def test_an_ipn_has_no_id_but_its_bytes() -> None:
    one, again, other = (read(adaptive(memo=memo) | detail()).event_id for memo in ("a", "a", "b"))

    assert one == again != other
    assert len(one) <= 128


@pytest.mark.parametrize("resent", [{"resend": "true"} | adaptive(), adaptive() | {"resend": "true"}])
def test_one_that_is_sent_again_is_the_same_one(resent: dict[str, str]) -> None:
    assert read(resent | detail()).event_id == read(adaptive() | detail()).event_id


# --- the classic interface -----------------------------------------------------------------------------------------


def test_a_payment_that_was_taken() -> None:
    told = read(adaptive(tracking_id="our-key") | detail(amount="USD 1,234.50"))

    assert (told.action, told.reference, told.amount) == (Action.PAYMENT, "our-key", usd("1234.50"))
    assert told.ids == {"payment": PAY_KEY, "capture": TRANSACTION}
    assert told.payees == (SELLER,)
    assert told.payment is not None
    assert (told.payment.state, told.payment.awaits_notice) == (Seen.PAID, False)


@pytest.mark.parametrize(
    ("fields", "seen"),
    [
        (adaptive() | detail(status="Pending", pending_reason="ECHECK"), Seen.UNDER_REVIEW),
        (adaptive(status="PENDING"), Seen.UNDER_REVIEW),
        (adaptive(status="ERROR"), Seen.DECLINED),
        (adaptive() | detail(status="DENIED"), Seen.DECLINED),
    ],
)
def test_a_payment_that_was_not_taken_yet(fields: dict[str, str], seen: Seen) -> None:
    told = read(fields)

    assert told.action == Action.PAYMENT
    assert told.payment is not None
    assert told.payment.state == seen


@pytest.mark.parametrize(
    "fields",
    [
        adaptive(status="CREATED") | detail(),
        adaptive(status="INCOMPLETE") | detail(),
        adaptive(),
        adaptive() | detail(status="Something"),
        adaptive() | detail(0, **OTHER) | detail(1, **OTHER),
        {"txn_type": "new_case", "txn_id": TRANSACTION, "case_id": "PP-1"},
        {"txn_type": "masspay"},
    ],
)
def test_what_is_of_no_concern(fields: dict[str, str]) -> None:
    assert read(fields).action is None


def test_of_several_receivers_the_primary_one_counts() -> None:
    told = read(adaptive() | detail(0, amount="USD 1.12", **OTHER) | detail(1, amount="USD 3.75", **PRIMARY))

    assert (told.amount, told.payees) == (usd("3.75"), ("partner@shop.example",))


def test_of_one_receiver_the_flag_is_not_looked_at() -> None:
    assert read(adaptive() | detail(**OTHER)).action == Action.PAYMENT


@pytest.mark.parametrize(
    ("kind", "reason", "status"),
    [
        (PAY, "", "Refunded"),
        (PAY, "", "Partially_Refunded"),
        (ADJUSTMENT, "Refund", "Completed"),
        (ADJUSTMENT, "", "Refunded"),
    ],
)
def test_a_refund(kind: str, reason: str, status: str) -> None:
    told = read(adaptive(kind, reason_code=reason) | detail(status=status, refund_id=REFUND, refund_amount="USD 1.00"))

    assert (told.action, told.amount) == (Action.REFUND, usd("1.00"))
    assert told.refund is not None
    assert (told.refund.id, told.refund.state, told.refund.amount) == (REFUND, RefundSeen.DONE, usd("1.00"))


@pytest.mark.parametrize(
    ("kind", "reason", "status", "state"),
    [
        (PAY, "", "Reversal", RefundSeen.DONE),
        (ADJUSTMENT, "Chargeback Settlement", "Completed", RefundSeen.DONE),
        (ADJUSTMENT, "Admin reversal", "Reversed", RefundSeen.DONE),
        (ADJUSTMENT, "Unknown", "Completed", RefundSeen.DONE),
        (ADJUSTMENT, "Chargeback Settlement", "Canceled_Reversal", RefundSeen.UNDONE),
    ],
)
def test_a_reversal_is_of_the_payment_as_a_whole(kind: str, reason: str, status: str, state: RefundSeen) -> None:
    """What the message says of a refund is about an earlier one."""
    told = read(adaptive(kind, reason_code=reason) | detail(status=status, refund_id=REFUND, refund_amount="USD 1.00"))

    assert (told.action, told.amount) == (Action.REVERSAL, usd("3.75"))
    assert told.refund is not None
    assert (told.refund.id, told.refund.state) == ("", state)


@pytest.mark.parametrize(
    ("seller", "partner", "back"),
    [("3.75", "1.12", "3.75"), ("2.63", "1.12", "3.75"), ("2.63", "", "2.63"), ("", "", "3.75")],
)
def test_what_all_receivers_give_back_is_one_refund_of_the_payment_at_most(
    seller: str, partner: str, back: str
) -> None:
    parts = [{"refund_amount": f"USD {part}"} if part else {} for part in (seller, partner)]

    told = read(
        adaptive(ADJUSTMENT, reason_code="Refund")
        | detail(0, "Refunded", **PRIMARY, **parts[0])
        | detail(1, "Refunded", "USD 1.12", **OTHER, **parts[1])
    )

    assert told.refund is not None
    assert told.refund.amount == usd(back)


@pytest.mark.parametrize("amount", ["3.75", "USD", "USD x", "usd 3.75", "USD 3.755", "USD -1.00", "ABC 3.75"])
def test_an_amount_that_is_none_is_not_understood(amount: str) -> None:
    with pytest.raises(NotUnderstood):
        read(adaptive() | detail(amount=amount))


@pytest.mark.parametrize(
    ("more", "has_ended"),
    [
        ({"status": "ACTIVE", "approved": "true"}, False),
        ({"status": "CANCELED", "approved": "true"}, True),
        ({"status": "DEACTIVED", "approved": "true"}, True),
        ({"status": "ACTIVE", "approved": "false"}, True),
    ],
)
def test_a_pre_approval_that_was_given_or_has_ended(more: dict[str, str], has_ended: bool) -> None:
    told = read({"transaction_type": "Adaptive Payment PREAPPROVAL", "preapproval_key": "PA-1"} | more)

    assert (told.action == Action.PREAPPROVAL) == has_ended
    assert (told.about is not None and told.about.reveal() == "PA-1") == has_ended


def test_a_refund_in_another_currency_than_its_payment_is_not_understood() -> None:
    with pytest.raises(NotUnderstood):
        read(adaptive() | detail(status="Refunded", refund_id=REFUND, refund_amount="EUR 1.00"))


# --- today's form --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "seen"),
    [
        ("Completed", Seen.PAID),
        ("Pending", Seen.UNDER_REVIEW),
        ("Denied", Seen.DECLINED),
        ("Failed", Seen.DECLINED),
    ],
)
def test_a_payment_of_today(status: str, seen: Seen) -> None:
    told = read(standard(status, custom="our-key"))

    assert (told.action, told.reference, told.ids) == (Action.PAYMENT, "our-key", {"capture": TRANSACTION})
    assert told.payment is not None
    assert told.payment.state == seen
    assert told.amount == Money(Decimal("2.49"), "EUR")
    assert SELLER in told.payees


@pytest.mark.parametrize(
    ("status", "action", "state"),
    [
        ("Refunded", Action.REFUND, RefundSeen.DONE),
        ("Reversed", Action.REVERSAL, RefundSeen.DONE),
        ("Canceled_Reversal", Action.REVERSAL, RefundSeen.UNDONE),
    ],
)
@pytest.mark.parametrize("gross", ["-2.49", "2.49"])
def test_money_that_went_back_today(status: str, action: Action, state: RefundSeen, gross: str) -> None:
    told = read(standard(status, gross, txn_id=REFUND, parent_txn_id=TRANSACTION))

    assert (told.action, told.ids) == (action, {"capture": TRANSACTION})
    assert told.refund is not None
    assert (told.refund.id, told.refund.state, told.refund.amount.text) == (REFUND, state, "2.49")


def test_a_classic_payment_is_known_by_its_invoice() -> None:
    assert read(standard(invoice="solitude-our-key")).reference == "our-key"


# --- anything ------------------------------------------------------------------------------------------------------

MESSAGES: list[dict[str, str]] = [adaptive() | detail() | detail(1), standard(), standard("Refunded", "-1.00")]


@given(st.data())
def test_no_message_raises_anything_but_that_it_is_not_understood(data: st.DataObject) -> None:
    fields: dict[str, Any] = dict(data.draw(st.sampled_from(MESSAGES)))
    for name in data.draw(st.lists(st.sampled_from(sorted(fields)), max_size=3)):
        fields[name] = data.draw(st.text(st.characters(max_codepoint=255, exclude_categories=["Cs"]), max_size=8))
    fields["charset"] = "utf-8"
    try:
        told = read(fields)
    except NotUnderstood:
        return
    assert told.amount is None or told.amount.amount >= 0 or told.action == Action.PAYMENT
