"""What we keep about sellers and products at the reference provider: its names for them."""

from django.db import models

from solitude.sellers.models import Product, Seller
from solitude.web.rows import Row

REFERENCE_MAX_CHARS = 255


class SellerReference(Row):
    seller = models.OneToOneField(Seller, on_delete=models.PROTECT, related_name="reference")
    reference_id = models.CharField(max_length=REFERENCE_MAX_CHARS)

    @property
    def resource_uri(self) -> str:
        return f"/provider/reference/sellers/{self.pk}/"


class ProductReference(Row):
    seller_product = models.OneToOneField(Product, on_delete=models.PROTECT, related_name="reference")
    seller_reference = models.ForeignKey(SellerReference, on_delete=models.PROTECT, related_name="products")
    reference_id = models.CharField(max_length=REFERENCE_MAX_CHARS)

    @property
    def resource_uri(self) -> str:
        return f"/provider/reference/products/{self.pk}/"
