"""What we keep about sellers at ACME."""

from django.db import models

from solitude.sellers.models import Seller


class SellerAcme(models.Model):
    """By which account a seller is paid."""

    seller = models.OneToOneField(Seller, on_delete=models.PROTECT, related_name="+")
    account = models.CharField(max_length=255)
