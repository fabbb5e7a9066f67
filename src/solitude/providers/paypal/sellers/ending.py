"""The end of what a seller permitted, and of what was asked of it: rows alone, PayPal is not asked."""

from django.db.models import QuerySet
from django.utils import timezone

from solitude.providers.paypal import records
from solitude.providers.paypal.models import PermissionRequest, SellerPaypal
from solitude.sellers.models import Seller


def forget(seller: Seller) -> None:
    """In the transaction that ends a seller: nothing is left by which we could act or read for it."""
    PermissionRequest.objects.filter(seller=seller).delete()
    row = SellerPaypal.objects.select_for_update().filter(seller=seller).first()
    if row is not None and (row.token or row.secret or row.refresh_token):
        row.change(**records.NOTHING_PERMITTED)


def expired() -> QuerySet[PermissionRequest]:
    return PermissionRequest.objects.filter(expires__lt=timezone.now())
