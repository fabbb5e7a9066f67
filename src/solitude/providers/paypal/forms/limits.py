"""The least and the most of one payment."""

from decimal import ROUND_UP, Decimal

from django.conf import settings

from solitude.money.errors import MoneyError, TooManyDigits
from solitude.money.money import Money
from solitude.providers.paypal import currencies

LEAST, MOST = Decimal("0.1"), Decimal(5000)


def limits(currency: str) -> tuple[Money, Money]:
    """By setting, else 0.1 to 5000, rounded up to the currency's smallest unit at PayPal."""
    given = settings.SOLITUDE_AMOUNT_LIMITS.get(currency)
    if given:
        return given
    unit = Decimal(1).scaleb(-currencies.digits(currency))
    return Money(LEAST.quantize(unit, ROUND_UP), currency), Money(MOST.quantize(unit, ROUND_UP), currency)


def amount(value: Decimal, currency: str) -> Money:
    """The amount of a payment. Raises ValueError with a sentence for the developer."""
    money = ceiling(value, currency)
    least, most = limits(currency)
    if not least <= money <= most:
        raise ValueError(f"must be from {least.text} to {most.text} {currency}")
    return money


def ceiling(value: Decimal, currency: str) -> Money:
    """What a pre-approval is limited to: any amount that can be paid at all, at once or in parts. Raises ValueError."""
    places = currencies.digits(currency)
    try:
        money = Money.parse(value, currency, digits=places)
    except TooManyDigits:
        raise ValueError(f"{currency} has {places} decimals at PayPal") from None
    except MoneyError as error:
        raise ValueError(str(error)) from None
    if money.amount <= 0:
        raise ValueError("must be greater than zero")
    return money


def fee(value: Decimal, paid: Money) -> Money | None:
    """The marketplace's share in absolute terms; zero is none. Raises ValueError."""
    try:
        money = Money.parse(value, paid.currency, digits=currencies.digits(paid.currency))
    except MoneyError as error:
        raise ValueError(str(error)) from None
    if money.amount < 0 or money > paid:
        raise ValueError("must be from zero to the amount")
    return money if money.amount else None
