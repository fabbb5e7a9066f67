"""A transaction: a payment, or the refund or reversal of one."""

import uuid
from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Now

from solitude import prepared
from solitude.buyers.models import Buyer
from solitude.sellers.models import Product, Seller
from solitude.transactions.amounts import AmountField
from solitude.web.rows import Row


class Status(models.IntegerChoices):
    """The numbers are the API's."""

    PENDING = 0  # the provider has it: the buyer must approve, the provider looks at it, or its outcome is not known
    COMPLETED = 1  # paid
    CHECKED = 2  # a look-up saw it paid
    RECEIVED = 3  # taken in, not yet acted on
    FAILED = 4  # ended by a refusal
    CANCELLED = 5  # ended by the buyer, or by time
    STARTED = 6  # intended; the provider may or may not have been asked yet
    ERRORED = 7  # could not be sent; nothing was charged


PAID = (Status.COMPLETED, Status.CHECKED)
ENDED_UNPAID = (Status.FAILED, Status.CANCELLED, Status.ERRORED)


class Type(models.IntegerChoices):
    PAYMENT = 0
    REFUND = 1
    REVERSAL = 2
    REFUND_MANUAL = 3
    REVERSAL_MANUAL = 4


class CallOutcome(models.TextChoices):
    """What the last provider call came to; `none` before the first one has ended, and for rows that the client keeps."""

    NONE = "none"
    SUCCEEDED = "succeeded"
    PENDING = "pending"
    DECLINED = "declined"
    NOT_SENT = "not_sent"
    UNKNOWN = "unknown"


# 3 is not used; providers in packages of their own have numbers from 5 on.
PROVIDER_NUMBERS = {0: "paypal", 1: "bango", 2: "reference", 4: "braintree"} | {
    package.number: package.name for package in settings.PROVIDER_PACKAGES
}

URI = "/generic/transaction/{}/"


def provider_name(number: int | None) -> str:
    """Of a row of the engine. Where the provider's package is gone its name is not known: then it is the number."""
    return PROVIDER_NUMBERS.get(number or 0, str(number))


def new_uuid() -> str:
    # It goes round among buyers and sellers, so it tells nothing, and not when it was made either.
    return f"solitude:{uuid.uuid4()}"


class Transaction(Row):
    uuid = models.CharField(max_length=255, unique=True, default=new_uuid)
    type = models.PositiveSmallIntegerField(choices=Type.choices, default=Type.PAYMENT)
    # Written by states.py and nothing else.
    status = models.PositiveSmallIntegerField(choices=Status.choices, default=Status.STARTED)
    status_reason = models.CharField(max_length=255, null=True, default=None)
    outcome = models.CharField(max_length=16, choices=CallOutcome.choices, default=CallOutcome.NONE)

    amount = AmountField(null=True, default=None)
    currency = models.CharField(max_length=3, blank=True, default="")
    captured_amount = AmountField(null=True, default=None)
    refunded_amount = AmountField(null=True, default=None)
    # What refunds that we started hold of the captured amount, completed ones included. Never more than was captured: the
    # database refuses it. What others refunded is evidence, stands in refunded_amount, and is not limited.
    refund_claimed_amount = AmountField(default=Decimal)

    buyer = models.ForeignKey(Buyer, null=True, default=None, on_delete=models.PROTECT)
    # Its index is transactions_of_seller.
    seller = models.ForeignKey(Seller, null=True, default=None, on_delete=models.PROTECT, db_index=False)
    # Its index is transactions_of_product.
    seller_product = models.ForeignKey(Product, null=True, default=None, on_delete=models.PROTECT, db_index=False)
    related = models.ForeignKey("self", null=True, default=None, on_delete=models.PROTECT, related_name="relations")

    provider = models.PositiveSmallIntegerField(null=True, default=None)
    uid_pay = models.CharField(max_length=255, null=True, default=None)
    uid_support = models.CharField(max_length=255, null=True, default=None)
    # The provider's id of the money that it took (PayPal: the capture), by which refunds and disputes name the payment.
    taken_id = models.CharField(max_length=255, null=True, default=None)
    # When the provider is asked again about a payment or refund that waits for somebody else; by the database's time.
    follow_up_at = models.DateTimeField(null=True, default=None)
    pay_url = models.CharField(max_length=255, null=True, default=None)
    carrier = models.CharField(max_length=255, null=True, default=None)
    region = models.CharField(max_length=255, null=True, default=None)
    source = models.CharField(max_length=255, null=True, default=None)
    notes = models.TextField(null=True, default=None)
    # When a transaction of before this server's time was moved in (states.past): it has no events.
    imported_at = models.DateTimeField(null=True, default=None)
    # When nothing of it led to a person any more; by the database's time.
    anonymised_at = models.DateTimeField(null=True, default=None)

    class Meta:
        constraints = [
            # Some providers count their refunds by themselves: a number of theirs may be that of a payment too.
            models.UniqueConstraint(fields=["provider", "uid_pay", "type"], name="transactions_uid_pay_of_type"),
            models.UniqueConstraint(fields=["provider", "taken_id"], name="transactions_taken_once"),
            # The provider's support id is not unique: a retry of ours may carry it again.
            models.UniqueConstraint(
                fields=["provider", "uid_support"],
                condition=Q(outcome=CallOutcome.NONE),
                name="transactions_uid_support",
            ),
            models.CheckConstraint(
                condition=Q(refund_claimed_amount=0) | Q(refund_claimed_amount__lte=F("captured_amount")),
                name="transactions_refunds_within_captured",
            ),
            models.CheckConstraint(condition=Q(refund_claimed_amount__gte=0), name="transactions_refunds_not_negative"),
        ]
        indexes = [
            # Lists of a seller or provider, in their order.
            models.Index(fields=["seller", "-id"], name="transactions_of_seller"),
            models.Index(fields=["provider", "-id"], name="transactions_of_provider"),
            models.Index(fields=["seller_product", "modified", "id"], name="transactions_of_product"),
            models.Index(
                fields=["-modified", "-id"],
                condition=Q(status=Status.FAILED, seller_product__isnull=False),
                name="transactions_failed",
            ),
            models.Index(
                fields=["follow_up_at"], condition=Q(follow_up_at__isnull=False), name="transactions_follow_ups"
            ),
            models.Index(fields=["modified"], name="transactions_modified"),
            models.Index(fields=["modified"], condition=Q(anonymised_at=None), name="transactions_to_anonymise"),
            models.Index(
                fields=["modified"],
                condition=Q(notes__isnull=False) | Q(pay_url__isnull=False),
                name="transactions_with_text",
            ),
        ]

    @property
    def resource_uri(self) -> str:
        if self.pk is None:
            raise ValueError("it has no key yet, and so no path")
        return URI.format(self.pk)

    def _update(self, names: list[str]) -> None:
        # Every payment comes by here, and Django writes the statement anew each time.
        prepared.update(self, names)


# Of no seller, or no provider; and of whichever seller.
NONE, WHOEVER = -1, -2


class Counted(models.Model):
    """How many transactions of this seller and provider there are up to the id that `CountedThrough` names; and, `about` a transaction
    that has come to another seller or provider, what that has changed (see `counting`)."""

    seller = models.BigIntegerField()
    provider = models.SmallIntegerField()
    about = models.BigIntegerField(default=0)
    transactions = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["seller", "provider", "about"], name="transactions_counted_once"),
        ]
        indexes = [models.Index(fields=["about"], condition=Q(about__gt=0), name="transactions_notes")]


class CountedThrough(models.Model):
    """One row: the id of the last transaction that was counted."""

    through = models.BigIntegerField(default=0)


class ExportType(models.IntegerChoices):
    """The logs that `solitude log` writes."""

    STATS = 0  # whatever changed on a day, as often as it is asked for
    REVENUE = 1  # each paid transaction once


class RevenueDelivery(models.Model):
    """The revenue of a day on its way out. It has its transactions (their markers) before anything is written, so that whoever must
    write it again writes the same ones, and `delivered_at` marks all of them at once.

    `file` is what it may have been written to already. `begun_at` and `leased_until` are the database's time, and `holder` is another
    one with each lease.
    """

    day = models.DateField()
    file = models.TextField(default="")
    begun_at = models.DateTimeField(db_default=Now())
    leased_until = models.DateTimeField(null=True, default=None)
    holder = models.UUIDField(default=uuid.uuid4)
    delivered_at = models.DateTimeField(null=True, default=None)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["day"], condition=Q(delivered_at=None), name="transactions_one_delivery_at_a_time"
            ),
        ]


class ExportMarker(models.Model):
    """A transaction has been in a log of this type; in one of revenue with this delivery and no other."""

    # Without a constraint in the database, which would lock the transaction's row against a payment that is being recorded.
    transaction = models.ForeignKey(
        Transaction, on_delete=models.PROTECT, related_name="exports", db_constraint=False, db_index=False
    )
    type = models.PositiveSmallIntegerField(choices=ExportType.choices)
    delivery = models.ForeignKey(RevenueDelivery, null=True, default=None, on_delete=models.PROTECT)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["transaction", "type"], name="transactions_exported_once")]

    @classmethod
    def of_revenue(cls, **which: object) -> QuerySet["ExportMarker"]:
        """Within a query of transactions: the marker that each has in a log of revenue."""
        return cls.objects.filter(transaction=OuterRef("pk"), type=ExportType.REVENUE, **which)

    @classmethod
    def has_arrived(cls) -> Exists:
        """The same, of those in a delivery that has arrived, or in that of another house."""
        return Exists(cls.of_revenue().filter(Q(delivery=None) | Q(delivery__delivered_at__isnull=False)))
