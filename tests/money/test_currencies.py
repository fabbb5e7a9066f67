"""The currency table says what ISO 4217's list one says."""

import csv
from decimal import Decimal
from importlib import resources

import pytest

from solitude.money import currencies
from solitude.money.currencies import UnknownCurrency


def rows() -> list[dict[str, str]]:
    text = resources.files("solitude.money").joinpath("currencies.csv").read_text(encoding="utf-8")
    return list(csv.DictReader(line for line in text.splitlines() if not line.startswith("#")))


@pytest.mark.parametrize(
    ("digits", "codes"),
    [
        (0, "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"),
        (3, "BHD IQD JOD KWD LYD OMR TND"),
        (4, "CLF UYW"),
    ],
)
def test_these_and_no_other_currencies_differ_from_two_digits(digits: int, codes: str) -> None:
    assert {code for code in currencies.CODES if currencies.digits(code) == digits} == set(codes.split())


def test_all_other_currencies_have_two_digits() -> None:
    assert {currencies.digits(code) for code in currencies.CODES} == {0, 2, 3, 4}
    # Prices in these are written without cents, but ISO 4217 and banks count two digits.
    assert {currencies.digits(code) for code in ("HUF", "TWD", "MGA", "MRU", "IDR", "LBP", "KPW")} == {2}


def test_currencies_that_came_and_went_lately() -> None:
    assert all(currencies.is_currency(code) for code in ("XCG", "ZWG", "SLE", "VED", "VES", "XAD", "BYN", "MRU", "STN"))
    assert not any(currencies.is_currency(code) for code in ("BGN", "ANG", "ZWL", "SLL", "HRK", "CUC", "LTL", "VEF"))


@pytest.mark.parametrize("code", ["XAU", "XAG", "XDR", "XXX", "XTS", "XBA", "XUA"])
def test_what_has_no_minor_unit_cannot_be_paid_in(code: str) -> None:
    assert code in {row["code"] for row in rows()}
    assert not currencies.is_currency(code)
    with pytest.raises(UnknownCurrency):
        currencies.digits(code)


@pytest.mark.parametrize("code", ["", "eur", "EURO", "EU", " EUR", "E\nR", "ЕUR", "BTC", "x" * 10_000])
def test_what_is_no_code_is_an_unknown_currency_and_the_message_stays_short(code: str) -> None:
    assert not currencies.is_currency(code)
    with pytest.raises(UnknownCurrency) as caught:
        currencies.smallest_unit(code)
    assert caught.value.code == "unknown_currency"
    assert len(str(caught.value)) < 100


@pytest.mark.parametrize("code", [None, 978, ["EUR"]])
def test_what_is_not_text_is_an_unknown_currency(code: object) -> None:
    with pytest.raises(UnknownCurrency):
        currencies.digits(code)  # type: ignore[arg-type]


@pytest.mark.parametrize(("code", "unit"), [("EUR", "0.01"), ("JPY", "1"), ("KWD", "0.001"), ("CLF", "0.0001")])
def test_the_smallest_unit_has_the_currencys_digits(code: str, unit: str) -> None:
    assert str(currencies.smallest_unit(code)) == unit
    assert currencies.smallest_unit(code) == Decimal(unit)


def test_every_row_of_the_table_is_well_formed_and_codes_are_unique() -> None:
    table = rows()
    assert len(table) == 178
    assert [row["code"] for row in table] == sorted({row["code"] for row in table})
    assert len({row["numeric"] for row in table}) == len(table)
    for row in table:
        assert len(row["code"]) == 3
        assert row["code"].isascii()
        assert row["code"].isupper()
        assert len(row["numeric"]) == 3
        assert row["numeric"].isdigit()
        assert row["digits"] in {"", "0", "2", "3", "4"}
        assert row["name"].strip() == row["name"] != ""
    assert len(currencies.CODES) == sum(1 for row in table if row["digits"])
