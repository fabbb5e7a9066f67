"""An amount in a currency, exact to the currency's smallest unit.

All arithmetic runs in contexts of this module: the calling thread's, which any library may change, has no say.
"""

import re
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Context, Decimal, DivisionByZero, Inexact, InvalidOperation, Overflow
from functools import total_ordering
from typing import Final, final

from . import currencies
from .errors import CurrencyMismatch, NotANumber, NotFinite, PercentOutOfRange, TooLarge, TooManyDigits

INTEGER_DIGITS_MAX: Final = 12
"""Digits an amount may have before the decimal point. No currency has more than 4 after it: 16 in all."""

PERCENT_DIGITS_MAX: Final = 6
"""Digits a percentage may have after the decimal point."""

TEXT_LENGTH_MAX: Final = 64
"""Characters of text that are looked at as a number at all."""

# 40 digits hold the longest product here (16 digits of amount x 9 of percentage) with room to spare.
_PRECISION: Final = 40
_ERRORS: Final = [InvalidOperation, DivisionByZero, Overflow]
_EXACT: Final = Context(prec=_PRECISION, rounding=ROUND_HALF_EVEN, traps=[*_ERRORS, Inexact])
_ROUNDED: Final = Context(prec=_PRECISION, rounding=ROUND_HALF_EVEN, traps=_ERRORS)

# Decimal() itself also takes "1_000", other scripts' digits, surrounding space and exponents like 1e999999999.
_PLAIN: Final = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?", re.ASCII)
_SPECIAL: Final = re.compile(r"[+-]?(inf(inity)?|s?nan[0-9]*)", re.ASCII | re.IGNORECASE)


@final
@total_ordering
@dataclass(frozen=True, slots=True)
class Money:
    """An amount of one currency. Negative amounts exist (a difference); whether one may be paid is the caller's rule.

    `amount` always has exactly the currency's digits after the point: of `Money(Decimal("3"), "EUR")` it is `3.00`.
    Amounts in different currencies are unequal; adding, subtracting or ordering them raises `CurrencyMismatch`.

    Raises `NotANumber`, `NotFinite`, `TooLarge`, `TooManyDigits` or `UnknownCurrency`, each with its `code`.
    """

    amount: Decimal
    currency: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "amount", _fitted(self.amount, currencies.digits(self.currency)))

    @classmethod
    def parse(cls, value: str | int | Decimal, currency: str, digits: int | None = None) -> "Money":
        """Read an amount as it arrives from outside: plain decimal text ("3", "3.00"), a whole number or a `Decimal`.

        `digits`, where a provider takes fewer than the currency has (PayPal: none for HUF and TWD), refuses amounts
        that the provider could not be asked for.
        """
        number = _number(value)
        if digits is not None:
            number = _fitted(number, digits)
        return cls(number, currency)

    @classmethod
    def zero(cls, currency: str) -> "Money":
        """Return nothing, of this currency."""
        return cls(Decimal(0), currency)

    @property
    def text(self) -> str:
        """The amount with exactly the currency's digits: "150" (JPY), "3.00" (EUR), "1.505" (KWD)."""
        return f"{self.amount:f}"

    def text_with(self, digits: int) -> str:
        """Return the amount with this many digits, for a provider that differs from ISO 4217.

        Raises `TooManyDigits` if that would lose any.
        """
        return f"{_fitted(self.amount, digits):f}"

    def percent(self, percent: Decimal, digits: int | None = None) -> "Money":
        """Return this percentage (0 to 100, at most 6 digits after the point) of the amount.

        The result is rounded to the currency's smallest unit, or to `digits` where the provider takes fewer: to the
        nearest, a tie to the even digit. It may exceed the exact part by half a unit, but never the whole.
        Raises `PercentOutOfRange`, and `TooManyDigits` for too fine a percentage.
        """
        part = _EXACT.divide(_EXACT.multiply(self.amount, _percentage(percent)), Decimal(100))
        own = currencies.digits(self.currency)
        places = own if digits is None else min(own, digits)
        rounded = part.quantize(_unit(places), context=_ROUNDED)
        if rounded.copy_abs() > self.amount.copy_abs():  # 100 % of 0.60 in whole units: 1 would be more than there is
            rounded = _EXACT.subtract(rounded, _unit(places).copy_sign(rounded))
        return Money(rounded, self.currency)

    def __add__(self, other: "Money") -> "Money":
        if not isinstance(other, Money):
            return NotImplemented
        self._same_currency(other)
        return Money(_EXACT.add(self.amount, other.amount), self.currency)

    def __sub__(self, other: "Money") -> "Money":
        if not isinstance(other, Money):
            return NotImplemented
        self._same_currency(other)
        return Money(_EXACT.subtract(self.amount, other.amount), self.currency)

    def __lt__(self, other: "Money") -> bool:
        if not isinstance(other, Money):
            return NotImplemented
        self._same_currency(other)
        return self.amount < other.amount

    def __str__(self) -> str:
        return f"{self.text} {self.currency}"

    def _same_currency(self, other: "Money") -> None:
        if self.currency != other.currency:
            raise CurrencyMismatch(f"{self.currency} and {other.currency} cannot be reckoned together.")


def _unit(digits: int) -> Decimal:
    return Decimal((0, (1,), -digits))


def _number(value: str | int | Decimal) -> Decimal:
    """Turn what came from outside into a `Decimal`, which may still be too large or have too many digits."""
    if isinstance(value, Decimal):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        if abs(value) >= 10**INTEGER_DIGITS_MAX:  # before Decimal(value), whose cost grows faster than the number
            raise _too_large()
        return Decimal(value)
    if not isinstance(value, str):
        raise NotANumber(f"An amount is decimal text or a whole number, not {type(value).__name__}.")
    if len(value) > TEXT_LENGTH_MAX:
        raise NotANumber(f"An amount has at most {TEXT_LENGTH_MAX} characters.")
    if _SPECIAL.fullmatch(value):
        raise NotFinite("An amount is a finite number.")
    if not _PLAIN.fullmatch(value):
        raise NotANumber(f"{value!r} is not a decimal number such as 3.00.")
    return Decimal(value)


def _fitted(amount: Decimal, digits: int) -> Decimal:
    """Return the amount with exactly this many digits after the point, if it has that many without loss."""
    if not isinstance(amount, Decimal):
        raise NotANumber(f"An amount is a Decimal, not {type(amount).__name__}.")
    if not amount.is_finite():
        raise NotFinite("An amount is a finite number.")
    if not amount:  # also -0.00 and 0E+999999999
        return Decimal((0, (0,), -digits))
    if amount.adjusted() >= INTEGER_DIGITS_MAX:
        raise _too_large()
    try:
        return amount.quantize(_unit(digits), context=_EXACT)
    except Inexact:
        raise TooManyDigits(f"The amount has more than {digits} digits after the decimal point.") from None


def _too_large() -> TooLarge:
    return TooLarge(f"An amount has at most {INTEGER_DIGITS_MAX} digits before the decimal point.")


def _percentage(percent: Decimal) -> Decimal:
    if not isinstance(percent, Decimal) or not percent.is_finite() or not 0 <= percent <= 100:
        raise PercentOutOfRange("A percentage is a Decimal from 0 to 100.")
    return _fitted(percent, PERCENT_DIGITS_MAX)
