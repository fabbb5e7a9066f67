"""Amounts: Decimal with a currency, in PayPal's own number of digits.

Currencies and digits: developer.paypal.com/api/rest/reference/currency-codes/. HUF, JPY and TWD take no decimals there,
whatever ISO 4217 says. BRL, CNY and MYR are for in-country accounts; the simulator does not look at countries.
"""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

TWO_DECIMALS = frozenset("AUD BRL CAD CHF CNY CZK DKK EUR GBP HKD ILS MXN MYR NOK NZD PHP PLN SEK SGD THB USD".split())
NO_DECIMALS = frozenset({"HUF", "JPY", "TWD"})
CURRENCIES = TWO_DECIMALS | NO_DECIMALS
MAX_VALUE = Decimal("999999999999999.99")

# What PayPal takes of a sale: 3.49 % and a fixed part. The fixed part is per currency in life; here it is 49 of the
# smallest unit, which is enough to make every sum uneven.
FEE_RATE = Decimal("0.0349")
FEE_FIXED_UNITS = 49


@dataclass(frozen=True)
class Money:
    """An amount of a currency, already in that currency's number of digits."""

    currency: str
    value: Decimal

    def __post_init__(self) -> None:
        if self.value != quantize(self.value, self.currency):
            raise ValueError(f"{self.value} has more digits than {self.currency}")

    def as_json(self) -> dict[str, Any]:
        """PayPal's money object; `value` is a string with all the currency's digits."""
        return {"currency_code": self.currency, "value": f"{quantize(self.value, self.currency):f}"}

    def __str__(self) -> str:
        """As a person reads it, with all the currency's digits."""
        return f"{quantize(self.value, self.currency):f} {self.currency}"

    def with_value(self, value: Decimal) -> "Money":
        """Another amount of the same currency."""
        return Money(self.currency, value)


def plain(amount: Money) -> str:
    """The number with all the currency's digits."""
    return f"{quantize(amount.value, amount.currency):f}"


def digits(currency: str) -> int:
    """Decimal places of a known currency."""
    return 0 if currency in NO_DECIMALS else 2


def quantize(value: Decimal, currency: str) -> Decimal:
    """`value` rounded half up to the currency's digits."""
    return value.quantize(Decimal(1).scaleb(-digits(currency)), rounding=ROUND_HALF_UP)


def share(whole: Decimal, part: Decimal, total: Decimal, currency: str) -> Decimal:
    """`whole` x `part` / `total`, rounded; exactly `whole` when the part is the total."""
    return quantize(whole * part / total, currency)


def paypal_fee(gross: Money, platform_fee: Decimal) -> Decimal:
    """PayPal's own fee; never more than what is left after the platform's, so that the seller's net is not negative."""
    fixed = Decimal(FEE_FIXED_UNITS).scaleb(-digits(gross.currency))
    return min(quantize(gross.value * FEE_RATE + fixed, gross.currency), gross.value - platform_fee)
