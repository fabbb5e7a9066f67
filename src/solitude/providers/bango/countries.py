"""The countries and currencies that Bango takes."""

from importlib import resources
from typing import Final

CURRENCIES: Final = (
    "AUD", "BDT", "CAD", "CHF", "COP", "DKK", "EGP", "EUR", "GBP", "HUF", "IDR", "MXN", "MYR", "NOK", "NZD", "PHP", "PLN", "QAR",
    "SEK", "SGD", "THB", "USD", "ZAR",
)  # fmt: skip


def _read() -> tuple[str, ...]:
    text = resources.files(__package__).joinpath("countries.csv").read_text(encoding="utf-8")
    _, *codes = (line for line in text.splitlines() if not line.startswith("#"))
    return tuple(codes)


# By alpha-3 code. `countries.csv` says where it comes from.
COUNTRIES: Final = _read()
