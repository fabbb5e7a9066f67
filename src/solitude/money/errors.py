"""What can be wrong with an amount of money.

Every error has a `code` for machines; its text is a sentence for people and never longer than a line.
"""

from typing import ClassVar


class MoneyError(ValueError):
    """An amount or a currency that cannot be used. A `ValueError`, so that validators of request bodies report it."""

    code: ClassVar[str] = "bad_money"


class NotANumber(MoneyError):
    """Not a decimal number, or a binary float: 0.1 as a float is not a tenth."""

    code = "not_a_number"


class NotFinite(MoneyError):
    """NaN or an infinity."""

    code = "not_finite"


class TooManyDigits(MoneyError):
    """More digits after the decimal point than can be paid: 1.505 EUR, 150.5 JPY."""

    code = "too_many_digits"


class TooLarge(MoneyError):
    """More digits before the decimal point than any amount here may have."""

    code = "too_large"


class UnknownCurrency(MoneyError):
    """Not a current ISO 4217 code, or one that nothing can be paid in, such as gold."""

    code = "unknown_currency"


class CurrencyMismatch(MoneyError):
    """Two amounts in different currencies were added, subtracted or ordered."""

    code = "currency_mismatch"


class PercentOutOfRange(MoneyError):
    """A percentage that is not a decimal from 0 to 100."""

    code = "percent_out_of_range"
