"""A buyer of the marketplace."""

from django.db import models

from solitude.vault.fields import EncryptedTextField, SealedModel
from solitude.web.parts import Parts
from solitude.web.rows import Row

UUID_MAX_CHARS = 255


class Buyer(SealedModel, Row):
    uuid = models.CharField(max_length=UUID_MAX_CHARS, unique=True)
    active = models.BooleanField(default=True)
    authenticated = models.BooleanField(default=True)
    email = EncryptedTextField(null=True, default=None, max_length=255)
    locale = models.CharField(max_length=255, null=True, default=None)

    @property
    def resource_uri(self) -> str:
        return f"/generic/buyer/{self.pk}/"


parts: Parts[Buyer] = Parts("BuyerShown")
