"""An amount is exact, knows its currency, and cannot be made from what is not an amount."""

import copy
import decimal
import pickle
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from solitude.money import currencies
from solitude.money.errors import (
    CurrencyMismatch,
    MoneyError,
    NotANumber,
    NotFinite,
    PercentOutOfRange,
    TooLarge,
    TooManyDigits,
    UnknownCurrency,
)
from solitude.money.money import Money

codes = st.sampled_from(currencies.CODES)
percents = st.decimals(min_value=0, max_value=100, places=6)


@st.composite
def amounts(draw: st.DrawFn, code: str | None = None) -> Money:
    """Any amount of any currency (or of `code`), far enough from the limit for sums to fit."""
    currency = code or draw(codes)
    units = draw(st.integers(-(10**14), 10**14) if currencies.digits(currency) > 2 else st.integers(-(10**11), 10**11))
    return Money(Decimal(units).scaleb(-currencies.digits(currency)), currency)


@st.composite
def several(draw: st.DrawFn, count: int) -> tuple[Money, ...]:
    code = draw(codes)
    return tuple(draw(amounts(code)) for _ in range(count))


def euro(text: str) -> Money:
    return Money.parse(text, "EUR")


# --- what is an amount -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "currency", "text"),
    [
        ("150", "JPY", "150"),
        ("150.00", "JPY", "150"),
        ("3", "EUR", "3.00"),
        ("3.5", "EUR", "3.50"),
        ("3.5000", "EUR", "3.50"),
        ("007", "EUR", "7.00"),
        ("+1", "EUR", "1.00"),
        ("-1.25", "EUR", "-1.25"),
        ("1.505", "KWD", "1.505"),
        ("0.0001", "CLF", "0.0001"),
        (12, "EUR", "12.00"),
        (Decimal("1E+2"), "EUR", "100.00"),
        ("999999999999.99", "EUR", "999999999999.99"),
    ],
)
def test_an_amount_is_written_with_exactly_the_currencys_digits(
    value: str | int | Decimal, currency: str, text: str
) -> None:
    money = Money.parse(value, currency)
    assert money.text == text
    assert str(money) == f"{text} {currency}"
    assert str(money.amount) == text


@pytest.mark.parametrize(
    "value", ["0", "-0", "0.00", "-0.000", Decimal("-0.0"), Decimal("0E+999999"), Decimal("-0E-999999")]
)
def test_there_is_one_zero(value: str | Decimal) -> None:
    assert Money.parse(value, "EUR").text == "0.00"


@pytest.mark.parametrize(
    ("value", "error", "code"),
    [
        ("", NotANumber, "not_a_number"),
        ("three", NotANumber, "not_a_number"),
        ("1,50", NotANumber, "not_a_number"),
        ("1_000", NotANumber, "not_a_number"),
        (" 1", NotANumber, "not_a_number"),
        ("1\n", NotANumber, "not_a_number"),
        ("1.", NotANumber, "not_a_number"),
        (".5", NotANumber, "not_a_number"),
        ("٣", NotANumber, "not_a_number"),
        ("0x10", NotANumber, "not_a_number"),
        ("1e2", NotANumber, "not_a_number"),
        ("1e999999999", NotANumber, "not_a_number"),
        ("1" * 65, NotANumber, "not_a_number"),
        (True, NotANumber, "not_a_number"),
        (None, NotANumber, "not_a_number"),
        (1.5, NotANumber, "not_a_number"),
        (b"1", NotANumber, "not_a_number"),
        ("NaN", NotFinite, "not_finite"),
        ("-sNaN1", NotFinite, "not_finite"),
        ("Infinity", NotFinite, "not_finite"),
        ("-inf", NotFinite, "not_finite"),
        (Decimal("NaN"), NotFinite, "not_finite"),
        (Decimal("sNaN"), NotFinite, "not_finite"),
        (Decimal("-Infinity"), NotFinite, "not_finite"),
        ("1.005", TooManyDigits, "too_many_digits"),
        ("0." + "0" * 60 + "1", TooManyDigits, "too_many_digits"),
        (Decimal("1E-999999"), TooManyDigits, "too_many_digits"),
        ("1000000000000", TooLarge, "too_large"),
        ("-1000000000000.00", TooLarge, "too_large"),
        (10**12, TooLarge, "too_large"),
        pytest.param(-(10**100_000), TooLarge, "too_large", id="-10^100000"),
        (Decimal("1E+999999"), TooLarge, "too_large"),
        (Decimal("1E+999999999999999999"), TooLarge, "too_large"),
    ],
)
def test_what_is_not_an_amount_is_refused_with_its_code(value: object, error: type[MoneyError], code: str) -> None:
    with pytest.raises(error) as caught:
        Money.parse(value, "EUR")  # type: ignore[arg-type]
    assert caught.value.code == code
    assert len(str(caught.value)) < 150


@pytest.mark.parametrize("amount", [1.5, 1, "1.00", True, None, Fraction(1)])
def test_money_is_made_of_decimals_only(amount: object) -> None:
    with pytest.raises(NotANumber):
        Money(amount, "EUR")  # type: ignore[arg-type]


def test_money_needs_a_currency_that_can_be_paid_in() -> None:
    for code in ("XAU", "eur", "", "BGN"):
        with pytest.raises(UnknownCurrency):
            Money(Decimal(1), code)


def test_the_constructor_refuses_what_parse_refuses() -> None:
    with pytest.raises(TooManyDigits):
        Money(Decimal("1.001"), "EUR")
    with pytest.raises(TooLarge):
        Money(Decimal("1E+12"), "EUR")
    with pytest.raises(NotFinite):
        Money(Decimal("NaN"), "EUR")


def test_errors_are_value_errors_so_that_body_validation_reports_them() -> None:
    with pytest.raises(ValueError, match="EU"):
        Money.parse("1", "EU")


def test_an_amount_cannot_be_changed() -> None:
    money = euro("1")
    with pytest.raises(AttributeError):
        money.amount = Decimal(2)  # type: ignore[misc]


def test_copies_and_pickles_are_equal() -> None:
    money = euro("1.10")
    assert pickle.loads(pickle.dumps(money)) == copy.deepcopy(money) == money  # noqa: S301


# --- providers with their own digits ---------------------------------------------------------------------------------


def test_a_provider_with_fewer_digits_refuses_what_it_cannot_be_asked_for() -> None:
    assert Money.parse("500", "HUF", digits=0).text == "500.00"
    assert Money.parse("500.00", "HUF", digits=0) == Money.parse("500", "HUF")
    with pytest.raises(TooManyDigits):
        Money.parse("500.50", "HUF", digits=0)


def test_a_provider_with_more_digits_does_not_widen_the_currency() -> None:
    with pytest.raises(TooManyDigits):
        Money.parse("1.5", "JPY", digits=2)
    assert Money.parse("1.00", "JPY", digits=2).text == "1"


def test_an_amount_is_written_for_a_provider_with_the_providers_digits() -> None:
    assert Money.parse("500", "TWD").text_with(0) == "500"
    assert Money.parse("500", "JPY").text_with(2) == "500.00"
    with pytest.raises(TooManyDigits):
        Money.parse("500.50", "TWD").text_with(0)


# --- reckoning -------------------------------------------------------------------------------------------------------


def test_zero_is_nothing_of_a_currency() -> None:
    assert euro("1.10") + Money.zero("EUR") == euro("1.10")
    assert Money.zero("JPY").text == "0"


def test_sums_and_differences() -> None:
    assert euro("0.10") + euro("0.20") == euro("0.30")
    assert (euro("1.00") - euro("1.50")).text == "-0.50"


def test_a_sum_over_the_limit_is_refused_not_cut() -> None:
    with pytest.raises(TooLarge):
        euro("999999999999.99") + euro("0.01")


def test_two_currencies_do_not_mix() -> None:
    dollar = Money.parse("1", "USD")
    for mix in (
        lambda: euro("1") + dollar,
        lambda: euro("1") - dollar,
        lambda: euro("1") < dollar,
        lambda: euro("1") <= dollar,
        lambda: euro("1") > dollar,
        lambda: euro("1") >= dollar,
        lambda: max(euro("1"), dollar),
    ):
        with pytest.raises(CurrencyMismatch) as caught:
            mix()
        assert caught.value.code == "currency_mismatch"


def test_the_same_number_in_another_currency_is_another_amount() -> None:
    assert euro("1") != Money.parse("1", "USD")
    assert len({euro("1"), euro("1.00"), Money.parse("1", "USD")}) == 2


@pytest.mark.parametrize("other", [1, Decimal(1), 1.0, "1.00", None])
def test_money_and_numbers_do_not_mix(other: object) -> None:
    assert euro("1") != other
    with pytest.raises(TypeError):
        euro("1") + other  # type: ignore[operator]
    with pytest.raises(TypeError):
        euro("1") - other  # type: ignore[operator]
    with pytest.raises(TypeError):
        _ = euro("1") < other  # type: ignore[operator]


# --- percentages -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("amount", "currency", "percent", "part"),
    [
        ("10.00", "EUR", "30", "3.00"),
        ("0.50", "EUR", "5", "0.02"),  # 0.025: a tie goes to the even digit
        ("0.70", "EUR", "5", "0.04"),  # 0.035
        ("0.51", "EUR", "5", "0.03"),  # 0.0255
        ("99", "JPY", "50", "50"),  # 49.5
        ("97", "JPY", "50", "48"),  # 48.5
        ("1.005", "KWD", "10", "0.100"),  # 0.1005
        ("9.99", "EUR", "0", "0.00"),
        ("9.99", "EUR", "100", "9.99"),
        ("1000000.00", "EUR", "0.000001", "0.01"),
        ("999999999999.99", "EUR", "99.999999", "999999989999.99"),
    ],
)
def test_a_percentage_is_rounded_half_even_to_the_smallest_unit(
    amount: str, currency: str, percent: str, part: str
) -> None:
    assert Money.parse(amount, currency).percent(Decimal(percent)).text == part


def test_a_percentage_for_a_provider_with_fewer_digits_is_rounded_to_those() -> None:
    forint = Money.parse("990", "HUF")
    assert forint.percent(Decimal("2.5")).text == "24.75"
    assert forint.percent(Decimal("2.5"), digits=0).text == "25.00"
    assert Money.parse("0.60", "HUF").percent(Decimal(100), digits=0).text == "0.00"
    assert Money.parse("-0.60", "HUF").percent(Decimal(100), digits=0).text == "0.00"
    assert Money.parse("99", "JPY").percent(Decimal(50), digits=2).text == "50"


@pytest.mark.parametrize("percent", ["-0.1", "100.000001", "NaN", "Infinity", "1E+999999", 5, 0.5, "5", None])
def test_a_percentage_is_a_decimal_from_0_to_100(percent: object) -> None:
    value = Decimal(percent) if isinstance(percent, str) and percent != "5" else percent
    with pytest.raises(PercentOutOfRange):
        euro("1").percent(value)  # type: ignore[arg-type]


@pytest.mark.parametrize("percent", ["0.0000001", "1E-999999"])
def test_a_percentage_has_at_most_six_digits(percent: str) -> None:
    with pytest.raises(TooManyDigits):
        euro("1").percent(Decimal(percent))


# --- what holds for all amounts --------------------------------------------------------------------------------------


@given(amounts())
def test_text_is_read_back_as_the_same_amount(money: Money) -> None:
    assert Money.parse(money.text, money.currency) == money
    assert Money(money.amount, money.currency) == money


@given(amounts())
def test_text_has_the_digits_of_the_currency(money: Money) -> None:
    _, _, fraction = money.text.partition(".")
    assert len(fraction) == currencies.digits(money.currency)
    assert "E" not in money.text


@given(st.text(max_size=80) | st.from_regex(r"[+-]?[0-9.eE_+-]{1,20}"), codes)
def test_any_text_is_an_amount_or_a_money_error(text: str, code: str) -> None:
    try:
        money = Money.parse(text, code)
    except MoneyError:
        return
    assert Fraction(money.amount) == Fraction(text)


@given(st.decimals(), codes)
def test_any_decimal_is_taken_exactly_or_refused(value: Decimal, code: str) -> None:
    try:
        money = Money(value, code)
    except MoneyError:
        return
    assert money.amount == value


@given(several(2))
def test_nothing_is_lost_in_adding_and_taking_away(pair: tuple[Money, Money]) -> None:
    one, other = pair
    assert (one + other) - other == one
    assert one + other == other + one


@given(several(3))
def test_the_order_of_adding_does_not_matter(three: tuple[Money, Money, Money]) -> None:
    one, two, other = three
    assert (one + two) + other == one + (two + other)


@given(several(2))
def test_order_is_that_of_the_numbers(pair: tuple[Money, Money]) -> None:
    one, other = pair
    assert (one < other) == (one.amount < other.amount)
    assert (one <= other) == (one.amount <= other.amount)
    assert (one > other) == (one.amount > other.amount)
    assert (one >= other) == (one.amount >= other.amount)


@given(amounts(), percents)
def test_a_part_never_exceeds_the_whole_and_is_within_half_a_unit(money: Money, percent: Decimal) -> None:
    part = money.percent(percent)
    exact = Fraction(money.amount) * Fraction(percent) / 100
    assert abs(part.amount) <= abs(money.amount)
    assert abs(Fraction(part.amount) - exact) <= Fraction(currencies.smallest_unit(money.currency)) / 2


@given(amounts(), percents, st.integers(0, 4))
def test_a_part_for_a_provider_never_exceeds_the_whole_and_can_be_asked_for(
    money: Money, percent: Decimal, digits: int
) -> None:
    part = money.percent(percent, digits)
    assert abs(part.amount) <= abs(money.amount)
    assert Money.parse(part.amount, part.currency, digits=max(digits, 0)) == part


@given(amounts(), percents)
def test_part_and_rest_are_the_whole(money: Money, percent: Decimal) -> None:
    part = money.percent(percent)
    assert part + (money - part) == money


@given(amounts(), percents, percents)
def test_a_larger_percentage_is_never_a_smaller_part(money: Money, one: Decimal, other: Decimal) -> None:
    assume(one <= other)
    assert abs(money.percent(one).amount) <= abs(money.percent(other).amount)


@given(several(2), percents)
def test_the_threads_decimal_context_has_no_say(pair: tuple[Money, Money], percent: Decimal) -> None:
    one, other = pair
    expected = [one + other, one - other, one.percent(percent), one < other, one.text]
    with decimal.localcontext(prec=1, rounding=decimal.ROUND_UP, Emax=1, Emin=-1) as context:
        context.traps[decimal.Inexact] = True
        context.traps[decimal.FloatOperation] = True
        actual = [one + other, one - other, one.percent(percent), one < other, one.text]
    assert actual == expected
