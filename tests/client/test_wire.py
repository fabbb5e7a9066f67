"""Amounts keep their digits both ways, and an answer's fields are what they are said to be."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solitude.client.wire import Fields, Unreadable, amount_text, decimal, decode, encode, target


@pytest.mark.parametrize(
    ("given", "text"),
    [
        (Decimal("2.50"), "2.50"),
        ("2.50", "2.50"),
        (3, "3"),
        (Decimal("1E+2"), "100"),
        (Decimal("1E-7"), "0.0000001"),
        ("0.10", "0.10"),
        (Decimal("-2.49"), "-2.49"),
    ],
)
def test_an_amount_is_sent_with_the_digits_it_was_given(given: Any, text: str) -> None:
    assert amount_text(given) == text
    assert encode({"amount": decimal(given)}) == f'{{"amount": {text}}}'.encode()


@given(st.decimals(allow_nan=False, allow_infinity=False, places=3, min_value=-(10**12), max_value=10**12))
def test_any_decimal_comes_back_equal_and_with_the_same_digits(amount: Decimal) -> None:
    back = decode(encode({"amount": amount}))["amount"]
    assert (back, str(back)) == (amount, format(amount, "f"))


@pytest.mark.parametrize("bad", [2.49, True, None, b"2.49", 0.0])
def test_a_float_is_no_amount(bad: Any) -> None:
    with pytest.raises(TypeError):
        decimal(bad)


def test_a_float_is_not_sent_anywhere_in_a_body() -> None:
    with pytest.raises(TypeError, match="float"):
        encode({"deep": [{"amount": 2.49}]})


@pytest.mark.parametrize(
    "bad", ["", "2,49", " 2.49", "1e3", "1_000", "٣", "NaN", ".5", "2.", Decimal("NaN"), Decimal("Infinity"), 10**41]
)
def test_what_only_looks_like_an_amount_is_refused(bad: Any) -> None:
    with pytest.raises(ValueError):
        decimal(bad)


def test_a_huge_exponent_is_refused_before_its_digits_are_written_out() -> None:
    with pytest.raises(ValueError):
        decimal(Decimal("1E+999999999"))


def test_a_body_is_plain_json() -> None:
    body = {"text": 'a "käse"', "none": None, "yes": True, "list": [1, ("2",)], "day": date(2026, 11, 23)}
    assert decode(encode(body)) == {
        "text": 'a "käse"',
        "none": None,
        "yes": True,
        "list": [1, ["2"]],
        "day": "2026-11-23",
    }


@pytest.mark.parametrize("bad", [datetime(2026, 1, 1, tzinfo=UTC), b"bytes", {1, 2}, object()])
def test_what_has_no_one_form_in_json_is_refused(bad: Any) -> None:
    with pytest.raises(TypeError):
        encode([bad])


@pytest.mark.parametrize("raw", [b"", b"[1]", b'{"a": NaN}', b"\xff", b"[" * 100_000, b'{"a": 1e99999999999999999999}'])
def test_what_is_no_json_object_is_unreadable(raw: bytes) -> None:
    with pytest.raises(Unreadable):
        decode(raw)


def test_a_target_is_percent_encoded_once_and_can_be_read_back() -> None:
    assert target("/generic/buyer/", {"uuid": "shop:7 7&é/?"}) == "/generic/buyer/?uuid=shop%3A7%207%26%C3%A9%2F%3F"
    assert unquote(target("/a%2Fb/ä/?#")) == "/a%2Fb/ä/?#"
    assert "?" not in target("/generic/buyer/?x=1")


def test_a_target_starts_with_a_slash() -> None:
    with pytest.raises(ValueError):
        target("generic/buyer/")


@pytest.mark.parametrize(
    ("reader", "value"),
    [
        ("text", 1),
        ("text", None),
        ("whole", "1"),
        ("whole", True),
        ("whole", Decimal("1.0")),
        ("flag", 1),
        ("flag", None),
        ("amount", True),
        ("amount", "two"),
        ("amount", None),
        ("time", "yesterday"),
        ("day_or_none", "31.1.2027"),
        ("items", {}),
        ("mapping", []),
        ("reference", None),
        ("text_or_none", 5),
        ("whole_or_none", "5"),
    ],
)
def test_a_field_of_another_type_is_named_and_its_value_is_not(reader: str, value: Any) -> None:
    with pytest.raises(Unreadable, match="The field it ") as unreadable:
        getattr(Fields({"it": value}), reader)("it")
    assert str(value) not in str(unreadable.value) or value in (None, 1, True)


def test_times_are_aware_and_in_utc_when_nothing_is_said() -> None:
    expected = datetime(2026, 11, 23, 14, 5, 6, 789_000, tzinfo=UTC)
    fields = Fields({"z": "2026-11-23T14:05:06.789Z", "bare": "2026-11-23T14:05:06.789"})
    assert (fields.time("z"), fields.time("bare")) == (expected, expected)


def test_null_and_empty_text_are_none_where_none_is_allowed() -> None:
    fields = Fields({"null": None, "empty": ""})
    for name in ("null", "empty", "absent"):
        assert fields.amount_or_none(name) is None
        assert fields.time_or_none(name) is None
        assert fields.day_or_none(name) is None


def test_an_amount_that_is_a_json_number_is_read_exactly() -> None:
    assert Fields(decode(b'{"amount": 2.49}')).amount("amount") == Decimal("2.49")


def test_something_else_than_an_object_is_unreadable() -> None:
    with pytest.raises(Unreadable):
        Fields(["not", "an", "object"])
