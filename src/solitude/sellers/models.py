"""A seller of the marketplace, and the products that it sells."""

from django.db import models

from solitude.vault.fields import EncryptedTextField, SealedModel
from solitude.web.parts import Parts
from solitude.web.rows import Row


class Access(models.IntegerChoices):
    PURCHASE = 1
    SIMULATE = 2


class Seller(Row):
    uuid = models.CharField(max_length=255, unique=True)
    active = models.BooleanField(default=True)

    @property
    def resource_uri(self) -> str:
        return f"/generic/seller/{self.pk}/"


class Product(SealedModel, Row):
    """What is sold. `external_id` is the seller's own name of it, `public_id` the one that nobody else has."""

    seller = models.ForeignKey(Seller, on_delete=models.PROTECT, related_name="products")
    external_id = models.CharField(max_length=255, db_index=True)
    public_id = models.CharField(max_length=255, unique=True)
    secret = EncryptedTextField(null=True, default=None, max_length=255)
    access = models.PositiveSmallIntegerField(choices=Access.choices, default=Access.PURCHASE)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["seller", "external_id"], name="sellers_product_external_id")]

    @property
    def resource_uri(self) -> str:
        return f"/generic/product/{self.pk}/"


parts: Parts[Seller] = Parts("SellerShown")
product_parts: Parts[Product] = Parts("ProductShown")
# By provider the uuid of the seller that a product is set up with there; None: it is not set up there.
seller_uuids: Parts[Product] = Parts("SellerUuids")
