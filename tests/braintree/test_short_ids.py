"""The short uuid: what stands in it can be read back, and nobody mistakes one digit for another."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis.strategies import datetimes, integers

from solitude.providers.braintree.short_ids import DIGITS, short_id

MOMENTS = datetimes(datetime(1970, 1, 1), datetime(2200, 1, 1), timezones=None)  # noqa: DTZ001  # UTC is put in below


def value(text: str) -> int:
    number = 0
    for digit in text:
        number = number * len(DIGITS) + DIGITS.index(digit)
    return number


def test_a_known_one() -> None:
    assert short_id(55, datetime(2015, 10, 21, 7, 28, tzinfo=UTC)) == "bt-9-cL8FKj"
    assert short_id(56, datetime(1970, 1, 1, tzinfo=UTC)) == "bt-ba-a"


@given(integers(0, 2**63 - 1), MOMENTS)
def test_key_and_second_can_be_read_back(pk: int, moment: datetime) -> None:
    moment = moment.replace(tzinfo=UTC)

    prefix, first, second = short_id(pk, moment).split("-")

    assert (prefix, value(first), value(second)) == ("bt", pk, int(moment.timestamp()))


@given(integers(0, 2**63 - 1), integers(0, 2**63 - 1), MOMENTS)
def test_two_rows_have_two(one: int, other: int, moment: datetime) -> None:
    moment = moment.replace(tzinfo=UTC)

    assert (short_id(one, moment) == short_id(other, moment)) == (one == other)


def test_no_digit_looks_like_another() -> None:
    assert len(set(DIGITS)) == len(DIGITS) == 56
    assert not set(DIGITS) & set("ioIO01")
