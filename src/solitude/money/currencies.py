"""The currencies that can be paid in, and how many digits each has after the decimal point.

The facts are ISO 4217's list one; `currencies.csv` holds them and names their source and state. CLDR (and Babel,
which is built on it) is no substitute: it says how shops write prices, and a dozen currencies differ there.
"""

import csv
from collections.abc import Mapping
from decimal import Decimal
from importlib import resources
from types import MappingProxyType
from typing import Final

from .errors import UnknownCurrency

__all__ = ["CODES", "UnknownCurrency", "digits", "is_currency", "name", "smallest_unit"]


def _read() -> dict[str, dict[str, str]]:
    """Return the list's row of every payable currency; metals, units of account and test codes have no minor unit."""
    text = resources.files(__package__).joinpath("currencies.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(line for line in text.splitlines() if not line.startswith("#"))
    return {row["code"]: row for row in rows if row["digits"]}


_ROWS: Final = _read()
_DIGITS: Final[Mapping[str, int]] = MappingProxyType({code: int(row["digits"]) for code, row in _ROWS.items()})
_UNITS: Final[Mapping[int, Decimal]] = MappingProxyType({n: Decimal((0, (1,), -n)) for n in set(_DIGITS.values())})

CODES: Final[tuple[str, ...]] = tuple(sorted(_DIGITS))
"""The alphabetic codes of all currencies that can be paid in, sorted."""


def is_currency(code: str) -> bool:
    """Tell whether `code` is a currency that can be paid in: on ISO 4217's current list, and with a minor unit."""
    return isinstance(code, str) and code in _DIGITS


def digits(code: str) -> int:
    """Return how many digits the currency has after the decimal point: 2 for EUR, 0 for JPY, 3 for KWD.

    Raises `UnknownCurrency` if there is no such currency or nothing can be paid in it.
    """
    if not is_currency(code):
        # The code may come from anyone: the message must not grow with it.
        raise UnknownCurrency(f"{str(code)[:8]!r} is not a currency that can be paid in (ISO 4217).")
    return _DIGITS[code]


def name(code: str) -> str:
    """Return the list's English name of a currency that can be paid in: "Pound Sterling" for GBP."""
    return _ROWS[code]["name"]


def smallest_unit(code: str) -> Decimal:
    """Return the smallest payable amount of the currency: 0.01 for EUR, 1 for JPY. Raises `UnknownCurrency`."""
    return _UNITS[digits(code)]
