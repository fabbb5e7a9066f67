"""What we keep of buyers, cards, subscriptions and products at Braintree. A card's number is Braintree's alone: here are its token, its
kind and its last digits."""

from django.db import models

from solitude.buyers.models import Buyer
from solitude.providers.braintree.names import BUYERS, PAYMETHODS, PRODUCTS, SUBSCRIPTIONS, TRANSACTIONS
from solitude.sellers.models import Product
from solitude.transactions.amounts import AmountField
from solitude.transactions.models import Transaction
from solitude.web.rows import Row

# As long as a name of Braintree's may become here.
ID_MAX_CHARS = 255
DESCRIPTION_MAX_CHARS = 255


class ProductBraintree(Row):
    """An entry of the catalogue: how a product is sold through Braintree, where its `public_id` is the name of its plan.

    Without an `amount` the buyer chooses it. `amount` is in `currency`.
    """

    class Recurrence(models.TextChoices):
        ONCE = "", "once"
        MONTHLY = "monthly"

    class Kind(models.TextChoices):
        PRODUCTS = "products"
        DONATIONS = "donations"

    seller_product = models.OneToOneField(Product, on_delete=models.PROTECT, related_name="braintree")
    amount = AmountField(null=True, default=None)
    currency = models.CharField(max_length=3, default="USD")
    recurrence = models.CharField(max_length=16, choices=Recurrence.choices, default="", blank=True)
    kind = models.CharField(max_length=16, choices=Kind.choices, default=Kind.PRODUCTS)
    description = models.CharField(max_length=DESCRIPTION_MAX_CHARS, default="")
    active = models.BooleanField(default=True)

    @property
    def resource_uri(self) -> str:
        return f"{PRODUCTS}{self.pk}/"

    @property
    def is_recurring(self) -> bool:
        return bool(self.recurrence)


class BuyerBraintree(Row):
    """A buyer's customer at Braintree, who has no name and no address there."""

    buyer = models.OneToOneField(Buyer, on_delete=models.PROTECT, related_name="braintree")
    braintree_id = models.CharField(max_length=ID_MAX_CHARS, unique=True)
    active = models.BooleanField(default=True)

    @property
    def resource_uri(self) -> str:
        return f"{BUYERS}{self.pk}/"


class PaymentMethod(Row):
    """A buyer's card. `provider_id` is its token at Braintree, `truncated_id` its last four digits."""

    class Type(models.IntegerChoices):
        CARD = 1

    braintree_buyer = models.ForeignKey(BuyerBraintree, on_delete=models.PROTECT, related_name="paymethods")
    provider_id = models.CharField(max_length=ID_MAX_CHARS, unique=True)
    type = models.PositiveSmallIntegerField(choices=Type.choices, default=Type.CARD)
    type_name = models.CharField(max_length=ID_MAX_CHARS)
    truncated_id = models.CharField(max_length=ID_MAX_CHARS)
    active = models.BooleanField(default=True)

    @property
    def resource_uri(self) -> str:
        return f"{PAYMETHODS}{self.pk}/"


class Subscription(Row):
    """A product that a card pays for, period by period. `amount` is what was chosen; null is the plan's.

    `cancelled_at`: when it ended for good. Braintree begins no such one again, so what it told before that is old.
    """

    paymethod = models.ForeignKey(PaymentMethod, on_delete=models.PROTECT, related_name="subscriptions")
    seller_product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="braintree_subscriptions")
    provider_id = models.CharField(max_length=ID_MAX_CHARS, unique=True)
    amount = AmountField(null=True, default=None)
    active = models.BooleanField(default=True)
    cancelled_at = models.DateTimeField(null=True, default=None)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["paymethod", "seller_product"], name="braintree_subscribed_once"),
        ]

    @property
    def resource_uri(self) -> str:
        return f"{SUBSCRIPTIONS}{self.pk}/"


class TransactionBraintree(Row):
    """What Braintree knows of a transaction besides. `kind` is how it came about: a sale's own, or that of the webhook that told of it."""

    transaction = models.OneToOneField(Transaction, on_delete=models.PROTECT, related_name="braintree")
    kind = models.CharField(max_length=ID_MAX_CHARS)
    paymethod = models.ForeignKey(PaymentMethod, null=True, default=None, on_delete=models.PROTECT, related_name="+")
    subscription = models.ForeignKey(
        Subscription, null=True, default=None, on_delete=models.PROTECT, related_name="charges"
    )
    billing_period_start_date = models.DateField(null=True, default=None)
    billing_period_end_date = models.DateField(null=True, default=None)
    next_billing_date = models.DateField(null=True, default=None)
    next_billing_period_amount = AmountField(null=True, default=None)

    @property
    def resource_uri(self) -> str:
        return f"{TRANSACTIONS}{self.pk}/"
