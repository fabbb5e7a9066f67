"""Who is paid, and by which of PayPal's interfaces."""

from dataclasses import dataclass
from typing import cast

from django.conf import settings

from solitude.providers.paypal.models import ProductPaypal, SellerPaypal
from solitude.providers.paypal.names import Interface
from solitude.sellers.models import Product, Seller


@dataclass(frozen=True, slots=True)
class Payee:
    """`paypal_id` is an e-mail address or a merchant id."""

    paypal_id: str
    interface: Interface


def payee(product: Product) -> Payee | None:
    """Who gets what is paid for this product; None where that is not known yet. By which interface is the seller's affair."""
    own: ProductPaypal | None = getattr(product, "paypal", None)
    if own is None or not own.paypal_id:
        return of_seller(product.seller)
    return Payee(own.paypal_id, interface_of(product.seller))


def of_seller(seller: Seller) -> Payee | None:
    """Who gets what is paid to this seller, whatever for."""
    known: SellerPaypal | None = getattr(seller, "paypal", None)
    if known is None or not known.paypal_id:
        return None
    return Payee(known.paypal_id, interface_of(seller))


def interface_of(seller: Seller) -> Interface:
    """By which of PayPal's interfaces the seller is dealt with."""
    known: SellerPaypal | None = getattr(seller, "paypal", None)
    return cast(Interface, (known.interface if known else "") or settings.SOLITUDE_PAYPAL_API)
