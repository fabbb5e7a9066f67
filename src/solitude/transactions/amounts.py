"""How amounts are kept: exact on every database, so that the database itself can add them and hold limits.

SQLite has no decimals: it would keep 0.10 as a binary fraction, and 0.10 + 0.20 <= 0.30 would be false there. So an amount is
a whole number of ten-thousandths, the most digits that a currency has (ISO 4217: UYW and CLF have four).
"""

from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import TYPE_CHECKING, Any

from django.db import models

from solitude.money.currencies import digits

SCALE = 4
INTEGER_DIGITS = 12
_exact = Context(prec=40, rounding=ROUND_HALF_EVEN)
_TOO_MUCH = Decimal(10) ** (INTEGER_DIGITS + SCALE)
# By how many digits a currency has.
_UNITS = {places: Decimal(1).scaleb(-places) for places in range(SCALE + 1)}
PLAIN_DIGITS = 2

if TYPE_CHECKING:
    _Base = models.BigIntegerField[Decimal | None, Decimal | None]
else:
    _Base = models.BigIntegerField


class AmountField(_Base):
    """A decimal of at most 12 integer digits and 4 decimals; its currency stands in a column beside it."""

    def get_prep_value(self, value: Any) -> Any:
        if not isinstance(value, Decimal):
            return super().get_prep_value(value)
        scaled = value.scaleb(SCALE, _exact)
        whole = scaled.to_integral_exact(context=_exact)
        if whole != scaled or abs(whole) >= _TOO_MUCH:
            raise ValueError("an amount has at most 12 integer digits and 4 decimals")
        return int(whole)

    def from_db_value(self, value: int | None, expression: Any, connection: Any) -> Decimal | None:  # noqa: ARG002
        return None if value is None else Decimal(value).scaleb(-SCALE, _exact)

    def to_python(self, value: Any) -> Any:
        return value if isinstance(value, Decimal) else super().to_python(value)


def amount_value(amount: Decimal) -> models.Value:
    """The amount for arithmetic in the database: `F("captured_amount") + amount_value(amount)`."""
    return models.Value(amount, output_field=AmountField())


def amount_text(amount: Decimal | None, currency: str) -> str | None:
    """The amount with its currency's own digits: `"3.00"`, JPY `"150"`, KWD `"1.505"`; two without a currency."""
    if amount is None:
        return None
    places = digits(currency) if currency else PLAIN_DIGITS
    return f"{amount.quantize(_UNITS[places], context=_exact):f}"
