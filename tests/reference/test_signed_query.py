"""A provider's signed query is read for what it says and nothing more."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solitude.payments.contract import Action, NotUnderstood, Seen
from solitude.providers.reference.inbound import PROVIDER, Notices, own_part, reference_in

SIG = "&sig=0:6c1f"
HEADERS = {PROVIDER: "reference"}


def read(qs: str, name: str = "reference") -> Any:
    return Notices().read({PROVIDER: name}, qs.encode())


def test_without_an_error_it_was_paid() -> None:
    notice = read(f"ext_transaction_id=web%3A91{SIG}")
    assert (notice.action, notice.reference, notice.reason) == (Action.PAYMENT, "web:91", None)
    assert notice.payment.state == Seen.PAID
    assert (notice.payment.captured, notice.amount) == (None, None)


def test_with_an_error_it_was_not() -> None:
    notice = read(f"ext_transaction_id=web%3A91&error=CC_ERROR{SIG}")
    assert (notice.payment.state, notice.reason.code) == (Seen.DECLINED, "CC_ERROR")
    strange = read(f"ext_transaction_id=web%3A91&error=no%20money%0a{SIG}")
    assert (strange.payment.state, strange.reason.code) == (Seen.DECLINED, "DECLINED")


@pytest.mark.parametrize(
    "qs",
    [
        "",
        "ext_transaction_id=a",
        f"error=CC_ERROR{SIG}",
        f"ext_transaction_id={SIG}",
        f"ext_transaction_id=a&ext_transaction_id=b{SIG}",
        f"ext_transaction_id=a&error=x&error=y{SIG}",
        f"ext_transaction_id=a{SIG}{SIG}",
        f"ext_transaction_id=a&error={SIG}",
        "ext_transaction_id=a&sig=x:6c1f",
        "ext_transaction_id=a&sig=0:6c1f&error=CC_ERROR",
        f"ext_transaction_id=a b{SIG}",
        f"ext_transaction_id{SIG}",
        "&".join(f"a{number}=1" for number in range(20)) + SIG,
    ],
)
def test_what_does_not_say_what_it_should(qs: str) -> None:
    with pytest.raises(NotUnderstood):
        read(qs)


def test_what_cannot_be_told_paid_from_failed_is_still_known_for_our_payment() -> None:
    assert reference_in(f"ext_transaction_id=a&error={SIG}") == "a"
    assert reference_in("ext_transaction_id=a") == ""


def test_the_marketplaces_own_part_of_the_url_is_left_out() -> None:
    signed = f"ext_transaction_id=web%3A91&error=CC_ERROR{SIG}"
    for whole in (signed, f"?{signed}", f"order=7&{signed}", f"?order=7&lang=nl&{signed}", f" {signed}\n"):
        assert own_part(whole) == signed


@given(st.text(max_size=60))
def test_any_text_is_a_notice_or_is_not_understood(text: str) -> None:
    try:
        notice = read(text.encode("utf-8", "ignore").decode())
    except NotUnderstood:
        return
    assert notice.reference


def test_the_same_said_by_another_key_is_the_same_event_and_by_another_provider_is_not() -> None:
    first, rotated = read("ext_transaction_id=a&sig=0:aa"), read("ext_transaction_id=a&sig=7:bb")
    assert first.event_id == rotated.event_id
    assert first.event_id != read("ext_transaction_id=a&error=X&sig=0:aa").event_id
    assert first.event_id != read("ext_transaction_id=a&sig=0:aa", "second").event_id
