"""What we keep about sellers and buyers at PayPal, and the pre-approvals that wait for their buyer."""

import uuid
from decimal import Decimal

from django.db import models
from django.utils import timezone

from solitude.buyers.models import Buyer
from solitude.sellers.models import Product, Seller
from solitude.transactions.amounts import AmountField
from solitude.transactions.models import Transaction
from solitude.vault.fields import EncryptedTextField, SealedModel
from solitude.web.rows import Row

HASH_MAX_CHARS = 128
INTERFACE_MAX_CHARS = 8
STANDING_MAX_CHARS = 16
SCOPES_MAX_CHARS = 255
TOKEN_MAX_CHARS = 4096
LIMITS = ("max_total", "max_per_payment", "max_per_day")
PERSON_LIMITS = {
    "first_name": 255, "last_name": 255, "full_name": 255, "business_name": 255, "address_one": 255, "address_two": 255,
    "post_code": 128, "city": 128, "country": 64, "state": 64, "phone": 32,
}  # fmt: skip


class SellerPaypal(SealedModel, Row):
    """A seller's PayPal data. `paypal_id` is an e-mail address or a merchant id; person data is encrypted as well."""

    seller = models.OneToOneField(Seller, on_delete=models.PROTECT, related_name="paypal")
    paypal_id = EncryptedTextField(null=True, default=None, max_length=255)
    # By which a notification finds the seller.
    paypal_id_hash = models.CharField(max_length=HASH_MAX_CHARS, default="", db_default="", db_index=True)
    # By which of PayPal's interfaces the seller is paid; empty: by SOLITUDE_PAYPAL_API.
    interface = models.CharField(max_length=INTERFACE_MAX_CHARS, default="", db_default="")
    # PayPal's own id of the seller, once the seller let us act: by it REST knows who granted what, and webhooks name the seller.
    merchant_id = EncryptedTextField(null=True, default=None, max_length=64)
    merchant_id_hash = models.CharField(max_length=HASH_MAX_CHARS, default="", db_default="", db_index=True)
    # A permission of the classic interface.
    token = EncryptedTextField(null=True, default=None, max_length=TOKEN_MAX_CHARS)
    secret = EncryptedTextField(null=True, default=None, max_length=TOKEN_MAX_CHARS)
    # In REST: by which the seller, who has logged in, lets us read personal data; and which.
    refresh_token = EncryptedTextField(null=True, default=None, max_length=TOKEN_MAX_CHARS)
    login_scopes = models.CharField(max_length=SCOPES_MAX_CHARS, default="", db_default="")
    # What the feed has told last of the seller's account: ready, limited or revoked; empty: nothing.
    standing = models.CharField(max_length=STANDING_MAX_CHARS, default="", db_default="")
    first_name = EncryptedTextField(default="", max_length=255)
    last_name = EncryptedTextField(default="", max_length=255)
    full_name = EncryptedTextField(default="", max_length=255)
    business_name = EncryptedTextField(default="", max_length=255)
    address_one = EncryptedTextField(default="", max_length=255)
    address_two = EncryptedTextField(default="", max_length=255)
    post_code = EncryptedTextField(default="", max_length=128)
    city = EncryptedTextField(default="", max_length=128)
    country = EncryptedTextField(default="", max_length=64)
    state = EncryptedTextField(default="", max_length=64)
    phone = EncryptedTextField(default="", max_length=32)

    @property
    def resource_uri(self) -> str:
        return f"/paypal/seller/{self.pk}/"

    @property
    def is_permitted(self) -> bool:
        """The seller lets us do something in REST, where a permission has no secret of its own."""
        return bool(self.merchant_id or self.refresh_token)


class ProductPaypal(SealedModel, Row):
    """Who gets the money for one product, where that is somebody else than for the seller's others."""

    seller_product = models.OneToOneField(Product, on_delete=models.PROTECT, related_name="paypal")
    paypal_id = EncryptedTextField(null=True, default=None, max_length=255)

    @property
    def resource_uri(self) -> str:
        return f"/paypal/product/{self.pk}/"


class Limits(models.Model):
    """To what a pre-approval is limited: amounts in its currency, none where there is no limit. PayPal's REST interface knows no such
    limits, so they are kept here."""

    max_total = AmountField(null=True, default=None)
    max_per_payment = AmountField(null=True, default=None)
    # Of one day, by UTC.
    max_per_day = AmountField(null=True, default=None)

    class Meta:
        abstract = True

    @property
    def limits(self) -> dict[str, Decimal | None]:
        return {name: getattr(self, name) for name in LIMITS}

    @property
    def is_limited(self) -> bool:
        return any(limit is not None for limit in self.limits.values())


class BuyerPaypal(SealedModel, Row, Limits):
    """A buyer's stored credential at PayPal: `key` lets us charge without asking the buyer again."""

    buyer = models.OneToOneField(Buyer, on_delete=models.PROTECT, related_name="paypal")
    key = EncryptedTextField(null=True, default=None, max_length=255)
    # By which a notification finds the credential.
    key_hash = models.CharField(max_length=HASH_MAX_CHARS, default="", db_default="", db_index=True)
    # Whose credential it is: one of the classic interface does not work in REST.
    interface = models.CharField(max_length=INTERFACE_MAX_CHARS, default="rest", db_default="rest")
    currency = models.CharField(max_length=3, null=True, default=None)
    start = models.DateField(null=True, default=None)
    expiry = models.DateField(null=True, default=None)
    # Whether the feed has told that the last day is over.
    expiry_told = models.BooleanField(default=False, db_default=False)
    # What payments had used of it when the last one was begun, and what of that was before this server had it.
    used_total = AmountField(default=Decimal, db_default=Decimal(0))
    used_before = AmountField(default=Decimal, db_default=Decimal(0))

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(max_total=None) | models.Q(used_total__lte=models.F("max_total")),
                name="paypal_buyers_within_total",
            )
        ]
        indexes = [
            models.Index(
                fields=["expiry"],
                condition=models.Q(key__isnull=False, expiry_told=False),
                name="paypal_buyers_to_expire",
            ),
            models.Index(
                fields=["modified"],
                condition=models.Q(key__isnull=True) | models.Q(expiry_told=True),
                name="paypal_buyers_ended",
            ),
        ]

    @property
    def resource_uri(self) -> str:
        return f"/paypal/buyer/{self.pk}/"

    @property
    def is_in_force(self) -> bool:
        """Today, by UTC, is one of the days that the buyer agreed to; the first and the last count."""
        today = timezone.now().date()
        return (self.start is None or self.start <= today) and (self.expiry is None or today <= self.expiry)


class PreapprovalUse(models.Model):
    """A payment that was begun by a pre-approval with limits, on a day by UTC. It counts unless the payment ended unpaid."""

    preapproval = models.ForeignKey(BuyerPaypal, on_delete=models.CASCADE, related_name="uses")
    transaction = models.OneToOneField(Transaction, on_delete=models.CASCADE, related_name="+")
    amount = AmountField()
    day = models.DateField()


class Preapproval(SealedModel, Row, Limits):
    """A pre-approval between its beginning and the buyer's return. `key` is the temporary key; it becomes the permanent one.

    The row stays after that, without its keys, so that a second PUT finds it done.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    buyer = models.ForeignKey(Buyer, on_delete=models.PROTECT, related_name="+")
    key = EncryptedTextField(null=True, default=None, max_length=255)
    pay_url = EncryptedTextField(null=True, default=None, max_length=2048)
    interface = models.CharField(max_length=INTERFACE_MAX_CHARS, default="rest", db_default="rest")
    currency = models.CharField(max_length=3, null=True, default=None)
    start = models.DateField(null=True, default=None)
    end = models.DateField(null=True, default=None)
    expires = models.DateTimeField(db_index=True)
    active = models.BooleanField(default=False)

    @property
    def resource_uri(self) -> str:
        return f"/paypal/preapproval/{self.pk}/"

    @property
    def subject(self) -> str:
        """How provider calls name it."""
        return f"preapproval:{self.pk}"


class PermissionRequest(SealedModel, Row):
    """A seller who was sent to PayPal to permit something, and has not come back yet. Each is used once.

    `reference_hash` is of what the seller brings back: our tracking id or state, or PayPal's request token. `seller` is None where
    the marketplace did not say for whom it asks.
    """

    class Kind(models.TextChoices):
        ONBOARDING = "onboarding"
        LOGIN = "login"
        CLASSIC = "classic"

    kind = models.CharField(max_length=16, choices=Kind.choices)
    reference_hash = models.CharField(max_length=HASH_MAX_CHARS, unique=True)
    seller = models.ForeignKey(Seller, on_delete=models.PROTECT, null=True, related_name="+")
    # Of a login: where PayPal sends the seller back to, and what its answer must name.
    return_url = EncryptedTextField(default="", max_length=2048)
    nonce = EncryptedTextField(default="", max_length=64)
    expires = models.DateTimeField(db_index=True)
