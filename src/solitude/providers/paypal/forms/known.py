"""The rows that a payment is about, with what it asks of them and no more.

Every payment reads them: each statement is written once, and of a seller at PayPal, which has many sealed columns, only those come that are
looked at.
"""

from django.db.models import QuerySet

from solitude.buyers.models import Buyer
from solitude.prepared import Found
from solitude.providers.paypal.models import LIMITS
from solitude.sellers.models import Product

_OF_BUYER = ("uuid", "active", "pin")
_OF_PREAPPROVAL = ("key", "row_uuid", "interface", "currency", "start", "expiry", *LIMITS)
_OF_PRODUCT = ("public_id", "access", "paypal__paypal_id", "paypal__row_uuid")
_OF_SELLER = ("uuid", "active", "paypal__paypal_id", "paypal__row_uuid", "paypal__interface")


def _buyers() -> QuerySet[Buyer]:
    return Buyer.objects.select_related("paypal").only(*_OF_BUYER, *(f"paypal__{name}" for name in _OF_PREAPPROVAL))


def _products() -> QuerySet[Product]:
    of_seller = (f"seller__{name}" for name in _OF_SELLER)
    return Product.objects.select_related("paypal", "seller__paypal").only(*_OF_PRODUCT, *of_seller)


buyer = Found(lambda uuid: _buyers().filter(uuid=uuid), str)
product = Found(lambda public_id: _products().filter(public_id=public_id), str)
product_at = Found(lambda pk: _products().filter(pk=pk), int)
# Of several one cannot be meant: two are enough to know.
products_of = Found(lambda seller_uuid: _products().filter(seller__uuid=seller_uuid)[:2], str)
products_called = Found(lambda external_id: _products().filter(external_id=external_id)[:2], str)
