"""Buyers' pre-approvals at PayPal: the keys with which they can be charged without being asked again."""

from collections.abc import Mapping
from datetime import datetime
from operator import attrgetter

from django.utils import timezone

from solitude.buyers.models import Buyer
from solitude.moving.fields import Currency, OfEveryRow
from solitude.moving.kind import OF_EVERY_ROW, Column, Key, Kind, Reference, day, same
from solitude.providers.paypal.models import BuyerPaypal
from solitude.providers.paypal.names import REST
from solitude.providers.paypal.preapprovals import key_hash
from solitude.providers.paypal.records_api import OneInterface, PaypalBuyerIn
from solitude.web.fields import Day, StrictText


class PaypalBuyerLine(PaypalBuyerIn, OfEveryRow):
    key: StrictText | None = None
    interface: OneInterface = REST
    currency: Currency = None
    start: Day | None = None


def make(line: PaypalBuyerLine, found: Mapping[str, int], now: datetime) -> BuyerPaypal:
    return BuyerPaypal(
        buyer_id=found["buyer"],
        key=line.key or None,
        key_hash=key_hash(line.key) if line.key else "",
        interface=line.interface,
        currency=line.currency,
        start=line.start,
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
        same("key", "The pre-approval's key at PayPal. Kept encrypted.", secret=True),
        same("interface", "Of which of PayPal's interfaces the key is, `rest` (the default) or `classic`."),
        same("currency", "The only currency that the key is used for; any, if it is not given."),
        day("start", "The first day, by UTC, on which the key may be used, such as 2026-11-23."),
        day("expiry", "The last one."),
        *OF_EVERY_ROW,
    ),
    keys=(Key(("buyer",), ("buyer__uuid",)),),
    make=make,
    references=(Reference("buyer", Buyer, "uuid"),),
    joins=("buyer",),
)
