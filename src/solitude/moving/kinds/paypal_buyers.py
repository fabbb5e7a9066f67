"""Buyers' pre-approvals at PayPal: the keys with which they can be charged without being asked again."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from operator import attrgetter

from django.utils import timezone

from solitude.buyers.models import Buyer
from solitude.moving.fields import Currency, OfEveryRow
from solitude.moving.kind import OF_EVERY_ROW, Column, Key, Kind, Reference, day, same
from solitude.providers.paypal.api.records import OneInterface, PaypalBuyerIn
from solitude.providers.paypal.forms import limits
from solitude.providers.paypal.models import LIMITS, BuyerPaypal
from solitude.providers.paypal.names import CLASSIC, REST
from solitude.providers.paypal.preapprovals import key_hash
from solitude.transactions.amounts import amount_text
from solitude.web.fields import Day, DecimalNumber, StrictText

ZERO = Decimal(0)
# Every key of the classic interface, and none of the other one.
CLASSIC_KEY = "PA-"
Limit = DecimalNumber | None


class PaypalBuyerLine(PaypalBuyerIn, OfEveryRow):
    key: StrictText | None = None
    interface: OneInterface | None = None
    currency: Currency = None
    start: Day | None = None
    max_total: Limit = None
    max_per_payment: Limit = None
    max_per_day: Limit = None
    used_total: DecimalNumber = ZERO


def rules(line: PaypalBuyerLine) -> Iterator[tuple[str, str]]:
    if line.interface == REST and _of_key(line) == CLASSIC:
        yield "interface", f"must be {CLASSIC}, as the key begins with {CLASSIC_KEY}"
    for name in (*LIMITS, "used_total"):
        value = getattr(line, name)
        if value and line.currency is None:
            yield name, "needs the currency"
        elif value and line.currency:
            try:
                limits.ceiling(value, line.currency)
            except ValueError as error:
                yield name, str(error)
    if line.max_total is not None and line.used_total > line.max_total:
        yield "used_total", "must be at most max_total"


def _of_key(line: PaypalBuyerLine) -> str:
    """The interface that the key is of, as it looks: the other one does not know it, and it would be forgotten."""
    return CLASSIC if (line.key or "").startswith(CLASSIC_KEY) else REST


def _amount(name: str, meaning: str) -> Column:
    return Column(name, meaning, lambda row: amount_text(getattr(row, name), row.currency or ""))


def make(line: PaypalBuyerLine, found: Mapping[str, int], now: datetime) -> BuyerPaypal:
    return BuyerPaypal(
        buyer_id=found["buyer"],
        key=line.key or None,
        key_hash=key_hash(line.key) if line.key else "",
        interface=line.interface or _of_key(line),
        currency=line.currency,
        start=line.start,
        **{name: getattr(line, name) for name in LIMITS},
        used_total=line.used_total,
        used_before=line.used_total,
        expiry=line.expiry,
        # What ended before it came here is no news.
        expiry_told=line.expiry is not None and line.expiry < timezone.now().date(),
        **line.stamps(now),
    )


PAYPAL_BUYERS = Kind(
    name="paypal-buyers",
    model=BuyerPaypal,
    line=PaypalBuyerLine,
    columns=(
        Column("buyer", "The uuid of a buyer who is there and has no PayPal data. Required.", attrgetter("buyer.uuid")),
        same("key", "The pre-approval's key at PayPal, and no other buyer's. Kept encrypted.", secret=True),
        same(
            "interface",
            "Of which of PayPal's interfaces the key is, `rest` or `classic`; if it is not given, by whether the key begins with `PA-`.",
        ),
        same("currency", "The only currency that the key is used for; any, if it is not given."),
        day("start", "The first day, by UTC, on which the key may be used, such as 2026-11-23."),
        day("expiry", "The last one."),
        _amount(
            "max_total", "The most that all payments by it may take together; with `currency`, like the other limits."
        ),
        _amount("max_per_payment", "The most that one payment may."),
        _amount("max_per_day", "The most that all payments of one day may, by UTC."),
        _amount("used_total", "How much of `max_total` is used already; else nothing."),
        *OF_EVERY_ROW,
    ),
    keys=(
        Key(("buyer",), ("buyer__uuid",)),
        Key(("key",), ("key_hash",), kept=lambda key: key_hash(key) if key else None),
    ),
    make=make,
    rules=rules,
    references=(Reference("buyer", Buyer, "uuid"),),
    joins=("buyer",),
)
