"""Sellers."""

from collections.abc import Mapping
from datetime import datetime

from solitude.moving.fields import OfEveryRow
from solitude.moving.kind import OF_ACCOUNTS, Key, Kind, same
from solitude.sellers.api import SellerIn
from solitude.sellers.models import Seller


class SellerLine(SellerIn, OfEveryRow):
    pass


def make(line: SellerLine, _found: Mapping[str, int], now: datetime) -> Seller:
    return Seller(uuid=line.uuid, active=line.active, **line.stamps_of_account(now))


SELLERS = Kind(
    name="sellers",
    model=Seller,
    line=SellerLine,
    columns=(
        same("uuid", "The marketplace's own name of the seller. Required, and no other seller's."),
        same("active", "True (the default) or false."),
        *OF_ACCOUNTS,
    ),
    keys=(Key(("uuid",), ("uuid",)),),
    make=make,
)
