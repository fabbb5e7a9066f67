"""What we keep about sellers and products at Bango: numbers that Bango gave. Addresses and bank accounts are Bango's alone."""

from django.db import models
from django.db.models.functions import Now

from solitude.sellers.models import Product, Seller
from solitude.web.rows import Row

BANGO_MAX_CHARS = 50
SUBJECT_MAX_CHARS = 64


class SellerBango(Row):
    """A seller's package at Bango, and the persons whom Bango knows there. `sbi_expires`: until when the self-billing agreement is
    accepted; None: it is not."""

    seller = models.OneToOneField(Seller, on_delete=models.PROTECT, related_name="bango")
    package_id = models.BigIntegerField(unique=True)
    admin_person_id = models.BigIntegerField()
    support_person_id = models.BigIntegerField()
    finance_person_id = models.BigIntegerField()
    sbi_expires = models.DateTimeField(null=True, default=None)

    @property
    def resource_uri(self) -> str:
        return f"/bango/package/{self.pk}/"


class ProductBango(Row):
    """A product at Bango. `bango_id` is its Bango number; empty while Bango has given none."""

    seller_product = models.OneToOneField(Product, on_delete=models.PROTECT, related_name="bango")
    seller_bango = models.ForeignKey(SellerBango, on_delete=models.PROTECT, related_name="products")
    bango_id = models.CharField(max_length=BANGO_MAX_CHARS, default="")

    @property
    def resource_uri(self) -> str:
        return f"/bango/product/{self.pk}/"


class StatusBango(Row):
    """A check of a product: whether Bango takes a billing configuration for it."""

    class Status(models.IntegerChoices):
        UNKNOWN = 0
        GOOD = 1
        BAD = 2

    seller_product_bango = models.ForeignKey(ProductBango, on_delete=models.CASCADE, related_name="statuses")
    status = models.PositiveSmallIntegerField(choices=Status.choices, default=Status.UNKNOWN)
    # Bango's text; the contract has it always empty.
    errors = models.TextField(default="")

    class Meta:
        indexes = [models.Index(fields=["created"], name="bango_statuses_to_go")]

    @property
    def resource_uri(self) -> str:
        return f"/bango/status/{self.pk}/"


class Turn(models.Model):
    """Who is asking Bango for what it would do twice if it were asked twice. `taken_at` is the database's time: a turn is a lease."""

    subject = models.CharField(max_length=SUBJECT_MAX_CHARS, unique=True)
    taken_at = models.DateTimeField(db_default=Now())
