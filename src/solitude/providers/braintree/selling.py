"""What may be sold once at Braintree, for how much, and how the payment for it is asked for."""

from typing import Final, Literal

from django.conf import settings

from solitude.money.money import Money
from solitude.payments.contract import Intent
from solitude.providers.braintree import requests
from solitude.providers.braintree.models import PaymentMethod, ProductBraintree, TransactionBraintree
from solitude.providers.braintree.names import SALE_KIND
from solitude.sellers.models import Access, Product
from solitude.telemetry.redaction import Secret
from solitude.transactions.models import Transaction

Problem = Literal["", "no_configured_product", "inactive", "simulate", "recurring", "currency"]
NO_ENTRY: Final = "no_configured_product"
RECURRING: Final = "recurring"


def entry_of(product: Product) -> ProductBraintree | None:
    """What the catalogue says of a product."""
    return ProductBraintree.objects.filter(seller_product=product).first()


def problem(entry: ProductBraintree | None) -> Problem:
    """Why it is not sold by a single payment; empty if it is."""
    if entry is None:
        return NO_ENTRY
    product = entry.seller_product
    if not entry.active or not product.seller.active:
        return "inactive"
    if product.access == Access.SIMULATE:
        return "simulate"
    if entry.is_recurring:
        return RECURRING
    return "" if is_taken(entry.currency) else "currency"


def is_taken(currency: str) -> bool:
    """Whether one of our accounts there takes this currency; where none is named, the gateway's own takes what it takes."""
    accounts = settings.SOLITUDE_BRAINTREE_MERCHANT_ACCOUNTS
    return not accounts or currency in accounts


def is_right(entry: ProductBraintree, amount: Money) -> bool:
    """Whether it may be had for this."""
    if entry.amount is not None:
        return amount == Money(entry.amount, entry.currency)
    least, most = settings.SOLITUDE_BRAINTREE_MIN_AMOUNT, settings.SOLITUDE_BRAINTREE_MAX_AMOUNT
    return amount.currency == entry.currency and bool(least <= amount.amount <= most)


def by_card(amount: Money, card: PaymentMethod) -> Intent:
    """One that is kept there."""
    return _intent(amount, requests.TOKEN, Secret(card.provider_id))


def by_nonce(amount: Money, nonce: Secret) -> Intent:
    """One that its buyer has just told Braintree."""
    return _intent(amount, requests.NONCE, nonce)


def _intent(amount: Money, pays_by: str, credential: Secret) -> Intent:
    terms = {requests.PAYS_BY: pays_by}
    if account := settings.SOLITUDE_BRAINTREE_MERCHANT_ACCOUNTS.get(amount.currency):
        terms[requests.MERCHANT_ACCOUNT] = account
    return Intent(amount=amount, credential=credential, terms=terms)


def attach(row: Transaction, card: PaymentMethod | None) -> None:
    """What is kept besides of a payment, in the transaction of its intent. One that begins again has it already."""
    known = TransactionBraintree.objects.filter(transaction=row).first()
    if known is None:
        TransactionBraintree.objects.create(transaction=row, kind=SALE_KIND, paymethod=card)
    else:
        known.change(kind=SALE_KIND, paymethod=card)
