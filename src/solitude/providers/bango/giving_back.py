"""What Bango is told of a refund: its number of the payment, and of the product that was paid for. What stands for its answer where
it is not asked."""

from typing import Final
from uuid import uuid4

from django.conf import settings

from solitude.money.money import Money
from solitude.payments import calls, refund
from solitude.payments.contract import Intent
from solitude.payments.refund import NotRefundable
from solitude.payments.registry import Telling
from solitude.providers.bango import provider
from solitude.providers.bango.models import ProductBango
from solitude.providers.bango.soap.wire import OK
from solitude.transactions.models import Transaction, Type

REFUNDS: Final = (Type.REFUND, Type.REFUND_MANUAL)


class Unconfirmed(Exception):
    """Bango has not told yet what it calls the payment."""


def telling(_payment: Transaction, _note: str) -> Telling:
    """Bango has no room for a note."""

    def tell(payment: Transaction, amount: Money) -> tuple[Intent, dict[str, str]]:
        terms = faked(str(uuid4())) if settings.SOLITUDE_BANGO_FAKE_REFUNDS else {}
        try:
            return told(payment, amount, terms)
        except Unconfirmed:
            raise NotRefundable(refund.NOT_CAPTURED, refund.refundable(payment)) from None

    return tell


def told(payment: Transaction, amount: Money, terms: dict[str, str]) -> tuple[Intent, dict[str, str]]:
    """The intent and Bango's number of the payment; `terms` where Bango is not asked. Raises Unconfirmed."""
    # Of a past payment, which was moved in, the old server has kept it as `uid_support` alone.
    number, product = payment.taken_id or payment.uid_support or "", _number_of_product(payment)
    if not terms and not (number.isascii() and number.isdigit() and product):
        raise Unconfirmed
    return Intent(amount=amount, payee=product, terms=terms), {"capture": number}


def faked(number: str, code: str = "", message: str = "") -> dict[str, str]:
    """What is answered in Bango's place."""
    return {provider.FAKE_CODE: code or OK, provider.FAKE_MESSAGE: message, provider.FAKE_ID: number}


def _number_of_product(payment: Transaction) -> str:
    """Bango's number of what was paid for, as the payment was begun with it."""
    paying = calls.paying(payment)
    if paying is not None:
        return paying.intended.payee
    product = ProductBango.objects.filter(seller_product=payment.seller_product_id).first()
    return product.bango_id if product else ""
