"""What Braintree's room holds about a buyer: the customer there, cards, subscriptions, and what was paid by them."""

from typing import Any

from solitude.buyers.holdings import row
from solitude.buyers.models import Buyer
from solitude.providers.braintree.models import BuyerBraintree, PaymentMethod, Subscription, TransactionBraintree


def of_buyer(buyer: Buyer) -> dict[str, Any]:
    cards = PaymentMethod.objects.filter(braintree_buyer__buyer=buyer.pk).order_by("pk")
    subscriptions = Subscription.objects.filter(paymethod__braintree_buyer__buyer=buyer.pk).order_by("pk")
    payments = TransactionBraintree.objects.filter(transaction__buyer=buyer.pk).order_by("pk")
    return {
        "customer": [row(one) for one in BuyerBraintree.objects.filter(buyer=buyer.pk)],
        # Its name there is what it is charged by.
        "cards": [row(one, secret={"provider_id"}) for one in cards],
        "subscriptions": [row(one) for one in subscriptions],
        "transactions": [row(one) for one in payments],
    }
