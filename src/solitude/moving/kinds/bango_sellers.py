"""The packages of sellers at Bango: the numbers that Bango gave. All else about them is Bango's."""

from collections.abc import Mapping
from datetime import datetime
from operator import attrgetter

from solitude.moving.fields import AnyMoment, Count, OfEveryRow
from solitude.moving.kind import OF_EVERY_ROW, Column, Key, Kind, Reference, moment, same
from solitude.providers.bango.models import SellerBango
from solitude.sellers.models import Seller
from solitude.web.fields import GivenText


class BangoSellerLine(OfEveryRow):
    seller: GivenText
    package_id: Count
    admin_person_id: Count
    support_person_id: Count
    finance_person_id: Count
    sbi_expires: AnyMoment = None


def make(line: BangoSellerLine, found: Mapping[str, int], now: datetime) -> SellerBango:
    return SellerBango(
        seller_id=found["seller"],
        package_id=line.package_id,
        admin_person_id=line.admin_person_id,
        support_person_id=line.support_person_id,
        finance_person_id=line.finance_person_id,
        sbi_expires=line.sbi_expires,
        **line.stamps(now),
    )


BANGO_SELLERS = Kind(
    name="bango-sellers",
    model=SellerBango,
    line=BangoSellerLine,
    columns=(
        Column("seller", "The uuid of a seller who is there and has no package. Required.", attrgetter("seller.uuid")),
        same("package_id", "Bango's number of the package. Required, and no other seller's."),
        same("admin_person_id", "Bango's number of the person who administers it. Required."),
        same("support_person_id", "Of the one for support. Required."),
        same("finance_person_id", "Of the one for finance. Required."),
        moment("sbi_expires", "Until when the self-billing agreement is accepted; if it is not given, it is not."),
        *OF_EVERY_ROW,
    ),
    keys=(Key(("seller",), ("seller__uuid",)), Key(("package_id",), ("package_id",))),
    make=make,
    references=(Reference("seller", Seller, "uuid"),),
    joins=("seller",),
)
