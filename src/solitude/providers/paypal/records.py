"""How PayPal data of sellers and buyers are shown: secrets go in, and only whether there is one comes out."""

from typing import TYPE_CHECKING, Annotated, Any, Literal, cast

from django.db.models import Q
from pydantic import Field
from typing_extensions import TypedDict

from solitude.buyers.models import Buyer
from solitude.events.models import Event, append
from solitude.payments.contract import Notice
from solitude.payments.registry import NOT_OF_CONCERN, Applied
from solitude.providers.paypal.models import PERSON_LIMITS, BuyerPaypal, ProductPaypal, SellerPaypal
from solitude.providers.paypal.names import Interface
from solitude.sellers.models import Product, Seller
from solitude.transactions.amounts import amount_text
from solitude.vault import hashes
from solitude.web.answers import time_text
from solitude.web.openapi import Amount, Day, Time

if TYPE_CHECKING:
    from solitude.providers.paypal.rest.onboarding import Integration

LABEL = "paypal.id"
SELLERS_TOLD_MAX = 1000
Standing = Literal["ready", "limited", "revoked"]
_STANDING_BY_EVENT: dict[str, Standing] = {
    "MERCHANT.ONBOARDING.COMPLETED": "ready",
    "MERCHANT.PARTNER-CONSENT.REVOKED": "revoked",
}
# The columns of a seller who lets us do nothing.
NOTHING_PERMITTED: dict[str, Any] = {
    "token": None,
    "secret": None,
    "refresh_token": None,
    "login_scopes": "",
}
_NOT_CONNECTED = {**NOTHING_PERMITTED, "merchant_id": None, "merchant_id_hash": ""}


def paypal_id_hash(paypal_id: str | None) -> str:
    """By which a seller is found again; an e-mail address in any case."""
    return hashes.keyed_hash(LABEL, paypal_id.casefold()) if paypal_id else ""


def told_of_seller(notice: Notice) -> Applied:
    """PayPal tells what a seller lets us do. What was granted is dropped with the seller's consent.

    Several sellers may have one account at PayPal; it is told of each.
    """
    known = hashes.candidates(LABEL, notice.about.reveal().casefold()) if notice.about else []
    named = Q(paypal_id_hash__in=known) | Q(merchant_id_hash__in=known)
    rows = SellerPaypal.objects.select_for_update(of=("self",)).select_related("seller").filter(named).order_by("pk")
    standing = _STANDING_BY_EVENT[notice.event_type]
    told = [_enter(row, standing) for row in rows[:SELLERS_TOLD_MAX]]
    return Applied(is_news=True) if any(told) else Applied(reason=NOT_OF_CONCERN)


def _enter(row: SellerPaypal, standing: Standing) -> bool:
    """What PayPal tells of a locked row's seller; whether that is news."""
    if standing == "revoked":
        row.change(**_NOT_CONNECTED)
    elif row.merchant_id and row.standing in ("ready", "limited"):
        # PayPal was asked when the seller came back to us: that said more.
        return False
    return tell_standing(row, standing)


def standing_of(found: "Integration") -> Standing:
    """How a seller stands, as PayPal shows it."""
    return "ready" if found.is_receivable and found.is_email_confirmed and found.is_connected else "limited"


def tell_standing(row: SellerPaypal, standing: Standing) -> bool:
    """Tells the feed how a locked row's seller stands at PayPal, where that has changed; whether it has."""
    if row.standing == standing:
        return False
    row.change(standing=standing)
    append(
        Event(
            type=f"seller.{standing}",
            edge=f"seller_{standing}",
            resource_uri=row.resource_uri,
            uuid=row.seller.uuid,
            data={"provider": "paypal"},
        )
    )
    return True


class BuyerPaypalShown(TypedDict):
    """What is kept about a buyer for PayPal. `key`: whether there is a pre-approval; the key never comes out."""

    resource_pk: int
    resource_uri: Annotated[str, Field(examples=["/paypal/buyer/12/"])]
    buyer: Annotated[str, Field(description="The path of the buyer.", examples=["/generic/buyer/31/"])]
    key: bool
    currency: Annotated[str | None, Field(description="The pre-approval counts only for this one; null: for any.")]
    expiry: Annotated[Day | None, Field(description="The last day of the pre-approval.")]
    max_total: Annotated[Amount | None, Field(description="The most that all payments by it may take together.")]
    max_per_payment: Annotated[Amount | None, Field(description="The most that one may.")]
    max_per_day: Annotated[Amount | None, Field(description="The most that all of one day may, by UTC.")]


class SellerPaypalShown(TypedDict):
    """What is kept about a seller for PayPal. `token` and `secret`: whether there is one; they never come out."""

    resource_pk: int
    resource_uri: Annotated[str, Field(examples=["/paypal/seller/5/"])]
    seller: Annotated[str, Field(description="The path of the seller.", examples=["/generic/seller/4/"])]
    paypal_id: Annotated[str | None, Field(description="An e-mail address or merchant id: who gets the money.")]
    interface: Annotated[Interface | None, Field(description="By which of PayPal's interfaces; null: by the setting.")]
    token: bool
    secret: bool
    first_name: str
    last_name: str
    full_name: str
    business_name: str
    address_one: str
    address_two: str
    post_code: str
    city: str
    state: str
    country: str
    phone: str
    created: Time
    modified: Time
    counter: Annotated[int, Field(ge=0, description="Grows with every change.")]


class ProductPaypalShown(TypedDict):
    """What is kept about a product for PayPal."""

    resource_pk: int
    resource_uri: Annotated[str, Field(examples=["/paypal/product/3/"])]
    seller_product: Annotated[str, Field(description="The path of the product.", examples=["/generic/product/9/"])]
    paypal_id: Annotated[str | None, Field(description="Who gets the money for it; null: who gets it for its seller.")]
    created: Time
    modified: Time
    counter: Annotated[int, Field(ge=0, description="Grows with every change.")]


def shown_buyer(row: BuyerPaypal) -> BuyerPaypalShown:
    return {
        "resource_pk": row.pk,
        "resource_uri": row.resource_uri,
        "buyer": f"/generic/buyer/{row.buyer_id}/",
        "key": bool(row.key),
        "currency": row.currency,
        "expiry": row.expiry.isoformat() if row.expiry else None,
        "max_total": amount_text(row.max_total, row.currency or ""),
        "max_per_payment": amount_text(row.max_per_payment, row.currency or ""),
        "max_per_day": amount_text(row.max_per_day, row.currency or ""),
    }


def shown_seller(row: SellerPaypal) -> SellerPaypalShown:
    return {
        "resource_pk": row.pk,
        "resource_uri": row.resource_uri,
        "seller": f"/generic/seller/{row.seller_id}/",
        "paypal_id": row.paypal_id,
        "interface": cast(Interface, row.interface) if row.interface else None,
        "token": bool(row.token) or row.is_permitted,
        "secret": bool(row.secret) or row.is_permitted,
        **{name: getattr(row, name) for name in PERSON_LIMITS},  # type: ignore[typeddict-item]
        "created": time_text(row.created),
        "modified": time_text(row.modified),
        "counter": row.counter,
    }


def shown_product(row: ProductPaypal) -> ProductPaypalShown:
    return {
        "resource_pk": row.pk,
        "resource_uri": row.resource_uri,
        "seller_product": f"/generic/product/{row.seller_product_id}/",
        "paypal_id": row.paypal_id,
        "created": time_text(row.created),
        "modified": time_text(row.modified),
        "counter": row.counter,
    }


def buyer_part(buyer: Buyer) -> BuyerPaypalShown | None:
    row = getattr(buyer, "paypal", None)
    return shown_buyer(row) if row else None


def seller_part(seller: Seller) -> SellerPaypalShown | None:
    row = getattr(seller, "paypal", None)
    return shown_seller(row) if row else None


def product_part(product: Product) -> ProductPaypalShown | None:
    row = getattr(product, "paypal", None)
    return shown_product(row) if row else None
