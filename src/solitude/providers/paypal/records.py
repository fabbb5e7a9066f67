"""How PayPal data of sellers and buyers are shown: secrets go in, and only whether there is one comes out."""

from typing import Any

from solitude.buyers.models import Buyer
from solitude.providers.paypal.models import PERSON_LIMITS, BuyerPaypal, SellerPaypal
from solitude.sellers.models import Seller
from solitude.web.answers import time_text


def shown_buyer(row: BuyerPaypal) -> dict[str, Any]:
    return {
        "resource_pk": row.pk,
        "resource_uri": row.resource_uri,
        "buyer": f"/generic/buyer/{row.buyer_id}/",
        "key": bool(row.key),
        "currency": row.currency,
        "expiry": row.expiry.isoformat() if row.expiry else None,
    }


def shown_seller(row: SellerPaypal) -> dict[str, Any]:
    return {
        "resource_pk": row.pk,
        "resource_uri": row.resource_uri,
        "seller": f"/generic/seller/{row.seller_id}/",
        "paypal_id": row.paypal_id,
        "token": bool(row.token),
        "secret": bool(row.secret),
        **{name: getattr(row, name) for name in PERSON_LIMITS},
        "created": time_text(row.created),
        "modified": time_text(row.modified),
        "counter": row.counter,
    }


def buyer_part(buyer: Buyer) -> dict[str, Any] | None:
    row = getattr(buyer, "paypal", None)
    return shown_buyer(row) if row else None


def seller_part(seller: Seller) -> dict[str, Any] | None:
    row = getattr(seller, "paypal", None)
    return shown_seller(row) if row else None
